import { expect, test } from 'vitest'
import { capabilitiesOf } from '../../../engine/observe/capabilities.ts'
import { gpusOf } from '../../../engine/observe/gpus.ts'
import { PLAIN_INFO } from '../../support/worlds.ts'

const ECS = 'com.amazonaws.ecs.capability.'

test('what Docker says of itself gets ECS’s names', () => {
  const all = capabilitiesOf(PLAIN_INFO)
  expect(all).toEqual(
    expect.arrayContaining([
      `${ECS}logging-driver.gelf`,
      `${ECS}logging-driver.none`,
      `${ECS}docker-remote-api.1.17`,
      `${ECS}docker-remote-api.1.51`,
      `${ECS}privileged-container`,
      `${ECS}apparmor`,
      'ecs.capability.docker-plugin.local',
      'ecs.capability.task-cpu-mem-limit',
      'ecs.capability.container-ordering',
      'stowage.capability.cgroup-v2',
      'stowage.capability.seccomp',
      'stowage.capability.swap-limit',
    ]),
  )
  expect(all).not.toContain(`${ECS}docker-remote-api.1.52`)
  expect(all).not.toContain(`${ECS}selinux`)
  expect(all).toEqual([...new Set(all)].sort())
})

test('plugins count by what they are for, without the tag of the newest', () => {
  const EnabledPlugins = [
    { name: 'loki:latest', types: ['docker.logdriver/1.0'] },
    { name: 'rexray/ebs:0.11', types: ['docker.volumedriver/1.0'] },
  ]
  const more = capabilitiesOf({ ...PLAIN_INFO, EnabledPlugins }).filter(
    name => !capabilitiesOf(PLAIN_INFO).includes(name),
  )
  expect(more).toEqual([`${ECS}logging-driver.loki`, 'ecs.capability.docker-plugin.rexray/ebs.0.11'])
})

test('what a host cannot do is not said of it', () => {
  const poor = capabilitiesOf({
    ...PLAIN_INFO,
    SecurityOptions: ['name=userns'],
    CpuCfsQuota: false,
    SwapLimit: false,
    EnabledPlugins: [],
    Plugins: { Log: null },
  })
  expect(
    poor.filter(name => !/docker-remote-api|ecs\.capability\.(container|external|pid|task-eni)/.test(name)),
  ).toEqual([
    `${ECS}logging-driver.none`,
    'ecs.capability.docker-plugin.local',
    'stowage.capability.cgroup-v2',
  ])
})

test('GPUs are those that dockerd was told of, else those of CDI, each once', () => {
  const GenericResources = [
    { NamedResourceSpec: { Kind: 'NVIDIA-GPU', Value: 'GPU-45cb' } },
    { NamedResourceSpec: { Kind: 'NVIDIA-GPU', Value: 'GPU-77aa' } },
    { DiscreteResourceSpec: { Kind: 'SSD', Value: 3 } },
  ]
  const DiscoveredDevices = ['0', '1', 'GPU-45cb', 'all'].map(id => ({
    Source: 'cdi',
    ID: `nvidia.com/gpu=${id}`,
  }))
  expect(gpusOf({ ...PLAIN_INFO, GenericResources, DiscoveredDevices })).toEqual(['GPU-45cb', 'GPU-77aa'])
  expect(gpusOf({ ...PLAIN_INFO, GenericResources: null, DiscoveredDevices })).toEqual([
    'nvidia.com/gpu=0',
    'nvidia.com/gpu=1',
  ])
  const counted = [{ DiscreteResourceSpec: { Kind: 'gpu', Value: 2 } }]
  expect(gpusOf({ ...PLAIN_INFO, GenericResources: counted })).toEqual(['0', '1'])
  expect(gpusOf(PLAIN_INFO)).toEqual([])
})

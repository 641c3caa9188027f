import { describe, expect, it } from 'vitest'
import type { ContainerConfig } from '../../../engine/container-config.ts'
import type { ObservedContainer, ReachableInstance } from '../../../engine/observed-state.ts'
import { PAUSE_IMAGE } from '../../../engine/pause/image.ts'
import { GivenGpus } from '../../../engine/reconcile/gpus.ts'
import { bringImage, hasImage } from '../../../engine/reconcile/images-there.ts'
import { localDataOf, localServices } from '../../../engine/reconcile/local-data.ts'
import { NotedPulls } from '../../../engine/reconcile/noted-pulls.ts'
import { platformConstraints, platformOf } from '../../../engine/reconcile/platform.ts'
import { updateOf } from '../../../engine/reconcile/resources.ts'
import { oneOffTarget } from '../../../engine/reconcile/target.ts'
import { isHalfMade, volumesOf } from '../../../engine/reconcile/volumes.ts'
import {
  changeContainers,
  document,
  emptyHosts,
  host,
  instances,
  look,
  settledWorld,
} from '../../support/worlds.ts'

const app = { name: 'app', image: 'app:1' }

function one(task: object = {}, container: object = {}) {
  return document({
    containerInstances: instances('a'),
    taskDefinitions: { app: { containerDefinitions: [{ ...app, ...container }], ...task } },
    services: { app: { taskDefinition: 'app' } },
    tasks: { once: { taskDefinition: 'app' } },
  })
}

describe('GPUs that are given away', () => {
  const hosts = one().containerInstances
  const asking = (value: string) => {
    const container = one({}, { resourceRequirements: [{ type: 'GPU', value }] }).taskDefinitions['app']
    return container?.containerDefinitions[0] ?? expect.fail()
  }
  const [plain] = settledWorld(one(), emptyHosts('a')).instances['a']?.reachable
    ? Object.values(settledWorld(one(), emptyHosts('a')).instances).flatMap(i =>
        i.reachable ? i.containers : [],
      )
    : []
  const holds = (slot: string, gpus: string[], status: ObservedContainer['status']): ObservedContainer => ({
    ...(plain ?? expect.fail()),
    gpus,
    status,
    identity: { ...(plain ?? expect.fail()).identity, slot },
  })
  const on = (containers: ObservedContainer[], gpus = ['0', '1', '2', '3']): ReachableInstance =>
    host('a', { containers, engine: { ...host('a').engine, gpus } })
  const take = (value: string, instance: ReachableInstance) =>
    new GivenGpus(hosts).take(instance, asking(value))

  it.each<[string, string, ObservedContainer[], string[] | undefined]>([
    ['those that nobody has', '2', [holds('1', ['0'], 'running')], ['1', '2']],
    ['those of a task that is stopped last', '3', [holds('1', ['0', '1'], 'exited')], ['2', '3', '0']],
    [
      'none of a task of which anything is up',
      '4',
      [holds('1', ['0'], 'exited'), holds('1', [], 'running')],
      undefined,
    ],
    ['all that are free', 'ALL', [holds('1', ['0'], 'running')], ['1', '2', '3']],
    ['none where fewer are free', '4', [holds('1', ['0'], 'running')], undefined],
    ['none of all where none is free', 'ALL', [holds('1', ['0', '1', '2', '3'], 'running')], undefined],
  ])('are %s', (_, value, containers, expected) => {
    expect(take(value, on(containers))).toEqual(expected)
  })

  it('are given once, and given back to a stopped task only as long as all of its own are free', () => {
    const stopped = holds('1', ['0', '1'], 'exited')
    const given = new GivenGpus(hosts)
    expect(given.take(on([]), asking('1'))).toEqual(['0'])
    expect(given.take(on([]), asking('1'))).toEqual(['1'])
    expect(given.retake(on([stopped]), [stopped])).toBe(false)
    expect(new GivenGpus(hosts).retake(on([stopped]), [stopped])).toBe(true)
    const half = on([stopped, holds('2', ['1'], 'running')])
    expect(new GivenGpus(hosts).retake(half, [stopped])).toBe(false)
    const bare = holds('3', [], 'exited')
    expect(given.retake(on([bare]), [bare])).toBe(true)
  })
})

it('a range of host ports is another one than that of a task that could not start there, while there is another', () => {
  const ranged = one(
    { networkMode: 'bridge' },
    { portMappings: [{ containerPortRange: '8000-8002', protocol: 'udp' }] },
  )
  const { tasks: _, ...service } = ranged
  const desired = { ...service, tasks: {} }
  const world = settledWorld(desired, emptyHosts('a'))
  const failed = changeContainers(
    world,
    () => true,
    c => ({ ...c, status: 'created', startedAt: 0, ports: [], error: 'address already in use' }),
  )
  const ranges = look(desired, failed).plan.steps.flatMap(({ action }) =>
    action.kind === 'create-container' ? [action.hostRanges] : [],
  )
  expect(ranges).toEqual([{ '8000-8002/udp': 61_003 }])
})

describe('the data that is on one instance alone', () => {
  const shared = { name: 'data', dockerVolumeConfiguration: { scope: 'shared', autoprovision: true } }
  const path = { name: 'logs', host: { sourcePath: '/var/log' } }
  const mount = (sourceVolume: string, readOnly = false) => ({
    sourceVolume,
    containerPath: `/${sourceVolume}`,
    readOnly,
  })

  it('is a path that any of its containers writes to', () => {
    const of = (...mounts: object[][]) => {
      const containerDefinitions = mounts.map((mountPoints, i) => ({
        name: `c${i}`,
        image: 'c:1',
        mountPoints,
      }))
      const volumes = [path, { name: 'other' }]
      return localDataOf(one({ containerDefinitions, volumes }).taskDefinitions['app'] ?? expect.fail())
    }
    expect(of([], [mount('other'), mount('logs')])).toEqual(['logs'])
    expect(of([mount('other')], [mount('logs', true)])).toEqual([])
  })

  it('is told of the services of a document, a DAEMON aside', () => {
    const { taskDefinitions } = one({ volumes: [shared] })
    const desired = document({
      containerInstances: instances('a'),
      taskDefinitions: { data: taskDefinitions['app'], plain: one().taskDefinitions['app'] },
      services: {
        db: { taskDefinition: 'data' },
        agent: { taskDefinition: 'data', schedulingStrategy: 'DAEMON' },
        web: { taskDefinition: 'plain' },
      },
    })
    expect(localServices(desired)).toEqual({ db: ['data'] })
  })
})

describe('the volumes of a task', () => {
  const task = { cluster: 'prod', service: 'once', slot: '1', revision: '0123456789abcdef' }
  const volumes = [
    { name: 'path', host: { sourcePath: '/srv' } },
    { name: 'plain' },
    { name: 'own', dockerVolumeConfiguration: { scope: 'task', labels: { a: 'b' } } },
    { name: 'made', dockerVolumeConfiguration: { scope: 'shared', autoprovision: true } },
    { name: 'there', dockerVolumeConfiguration: { scope: 'shared', autoprovision: false } },
  ]
  const desired = one({ volumes })
  const run = desired.tasks['once'] ?? expect.fail()
  const made = () => volumesOf(task, oneOffTarget(desired, 'once', run, [], {}))

  it('are those that Docker is to make, with what they are made with', () => {
    expect(made().map(v => [v.name, v.task !== undefined, v.configuration?.scope])).toEqual([
      ['prod.once.1.01234567.volume.plain', true, undefined],
      ['prod.once.1.01234567.volume.own', true, 'task'],
      ['made', false, 'shared'],
    ])
    expect(Object.keys(made()[0] ?? {})).toEqual(['name', 'task'])
  })

  it('are half made where they have no label and no container of the task is there', () => {
    const [own, , shared] = made()
    if (!own || !shared) throw new Error('they are there')
    const [other] = Object.values(settledWorld(one(), emptyHosts('a')).instances).flatMap(i =>
      i.reachable ? i.containers : [],
    )
    if (!other) throw new Error('it is there')
    const mine = { ...other, identity: { ...other.identity, ...task } }
    const half = (name: string, parts: Partial<ReachableInstance> = {}, cluster?: string) =>
      isHalfMade(
        host('a', {
          volumes: [
            { name: 'x', cluster: 'prod' },
            { name, ...(cluster && { cluster }) },
          ],
          ...parts,
        }),
        own,
        task,
      )
    expect(half(own.name)).toBe(true)
    expect(half(own.name, { containers: [other] })).toBe(true)
    expect(half(own.name, { containers: [other, mine] })).toBe(false)
    expect(half(own.name, {}, 'prod')).toBe(false)
    expect(half('y')).toBe(false)
    expect(isHalfMade(host('a', { volumes: [{ name: 'made' }] }), shared, task)).toBe(false)
  })
})

describe('an image', () => {
  const digest = `web@sha256:${'1'.repeat(64)}`
  const image = (tags: string[]) => ({ i: { id: 'sha256:i', digests: [digest], tags, bytes: 1 } })

  it('is there by its id and digest, and by no tag but that of the pause image', () => {
    const there = host('a', { images: image(['web:1', PAUSE_IMAGE]) })
    expect(['sha256:i', digest, PAUSE_IMAGE, 'web:1'].map(i => hasImage(there, i))).toEqual([
      true,
      true,
      true,
      false,
    ])
    expect(hasImage(host('a', { images: image(['web:1']) }), PAUSE_IMAGE)).toBe(false)
  })

  it('is brought for the platform that is asked for, if one', () => {
    expect(Object.keys(bringImage(host('a'), digest, 'prod'))).not.toContain('platform')
    expect(bringImage(host('a'), digest, 'prod', 'linux/arm64')).toMatchObject({ platform: 'linux/arm64' })
  })

  it.each([
    [{ cpuArchitecture: 'ARM64' }, ['attribute:ecs.cpu-architecture == arm64'], 'linux/arm64'],
    [{ cpuArchitecture: 'X86_64' }, ['attribute:ecs.cpu-architecture == x86_64'], 'linux/amd64'],
    [{ operatingSystemFamily: 'LINUX' }, ['attribute:ecs.os-type == linux'], undefined],
    [{ operatingSystemFamily: 'WINDOWS_SERVER_2022_CORE' }, ['attribute:ecs.os-type == windows'], undefined],
    [{}, [], undefined],
  ] as const)('of the platform %j runs where that is', (platform, expressions, pulled) => {
    expect(platformConstraints(platform).map(c => c.expression)).toEqual(expressions)
    expect(platformOf(platform, host('a'))).toBe(pulled)
  })
})

it('the pulls of a service are a list that does not change once it was handed out', () => {
  const pulls = new NotedPulls()
  pulls.note('web', 1)
  pulls.note('web', 2)
  const first = pulls.of('web')
  pulls.note('web', 3)
  pulls.note('web', 4)
  expect([first, pulls.of('web'), pulls.of('api')]).toEqual([[1, 2], [1, 2, 3, 4], []])
})

it('an update says what swap a container has only where that is set', () => {
  const config = { cpuShares: 2, memory: 3, memoryReservation: 1, settings: {} } as ContainerConfig
  const ref = { id: 'i', name: 'n' }
  const update = {
    kind: 'update-container',
    instance: 'a',
    container: ref,
    cpuShares: 2,
    memory: 3,
    memoryReservation: 1,
  }
  expect(Object.entries(updateOf('a', ref, config))).toEqual(Object.entries(update))
  expect(updateOf('a', ref, { ...config, settings: { MemorySwap: 0 } })).toEqual({ ...update, memorySwap: 0 })
})

import { expect, it } from 'vitest'
import type { TaskDefinition } from '../../engine/desired-state/document.generated.ts'
import { parseDesiredState } from '../../engine/desired-state/parse.ts'
import { revisionOf } from '../../engine/identity.ts'

function revision(definition: TaskDefinition): string {
  const parsed = parseDesiredState({ schemaVersion: 1, cluster: 'c', taskDefinitions: { app: definition } })
  const app = parsed.ok ? parsed.state.taskDefinitions.app : undefined
  if (!app) throw new Error(JSON.stringify(parsed))
  return revisionOf('app', app)
}

const LEAST: TaskDefinition = { containerDefinitions: [{ name: 'a', image: 'nginx:1' }] }
const USUAL: TaskDefinition = {
  networkMode: 'bridge',
  containerDefinitions: [
    {
      name: 'web',
      image: 'nginx:1',
      cpu: 128,
      memory: 64,
      memoryReservation: 32,
      command: ['a'],
      entryPoint: ['b'],
      environment: [
        { name: 'B', value: '2' },
        { name: 'A', value: '1' },
      ],
      portMappings: [
        { containerPort: 80 },
        { containerPort: 53, hostPort: 53, protocol: 'udp', name: 'dns' },
      ],
      healthCheck: { command: ['CMD', 'true'] },
      stopTimeout: 10,
      user: '1:1',
      workingDirectory: '/x',
      dockerLabels: { a: 'b' },
      logConfiguration: { logDriver: 'json-file', options: { 'max-size': '1m' } },
    },
  ],
}
const SEVERAL: TaskDefinition = {
  networkMode: 'host',
  volumes: [
    { name: 'scratch' },
    { name: 'data', dockerVolumeConfiguration: { scope: 'shared', autoprovision: true } },
    { name: 'etc', host: { sourcePath: '/etc' } },
  ],
  placementConstraints: [{ type: 'memberOf', expression: 'attribute:disk == ssd' }],
  containerDefinitions: [
    { name: 'init', image: 'nginx:1', essential: false },
    {
      name: 'app',
      image: 'nginx:1',
      essential: true,
      dependsOn: [{ containerName: 'init', condition: 'SUCCESS' }],
      mountPoints: [
        { sourceVolume: 'scratch', containerPath: '/s' },
        { sourceVolume: 'data', containerPath: '/d', readOnly: true },
      ],
    },
  ],
}

// what runs carries these digests: another one for the same content would replace every task
it('revisionOf_a_definition_that_uses_no_newer_field_stays_as_it_was_first_written', () => {
  expect(revision(LEAST)).toBe('26cd8db2780800c4')
  expect(revision(USUAL)).toBe('045dd44f2a8450b9')
  expect(revision(SEVERAL)).toBe('912af07cf2801622')
})

it('revisionOf_a_definition_that_spells_out_defaults_is_the_one_without_them', () => {
  const [container] = LEAST.containerDefinitions
  if (!container) throw new Error('no container')
  const spelled: TaskDefinition = {
    requiresCompatibilities: [],
    tags: [],
    containerDefinitions: [
      {
        ...container,
        privileged: false,
        links: [],
        ulimits: [],
        linuxParameters: { capabilities: { add: [], drop: [] }, devices: [], initProcessEnabled: false },
      },
    ],
  }
  expect(revision(spelled)).toBe(revision(LEAST))
  expect(revision({ ...spelled, pidMode: 'host' })).not.toBe(revision(LEAST))
})

import { expect, test } from 'vitest'
import { capabilitiesOf } from '../../../engine/observe/capabilities.ts'
import { requiredAttributes } from '../../../engine/scheduler/requires-attributes.ts'
import { document, emptyHosts, host, instances, look, PLAIN_INFO, printWaves } from '../../support/worlds.ts'

function app(
  container: object,
  task: object = {},
  service: object = {},
  hosts: object = instances('a', 'b'),
) {
  return document({
    containerInstances: hosts,
    taskDefinitions: {
      app: { containerDefinitions: [{ name: 'app', image: 'app:1', ...container }], ...task },
    },
    services: { app: { taskDefinition: 'app', ...service } },
  })
}

const required = (container: object, task: object = {}) => {
  const definition = app(container, task).taskDefinitions['app']
  return definition ? requiredAttributes(definition).map(({ name, field }) => `${name} (${field})`) : []
}

const volume = (driver: string) => ({ volumes: [{ name: 'v', dockerVolumeConfiguration: { driver } }] })
const ECS = 'com.amazonaws.ecs.capability.'

test('an ordinary container requires nothing', () => {
  expect(required({ memory: 64, portMappings: [{ containerPort: 80 }] })).toEqual([])
})

test.each([
  [{ logConfiguration: { logDriver: 'journald' } }, {}, `${ECS}logging-driver.journald (logConfiguration)`],
  [{ privileged: true }, {}, `${ECS}privileged-container (privileged)`],
  [{ dockerSecurityOptions: ['apparmor:docker-nginx'] }, {}, `${ECS}apparmor (dockerSecurityOptions)`],
  [{ dockerSecurityOptions: ['label:type:svirt_t'] }, {}, `${ECS}selinux (dockerSecurityOptions)`],
  [
    { resourceRequirements: [{ type: 'GPU', value: '1' }] },
    {},
    `${ECS}docker-remote-api.1.40 (resourceRequirements)`,
  ],
  [{}, { cpu: '512' }, 'ecs.capability.task-cpu-mem-limit (cpu of the task)'],
  [{}, { memory: '512' }, 'ecs.capability.task-cpu-mem-limit (memory of the task)'],
  [
    { dockerSecurityOptions: ['seccomp=strict.json'] },
    {},
    'stowage.capability.seccomp (dockerSecurityOptions)',
  ],
  [{}, { cpu: '512', memory: '512' }, 'ecs.capability.task-cpu-mem-limit (cpu of the task)'],
  [{}, volume('rexray/ebs:1.2'), 'ecs.capability.docker-plugin.rexray/ebs.1.2 (driver of volume v)'],
  [
    {},
    volume('rexray/ebs:latest-2'),
    'ecs.capability.docker-plugin.rexray/ebs.latest-2 (driver of volume v)',
  ],
  [{}, volume('rexray/ebs:latest'), 'ecs.capability.docker-plugin.rexray/ebs (driver of volume v)'],
])('%j %j requires an attribute', (container, task, attribute) => {
  expect(required(container, task)).toEqual([attribute])
})

test('a task requires all that its containers do', () => {
  expect(required({ privileged: true, logConfiguration: { logDriver: 'journald' } })).toEqual([
    `${ECS}logging-driver.journald (logConfiguration)`,
    `${ECS}privileged-container (privileged)`,
  ])
})

test('what switches a security module off asks for none', () => {
  expect(
    required({
      dockerSecurityOptions: [
        'apparmor:unconfined',
        'label:disable',
        'seccomp:unconfined',
        'no-new-privileges',
      ],
    }),
  ).toEqual([])
})

const loki = app({ logConfiguration: { logDriver: 'loki' } })
const withLoki = capabilitiesOf({
  ...PLAIN_INFO,
  EnabledPlugins: [{ name: 'loki:latest', types: ['docker.logdriver/1.0'] }],
})

test('a task goes where it can run, and a refusal names what is missing', () => {
  const two = emptyHosts('a', 'b')
  expect(look(loki, two).problems.map(p => p.message)).toEqual([
    `no container instance can take app: 2 fail attribute:${ECS}logging-driver.loki exists (logConfiguration); there is room for 0 of 1 tasks`,
  ])
  const b = host('b')
  const able = {
    instances: { ...two.instances, b: { ...b, engine: { ...b.engine, capabilities: withLoki } } },
  }
  expect(printWaves(loki, able)[3]).toMatch(/ b create app\.1 /)
})

test('an attribute that a person gives counts, for a plugin that Docker does not list', () => {
  const given = { attributes: { [`${ECS}logging-driver.loki`]: 'yes' } }
  const hosts = { a: { address: 'ssh://a' }, b: { address: 'ssh://b', ...given } }
  const desired = app({ logConfiguration: { logDriver: 'loki' } }, {}, {}, hosts)
  expect(printWaves(desired, emptyHosts('a', 'b'))[3]).toMatch(/ b create app\.1 /)
})

test('expressions can ask for them', () => {
  const expression = 'attribute:com.amazonaws.ecs.capability.selinux exists'
  const placed = app({}, {}, { placementConstraints: [{ type: 'memberOf', expression }] })
  expect(look(placed, emptyHosts('a', 'b')).problems[0]?.message).toContain(`2 fail ${expression}`)
})

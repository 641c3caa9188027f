import type { TaskDefinition, Volume } from '../desired-state/document.generated.ts'
import { containerSteps } from './container-recipe.ts'
import { type PropTable, propsOf } from './props-of.ts'
import {
  call,
  constant,
  entries,
  type Expression,
  props,
  type Recipe,
  result,
  SCOPE,
  TASK,
} from './recipe.ts'

const TASK_PROPS: PropTable<TaskDefinition> = {
  // the construct's id
  family: () => undefined,
  networkMode: mode => [
    'networkMode',
    constant('NetworkMode', { bridge: 'BRIDGE', host: 'HOST', awsvpc: 'AWS_VPC', none: 'NONE' }, mode),
  ],
  cpu: cpu => ['cpu', cpu],
  memory: memory => ['memoryMiB', memory],
  pidMode: mode => ['pidMode', constant('PidMode', { host: 'HOST', task: 'TASK' }, mode)],
  ipcMode: mode => ['ipcMode', constant('IpcMode', { none: 'NONE', host: 'HOST', task: 'TASK' }, mode)],
  runtimePlatform: ({ cpuArchitecture: architecture, operatingSystemFamily: family }) => [
    'runtimePlatform',
    props({
      cpuArchitecture:
        architecture && constant('CpuArchitecture', { [architecture]: architecture }, architecture),
      operatingSystemFamily: family && constant('OperatingSystemFamily', { [family]: family }, family),
    }),
  ],
  requiresCompatibilities: all => (all.length === 0 ? undefined : ['requiresCompatibilities', all]),
  tags: tags =>
    tags.length === 0 ? undefined : ['tags', entries(tags.map(({ key, value = '' }) => [key, value]))],
  volumes: volumes => (volumes.length === 0 ? undefined : ['volumes', volumes.map(volume)]),
  placementConstraints: constraints =>
    constraints.length === 0
      ? undefined
      : [
          'placementConstraints',
          constraints.map(({ expression }) => call('PlacementConstraint.memberOf', expression)),
        ],
  ignoreUnsupported: names => (names.length === 0 ? undefined : ['ignoreUnsupported', names]),
  // steps of their own
  containerDefinitions: () => undefined,
}

/** How a task definition of a document is made of constructs. */
export function taskRecipe(id: string, family: string, task: TaskDefinition): Recipe {
  const own = propsOf(TASK_PROPS, task)
  const members = family === id ? own : [['family', family] as const, ...own]
  const args = members.length === 0 ? [] : [entries(members)]
  return {
    steps: [
      { as: TASK, call: call('new TaskDefinition', result(SCOPE), id, ...args) },
      ...containerSteps(task.containerDefinitions),
    ],
  }
}

function volume({ name, host, dockerVolumeConfiguration: docker }: Volume): Expression {
  return props({
    name,
    host: host && props({ sourcePath: host.sourcePath }),
    dockerVolumeConfiguration:
      docker &&
      props({
        scope: docker.scope && constant('Scope', { task: 'TASK', shared: 'SHARED' }, docker.scope),
        autoprovision: docker.autoprovision,
        driver: docker.driver,
        driverOpts: docker.driverOpts && entries(Object.entries(docker.driverOpts)),
        labels: docker.labels && entries(Object.entries(docker.labels)),
      }),
  })
}

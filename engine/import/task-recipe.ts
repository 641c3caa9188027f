import type {
  DockerVolumeConfiguration,
  HostVolumeProperties,
  RuntimePlatform,
  TaskDefinition,
  Volume,
} from '../desired-state/document.generated.ts'
import { containerSteps } from './container-recipe.ts'
import { as, elsewhere, listAs, mapAs, objectOf, type Prop, propsOf, type PropTable } from './props-of.ts'
import { call, constant, entries, type Recipe, result, SCOPE, TASK } from './recipe.ts'

const HOST_VOLUME: PropTable<HostVolumeProperties> = { sourcePath: as('sourcePath') }

const DOCKER_VOLUME: PropTable<DockerVolumeConfiguration> = {
  scope: scope => ['scope', constant('Scope', { task: 'TASK', shared: 'SHARED' }, scope)],
  autoprovision: as('autoprovision'),
  driver: as('driver'),
  driverOpts: options => mapAs<Prop>('driverOpts', entry => entry)(Object.entries(options)),
  labels: labels => mapAs<Prop>('labels', entry => entry)(Object.entries(labels)),
}

const VOLUME: PropTable<Volume> = {
  name: as('name'),
  host: host => ['host', objectOf(HOST_VOLUME)(host)],
  dockerVolumeConfiguration: docker => ['dockerVolumeConfiguration', objectOf(DOCKER_VOLUME)(docker)],
}

const RUNTIME_PLATFORM: PropTable<RuntimePlatform> = {
  cpuArchitecture: word => ['cpuArchitecture', constant('CpuArchitecture', { [word]: word }, word)],
  operatingSystemFamily: word => [
    'operatingSystemFamily',
    constant('OperatingSystemFamily', { [word]: word }, word),
  ],
}

const TASK_PROPS: PropTable<TaskDefinition> = {
  // the construct's id
  family: elsewhere,
  networkMode: mode => [
    'networkMode',
    constant('NetworkMode', { bridge: 'BRIDGE', host: 'HOST', awsvpc: 'AWS_VPC', none: 'NONE' }, mode),
  ],
  cpu: as('cpu'),
  memory: as('memoryMiB'),
  pidMode: mode => ['pidMode', constant('PidMode', { host: 'HOST', task: 'TASK' }, mode)],
  ipcMode: mode => ['ipcMode', constant('IpcMode', { none: 'NONE', host: 'HOST', task: 'TASK' }, mode)],
  runtimePlatform: platform => ['runtimePlatform', objectOf(RUNTIME_PLATFORM)(platform)],
  requiresCompatibilities: listAs('requiresCompatibilities', word => word),
  tags: mapAs('tags', ({ key, value = '' }) => [key, value]),
  volumes: listAs('volumes', objectOf(VOLUME)),
  placementConstraints: listAs('placementConstraints', ({ expression }) =>
    call('PlacementConstraint.memberOf', expression),
  ),
  ignoreUnsupported: listAs('ignoreUnsupported', name => name),
  // steps of their own
  containerDefinitions: elsewhere,
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

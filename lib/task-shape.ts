import { PlacementConstraint, PlacementStrategy } from './placement.ts'
import type { CpuArchitecture, OperatingSystemFamily, RuntimePlatform } from './runtime-platform.ts'
import { flag, instance, list, props, required, type Shapes, text, textMap, texts, word } from './shape.ts'
import type { Compatibility, IpcMode, NetworkMode, PidMode, TaskDefinitionProps } from './task-definition.ts'
import type { DockerVolumeConfiguration, Host, Scope, Volume } from './volume.ts'

export const CONSTRAINT = instance(PlacementConstraint, "PlacementConstraint.memberOf('attribute:zone == a')")
export const STRATEGY = instance(PlacementStrategy, 'PlacementStrategy.spreadAcrossInstances()')
export const CONSTRAINTS = list(CONSTRAINT)
export const STRATEGIES = list(STRATEGY)

export const VOLUME = props<Volume>({
  name: required(text),
  host: props<Host>({ sourcePath: text }),
  dockerVolumeConfiguration: props<DockerVolumeConfiguration>({
    autoprovision: flag,
    driver: text,
    driverOpts: textMap,
    labels: textMap,
    scope: word<Scope>({ task: true, shared: true }),
  }),
})

const RUNTIME_PLATFORM = props<RuntimePlatform>({
  cpuArchitecture: word<CpuArchitecture>({ X86_64: true, ARM64: true }),
  operatingSystemFamily: word<OperatingSystemFamily>({
    LINUX: true,
    WINDOWS_SERVER_2004_CORE: true,
    WINDOWS_SERVER_2016_FULL: true,
    WINDOWS_SERVER_2019_CORE: true,
    WINDOWS_SERVER_2019_FULL: true,
    WINDOWS_SERVER_2022_CORE: true,
    WINDOWS_SERVER_2022_FULL: true,
    WINDOWS_SERVER_2025_CORE: true,
    WINDOWS_SERVER_2025_FULL: true,
    WINDOWS_SERVER_20H2_CORE: true,
  }),
})

export const TASK_DEFINITION_PROPS: Shapes<TaskDefinitionProps> = {
  cpu: text,
  family: text,
  ignoreUnsupported: texts,
  ipcMode: word<IpcMode>({ none: true, host: true, task: true }),
  memoryMiB: text,
  networkMode: word<NetworkMode>({ bridge: true, host: true, awsvpc: true, none: true }),
  pidMode: word<PidMode>({ host: true, task: true }),
  placementConstraints: CONSTRAINTS,
  requiresCompatibilities: list(
    word<Compatibility>({ EC2: true, FARGATE: true, EXTERNAL: true, MANAGED_INSTANCES: true }),
  ),
  runtimePlatform: RUNTIME_PLATFORM,
  tags: textMap,
  volumes: list(VOLUME),
}

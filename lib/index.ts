/** What a person's app imports from `stowage`. */
export { App, type AppProps, type Synthesis, type SynthesizedDocument } from './app.ts'
export { Cluster, type ClusterProps, type ImageCleanup, ImagePullBehavior } from './cluster.ts'
export { ContainerDefinition, type ContainerDefinitionOptions } from './container-definition.ts'
export { type ContainerDependency, ContainerDependencyCondition } from './container-dependency.ts'
export { type SystemControl, type Ulimit, UlimitName, type VolumeFrom } from './container-settings.ts'
export { ContainerImage, type RepositoryImageProps, VersionConsistency } from './container-image.ts'
export {
  ContainerInstance,
  type ContainerInstanceProps,
  ContainerInstanceStatus,
} from './container-instance.ts'
export { Duration } from './duration.ts'
export {
  type FirelensConfig,
  FirelensConfigFileType,
  FirelensLogRouterType,
  type FirelensOptions,
} from './firelens.ts'
export type { HealthCheck } from './health-check.ts'
export {
  type Capability,
  type Device,
  DevicePermission,
  LinuxParameters,
  type LinuxParametersProps,
  type Tmpfs,
} from './linux-parameters.ts'
export {
  type BaseLogDriverProps,
  type FireLensLogDriverProps,
  type FluentdLogDriverProps,
  type GelfLogDriverProps,
  GenericLogDriver,
  type GenericLogDriverProps,
  type JournaldLogDriverProps,
  type JsonFileLogDriverProps,
  LogDriver,
  LogDrivers,
  type SplunkLogDriverProps,
  type SyslogLogDriverProps,
} from './log-driver.ts'
export { BuiltInAttributes, PlacementConstraint, PlacementStrategy } from './placement.ts'
export { AppProtocol, type PortMapping, Protocol } from './port-mapping.ts'
export { EnvironmentFile, Secret, SecretDelivery, type SecretOptions } from './secret.ts'
export {
  type DeploymentCircuitBreaker,
  type ForceNewDeployment,
  Service,
  type ServiceImportProps,
  type ServiceProps,
  type ThresholdConfiguration,
  ThresholdType,
} from './service.ts'
export { type ContainerOverride, RunTask, type RunTaskProps } from './run-task.ts'
export type { Workload } from './workload.ts'
export { CpuArchitecture, OperatingSystemFamily, type RuntimePlatform } from './runtime-platform.ts'
export type { ImportProps } from './import.ts'
export { Size } from './size.ts'
export { SynthError, type SynthProblem } from './synth-error.ts'
export {
  type Compatibility,
  type FirelensLogRouterDefinitionOptions,
  IpcMode,
  NetworkMode,
  PidMode,
  TaskDefinition,
  type TaskDefinitionProps,
} from './task-definition.ts'
export {
  type DockerVolumeConfiguration,
  type Host,
  type MountPoint,
  type NfsVolume,
  Scope,
  Volume,
} from './volume.ts'

import type { ClusterProps } from './cluster.ts'
import type { ContainerDefinitionOptions, ContainerDependency } from './container-definition.ts'
import type { ContainerInstanceProps } from './container-instance.ts'
import type { HealthCheck } from './health-check.ts'
import type { PropNames } from './known-props.ts'
import type { PortMapping } from './port-mapping.ts'
import type { ContainerOverride, RunTaskProps } from './run-task.ts'
import type { DeploymentCircuitBreaker, ServiceProps } from './service.ts'
import type { TaskDefinitionProps } from './task-definition.ts'
import type { DockerVolumeConfiguration, Host, Volume } from './volume.ts'

export const PORT_MAPPING_PROPS: PropNames<PortMapping> = {
  appProtocol: true,
  containerPort: true,
  containerPortRange: true,
  hostPort: true,
  name: true,
  protocol: true,
}

export const CIRCUIT_BREAKER_PROPS: PropNames<DeploymentCircuitBreaker> = {
  enable: true,
  resetOnHealthyTask: true,
  rollback: true,
  thresholdConfiguration: true,
}

export const CONTAINER_OVERRIDE_PROPS: PropNames<ContainerOverride> = {
  command: true,
  containerName: true,
  cpu: true,
  environment: true,
  memoryLimitMiB: true,
  memoryReservationMiB: true,
}

export const CONTAINER_DEPENDENCY_PROPS: PropNames<ContainerDependency> = {
  condition: true,
  container: true,
}

export const VOLUME_PROPS: PropNames<Volume> = {
  dockerVolumeConfiguration: true,
  host: true,
  name: true,
}

export const HOST_PROPS: PropNames<Host> = {
  sourcePath: true,
}

export const DOCKER_VOLUME_PROPS: PropNames<DockerVolumeConfiguration> = {
  autoprovision: true,
  driver: true,
  driverOpts: true,
  labels: true,
  scope: true,
}

export const CLUSTER_PROPS: PropNames<ClusterProps> = {
  clusterName: true,
  imageCleanup: true,
  imagePullBehavior: true,
  lostAfter: true,
}

export const CONTAINER_INSTANCE_PROPS: PropNames<ContainerInstanceProps> = {
  address: true,
  attributes: true,
  containerInstanceName: true,
  gpus: true,
  lostAfter: true,
  status: true,
}

export const TASK_DEFINITION_PROPS: PropNames<TaskDefinitionProps> = {
  cpu: true,
  family: true,
  ignoreUnsupported: true,
  ipcMode: true,
  memoryMiB: true,
  networkMode: true,
  pidMode: true,
  placementConstraints: true,
  requiresCompatibilities: true,
  runtimePlatform: true,
  tags: true,
  volumes: true,
}

export const CONTAINER_DEFINITION_OPTIONS: PropNames<ContainerDefinitionOptions> = {
  command: true,
  containerName: true,
  cpu: true,
  disableNetworking: true,
  dnsSearchDomains: true,
  dnsServers: true,
  dockerLabels: true,
  dockerSecurityOptions: true,
  enableRestartPolicy: true,
  entryPoint: true,
  environment: true,
  environmentFiles: true,
  essential: true,
  extraHosts: true,
  gpuCount: true,
  healthCheck: true,
  hostname: true,
  image: true,
  interactive: true,
  linuxParameters: true,
  logging: true,
  memoryLimitMiB: true,
  memoryReservationMiB: true,
  portMappings: true,
  privileged: true,
  pseudoTerminal: true,
  readonlyRootFilesystem: true,
  restartAttemptPeriod: true,
  restartIgnoredExitCodes: true,
  secrets: true,
  startTimeout: true,
  stopTimeout: true,
  systemControls: true,
  ulimits: true,
  user: true,
  firelensConfig: true,
  versionConsistency: true,
  workingDirectory: true,
}

export const HEALTH_CHECK_PROPS: PropNames<HealthCheck> = {
  command: true,
  interval: true,
  retries: true,
  startPeriod: true,
  timeout: true,
}

export const RUN_TASK_PROPS: PropNames<RunTaskProps> = {
  cluster: true,
  containerOverrides: true,
  count: true,
  cpu: true,
  group: true,
  memoryMiB: true,
  nonce: true,
  placementConstraints: true,
  placementStrategies: true,
  startedBy: true,
  tags: true,
  taskDefinition: true,
  taskName: true,
}

export const SERVICE_PROPS: PropNames<ServiceProps> = {
  circuitBreaker: true,
  cluster: true,
  daemon: true,
  desiredCount: true,
  enableExecuteCommand: true,
  forceNewDeployment: true,
  healthCheckGracePeriod: true,
  ignoreUnsupported: true,
  maxHealthyPercent: true,
  minHealthyPercent: true,
  placementConstraints: true,
  placementStrategies: true,
  serviceName: true,
  steadyAfter: true,
  taskDefinition: true,
}

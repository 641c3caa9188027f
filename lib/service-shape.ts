import { Cluster } from './cluster.ts'
import { DURATION, ENVIRONMENT_FILES, GPU_COUNT } from './container-shape.ts'
import type { ContainerOverride, RunTaskProps } from './run-task.ts'
import type {
  DeploymentCircuitBreaker,
  ForceNewDeployment,
  ServiceProps,
  ThresholdConfiguration,
  ThresholdType,
} from './service.ts'
import {
  flag,
  instance,
  list,
  number,
  props,
  required,
  type Shapes,
  text,
  textMap,
  texts,
  word,
} from './shape.ts'
import { TaskDefinition } from './task-definition.ts'
import { CONSTRAINTS, STRATEGIES } from './task-shape.ts'

const CLUSTER = instance(Cluster)
const TASK_DEFINITION = required(instance(TaskDefinition))

const CIRCUIT_BREAKER = props<DeploymentCircuitBreaker>(
  {
    enable: flag,
    resetOnHealthyTask: flag,
    rollback: flag,
    thresholdConfiguration: props<ThresholdConfiguration>({
      type: required(word<ThresholdType>({ COUNT: true, BOUNDED_PERCENT: true, UNBOUNDED_PERCENT: true })),
      value: required(number),
    }),
  },
  'an object, such as { rollback: true }',
)

export const SERVICE_PROPS: Shapes<ServiceProps> = {
  circuitBreaker: CIRCUIT_BREAKER,
  cluster: CLUSTER,
  daemon: flag,
  desiredCount: number,
  enableExecuteCommand: flag,
  forceNewDeployment: props<ForceNewDeployment>({ enabled: required(flag), nonce: text }),
  healthCheckGracePeriod: DURATION,
  ignoreUnsupported: texts,
  maxHealthyPercent: number,
  minHealthyPercent: number,
  placementConstraints: CONSTRAINTS,
  placementStrategies: STRATEGIES,
  serviceName: text,
  steadyAfter: DURATION,
  taskDefinition: TASK_DEFINITION,
}

const CONTAINER_OVERRIDE = props<ContainerOverride>({
  command: texts,
  containerName: required(text),
  cpu: number,
  environment: textMap,
  environmentFiles: ENVIRONMENT_FILES,
  gpuCount: GPU_COUNT,
  memoryLimitMiB: number,
  memoryReservationMiB: number,
})

export const RUN_TASK_PROPS: Shapes<RunTaskProps> = {
  cluster: CLUSTER,
  containerOverrides: list(CONTAINER_OVERRIDE),
  count: number,
  cpu: number,
  group: text,
  memoryMiB: number,
  nonce: text,
  placementConstraints: CONSTRAINTS,
  placementStrategies: STRATEGIES,
  startedBy: text,
  tags: textMap,
  taskDefinition: TASK_DEFINITION,
  taskName: text,
}

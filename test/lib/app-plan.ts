import {
  App,
  Cluster,
  type ContainerDefinition,
  type ContainerDependencyCondition,
  ContainerImage,
  Duration,
  type HealthCheck,
  type MountPoint,
  type NetworkMode,
  PlacementConstraint,
  PlacementStrategy,
  type PortMapping,
  Service,
  TaskDefinition,
  type Volume,
} from '../../lib/index.ts'

/** An app as plain data, for tests that make many of them. Durations are seconds. */
export interface AppPlan {
  clusters: ClusterPlan[]
}

export interface ClusterPlan {
  name: string
  instances: { name: string; attributes: Record<string, string> }[]
  tasks: TaskPlan[]
}

export interface TaskPlan {
  family: string
  networkMode?: NetworkMode
  volumes: Volume[]
  containers: ContainerPlan[]
  services: ServicePlan[]
}

export interface ContainerPlan {
  containerName: string
  image: string
  environment: Record<string, string>
  dockerLabels?: Record<string, string>
  essential?: boolean
  cpu?: number
  memoryLimitMiB?: number
  memoryReservationMiB?: number
  stopTimeout?: number
  user?: string
  workingDirectory?: string
  portMappings: PortMapping[]
  healthCheck?: Pick<HealthCheck, 'command' | 'retries'> & {
    interval: number
    timeout: number
    startPeriod: number
  }
  mounts: MountPoint[]
  /** `at` is the place of a container further forward. */
  dependsOn?: { at: number; condition?: ContainerDependencyCondition }
}

export interface ServicePlan {
  name: string
  desiredCount?: number
  daemon?: boolean
  minHealthyPercent?: number
  maxHealthyPercent?: number
  steadyAfter?: number
  nonce?: string
  constraints: string[]
  strategies: string[]
}

/** Builds the app; `flip` says of each pair of neighbours that do not depend on each other whether to swap them. */
export function buildApp({ clusters }: AppPlan, flip: () => boolean = () => false): App {
  const app = new App()
  for (const [i, plan] of shuffled([...clusters.entries()], flip)) buildCluster(app, i, plan, flip)
  return app
}

function buildCluster(app: App, at: number, plan: ClusterPlan, flip: () => boolean): void {
  const cluster = new Cluster(app, `cluster-${at}`, { clusterName: plan.name })
  for (const [i, { name, attributes }] of shuffled([...plan.instances.entries()], flip)) {
    cluster.addContainerInstance(`i${i}`, {
      address: `ssh://host-${i}`,
      containerInstanceName: name,
      attributes: Object.fromEntries(shuffled(Object.entries(attributes), flip)),
    })
  }
  for (const [i, task] of shuffled([...plan.tasks.entries()], flip)) {
    const definition = buildTask(cluster, `t${i}`, task, flip)
    for (const [j, service] of shuffled([...task.services.entries()], flip))
      buildService(cluster, `s${i}-${j}`, definition, service)
  }
}

function buildTask(cluster: Cluster, id: string, plan: TaskPlan, flip: () => boolean): TaskDefinition {
  const { family, networkMode, volumes } = plan
  const task = new TaskDefinition(cluster, id, { family, networkMode, volumes })
  const containers: ContainerDefinition[] = []
  for (const [i, container] of plan.containers.entries()) {
    const { image, environment, stopTimeout, healthCheck, mounts, dependsOn, ...props } = container
    const made = task.addContainer(`c${i}`, {
      ...props,
      image: ContainerImage.fromRegistry(image),
      environment: Object.fromEntries(shuffled(Object.entries(environment), flip)),
      stopTimeout: seconds(stopTimeout),
      healthCheck: healthCheck && {
        ...healthCheck,
        interval: Duration.seconds(healthCheck.interval),
        timeout: Duration.seconds(healthCheck.timeout),
        startPeriod: Duration.seconds(healthCheck.startPeriod),
      },
    })
    made.addMountPoints(...mounts)
    const other = containers[dependsOn?.at ?? -1]
    if (other) made.addContainerDependencies({ container: other, condition: dependsOn?.condition })
    containers.push(made)
  }
  return task
}

function buildService(cluster: Cluster, id: string, taskDefinition: TaskDefinition, plan: ServicePlan): void {
  const { steadyAfter, constraints, strategies, name, nonce, ...props } = plan
  new Service(cluster, id, {
    ...props,
    taskDefinition,
    serviceName: name,
    steadyAfter: seconds(steadyAfter),
    forceNewDeployment: { enabled: nonce !== undefined, nonce },
    placementConstraints: constraints.map(expression => PlacementConstraint.memberOf(expression)),
    placementStrategies: strategies.map(field => PlacementStrategy.spreadAcross(field)),
  })
}

function seconds(amount: number | undefined): Duration | undefined {
  return amount === undefined ? undefined : Duration.seconds(amount)
}

function shuffled<T>(items: readonly T[], flip: () => boolean): T[] {
  const copy = [...items]
  for (let i = copy.length - 1; i > 0; i--)
    if (flip()) copy.splice(i - 1, 2, ...copy.slice(i - 1, i + 1).reverse())
  return copy
}

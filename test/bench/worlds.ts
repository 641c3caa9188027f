import { type ContainerConfig, desiredConfig } from '../../engine/container-config.ts'
import type { DesiredState } from '../../engine/desired-state/desired-state.generated.ts'
import { storedTaskDefinition } from '../../engine/identity.ts'
import type {
  ImageConfig,
  ObservedContainer,
  ObservedState,
  ReachableInstance,
} from '../../engine/observed-state.ts'
import type { Action, Plan } from '../../engine/plan.ts'
import { document, host } from '../support/worlds.ts'
import type { GeneratedCluster, GeneratedService } from './fleets.ts'

/** A generated cluster as a document: a task definition of one container for each service. */
export function documentOf(cluster: GeneratedCluster): DesiredState {
  return document({
    containerInstances: Object.fromEntries(
      cluster.instances.map(({ name, attributes }) => [name, { address: `ssh://${name}`, attributes }]),
    ),
    taskDefinitions: Object.fromEntries(cluster.services.map(s => [s.name, taskDefinition(s)])),
    services: Object.fromEntries(cluster.services.map(s => [s.name, service(s)])),
  })
}

/** The document with another image for one service. */
export function withNewRevision(desired: DesiredState, name: string): DesiredState {
  const definition = desired.taskDefinitions[name]
  if (!definition) throw new Error(`no task definition ${name}`)
  const containerDefinitions = definition.containerDefinitions.map(c => ({
    ...c,
    image: imageOf(`${name}-next`),
  }))
  return {
    ...desired,
    taskDefinitions: { ...desired.taskDefinitions, [name]: { ...definition, containerDefinitions } },
  }
}

/** Document and hosts without one container instance. */
export function withoutInstance(
  desired: DesiredState,
  observed: ObservedState,
  name: string,
): { desired: DesiredState; observed: ObservedState } {
  const { [name]: _wanted, ...containerInstances } = desired.containerInstances
  const { [name]: _there, ...instances } = observed.instances
  return { desired: { ...desired, containerInstances }, observed: { instances } }
}

/** The instances of a generated cluster with nothing on them. */
export function emptyWorld(cluster: GeneratedCluster): ObservedState {
  return {
    instances: Object.fromEntries(
      cluster.instances.map(({ name, cpu, memoryMiB }) => {
        const empty = host(name)
        return [name, { ...empty, engine: { ...empty.engine, cpu, memoryMiB } }]
      }),
    ),
  }
}

/**
 * The world in which all that a plan makes has run for an hour, as observe would show it: what is configured alike
 * shares its config, what comes from one image the image's.
 */
export function runningWorld(empty: ObservedState, plan: Plan): ObservedState {
  const configs = new Map<string, ContainerConfig>()
  const byInstance = new Map<string, ObservedContainer[]>()
  for (const { action } of plan.steps) {
    if (action.kind !== 'create-container') continue
    const list = byInstance.get(action.instance)
    if (list) list.push(running(action, configs))
    else byInstance.set(action.instance, [running(action, configs)])
  }
  const instances = Object.values(empty.instances).map(i =>
    i.reachable ? filled(i, byInstance.get(i.name) ?? []) : i,
  )
  return { instances: Object.fromEntries(instances.map(i => [i.name, i])) }
}

const AN_HOUR = 3_600_000

const IMAGE_CONFIG: ImageConfig = {
  env: ['PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin', 'LANG=C.UTF-8'],
  command: ['serve'],
  entryPoint: ['/entrypoint.sh'],
  user: '',
  workingDirectory: '/srv',
  labels: { 'org.opencontainers.image.vendor': 'bench' },
  exposedPorts: ['80/tcp'],
}

function filled(instance: ReachableInstance, containers: readonly ObservedContainer[]): ReachableInstance {
  const sorted = [...containers].sort((a, b) => (a.name < b.name ? -1 : 1))
  const images = new Set(sorted.map(c => c.image))
  return {
    ...instance,
    containers: sorted,
    images: Object.fromEntries(
      [...images].map(image => [
        image,
        { id: image, digests: [image], tags: [], bytes: 0, config: IMAGE_CONFIG },
      ]),
    ),
  }
}

function running(
  { task, name, container, family, taskDefinition, image, deployment }: Action & { kind: 'create-container' },
  configs: Map<string, ContainerConfig>,
): ObservedContainer {
  const now = host('any').clock
  const config = configs.get(family) ?? merged(taskDefinition, container)
  configs.set(family, config)
  return {
    id: `id of ${name}`,
    name,
    identity: {
      ...task,
      container,
      family,
      deployment,
      taskDefinition: storedTaskDefinition(taskDefinition),
    },
    status: 'running',
    health: config.healthCheck ? 'healthy' : 'none',
    exitCode: 0,
    oomKilled: false,
    error: '',
    restartCount: 0,
    createdAt: now - AN_HOUR,
    startedAt: now - AN_HOUR,
    finishedAt: 0,
    image,
    imageId: image,
    config,
    ports: [],
  }
}

/** What docker inspect shows of such a container: the image's settings among its own. */
function merged(
  taskDefinition: (Action & { kind: 'create-container' })['taskDefinition'],
  container: string,
): ContainerConfig {
  const definition = taskDefinition.containerDefinitions.find(c => c.name === container)
  if (!definition) throw new Error(`no container ${container}`)
  const config = desiredConfig(taskDefinition, definition)
  const { env, command, entryPoint, workingDirectory, labels } = IMAGE_CONFIG
  return {
    ...config,
    environment: [...config.environment, ...env].sort(),
    command,
    entryPoint,
    workingDirectory,
    labels: { ...labels, ...config.labels },
  }
}

function taskDefinition({ name, demand }: GeneratedService): object {
  return {
    containerDefinitions: [
      {
        name: 'app',
        image: imageOf(name),
        cpu: demand.cpu,
        memory: demand.memoryMiB,
        environment: [{ name: 'SERVICE', value: name }],
        portMappings: demand.ports.map(p => ({
          containerPort: 80,
          hostPort: p.hostPort,
          protocol: p.protocol,
        })),
        healthCheck: { command: ['CMD-SHELL', 'curl -fs localhost'] },
      },
    ],
  }
}

function imageOf(name: string): string {
  return `registry.example.net/${name}:1`
}

function service({ name, count, constraints, strategies }: GeneratedService): object {
  return {
    taskDefinition: name,
    desiredCount: count,
    placementConstraints: constraints.map(expression => ({ type: 'memberOf', expression })),
    placementStrategy: strategies,
  }
}

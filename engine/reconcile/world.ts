import type { DesiredState, Service, TaskDefinition } from '../desired-state/desired-state.generated.ts'
import type { Problem } from '../errors.ts'
import type { ObservedState, ReachableInstance } from '../observed-state.ts'
import { compileConstraint, type Constraint } from '../scheduler/constraint.ts'
import { createFleet, type Fleet, type FleetInstance, reserve } from '../scheduler/fleet.ts'
import { RotationFinder } from '../secrets/fingerprints.ts'
import { StoredDefinitions } from './definitions.ts'
import { DriftFinder } from './drift.ts'
import { platformConstraints } from './platform.ts'
import type { JudgedTask } from './judge.ts'
import type { ReconcileContext } from './reconcile.ts'
import type { ServiceState } from './service-state.ts'
import { StepList } from './step-list.ts'
import { isAlive, type ObservedTask, tasksByService } from './task.ts'

/** What the deciders of one reconciliation share. What they plan, they reserve on the fleet and add to the steps. */
export interface World {
  readonly desired: DesiredState
  readonly observed: ObservedState
  readonly context: ReconcileContext
  readonly fleet: Fleet
  readonly tasks: ReadonlyMap<string, readonly ObservedTask[]>
  readonly steps: StepList
  readonly drift: DriftFinder
  readonly rotation: RotationFinder
  readonly definitions: StoredDefinitions
  /** The names of the instances that do not answer, sorted. */
  readonly silent: readonly string[]
  readonly problems: Problem[]
  readonly warnings: Problem[]
  readonly unresolved: Set<string>
  /** How the services stand that were looked at so far: each comes after those that it waits for. */
  readonly states: Map<string, ServiceState>
  /** Stopped tasks that this wave starts again. */
  readonly revived: Set<JudgedTask>
  /** The images of the revisions that services are to run, as far as they are known. */
  readonly pins: Record<string, string>
}

export function createWorld(
  desired: DesiredState,
  observed: ObservedState,
  context: ReconcileContext,
): World {
  const tasks = tasksByService(observed)
  const definitions = new StoredDefinitions()
  const fleet = createFleet(
    Object.keys(desired.containerInstances).map(name => fleetInstance(desired, observed, name)),
  )
  for (const list of tasks.values()) for (const task of list) occupy(fleet, definitions, task)
  for (const instance of Object.values(observed.instances))
    if (instance.reachable) occupyForeign(fleet, instance)
  return {
    desired,
    observed,
    context,
    fleet,
    tasks,
    steps: new StepList(
      { cluster: desired.cluster, deployment: context.deployment },
      definitions,
      context.fingerprints,
    ),
    drift: new DriftFinder(),
    rotation: new RotationFinder(context.fingerprints),
    definitions,
    silent: Object.values(observed.instances)
      .flatMap(i => (i.reachable ? [] : [i.name]))
      .sort(),
    problems: [],
    warnings: [],
    unresolved: new Set(),
    states: new Map(),
    revived: new Set(),
    pins: {},
  }
}

/** The instance of a host of the fleet, if it answered. */
export function instanceAt(world: World, host: number): ReachableInstance | undefined {
  const instance = world.observed.instances[world.fleet.names[host] ?? '']
  return instance?.reachable ? instance : undefined
}

/** The memberOf constraints of a service and its task definition. They were parsed when the document was read. */
export function constraintsOf(
  world: World,
  service: Service,
  { taskDefinition: task }: { readonly taskDefinition: TaskDefinition },
): Constraint[] {
  const all = [
    ...platformConstraints(task.runtimePlatform),
    ...task.placementConstraints,
    ...service.placementConstraints,
  ]
  return all.flatMap(({ type, expression }) => {
    if (type !== 'memberOf' || expression === undefined) return []
    const compiled = compileConstraint(world.fleet, expression)
    if (!compiled.ok) throw new Error(`placement constraint ${expression}: ${compiled.message}`)
    return [compiled.constraint]
  })
}

/** Where a shared volume that is not to be made is there. Docker would make an empty one without a word. */
export function volumeConstraints(world: World, task: TaskDefinition): Constraint[] {
  return task.volumes.flatMap(({ name, dockerVolumeConfiguration: docker }) =>
    docker?.scope !== 'shared' || docker.autoprovision
      ? []
      : [
          {
            text: `volume ${name} exists (its autoprovision is off)`,
            test: host => instanceAt(world, host)?.volumes.some(v => v.name === name) ?? false,
          },
        ],
  )
}

export function isDraining(world: World, instance: string): boolean {
  return world.desired.containerInstances[instance]?.status === 'DRAINING'
}

function fleetInstance(desired: DesiredState, observed: ObservedState, name: string): FleetInstance {
  const wanted = desired.containerInstances[name]
  const instance = observed.instances[name]
  if (!instance?.reachable)
    return { name, state: 'UNREACHABLE', cpu: 0, memoryMiB: 0, attributes: wanted?.attributes ?? {} }
  const { os, architecture, cpu, memoryMiB, version } = instance.engine
  return {
    name,
    state: wanted?.status ?? 'ACTIVE',
    cpu,
    memoryMiB,
    attributes: { 'ecs.os-type': os, 'ecs.cpu-architecture': architecture, ...wanted?.attributes },
    agentVersion: version,
  }
}

function occupy(fleet: Fleet, definitions: StoredDefinitions, task: ObservedTask): void {
  const host = fleet.index.get(task.instance.name)
  if (host !== undefined && isAlive(task)) reserve(fleet, host, definitions.demand(task), task.service)
}

/** A foreign container takes its ports; its memory is its own affair, as to ECS's agent. */
function occupyForeign(fleet: Fleet, instance: ReachableInstance): void {
  const host = fleet.index.get(instance.name)
  const ports = instance.foreign.flatMap(c => c.ports)
  if (host !== undefined && ports.length > 0) reserve(fleet, host, { cpu: 0, memoryMiB: 0, ports }, undefined)
}

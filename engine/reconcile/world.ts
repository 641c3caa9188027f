import type {
  ContainerInstance,
  DesiredState,
  Service,
  TaskDefinition,
} from '../desired-state/desired-state.generated.ts'
import type { Problem } from '../errors.ts'
import { routerOf, takesSocket } from '../firelens/router.ts'
import { type Lost, type Standing, standingOf } from '../instance-standing.ts'
import type { ObservedState, ReachableInstance } from '../observed-state.ts'
import { groupOf } from '../one-off.ts'
import { portKey } from '../scheduler/demand.ts'
import { compileConstraint, type Constraint } from '../scheduler/constraint.ts'
import { parseDate } from '../query/value.ts'
import { requiredConstraints } from '../scheduler/requires-attributes.ts'
import { createFleet, type Fleet, type FleetInstance, reserve } from '../scheduler/fleet.ts'
import { RotationFinder } from '../secrets/fingerprints.ts'
import { StoredDefinitions } from './definitions.ts'
import { DriftFinder } from './drift.ts'
import { Givings } from './givings.ts'
import { gpusOn } from './gpus.ts'
import { withoutOneOffs } from './left-alone.ts'
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
  /** By instance name. */
  readonly standings: ReadonlyMap<string, Standing>
  /** The names of the instances that do not answer and may come back as they were, sorted. */
  readonly silent: readonly string[]
  /** Those that do not answer and are taken for gone, by name. */
  readonly lost: ReadonlyMap<string, Lost>
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
  const standings = standingsOf(desired, context)
  const fleet = createFleet(
    [...standings].map(([name, { status }]) => fleetInstance(desired, observed, name, status)),
  )
  for (const [name, list] of tasks) {
    const run = Object.hasOwn(desired.tasks, name) ? desired.tasks[name] : undefined
    for (const task of list) occupy(fleet, definitions, task, run ? groupOf(run) : name)
  }
  for (const instance of Object.values(observed.instances))
    if (instance.reachable) occupyForeign(fleet, instance)
  if (asksForRanges(desired)) for (const list of tasks.values()) occupyDynamic(fleet, definitions, list)
  const unanswered = Object.values(observed.instances)
    .flatMap(i => (i.reachable ? [] : [i.name]))
    .sort()
  return {
    desired,
    observed,
    context,
    fleet,
    tasks: context.leavesOneOffs ? withoutOneOffs(tasks, desired, definitions) : tasks,
    steps: new StepList(
      { cluster: desired.cluster, deployment: context.deployment },
      definitions,
      new Givings(desired, fleet),
      context.fingerprints,
    ),
    drift: new DriftFinder(),
    rotation: new RotationFinder(context.fingerprints),
    definitions,
    standings,
    silent: unanswered.filter(name => !standings.get(name)?.lost),
    lost: new Map(
      unanswered.flatMap(name => {
        const lost = standings.get(name)?.lost
        return lost ? [[name, lost]] : []
      }),
    ),
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

/** The memberOf constraints of a service, or of a task that runs once, and its task definition. They were parsed when the document was read. */
export function constraintsOf(
  world: World,
  { placementConstraints }: Pick<Service, 'placementConstraints'>,
  { taskDefinition: task }: { readonly taskDefinition: TaskDefinition },
): Constraint[] {
  const all = [
    ...platformConstraints(task.runtimePlatform),
    ...task.placementConstraints,
    ...placementConstraints,
  ]
  const members = all.flatMap(({ type, expression }) => {
    if (type !== 'memberOf' || expression === undefined) return []
    const compiled = compileConstraint(world.fleet, expression)
    if (!compiled.ok) throw new Error(`placement constraint ${expression}: ${compiled.message}`)
    return [compiled.constraint]
  })
  return [...requiredConstraints(world.fleet, task), ...members]
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

/** Where the path of a log router's socket is not too long for the kernel. */
export function routerConstraints(world: World, task: TaskDefinition): Constraint[] {
  if (!routerOf(task)) return []
  const text = "the path of Docker's folder is short enough for a log router's socket"
  const test = (host: number) => takesSocket(instanceAt(world, host)?.engine.dockerRoot)
  return [{ text, test }]
}

/** Whether a service or a task of this name is to run. */
export function isInDocument({ services, tasks }: DesiredState, name: string): boolean {
  return Object.hasOwn(services, name) || Object.hasOwn(tasks, name)
}

export function isDraining(world: World, instance: string): boolean {
  return world.standings.get(instance)?.status === 'DRAINING'
}

function standingsOf(desired: DesiredState, { marks = {}, now }: ReconcileContext): Map<string, Standing> {
  const names = Object.keys(desired.containerInstances)
  return new Map(names.map(name => [name, standingOf(desired, marks, name, now)]))
}

function fleetInstance(
  desired: DesiredState,
  observed: ObservedState,
  name: string,
  status: Standing['status'],
): FleetInstance {
  const wanted = desired.containerInstances[name]
  const instance = observed.instances[name]
  if (!instance?.reachable)
    return { name, state: 'UNREACHABLE', cpu: 0, memoryMiB: 0, attributes: wanted?.attributes ?? {} }
  const { os, architecture, cpu, memoryMiB, version, capabilities } = instance.engine
  return {
    name,
    state: status,
    cpu,
    memoryMiB,
    gpus: gpusOn(instance, wanted).length,
    capabilities,
    attributes: { 'ecs.os-type': os, 'ecs.cpu-architecture': architecture, ...wanted?.attributes },
    agentVersion: version,
    registeredAt: registeredAt(wanted),
  }
}

/** A Docker host is registered nowhere: the date is what the person says. */
function registeredAt(wanted: ContainerInstance | undefined): number | undefined {
  return parseDate(wanted?.attributes['registered-at'] ?? '')
}

function occupy(fleet: Fleet, definitions: StoredDefinitions, task: ObservedTask, group: string): void {
  const host = fleet.index.get(task.instance.name)
  if (host !== undefined && isAlive(task)) reserve(fleet, host, definitions.demand(task), group)
}

function asksForRanges({ taskDefinitions }: DesiredState): boolean {
  return Object.values(taskDefinitions).some(t =>
    t.containerDefinitions.some(c => c.portMappings.some(p => p.containerPortRange !== undefined)),
  )
}

/** Ports that Docker chose are in nobody's demand; a range of host ports must not run into them. */
function occupyDynamic(fleet: Fleet, definitions: StoredDefinitions, tasks: readonly ObservedTask[]): void {
  for (const task of tasks) {
    const host = fleet.index.get(task.instance.name)
    if (host === undefined) continue
    const counted = new Set(definitions.demand(task).ports.map(portKey))
    const ports = task.containers.flatMap(c => c.ports).filter(p => !counted.has(portKey(p)))
    if (ports.length > 0) reserve(fleet, host, { cpu: 0, memoryMiB: 0, ports }, undefined)
  }
}

/** A foreign container takes its ports; its memory is its own affair, as to ECS's agent. */
function occupyForeign(fleet: Fleet, instance: ReachableInstance): void {
  const host = fleet.index.get(instance.name)
  const ports = instance.foreign.flatMap(c => c.ports)
  if (host !== undefined && ports.length > 0) reserve(fleet, host, { cpu: 0, memoryMiB: 0, ports }, undefined)
}

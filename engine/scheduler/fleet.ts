import type { InstanceColumns, TextColumn } from '../query/columns.ts'
import { type Demand, portKey } from './demand.ts'
import { hashText } from './random.ts'
import { addTo, createTaskGroups, type TaskGroups } from './task-groups.ts'

export type InstanceState = 'ACTIVE' | 'DRAINING' | 'UNREACHABLE'

/** One container instance, as the scheduler is told of it. */
export interface FleetInstance {
  /** Unique in the fleet. */
  readonly name: string
  readonly state: InstanceState
  /** CPU units that tasks can reserve, 1024 a core. */
  readonly cpu: number
  readonly memoryMiB: number
  /** How many GPUs tasks can have. Default: none. */
  readonly gpus?: number
  /** Attributes without a value: what it can do. Default: none. */
  readonly capabilities?: readonly string[]
  /** The person's own and the built-in ones (ecs.os-type, ecs.cpu-architecture). */
  readonly attributes: Readonly<Record<string, string>>
  /** The version of its Docker Engine. Default: unknown. */
  readonly agentVersion?: string
  /** ms since 1970. Default: unknown. */
  readonly registeredAt?: number
}

/**
 * The container instances as columns: a host is its index in them, and hosts are sorted by name.
 * What is free may be below 0, where more was reserved than there is now.
 */
export interface Fleet extends InstanceColumns {
  readonly state: Uint8Array
  readonly cpu: Int32Array
  readonly memoryMiB: Int32Array
  readonly freeCpu: Int32Array
  readonly freeMemoryMiB: Int32Array
  readonly gpus: Int32Array
  readonly freeGpus: Int32Array
  /** A host's index by its name. */
  readonly index: ReadonlyMap<string, number>
  /** By portKey, for each host how often the port is taken. */
  readonly takenPorts: Map<number, Map<number, number>>
  /** A number drawn from each name, for random placement. */
  readonly nameHashes: Int32Array
  readonly groups: TaskGroups
}

/** The values of `Fleet.state`. */
export const ACTIVE = 0
export const DRAINING = 1
export const UNREACHABLE = 2

const STATES: Record<InstanceState, number> = { ACTIVE, DRAINING, UNREACHABLE }
const ZONE = 'ecs.availability-zone'

/** A fleet on which nothing is reserved yet. The order of the instances does not matter. */
export function createFleet(instances: readonly FleetInstance[]): Fleet {
  const sorted = [...instances].sort((a, b) => (a.name < b.name ? -1 : 1))
  const size = sorted.length
  const attributes = new Map<string, TextColumn>()
  const cpu = Int32Array.from(sorted, i => i.cpu)
  const memoryMiB = Int32Array.from(sorted, i => i.memoryMiB)
  const gpus = Int32Array.from(sorted, i => i.gpus ?? 0)
  return {
    size,
    names: sorted.map(i => i.name),
    index: new Map(sorted.map((i, host) => [i.name, host])),
    state: Uint8Array.from(sorted, i => STATES[i.state]),
    connected: Uint8Array.from(sorted, i => (i.state === 'UNREACHABLE' ? 0 : 1)),
    registeredAt: Float64Array.from(sorted, i => i.registeredAt ?? Number.NaN),
    agentVersions: textColumn(sorted.map(i => i.agentVersion)),
    cpu,
    memoryMiB,
    freeCpu: cpu.slice(),
    freeMemoryMiB: memoryMiB.slice(),
    gpus,
    freeGpus: gpus.slice(),
    runningTasks: new Int32Array(size),
    takenPorts: new Map(),
    nameHashes: Int32Array.from(sorted, i => hashText(i.name)),
    groups: createTaskGroups(),
    attribute(name) {
      let column = attributes.get(name)
      if (column === undefined) {
        column = textColumn(sorted.map(i => attributeOf(i, name)))
        attributes.set(name, column)
      }
      return column
    },
  }
}

/**
 * Takes what one task needs. Never refuses: what runs, runs, also where it does not fit.
 * `service` is the service's name or a whole task group (family:batch); undefined: not a task of this
 * cluster, such as a foreign container that takes ports.
 */
export function reserve(fleet: Fleet, host: number, demand: Demand, service: string | undefined): void {
  change(fleet, host, demand, service === undefined ? undefined : groupIdOf(fleet, service), 1)
}

/** Gives back what `reserve` took with the same values. */
export function release(fleet: Fleet, host: number, demand: Demand, service: string | undefined): void {
  change(fleet, host, demand, service === undefined ? undefined : groupIdOf(fleet, service), -1)
}

/** The number of a service's task group; a name with a colon is a task group itself, the rest of it where that comes first. */
export function groupIdOf(fleet: Fleet, service: string): number {
  if (service.startsWith(':')) return fleet.groups.id(service.slice(1))
  return fleet.groups.id(service.includes(':') ? service : `service:${service}`)
}

/** `reserve` (by 1) and `release` (by -1) for a task group that is looked up already. */
export function change(
  fleet: Fleet,
  host: number,
  demand: Demand,
  group: number | undefined,
  by: 1 | -1,
): void {
  add(fleet.freeCpu, host, -by * demand.cpu)
  add(fleet.freeMemoryMiB, host, -by * demand.memoryMiB)
  if (demand.gpus !== undefined)
    add(fleet.freeGpus, host, -by * (demand.gpus === 'ALL' ? (fleet.gpus[host] ?? 0) : demand.gpus))
  for (const port of demand.ports) addTo(takersOf(fleet, portKey(port)), host, by)
  if (group === undefined) return
  add(fleet.runningTasks, host, by)
  fleet.groups.record(host, group, by)
}

/** For each host how often this port is taken; stays the same object as that changes. */
export function takersOf(fleet: Fleet, port: number): Map<number, number> {
  let takers = fleet.takenPorts.get(port)
  if (takers === undefined) {
    takers = new Map()
    fleet.takenPorts.set(port, takers)
  }
  return takers
}

function add(column: Int32Array, host: number, by: number): void {
  column[host] = (column[host] ?? 0) + by
}

/** A container instance of which nobody said its availability zone has the one of its attribute `zone`. */
function attributeOf(instance: FleetInstance, name: string): string | undefined {
  const own = Object.hasOwn(instance.attributes, name) ? instance.attributes[name] : undefined
  if (own === undefined && name === ZONE) return attributeOf(instance, 'zone')
  return own ?? (instance.capabilities?.includes(name) ? '' : undefined)
}

function textColumn(texts: readonly (string | undefined)[]): TextColumn {
  const values = [...new Set([undefined, ...texts])]
  const idOf = new Map(values.map((value, id) => [value, id]))
  return { values, ids: Int32Array.from(texts, text => idOf.get(text) ?? 0) }
}

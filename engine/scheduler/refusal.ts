import { findFreeRange } from '../port-range.ts'
import type { Constraint } from './constraint.ts'
import { type Demand, portKey, portName } from './demand.ts'
import { ACTIVE, DRAINING, type Fleet, takersOf } from './fleet.ts'

/** Why one host cannot take a task: the first filter that refused it, in ECS's order. */
export type Refusal =
  | { readonly kind: 'draining' | 'unreachable' | 'avoided' | 'cpu' | 'gpus' | 'memory' | 'distinctInstance' }
  /** `port` is such as 8080/tcp. */
  | { readonly kind: 'port'; readonly port: string }
  | { readonly kind: 'constraint'; readonly expression: string }

/** How many hosts each filter refused; each host is counted once. Plain data. */
export interface Refusals {
  /** What one task needed. */
  readonly demand: Demand
  /** All hosts that were looked at. */
  readonly hosts: number
  readonly notActive: number
  readonly unreachable: number
  readonly avoided: number
  readonly cpu: number
  readonly gpus: number
  readonly memory: number
  /** By port, such as 8080/tcp. */
  readonly ports: Readonly<Record<string, number>>
  /** By expression, as the person wrote it. */
  readonly constraints: Readonly<Record<string, number>>
  readonly distinctInstance: number
}

/** All that a host has to satisfy. */
export interface Needs {
  readonly demand: Demand
  readonly constraints: readonly Constraint[]
  readonly distinctInstance: boolean
  readonly avoid?: ReadonlySet<number>
}

/** Why the host cannot take what is demanded (its state, resources and ports), or undefined where it can. */
export function fits(fleet: Fleet, host: number, demand: Demand): Refusal | undefined {
  return filterFor(fleet, { demand, constraints: [], distinctInstance: false }, NO_TASKS)(host)
}

/**
 * The filters as one function of a host, for the fleet as it is at each call. `tasks` says how many tasks of
 * the service each host has. No object is made for a host, so that a pass over all of them stays cheap.
 */
export function filterFor(
  fleet: Fleet,
  needs: Needs,
  tasks: Int32Array,
): (host: number) => Refusal | undefined {
  const { state, freeCpu, freeMemoryMiB } = fleet
  const { cpu, memoryMiB, gpus = 0 } = needs.demand
  const { avoid, distinctInstance } = needs
  const ports = needs.demand.ports.map(port => ({
    takers: takersOf(fleet, portKey(port)),
    refusal: { kind: 'port', port: portName(port) } as const,
  }))
  const free = (needs.demand.ranges ?? []).map(range => freeRange(fleet, range))
  const constraints = [...free, ...needs.constraints].map(({ test, text }) => ({
    test,
    refusal: { kind: 'constraint', expression: text } as const,
  }))
  return host => {
    if (state[host] !== ACTIVE) return state[host] === DRAINING ? IS_DRAINING : IS_UNREACHABLE
    if (avoid?.has(host) === true) return IS_AVOIDED
    // what needs nothing fits also where less than nothing is free
    if (cpu > 0 && cpu > (freeCpu[host] ?? 0)) return LACKS_CPU
    if (gpus !== 0 && !hasGpus(fleet, host, gpus)) return LACKS_GPUS
    if (memoryMiB > 0 && memoryMiB > (freeMemoryMiB[host] ?? 0)) return LACKS_MEMORY
    for (const { takers, refusal } of ports) if (takers.has(host)) return refusal
    for (const { test, refusal } of constraints) if (!test(host)) return refusal
    return distinctInstance && (tasks[host] ?? 0) > 0 ? HAS_TASK : undefined
  }
}

/** Whether a host has so many ports in a row; which they are is found where the task is made. */
function freeRange(fleet: Fleet, { size, protocol }: NonNullable<Demand['ranges']>[number]): Constraint {
  return {
    text: `${size} free ${protocol} ports in a row`,
    test: host =>
      findFreeRange(size, hostPort => takersOf(fleet, portKey({ hostPort, protocol })).has(host)) !==
      undefined,
  }
}

function hasGpus({ gpus, freeGpus }: Fleet, host: number, wanted: number | 'ALL'): boolean {
  const free = freeGpus[host] ?? 0
  return wanted === 'ALL' ? free > 0 && free === gpus[host] : free >= wanted
}

/** The counts of these refusals, of which each is one host's. */
export function countRefusals(demand: Demand, refusals: Iterable<Refusal>): Refusals {
  const kinds = { draining: 0, unreachable: 0, avoided: 0, cpu: 0, gpus: 0, memory: 0, distinctInstance: 0 }
  const ports = new Map<string, number>()
  const constraints = new Map<string, number>()
  let hosts = 0
  for (const refusal of refusals) {
    hosts++
    if (refusal.kind === 'port') increment(ports, refusal.port)
    else if (refusal.kind === 'constraint') increment(constraints, refusal.expression)
    else kinds[refusal.kind]++
  }
  const { draining, ...others } = kinds
  return {
    demand,
    hosts,
    notActive: draining,
    ...others,
    ports: Object.fromEntries(ports),
    constraints: Object.fromEntries(constraints),
  }
}

/** One line for a person: `no container instance can take web: 3 lack memory (need 512 MiB), …`. */
export function explain(refusals: Refusals, service: string): string {
  const { demand } = refusals
  const causes = [
    phrase(refusals.unreachable, 'does not answer', 'do not answer'),
    phrase(refusals.notActive, 'is draining', 'are draining'),
    phrase(refusals.avoided, 'is to be avoided', 'are to be avoided'),
    phrase(refusals.cpu, 'lacks cpu', 'lack cpu', ` (need ${demand.cpu} units)`),
    phrase(refusals.gpus, 'lacks GPUs', 'lack GPUs', ` (need ${demand.gpus ?? 0})`),
    phrase(refusals.memory, 'lacks memory', 'lack memory', ` (need ${demand.memoryMiB} MiB)`),
    ...Object.entries(refusals.ports).map(([port, n]) => phrase(n, 'has', 'have', ` port ${port} taken`)),
    ...Object.entries(refusals.constraints).map(([text, n]) => phrase(n, 'fails', 'fail', ` ${text}`)),
    phrase(refusals.distinctInstance, 'has', 'have', ` a task of ${service} already`),
  ].filter(cause => cause !== undefined)
  const why = causes.length === 0 ? 'there is none' : causes.join(', ')
  return `no container instance can take ${service}: ${why}`
}

/** What to do about it, where that is more than the catalogue says. */
export function nextForRefusals({ gpus }: Refusals): { next?: string } {
  if (gpus === 0) return {}
  return {
    next: 'Say in the document how many GPUs the container instance has, gpus: 1, where Docker does not tell of them; or add one that has some.',
  }
}

const NO_TASKS = new Int32Array(0)

const IS_DRAINING: Refusal = { kind: 'draining' }
const IS_UNREACHABLE: Refusal = { kind: 'unreachable' }
const IS_AVOIDED: Refusal = { kind: 'avoided' }
const LACKS_CPU: Refusal = { kind: 'cpu' }
const LACKS_GPUS: Refusal = { kind: 'gpus' }
const LACKS_MEMORY: Refusal = { kind: 'memory' }
const HAS_TASK: Refusal = { kind: 'distinctInstance' }

function increment(counts: Map<string, number>, key: string): void {
  counts.set(key, (counts.get(key) ?? 0) + 1)
}

function phrase(count: number, one: string, several: string, rest = ''): string | undefined {
  return count === 0 ? undefined : `${count} ${count === 1 ? one : several}${rest}`
}

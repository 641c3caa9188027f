import type { PlacementStrategy } from '../desired-state/desired-state.generated.ts'
import type { Constraint } from './constraint.ts'
import type { Demand } from './demand.ts'
import { change, type Fleet, groupIdOf } from './fleet.ts'
import { heapOf } from './host-heap.ts'
import { rank } from './ranking.ts'
import { countRefusals, filterFor, type Refusal, type Refusals } from './refusal.ts'

/** Tasks of one revision of one service that are to be placed, all at once. */
export interface PlacementRequest {
  readonly service: string
  /** How many tasks. */
  readonly count: number
  readonly demand: Demand
  readonly constraints: readonly Constraint[]
  /** At most one task of the service on a host. */
  readonly distinctInstance: boolean
  /** In their order; empty: ECS's default, spread over zones and then over instances. */
  readonly strategies: readonly PlacementStrategy[]
  /** The hosts of the service's tasks that run already, one entry a task. */
  readonly running: ArrayLike<number>
  /** Hosts that are not to be used. Default: none. */
  readonly avoid?: ReadonlySet<number>
}

export interface Placement {
  /** The host of each task that was placed, in the order of placing. */
  readonly hosts: readonly number[]
  /** Set where fewer tasks were placed than asked: why no host can take one more. */
  readonly refusals?: Refusals
}

/**
 * Chooses hosts as ECS does task by task, and reserves on the fleet what it chose. A host is filtered again
 * only when it has got a task, for nothing else changes what the filters say of it.
 */
export function place(fleet: Fleet, request: PlacementRequest): Placement {
  const { count, demand } = request
  const hosts: number[] = []
  if (count <= 0) return { hosts }
  const ranking = rank(fleet, request, { cpu: fleet.freeCpu, memoryMiB: fleet.freeMemoryMiB })
  const refusalOf = filterFor(fleet, request, ranking.tasks)
  const candidates: number[] = []
  for (let host = 0; host < fleet.size; host++) {
    if (refusalOf(host) === undefined) candidates.push(host)
  }
  const heap = heapOf(candidates, ranking, 'smallest')
  const group = groupIdOf(fleet, request.service)
  while (hosts.length < count) {
    const host = heap.first()
    if (host === undefined) return { hosts, refusals: countRefusals(demand, allRefusals(fleet, refusalOf)) }
    hosts.push(host)
    change(fleet, host, demand, group, 1)
    ranking.change(host, 1)
    heap.settle(refusalOf(host) === undefined)
  }
  return { hosts }
}

function* allRefusals(fleet: Fleet, refusalOf: (host: number) => Refusal | undefined): Generator<Refusal> {
  for (let host = 0; host < fleet.size; host++) {
    const refusal = refusalOf(host)
    if (refusal !== undefined) yield refusal
  }
}

import type { PlacementStrategy } from '../desired-state/desired-state.generated.ts'
import type { Demand } from './demand.ts'
import type { Fleet } from './fleet.ts'
import { type Grouping, groupBy } from './grouping.ts'
import { draw, hashText } from './random.ts'

/**
 * What the strategies say of each host, as numbers: the first score decides, the next where it is equal, and
 * so on. It is for one service, and follows as tasks are added and taken away.
 */
export interface Ranking {
  readonly scores: readonly Score[]
  /** The groupings that the spreads make, each inside the one before. */
  readonly groupings: readonly Grouping[]
  /** How many tasks of the service each host has. */
  readonly tasks: Int32Array
  /** Records that a host has one task of the service more, or fewer. */
  change(host: number, by: 1 | -1): void
}

/** A host's score is `values[host]`, or with a grouping that of its group. */
export interface Score {
  readonly values: Int32Array | Float64Array
  readonly grouping?: Grouping
}

export interface RankingRequest {
  readonly service: string
  readonly demand: Demand
  readonly strategies: readonly PlacementStrategy[]
  readonly running: ArrayLike<number>
}

/** Whether host a comes before host b. A total order. */
export type Before = (a: number, b: number) => boolean

/**
 * ECS's strategies: a spread counts the service's tasks, within the groups of the spreads before it; binpack
 * looks at what is free. The last word has the number of the service's tasks on the host, so that what no
 * strategy decides is even too.
 */
export function rank(
  fleet: Fleet,
  request: RankingRequest,
  free: { readonly cpu: Int32Array; readonly memoryMiB: Int32Array },
): Ranking {
  const { service, demand, running } = request
  const tasks = new Int32Array(fleet.size)
  const scores: Score[] = []
  const groupings: Grouping[] = []
  const attributes: string[] = []
  let perHost = false
  let randomKeys: Float64Array | undefined
  for (const { type, field = '' } of request.strategies.length > 0 ? request.strategies : DEFAULT) {
    if (type === 'random') {
      randomKeys ??= new Float64Array(fleet.size)
      scores.push({ values: randomKeys })
    } else if (type === 'binpack') {
      const cpu = field.toLowerCase() === 'cpu'
      // packing by what the task does not need would put every task on one host
      if ((cpu ? demand.cpu : demand.memoryMiB) > 0) scores.push({ values: cpu ? free.cpu : free.memoryMiB })
    } else if (field === 'instanceId' || field === 'host') {
      perHost = true
      scores.push({ values: tasks })
    } else if (!perHost) {
      attributes.push(field.replace(/^attribute:/, ''))
      const grouping = groupBy(fleet, attributes)
      groupings.push(grouping)
      scores.push({ values: new Int32Array(grouping.size), grouping })
    }
  }
  if (!perHost) scores.push({ values: tasks })

  const spreads = scores.filter(score => score.grouping !== undefined)
  for (let i = 0; i < running.length; i++) count(running[i] ?? 0, 1)
  const seed = hashText(service)
  if (randomKeys !== undefined) for (let host = 0; host < fleet.size; host++) addDraw(host, 1)
  return {
    scores,
    groupings,
    tasks,
    change(host, by) {
      count(host, by)
      addDraw(host, by)
    },
  }

  function count(host: number, by: 1 | -1): void {
    add(tasks, host, by)
    for (const { values, grouping } of spreads) add(values, grouping?.ids[host] ?? 0, by)
  }

  /** Steps of random length on a line for each host: whoever is behind goes next, and all are equally fast. */
  function addDraw(host: number, by: 1 | -1): void {
    if (randomKeys === undefined) return
    add(randomKeys, host, by * draw(seed, fleet.nameHashes[host] ?? 0, tasks[host] ?? 0))
  }
}

/** The order of hosts by these scores: the smallest or the largest first, of equal ones the first by name. */
export function orderBy(scores: readonly Score[], first: 'smallest' | 'largest'): Before {
  const smallest = first === 'smallest'
  const [only] = scores
  if (only !== undefined && only.grouping === undefined && scores.length === 1) {
    const { values } = only
    return (a, b) => {
      const left = values[a] ?? 0
      const right = values[b] ?? 0
      return left === right ? a < b : left < right === smallest
    }
  }
  return (a, b) => {
    for (const { values, grouping } of scores) {
      const left = values[grouping === undefined ? a : (grouping.ids[a] ?? 0)] ?? 0
      const right = values[grouping === undefined ? b : (grouping.ids[b] ?? 0)] ?? 0
      if (left !== right) return left < right === smallest
    }
    return a < b
  }
}

const DEFAULT: readonly PlacementStrategy[] = [
  { type: 'spread', field: 'attribute:ecs.availability-zone' },
  { type: 'spread', field: 'instanceId' },
]

function add(column: Int32Array | Float64Array, index: number, by: number): void {
  column[index] = (column[index] ?? 0) + by
}

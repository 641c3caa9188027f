import type { Event, Hurt } from '../histories/event.ts'
import { carryOut, type Decision, decide, happen, type Watch } from '../histories/happen.ts'
import { NAMES, type World } from '../histories/world.ts'
import { keyOf } from './key.ts'

export interface Options {
  /** So many faults and changes may happen on one way. */
  readonly faults: number
  /** The search ends after so many states, be there more or not. */
  readonly mostStates: number
  /** What the first service may be changed to. */
  readonly versions: readonly number[]
  readonly counts: readonly number[]
  readonly watch: Watch
  /** Held to every state. */
  readonly holds: (world: World) => void
}

export interface Found {
  readonly states: number
  readonly transitions: number
  /** All that can be reached was. */
  readonly isWhole: boolean
  /** How often each kind of event led to a state that was new. */
  readonly ways: Readonly<Record<string, number>>
}

interface Node {
  readonly world: World
  readonly faultsLeft: number
  readonly past?: Past
}

/** What happened, last first. */
interface Past {
  readonly event: Event
  readonly before?: Past
}

/**
 * Looks at every state that can be reached from a world: at each, the next wave whole, killed after each step, with
 * each step lost or unanswered, decided on an old picture; time; and each fault of hosts and containers. Nearest first.
 * @throws what does not hold, with the way that leads there
 */
export function explore(start: World, options: Options): Found {
  const seen = new Set<string>()
  const ways: Record<string, number> = {}
  const queue: (Node | undefined)[] = [{ world: start, faultsLeft: options.faults }]
  // a change of the document is where the search begins; on the way a second one is a fault
  for (const event of changesOf(start, options))
    queue.push({ world: happen(start, event), faultsLeft: options.faults, past: { event } })
  let transitions = 0
  let at = 0
  for (; at < queue.length && seen.size < options.mostStates; at++) {
    const node = queue[at]
    if (!node) break
    queue[at] = undefined
    try {
      options.holds(node.world)
    } catch (error) {
      throw onTheWay(node.past, error)
    }
    for (const [event, next, cost] of waysFrom(node, options)) {
      const past = { event, ...(node.past && { before: node.past }) }
      let world: World
      try {
        world = next()
      } catch (error) {
        throw onTheWay(past, error)
      }
      transitions++
      const faultsLeft = node.faultsLeft - cost
      const key = `${faultsLeft} ${keyOf(world)}`
      if (seen.has(key)) continue
      seen.add(key)
      ways[event.do] = (ways[event.do] ?? 0) + 1
      queue.push({ world, faultsLeft, past })
    }
  }
  return { states: seen.size, transitions, isWhole: at === queue.length, ways }
}

type Way = readonly [event: Event, next: () => World, cost: number]

function* waysFrom({ world, faultsLeft }: Node, options: Options): Generator<Way> {
  const plain = (event: Event, cost: number): Way => [event, () => happen(world, event, options.watch), cost]
  const decision = decide(world, undefined, options.watch)
  yield* decision ? wavesOf(decision, faultsLeft, options.watch) : [plain({ do: 'wave', order: [] }, 0)]
  yield plain({ do: 'time', late: [] }, 0)
  for (const [instance, name] of namesOf(world).entries())
    if (world.silent[name]) yield plain({ do: 'return', instance }, 0)
  if (faultsLeft === 0) return
  for (const event of faultsOf(world, options)) yield plain(event, 1)
}

function* wavesOf(decision: Decision, faultsLeft: number, watch: Watch): Generator<Way> {
  const way = (event: Event & { do: 'wave' }, cost: number): Way => [
    event,
    () => carryOut(decision, event, watch).world,
    cost,
  ]
  yield way({ do: 'wave', order: [] }, 0)
  if (faultsLeft === 0) return
  for (let step = 0; step < decision.wave.plan.steps.length; step++) {
    if (step > 0) yield way({ do: 'wave', order: [], dies: step }, 1)
    yield way({ do: 'wave', order: [], lost: [step] }, 1)
    yield way({ do: 'wave', order: [], unanswered: [step] }, 1)
  }
}

const HURTS: readonly Hurt[] = ['dies', 'stopped', 'removed', 'unhealthy']

function* changesOf({ document }: World, { versions, counts }: Options): Generator<Event> {
  const shape = document.services['s0']
  for (const version of versions) if (version !== shape?.version) yield { do: 'revise', service: 0, version }
  for (const count of counts) if (count !== shape?.count) yield { do: 'scale', service: 0, count }
}

function* faultsOf(world: World, options: Options): Generator<Event> {
  const names = namesOf(world)
  const containers = Object.values(world.hosts.instances).flatMap(i => (i.reachable ? i.containers : []))
  if (world.run) yield { do: 'kill' }
  for (const [instance, name] of names.entries()) {
    if (!world.silent[name]) {
      yield { do: 'cut', instance }
      yield { do: 'down', instance }
    } else yield { do: 'lost', instance, data: false }
    if (world.past.instances[name] !== world.hosts.instances[name])
      yield { do: 'wave', order: [], stale: instance }
  }
  yield { do: 'time', late: [0] }
  for (const container of containers.keys()) for (const how of HURTS) yield { do: 'hurt', container, how }
  yield* changesOf(world, options)
}

function namesOf({ hosts }: World): string[] {
  return NAMES.slice(0, Object.keys(hosts.instances).length)
}

/** What went wrong, with all that happened before. */
function onTheWay(last: Past | undefined, error: unknown): Error {
  const events: Event[] = []
  for (let past = last; past; past = past.before) events.unshift(past.event)
  const message = error instanceof Error ? error.message : String(error)
  return new Error(`${message}\nafter ${JSON.stringify(events)}`, { cause: error })
}

import { describe, expect, it } from 'vitest'
import { happen } from '../histories/happen.ts'
import { doubles, holdsAt, holdsOf } from '../histories/holds.ts'
import { healed, lookAt, play } from '../histories/play.ts'
import { CRASHES } from '../histories/time.ts'
import type { World } from '../histories/world.ts'
import { count } from '../properties/hold.ts'
import type { InstanceShape, ServiceShape } from '../properties/documents.ts'
import { explore, type Found } from './explore.ts'
import { keyOf } from './key.ts'

const watch = { moment: holdsAt, wave: holdsOf }

const INSTANCE: InstanceShape = { zone: 'x', memoryMiB: 1024, draining: false }
const SERVICE: ServiceShape = {
  daemon: false,
  count: 2,
  version: 1,
  containers: 'one',
  memory: 64,
  cpu: 0,
  hostPort: 0,
  network: 'bridge',
  healthCheck: true,
  minimum: 50,
  maximum: 200,
  distinct: false,
  zone: '',
  volume: 'none',
  strategy: 'default',
  breaker: 'rolls back',
  secret: false,
  waits: false,
  migrates: false,
}

/** In a soak one fault more, and so many states of each. */
const { STOWAGE_SMALL_WORLD_STATES: states } = process.env
const MOST_STATES = Number(states ?? 400)
const MORE_FAULTS = states === undefined ? 0 : 1

interface Small {
  readonly services: readonly ServiceShape[]
  readonly faults: number
  readonly counts?: readonly number[]
  /** It is looked at whole, however many states that takes. */
  readonly isWhole?: boolean
}

function search({ services, faults, counts = [1, 2], isWhole }: Small): Found {
  const start = play({ instances: [INSTANCE, INSTANCE], services, events: [] })
  const { holds, ends } = convergence()
  const versions = [1, 2, CRASHES]
  const found = explore(start, {
    faults: faults + MORE_FAULTS,
    mostStates: isWhole && MORE_FAULTS === 0 ? Infinity : MOST_STATES,
    versions,
    counts,
    watch,
    holds,
  })
  count('small worlds: states', found.states)
  count('small worlds: ways from state to state', found.transitions)
  count('small worlds: applies without faults from them', ends())
  return found
}

/** From any state an apply ends; and once nothing is wrong any more, it ends converged. */
function convergence(): { holds: (world: World) => void; ends: () => number } {
  const known = new Set<string>()
  const once = (world: World, then: () => void) => {
    const key = keyOf(world)
    if (known.has(key)) return
    known.add(key)
    then()
  }
  return {
    ends: () => known.size,
    holds: world => {
      once(world, () => happen(world, { do: 'apply' }, watch))
      const well = healed(world)
      once(well, () => {
        const after = happen(well, { do: 'apply' }, watch)
        const { converged, plan, problems } = lookAt(after)
        expect({ converged, steps: plan.steps, problems }).toEqual({
          converged: true,
          steps: [],
          problems: [],
        })
        expect(doubles(after.hosts)).toEqual([])
      })
    },
  }
}

describe('every state that a small world can come to, and every way from it', { timeout: 3_600_000 }, () => {
  it('one task on two hosts, one fault: the whole of it', () => {
    const { states, transitions, isWhole, ways } = search({
      services: [{ ...SERVICE, count: 1 }],
      faults: 1,
      counts: [],
      isWhole: true,
    })
    expect(isWhole || MORE_FAULTS > 0).toBe(true)
    expect(states).toBeGreaterThan(400)
    expect(transitions).toBeGreaterThan(states)
    expect(Object.keys(ways)).toEqual(
      expect.arrayContaining(['wave', 'time', 'cut', 'down', 'hurt', 'return', 'kill']),
    )
  })

  it.for([
    ['on two hosts', {}, 2],
    ['that stop before they start', { minimum: 0, maximum: 100 }, 1],
    ['of a port that each host has once', { hostPort: 8080, minimum: 100 }, 1],
    ['without a health check', { healthCheck: false, breaker: 'first failure' }, 1],
    ['with an init container', { containers: 'init', count: 1 }, 1],
    ['of a DAEMON', { daemon: true, minimum: 0 }, 1],
  ] as const)('two tasks %s, as far as we look', ([, parts, faults]) => {
    expect(search({ services: [{ ...SERVICE, ...parts }], faults }).states).toBeGreaterThan(350)
  })

  it('a service of one task beside another, as far as we look', () => {
    const one = { ...SERVICE, count: 1, minimum: 100 }
    const { states } = search({ services: [one, { ...one, healthCheck: false }], faults: 1, counts: [] })
    expect(states).toBeGreaterThan(350)
  })
})

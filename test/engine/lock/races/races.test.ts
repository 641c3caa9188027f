import { expect, test } from 'vitest'
import { count } from '../../../properties/hold.ts'
import { explore } from './explore.ts'
import type { FaultKind, Setting } from './race.ts'

/** In a soak one switch more, and what one engine asks for side by side goes out in any order: as far as we look. */
const IS_SOAK = process.env['STOWAGE_PROPERTY_RUNS'] !== undefined
const MOST_RACES = IS_SOAK ? 5000 : Infinity
const MOST_RACES_WITH_A_FAULT = IS_SOAK ? 150 : Infinity
const LONG = { timeout: 3_600_000 }
/** To stand still for 3 s is nothing; after 4 s the lock is no longer one's own, after 6 s another may take it. */
const FAULTS: readonly FaultKind[] = [
  'killed',
  'answer lost',
  'still for 3 after',
  'still for 6 after',
  'still for 7 before',
]

/** Both ask for the locks at once, do one thing, and let go. */
const AT_ONCE: Setting = { secondAfterMs: 0, actsForMs: 0 }
/** The second asks when the first beats, and again when it lets go. */
const ONE_HOLDS: Setting = { secondAfterMs: 2500, actsForMs: 3500 }
/** It holds them for so long that it is taken over from and wakes before it acts again. */
const HOLDS_LONG: Setting = { secondAfterMs: 2500, actsForMs: 9000 }
const DEAD_HERE: Setting = { ...AT_ONCE, dead: ['a', 'b'] }
const STILL: Setting = { ...AT_ONCE, still: ['a', 'b'] }
const OTHER_HOSTS: Setting = {
  ...AT_ONCE,
  hosts: [
    ['a', 'b', 'c'],
    ['b', 'c'],
  ],
}

let races = 0

test.for([
  ['that ask at once', AT_ONCE, Infinity, 300],
  [
    'that ask at once where a dead run’s lock is on the second host',
    { ...AT_ONCE, dead: ['b'] },
    Infinity,
    300,
  ],
  ['that see other hosts', OTHER_HOSTS, 1, 50],
  ['where there never was a lock', { ...AT_ONCE, isFirst: true }, 1, 75],
  ['where a dead run’s locks are', DEAD_HERE, 2, 500],
  ['where the locks of a run elsewhere stand still', STILL, 1, 150],
  ['of which one holds the locks, beats and lets go as the other asks', ONE_HOLDS, 1, 90],
] as const)('two engines %s: each has its turn alone, and leaves nothing', LONG, async row => {
  const [, setting, switches, least] = row
  const explored = await explore({ setting, ...bound(switches), mostRaces: MOST_RACES })
  expect(explored.broken).toBeUndefined()
  expect(explored.isWhole || IS_SOAK).toBe(true)
  expect(explored.races).toBeGreaterThan(least)
  races += explored.races
})

test.for([
  ['the first of two that ask at once', AT_ONCE, 0, FAULTS, 12],
  ['one that finds a dead run’s locks, as another does', DEAD_HERE, 0, FAULTS.slice(0, 2), 12],
  ['one that holds the locks as another asks', ONE_HOLDS, 0, FAULTS, 10],
  ['one that asks as another holds the locks', ONE_HOLDS, 1, FAULTS, 18],
  ['one that holds the locks for long', HOLDS_LONG, 0, ['still for 6 after'], 10],
] as const)('%s meets a fault at each of its calls', LONG, async ([, setting, engine, kinds, calls]) => {
  for (const what of kinds)
    expect(await atEachCall(setting, engine, what), what).toBeGreaterThanOrEqual(calls)
})

test('so many races were gone through', () => {
  count('lock races', races)
  expect(races).toBeGreaterThan(3000)
})

/** The fault with each call that the engine makes; gives with how many it came up. */
async function atEachCall(setting: Setting, engine: number, what: FaultKind): Promise<number> {
  for (let call = 1; ; call++) {
    const fault = { engine, call, what }
    const explored = await explore({
      setting,
      fault,
      ...bound(1),
      inOrder: !IS_SOAK,
      mostRaces: MOST_RACES_WITH_A_FAULT,
    })
    expect(explored.broken).toBeUndefined()
    expect(explored.isWhole || IS_SOAK).toBe(true)
    races += explored.races
    if (!explored.struck) return call - 1
  }
}

function bound(switches: number): { mostSwitches?: number } {
  return switches === Infinity ? {} : { mostSwitches: switches + (IS_SOAK ? 1 : 0) }
}

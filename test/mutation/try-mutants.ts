// Runs in the sandbox, in a process of its own: loads the tests once, sees which of them come by each mutant, and runs those
// with the mutant switched on until one fails, those with the least to do first.
import { pathToFileURL } from 'node:url'
import { INSTRUMENTER_CONSTANTS } from '@stryker-mutator/api/core'
import type { Orders, Outcome, Said } from './protocol.ts'
import { type Case, cases } from './vitest.ts'

interface Counted {
  each: Case
  /** How many places with a mutant it passes. */
  steps: number
}

/** A test that takes so many times more steps than without the mutant is in a loop. */
const LOOP = 10
/** Steps that any test may take. */
const FREE = 20_000

/** What the instrumented files look at in each place that has a mutant; the names are the instrumenter's. */
const stryker = {
  active: undefined as string | undefined,
  steps: 0,
  limit: Infinity,
  get activeMutant(): string | undefined {
    if (++this.steps > this.limit) throw new Error('this goes round and round')
    return this.active
  },
  currentTestId: undefined as string | undefined,
  mutantCoverage: {
    static: {} as Record<string, number>,
    perTest: {} as Record<string, Record<string, number>>,
  },
}
Object.assign(globalThis, { [INSTRUMENTER_CONSTANTS.NAMESPACE]: stryker })

process.on('message', (orders: Orders) => void tryAll(orders))
say({ ready: 0 })

async function tryAll({ testFiles, mutants }: Orders): Promise<void> {
  for (const file of testFiles) await import(pathToFileURL(file).href)
  const counted = await runWithoutMutant()
  const byMutant = new Map<string, Counted[]>()
  for (const [index, passed] of Object.entries(stryker.mutantCoverage.perTest))
    for (const mutant of Object.keys(passed)) {
      const tests = byMutant.get(mutant) ?? []
      tests.push(counted[Number(index)] as Counted)
      byMutant.set(mutant, tests)
    }
  say({ ready: cases.length })
  for (const mutant of mutants) {
    const tests = byMutant.get(mutant)
    if (!tests) say({ mutant, outcome: stryker.mutantCoverage.static[mutant] ? 'static' : 'uncovered' })
    else {
      say({ trying: mutant })
      const leastFirst = tests.sort((a, b) => a.steps - b.steps)
      say({ mutant, outcome: await outcomeOf(mutant, leastFirst) })
    }
  }
  process.disconnect()
}

async function runWithoutMutant(): Promise<Counted[]> {
  const counted: Counted[] = []
  for (const [index, each] of cases.entries()) {
    stryker.currentTestId = String(index)
    stryker.steps = 0
    await each.run().catch((cause: unknown) => {
      throw new Error(`without any mutant this fails: ${each.name}`, { cause })
    })
    counted.push({ each, steps: stryker.steps })
  }
  stryker.currentTestId = undefined
  return counted
}

async function outcomeOf(mutant: string, tests: Counted[]): Promise<Outcome> {
  stryker.active = mutant
  try {
    for (const { each, steps } of tests) {
      stryker.steps = 0
      stryker.limit = FREE + steps * LOOP
      const failed = await each.run().then(
        () => false,
        () => true,
      )
      if (stryker.steps > stryker.limit) return 'timeout'
      if (failed) return 'killed'
    }
    return 'survived'
  } finally {
    stryker.active = undefined
    stryker.limit = Infinity
  }
}

function say(said: Said): void {
  process.send?.(said)
}

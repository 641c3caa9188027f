// Runs in the sandbox, in a process of its own: loads the tests once, sees which of them come by each mutant, and runs those
// with the mutant switched on until one fails.
import { pathToFileURL } from 'node:url'
import { INSTRUMENTER_CONSTANTS } from '@stryker-mutator/api/core'
import type { Orders, Outcome, Said } from './protocol.ts'
import { type Case, cases } from './vitest.ts'

/** What the instrumented files look at; the names are the instrumenter's. */
interface Switch {
  activeMutant?: string
  currentTestId?: string
  hitCount?: number
  hitLimit?: number
  mutantCoverage?: { static: Record<string, number>; perTest: Record<string, Record<string, number>> }
}

interface Timed {
  each: Case
  milliseconds: number
}

/** A mutant whose place is passed so many times more often than without it makes a loop that does not end. */
const LOOP = 100

/** The instrumented files take the object that is there. */
const stryker: Switch = {}
Object.assign(globalThis, { [INSTRUMENTER_CONSTANTS.NAMESPACE]: stryker })

process.on('message', (orders: Orders) => void tryAll(orders))
say({ ready: 0 })

async function tryAll({ testFiles, mutants }: Orders): Promise<void> {
  for (const file of testFiles) await import(pathToFileURL(file).href)
  const timed = await runWithoutMutant()
  const { static: atLoad, perTest } = stryker.mutantCoverage ?? { static: {}, perTest: {} }
  const byMutant = new Map<string, { tests: Timed[]; hits: number }>()
  for (const [index, hits] of Object.entries(perTest))
    for (const [mutant, times] of Object.entries(hits)) {
      const known = byMutant.get(mutant) ?? { tests: [], hits: 0 }
      known.tests.push(timed[Number(index)] as Timed)
      byMutant.set(mutant, { ...known, hits: known.hits + times })
    }
  say({ ready: cases.length })
  for (const mutant of mutants) {
    const covered = byMutant.get(mutant)
    if (!covered) say({ mutant, outcome: atLoad[mutant] ? 'static' : 'uncovered' })
    else {
      say({ trying: mutant })
      const quickFirst = covered.tests.sort((a, b) => a.milliseconds - b.milliseconds)
      say({ mutant, ...(await outcomeOf(mutant, quickFirst, covered.hits * LOOP)) })
    }
  }
  process.disconnect()
}

async function runWithoutMutant(): Promise<Timed[]> {
  const timed: Timed[] = []
  for (const [index, each] of cases.entries()) {
    stryker.currentTestId = String(index)
    const began = performance.now()
    await each.run().catch((cause: unknown) => {
      throw new Error(`without any mutant this fails: ${each.name}`, { cause })
    })
    timed.push({ each, milliseconds: performance.now() - began })
  }
  stryker.currentTestId = undefined
  return timed
}

async function outcomeOf(
  mutant: string,
  tests: Timed[],
  hitLimit: number,
): Promise<{ outcome: Outcome; by?: string }> {
  Object.assign(stryker, { activeMutant: mutant, hitCount: 0, hitLimit })
  try {
    for (const { each } of tests) {
      const failed = await each.run().then(
        () => false,
        () => true,
      )
      if ((stryker.hitCount ?? 0) > hitLimit) return { outcome: 'timeout' }
      if (failed) return { outcome: 'killed', by: each.name }
    }
    return { outcome: 'survived' }
  } finally {
    stryker.activeMutant = undefined
  }
}

function say(said: Said): void {
  process.send?.(said)
}

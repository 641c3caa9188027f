import { appendFileSync, readdirSync, readFileSync } from 'node:fs'
import * as fc from 'fast-check'
import { runs } from './runs.ts'

/** A case that a property failed on once: a file of test/regressions. */
export interface Regression {
  /** The property's name. */
  readonly property: string
  /** What was wrong, in a sentence. */
  readonly found: string
  /** What the property is given. */
  readonly value: unknown
}

const FOLDER = new URL('../regressions/', import.meta.url)

/** All cases that were found once, by file name. */
export function regressions(): ReadonlyMap<string, Regression> {
  const files = readdirSync(FOLDER).filter(f => f.endsWith('.json'))
  return new Map(
    files.sort().map(file => [file, JSON.parse(readFileSync(new URL(file, FOLDER), 'utf8')) as Regression]),
  )
}

/**
 * Holds a property: first to what it failed on before, then to so many values of a fixed seed. What fails is made as
 * small as can be, and told in the form of a file of test/regressions.
 * `STOWAGE_PROPERTY_RUNS` says how many times as many, `STOWAGE_PROPERTY_SEED` from which number on.
 */
export function hold<T>(
  property: string,
  numRuns: number,
  values: fc.Arbitrary<T>,
  holds: (value: T) => void,
): void {
  const known = [...regressions().values()].filter(r => r.property === property)
  const details = fc.check(fc.property(values, holds), {
    ...runs(numRuns),
    examples: known.map((r): [T] => [r.value as T]),
  })
  count(property, details.numRuns)
  if (!details.failed) return
  const cause = details.errorInstance instanceof Error ? details.errorInstance : new Error('gave up')
  const regression: Regression = { property, found: cause.message, value: details.counterexample?.[0] }
  const reproduce = `STOWAGE_PROPERTY_SEED=${details.seed}, run ${details.numRuns}, ${details.numShrinks} times made smaller`
  throw new Error(
    `${property}\n${cause.message}\n${reproduce}; to keep it, as a file of test/regressions:\n${JSON.stringify(regression)}`,
    { cause },
  )
}

/** Adds to what a soak counts, where one runs. */
export function count(what: string, times: number): void {
  const { STOWAGE_SOAK_COUNTS: file } = process.env
  if (file !== undefined) appendFileSync(file, `${JSON.stringify([what, times])}\n`)
}

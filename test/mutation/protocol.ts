/** One change of the core, in one place. */
export interface Mutant {
  id: string
  fileName: string
  mutatorName: string
  replacement: string
  location: { start: { line: number; column: number }; end: { line: number; column: number } }
}

/**
 * What became of a mutant: a test failed (killed), the tests came to no end (timeout), all passed (survived), no test comes
 * by (uncovered), or it is done once when the file is loaded, where it cannot be switched (static).
 */
export type Outcome = 'killed' | 'timeout' | 'survived' | 'uncovered' | 'static'

/** What the process that runs the tests is given. */
export interface Orders {
  testFiles: string[]
  mutants: string[]
}

/** What it says, one to a line: what it is about to try, then what became of it. */
export type Said = { trying: string } | { mutant: string; outcome: Outcome } | { ready: number }

import type { ErrorCode } from '../engine/errors.ts'

/** One thing that is wrong with a construct. */
export interface SynthProblem {
  /** The construct's path: `prod/web/nginx`. */
  readonly path: string
  readonly message: string
}

/** The constructs contradict themselves or a limit of ECS; `problems` has all that was found. */
export class SynthError extends Error {
  override readonly name = 'SynthError'
  // accessors, since node prints the fields of an error that nobody caught, and the message says all of it
  readonly #problems: readonly SynthProblem[]

  constructor(problems: readonly SynthProblem[]) {
    const lines = problems.map(({ path, message }) => `  ${path === '' ? '(app)' : path}: ${message}`)
    super(`${problems.length === 1 ? '1 error' : `${problems.length} errors`}\n${lines.join('\n')}`)
    this.#problems = problems
    // the place of the throw says nothing about the constructs, which the message names
    this.stack = `${this.name} [${this.code}]: ${this.message}\n    at synthesize`
  }

  /** Of the catalogue of errors. */
  get code(): Extract<ErrorCode, 'SYNTH_INVALID'> {
    return 'SYNTH_INVALID'
  }

  /** All that is wrong, in the order of the constructs. */
  get problems(): readonly SynthProblem[] {
    return this.#problems
  }
}

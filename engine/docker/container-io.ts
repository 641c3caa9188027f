import type { Readable } from 'node:stream'
import type { Output } from './log-frames.ts'

export interface LogOptions {
  /** How many lines of before; Infinity: all. */
  readonly tail: number
  readonly follow: boolean
  readonly signal: AbortSignal
}

export interface ExecOptions {
  readonly command: readonly string[]
  /** A terminal inside, of this size: then there is no stderr of its own. */
  readonly terminal?: TerminalSize
}

export interface TerminalSize {
  readonly rows: number
  readonly columns: number
}

export interface ExecStreams {
  /** Default: nothing can be read. */
  readonly input?: Readable
  readonly onOutput: (output: Output) => void
  /** Calls back when the terminal outside has another size; returns how to stop it. */
  readonly onResize?: (listener: (size: TerminalSize) => void) => () => void
}

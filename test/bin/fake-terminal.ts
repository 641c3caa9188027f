import { PassThrough } from 'node:stream'
import type { Output, Terminal } from '../../bin/terminal.ts'

/** A terminal that writes down what it is told, and answers as it was told to. */
export interface FakeTerminal extends Terminal {
  out(): string
  err(): string
  readonly exits: number[]
  /** Sends a signal to whoever listens. */
  interrupt(signal?: 'SIGINT' | 'SIGTERM'): void
}

export interface FakeTerminalOptions {
  readonly cwd?: string
  readonly env?: NodeJS.ProcessEnv
  readonly isTTY?: boolean
  /** Default: nobody can be asked. */
  readonly answer?: string
  /** Called with all that is written to stdout so far. */
  readonly onOut?: (text: string) => void
}

export function fakeTerminal(options: FakeTerminalOptions = {}): FakeTerminal {
  const listeners = new Set<(signal: 'SIGINT' | 'SIGTERM') => void>()
  const exits: number[] = []
  let out = ''
  let err = ''
  const output = (write: (text: string | Uint8Array) => void): Output => ({
    isTTY: options.isTTY ?? false,
    columns: 80,
    rows: 24,
    write,
  })
  return {
    cwd: options.cwd ?? '/',
    env: { NO_COLOR: '1', PATH: process.env['PATH'], ...options.env },
    stdout: output(text => {
      out += typeof text === 'string' ? text : Buffer.from(text).toString('utf8')
      options.onOut?.(out)
    }),
    stderr: output(text => {
      err += typeof text === 'string' ? text : Buffer.from(text).toString('utf8')
    }),
    input: {
      isTTY: false,
      stream: new PassThrough(),
      raw: () => () => {},
      onResize: () => () => {},
    },
    interactive: options.answer !== undefined,
    ask: async question => {
      err += question
      return options.answer ?? ''
    },
    now: Date.now,
    onInterrupt: listener => {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
    exit: code => void exits.push(code),
    out: () => out,
    err: () => err,
    exits,
    interrupt: (signal = 'SIGINT') => {
      for (const listener of listeners) listener(signal)
    },
  }
}

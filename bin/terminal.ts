import { createInterface } from 'node:readline/promises'
import type { Readable } from 'node:stream'

/** What a command sees of the world that it was called from; the tests give it one of their own. */
export interface Terminal {
  readonly cwd: string
  readonly env: NodeJS.ProcessEnv
  readonly stdout: Output
  readonly stderr: Output
  readonly input: Input
  /** Whether somebody can be asked. */
  readonly interactive: boolean
  /** Asks on stderr; '' where there is no answer. */
  ask(question: string, signal?: AbortSignal): Promise<string>
  /** ms since 1970. */
  now(): number
  /** Calls back for each SIGINT and SIGTERM, which then end nothing by themselves, until the returned function is called. */
  onInterrupt(listener: (signal: 'SIGINT' | 'SIGTERM') => void): () => void
  /** Leaves at once. */
  exit(code: number): void
}

/** One of the two output streams. */
export interface Output {
  readonly isTTY: boolean
  readonly columns: number
  readonly rows: number
  write(text: string | Uint8Array): void
}

/** What a person, or another program, types. */
export interface Input {
  readonly isTTY: boolean
  readonly stream: Readable
  /** Gives each key as it is pressed, Ctrl-C too, until the returned function is called. */
  raw(): () => void
  /** Calls back with the terminal's new size, until the returned function is called. */
  readonly onResize: (
    listener: (size: { readonly rows: number; readonly columns: number }) => void,
  ) => () => void
}

/** The terminal of this process. */
export function processTerminal(): Terminal {
  return {
    cwd: process.cwd(),
    env: process.env,
    stdout: output(process.stdout),
    stderr: output(process.stderr),
    input: input(),
    interactive: process.stdin.isTTY && process.stderr.isTTY,
    ask,
    now: Date.now,
    onInterrupt,
    exit: code => process.exit(code),
  }
}

function output(stream: NodeJS.WriteStream): Output {
  let failed = false
  // what was begun is ended all the same: a full disk under a log leaves no host half done
  stream.on('error', (error: NodeJS.ErrnoException) => {
    // whoever read it has gone, as `head` does: there is nobody left to tell
    if (error.code === 'EPIPE' || failed) return
    failed = true
    process.once('exit', () => {
      process.exitCode ||= 1
    })
    if (stream !== process.stderr) process.stderr.write(`stdout cannot be written: ${error.message}\n`)
  })
  return {
    isTTY: stream.isTTY,
    get columns() {
      return stream.columns || 80
    },
    get rows() {
      return stream.rows || 24
    },
    write: text => void stream.write(text),
  }
}

function input(): Input {
  return {
    get isTTY() {
      return process.stdin.isTTY
    },
    get stream() {
      return process.stdin
    },
    raw: () => {
      if (process.stdin.isTTY) process.stdin.setRawMode(true)
      return () => {
        if (process.stdin.isTTY) process.stdin.setRawMode(false)
        process.stdin.unref()
      }
    },
    onResize: listener => {
      const resized = () => listener({ rows: process.stdout.rows, columns: process.stdout.columns })
      process.stdout.on('resize', resized)
      return () => void process.stdout.off('resize', resized)
    },
  }
}

async function ask(question: string, signal?: AbortSignal): Promise<string> {
  const lines = createInterface({ input: process.stdin, output: process.stderr })
  try {
    return await Promise.race([
      lines.question(question, { signal }),
      // ctrl-D, and ctrl-C, which readline takes to itself
      new Promise<string>(resolve => {
        lines.once('SIGINT', () => {
          process.emit('SIGINT', 'SIGINT')
          resolve('')
        })
        lines.once('close', () => resolve(''))
      }),
    ])
  } catch (error) {
    if (error instanceof Error && error.name === 'AbortError') return ''
    throw error
  } finally {
    lines.close()
  }
}

function onInterrupt(listener: (signal: 'SIGINT' | 'SIGTERM') => void): () => void {
  const interrupted = (signal: NodeJS.Signals) => listener(signal === 'SIGTERM' ? 'SIGTERM' : 'SIGINT')
  process.on('SIGINT', interrupted)
  process.on('SIGTERM', interrupted)
  return () => {
    process.off('SIGINT', interrupted)
    process.off('SIGTERM', interrupted)
  }
}

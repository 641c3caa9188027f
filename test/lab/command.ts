import { execFile, spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { accessSync, constants, openSync, closeSync } from 'node:fs'
import { join } from 'node:path'

/** The folder of another Docker's binaries, as `STOWAGE_LAB_DOCKER` names it. Default: none, the machine's own. */
export function dockerFolder(): string | undefined {
  return process.env.STOWAGE_LAB_DOCKER || undefined
}

/** PATH for all that the lab runs: the other Docker's binaries first, then the distribution's own. */
export function labPath(): string {
  const system = ['/usr/sbin', '/usr/bin', '/sbin', '/bin', '/usr/local/sbin', '/usr/local/bin']
  return [dockerFolder(), ...system].filter(folder => folder !== undefined).join(':')
}

/** Where PATH has the command; undefined where it has none. */
export function findCommand(name: string, path: string = labPath()): string | undefined {
  return path
    .split(':')
    .map(folder => join(folder, name))
    .find(isExecutable)
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK)
    return true
  } catch {
    return false
  }
}

/** What a command may be given beside its arguments. */
export interface RunOptions {
  readonly input?: string
  /** Milliseconds. Default: 60,000. */
  readonly timeout?: number
  readonly env?: Readonly<Record<string, string>>
}

/** Runs a command to its end and resolves to its stdout; rejects with its stderr in the message. */
export function run(command: string, args: readonly string[], options: RunOptions = {}): Promise<string> {
  return new Promise((resolve, reject) => {
    const env = { ...process.env, PATH: labPath(), ...options.env }
    const limits = { timeout: options.timeout ?? 60_000, killSignal: 'SIGKILL', maxBuffer: 64 << 20 } as const
    const child = execFile(command, args, { env, ...limits }, (error, stdout, stderr) => {
      if (!error) return resolve(stdout)
      const said = stderr.trim() || stdout.trim() || error.message
      reject(new Error(`${[command, ...args].join(' ')}: ${said}`))
    })
    // a command that ends before it has read its input is judged by its exit code alone
    child.stdin?.on('error', () => {})
    child.stdin?.end(options.input ?? '')
  })
}

/** Starts a command that goes on when this process has ended; its output is appended to a file. */
export function startDaemon(
  command: string,
  args: readonly string[],
  options: { readonly log: string; readonly env: Readonly<Record<string, string>> },
): ChildProcess {
  const log = openSync(options.log, 'a', 0o600)
  try {
    const env = { ...options.env, PATH: labPath() }
    const child = spawn(command, args, { env, detached: true, stdio: ['ignore', log, log], cwd: '/' })
    child.unref()
    return child
  } finally {
    closeSync(log)
  }
}

/** Asks again and again until the answer is neither undefined nor false; rejects after the deadline (milliseconds). */
export async function until<T>(
  what: string,
  deadline: number,
  ask: () => T | undefined | false | Promise<T | undefined | false>,
): Promise<T> {
  const end = Date.now() + deadline
  for (;;) {
    const answer = await ask()
    if (answer !== undefined && answer !== false) return answer
    if (Date.now() > end) throw new Error(`${what}: not so after ${deadline / 1000} s`)
    await new Promise(resolve => setTimeout(resolve, 20))
  }
}

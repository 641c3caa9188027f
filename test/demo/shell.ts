import { spawn } from 'node:child_process'
import { once } from 'node:events'
import type { Interrupts } from './interrupts.ts'
import type { Project } from './project.ts'
import type { Stage } from './stage.ts'

/** Runs the CLI in a project, as `npx stowage …` does. */
export interface Shell {
  /** Prints the command and runs it with its output shown. Throws where it does not end with 0. */
  stowage(args: readonly string[], env?: Readonly<Record<string, string>>): Promise<void>
  /** Runs it without a word; resolves to its stdout. */
  quietly(args: readonly string[]): Promise<string>
}

/** What a shell runs in. */
export interface ShellOptions {
  readonly project: Project
  readonly stage: Stage
  readonly interrupts: Interrupts
  /** What was exported before. Default: nothing. */
  readonly exported?: Readonly<Record<string, string>>
}

export function createShell({ project, stage, interrupts, exported }: ShellOptions): Shell {
  async function run(
    args: readonly string[],
    env: Readonly<Record<string, string>>,
    output: 'inherit' | 'pipe',
  ): Promise<string> {
    // in a process group of its own: Ctrl-C reaches it once, from here, and not a second time from the terminal
    const child = spawn(process.execPath, [project.bin, ...args], {
      cwd: project.folder,
      env: { ...process.env, ...exported, ...env },
      stdio: ['ignore', output, 'inherit'],
      detached: true,
    })
    const release = interrupts.onEach(() => child.kill('SIGINT'))
    let text = ''
    child.stdout?.setEncoding('utf8').on('data', (part: string) => {
      text += part
    })
    const [code] = await once(child, 'close').finally(release)
    if (code !== 0) throw new Error(`stowage ${args.join(' ')} ended with ${String(code)}`)
    return text
  }

  return {
    stowage: async (args, env = {}) => {
      interrupts.signal.throwIfAborted()
      const settings = Object.entries(env).map(([name, value]) => `${name}=${value} `)
      stage.command(`${settings.join('')}npx stowage ${args.join(' ')}`)
      await run(args, env, 'inherit')
    },
    quietly: args => run(args, {}, 'pipe'),
  }
}

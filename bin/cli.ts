import { StowageError } from '../engine/errors.ts'
import { commandLine } from './command-line.ts'
import type { Command } from './command-line/call.ts'
import type { CommonFlags } from './flags.ts'
import { reportError } from './report-error.ts'
import { readSettings } from './settings.ts'
import type { Terminal } from './terminal.ts'

/**
 * Runs one command line; resolves to the exit code. Each command is loaded only when it is called, so that none
 * but those that speak to a host load what is needed for it.
 */
export async function main(args: readonly string[], terminal: Terminal): Promise<number> {
  let exitCode = 0
  /** Calls a command with its settings once its module is there. */
  const call =
    <Flags>(load: () => Promise<{ readonly run: Command<Flags> }>) =>
    async (flags: NoInfer<Flags> & CommonFlags): Promise<void> => {
      const { run } = await load()
      exitCode = await run(terminal, await readSettings(terminal.cwd, flags), flags)
    }
  const ours = args.includes('--') ? args.slice(0, args.indexOf('--')) : args
  const json = ours.includes('--json') || ours.includes('--json=true')
  try {
    await commandLine(args, terminal, call).parseAsync()
    return exitCode
  } catch (error) {
    reportError(error, terminal, json)
    return error instanceof StowageError && error.code === 'INTERRUPTED' ? 130 : 1
  }
}

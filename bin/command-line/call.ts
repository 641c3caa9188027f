import type { CommonFlags } from '../flags.ts'
import type { Settings } from '../settings.ts'
import type { Terminal } from '../terminal.ts'

export type Command<Flags> = (terminal: Terminal, settings: Settings, flags: Flags) => Promise<number>

/** Makes of a command's module, which is loaded only when it is called, what yargs calls with the flags. */
export type Call = <Flags>(
  load: () => Promise<{ readonly run: Command<Flags> }>,
) => (flags: NoInfer<Flags> & CommonFlags) => Promise<void>

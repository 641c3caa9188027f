import type { Settings } from '../settings.ts'
import type { Terminal } from '../terminal.ts'
import { type DrainFlags, drainOrActivate } from './drain.ts'

export async function run(terminal: Terminal, settings: Settings, flags: DrainFlags): Promise<number> {
  return await drainOrActivate(terminal, settings, flags, 'activate')
}

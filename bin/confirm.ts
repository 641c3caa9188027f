import { StowageError } from '../engine/errors.ts'
import type { Terminal } from './terminal.ts'

/** Asks, unless it was said before that it need not be. @throws CONFIRMATION_NEEDED where there is nobody to ask */
export async function confirm(
  terminal: Terminal,
  { yes, json, signal }: { readonly yes: boolean; readonly json: boolean; readonly signal?: AbortSignal },
  question: string,
): Promise<boolean> {
  if (yes) return true
  if (!terminal.interactive || json) {
    throw new StowageError(
      'CONFIRMATION_NEEDED',
      'nothing was changed: there is no terminal to ask on, and no --yes',
    )
  }
  const answer = await terminal.ask(`\n${question} [y/N] `, signal)
  if (/^\s*y(es)?\s*$/i.test(answer)) return true
  terminal.stderr.write('Nothing was changed.\n')
  return false
}

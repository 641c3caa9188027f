import { StowageError } from '../../engine/errors.ts'
import { documentProblems } from '../documents.ts'
import { warn } from '../report-error.ts'
import { styleFor } from '../render/style.ts'
import { synthLines } from '../render/synth.ts'
import type { Settings } from '../settings.ts'
import { shownPath, synthesize, type SynthResult } from '../synthesize.ts'
import type { Terminal } from '../terminal.ts'

export async function run(
  terminal: Terminal,
  settings: Settings,
  flags: { readonly check: boolean },
): Promise<number> {
  const results = await synthesize(terminal, settings, flags.check)
  const { stdout, cwd } = terminal
  const stale = flags.check ? results.filter(r => r.status !== 'unchanged') : []
  if (settings.json) {
    const documents = results.map(r => ({ ...r, before: undefined, after: undefined }))
    stdout.write(`${JSON.stringify({ upToDate: results.every(r => r.status === 'unchanged'), documents })}\n`)
    return stale.length > 0 ? 1 : 0
  }
  const show = (path: string) => shownPath(path, cwd)
  for (const line of synthLines(results, styleFor(stdout, terminal.env), show)) stdout.write(`${line}\n`)
  warn(
    terminal,
    results.flatMap(r => documentProblems(r.warnings, show(r.path))),
  )
  if (stale.length === 0) return 0
  for (const result of stale) await printDifference(result, terminal)
  throw new StowageError(
    'SYNTH_STALE',
    `${stale.map(r => show(r.path)).join(', ')}: not what the app gives now`,
  )
}

async function printDifference({ path, before, after }: SynthResult, terminal: Terminal): Promise<void> {
  if (before === undefined || after === undefined) return
  const { diffString } = await import('json-diff')
  const { stdout, cwd, env } = terminal
  const color = styleFor(stdout, env).bad('') !== ''
  stdout.write(`\n${shownPath(path, cwd)}\n${difference(before, after, diffString, color)}\n`)
}

function difference(
  before: string,
  after: string,
  diffString: (from: unknown, to: unknown, options: { color: boolean }) => string,
  color: boolean,
): string {
  try {
    const text = diffString(JSON.parse(before), JSON.parse(after), { color }).trimEnd()
    return text === '' ? '  the same values, written in another way' : text
  } catch {
    return '  the committed document is no JSON'
  }
}

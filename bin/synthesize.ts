import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, join, relative } from 'node:path'
import type { DesiredState } from '../engine/desired-state/desired-state.generated.ts'
import type { DocumentProblem } from '../engine/desired-state/parse.ts'
import { StowageError } from '../engine/errors.ts'
import { type DocumentFile, documentsIn, invalidDocuments } from './documents.ts'
import { runApp } from './run-app.ts'
import type { Settings } from './settings.ts'
import type { Terminal } from './terminal.ts'

/** One document after a synth. */
export interface SynthResult {
  readonly cluster: string
  readonly path: string
  /** stale: the app has no such cluster any more. The file is left, since what was deployed from it still runs. */
  readonly status: 'new' | 'changed' | 'unchanged' | 'stale'
  readonly containerInstances: number
  readonly taskDefinitions: number
  /** Tasks that run once. */
  readonly tasks: number
  readonly services: number
  /** What ignoreUnsupported has left out. */
  readonly warnings: readonly DocumentProblem[]
  /** The text that was there before, and the app's own. */
  readonly before?: string
  readonly after?: string
}

/**
 * Runs the app and brings the output folder up to date; with `check` only says what would be written.
 * Where a document is invalid none is written.
 * @throws APP_FAILED, SYNTH_INVALID, DOCUMENT_INVALID
 */
export async function synthesize(
  terminal: Terminal,
  settings: Settings,
  check: boolean,
): Promise<SynthResult[]> {
  const { app, out } = settings
  if (!app) {
    const next = 'Write { "app": "app.ts" } into stowage.config.json, or name the app with --app.'
    throw new StowageError('APP_FAILED', 'no app is named', { next })
  }
  const folder = await mkdtemp(join(tmpdir(), 'stowage-synth-'))
  try {
    await runApp(app, folder, terminal.env, text => terminal.stderr.write(text))
    const made = await documentsIn(folder, true)
    if (made.length === 0) throw noDocument(app.app)
    const invalid = made.filter(f => !f.state).map(f => ({ ...f, path: join(out, basename(f.path)) }))
    if (invalid.length > 0) throw invalidDocuments(invalid, terminal.cwd)
    const results = compareDocuments(made, await documentsIn(out), out)
    if (!check) await write(results, out).catch((error: unknown) => notWritable(out, error))
    return results
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

/** What a synth makes of the documents that are there. */
export function compareDocuments(
  made: readonly DocumentFile[],
  there: readonly DocumentFile[],
  out: string,
): SynthResult[] {
  const before = new Map(there.map(f => [basename(f.path), f]))
  const results = made.map((file): SynthResult => {
    const name = basename(file.path)
    const old = before.get(name)
    before.delete(name)
    const status = old === undefined ? 'new' : old.text === file.text ? 'unchanged' : 'changed'
    const texts = { after: file.text, ...(old && { before: old.text }) }
    const { cluster, warnings } = file
    return { cluster, path: join(out, name), status, ...counts(file.state), warnings, ...texts }
  })
  const stale = [...before.values()].map(
    (f): SynthResult => ({
      cluster: f.cluster,
      path: f.path,
      status: 'stale',
      ...counts(f.state),
      warnings: [],
      before: f.text,
    }),
  )
  return [...results, ...stale]
}

/** How many of each a document has. */
export function counts(state: DesiredState | undefined) {
  return {
    containerInstances: Object.keys(state?.containerInstances ?? {}).length,
    taskDefinitions: Object.keys(state?.taskDefinitions ?? {}).length,
    tasks: Object.keys(state?.tasks ?? {}).length,
    services: Object.keys(state?.services ?? {}).length,
  }
}

async function write(results: readonly SynthResult[], out: string): Promise<void> {
  await mkdir(out, { recursive: true })
  for (const { status, path, after } of results) {
    if (after !== undefined && status !== 'unchanged') await writeFile(path, after)
  }
}

function notWritable(out: string, cause: unknown): never {
  const why = cause instanceof Error ? cause.message : String(cause)
  throw new StowageError('OUTPUT_FAILED', `not every document was written into ${out}: ${why}`, { cause })
}

function noDocument(app: string): StowageError {
  const next =
    'Call app.synth() at its end, and leave outdir away; a command of your own writes into the folder $STOWAGE_OUT.'
  return new StowageError('APP_FAILED', `${app} ended well and wrote no document`, { next })
}

/** A path as a person in `cwd` would write it. */
export function shownPath(path: string, cwd: string): string {
  const shown = relative(cwd, path)
  return shown === '' ? '.' : shown.startsWith('..') ? path : shown
}

import { readFile } from 'node:fs/promises'
import { basename, extname, resolve } from 'node:path'
import { text as textOf } from 'node:stream/consumers'
import { canonicalJson } from '../../engine/desired-state/canonical.ts'
import { type Problem, StowageError } from '../../engine/errors.ts'
import {
  importTaskDefinition,
  type ImportedTaskDefinition,
} from '../../engine/import/import-task-definition.ts'
import { writeTaskDefinitions } from '../../engine/import/write-task-definitions.ts'
import { ignorableNames } from '../../engine/ecs-fields/unsupported.ts'
import { documentProblems } from '../documents.ts'
import { count, printable } from '../render/text.ts'
import { warn } from '../report-error.ts'
import type { Settings } from '../settings.ts'
import type { Terminal } from '../terminal.ts'

interface ImportFlags {
  readonly files: readonly string[]
  readonly format: 'ts' | 'json'
  readonly lenient: boolean
  readonly ignoreUnsupported?: string
  readonly cluster?: string
}

/** One file, and what came of it. */
interface Imported {
  readonly file: string
  readonly imported: ImportedTaskDefinition
}

/** The result goes to stdout, what was changed and left out of it to stderr. */
export async function run(terminal: Terminal, settings: Settings, flags: ImportFlags): Promise<number> {
  const ignoreUnsupported = (flags.ignoreUnsupported ?? '').split(',').filter(name => name.trim() !== '')
  // yargs takes a lone - away
  if (flags.files.length === 0)
    throw new StowageError('USAGE_INVALID', 'Name a file; /dev/stdin is what is piped in.')
  const all: Imported[] = []
  for (const file of flags.files) {
    const imported = importTaskDefinition(await read(terminal, file), {
      lenient: flags.lenient,
      ignoreUnsupported: ignoreUnsupported.map(name => name.trim()),
      ...(file !== STDIN && { family: basename(file, extname(file)) }),
    })
    all.push({ file, imported })
  }
  refuse(all, flags)
  const taskDefinitions = Object.fromEntries(all.map(({ imported: i }) => [i.family, i.taskDefinition]))
  if (settings.json) {
    const files = all.map(({ file, imported: { family, stripped, warnings } }) => ({
      file,
      family,
      stripped,
      warnings,
    }))
    terminal.stdout.write(`${JSON.stringify({ taskDefinitions, files })}\n`)
    return 0
  }
  for (const { file, imported } of all) tell(terminal, file, imported)
  if (flags.format === 'json') {
    const document = { schemaVersion: 1, cluster: flags.cluster ?? 'prod', taskDefinitions }
    terminal.stdout.write(`${JSON.stringify(JSON.parse(canonicalJson(document)), null, 2)}\n`)
  } else terminal.stdout.write(writeTaskDefinitions(all.map(({ file, imported }) => ({ file, ...imported }))))
  return 0
}

/** Read as a stream: where it is a socket it cannot be opened. It gives no name to a family. */
const STDIN = '/dev/stdin'

async function read({ cwd, input }: Terminal, file: string): Promise<string> {
  try {
    return file === STDIN ? await textOf(input.stream) : await readFile(resolve(cwd, file), 'utf8')
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause)
    throw new StowageError('IMPORT_INVALID', `${file} cannot be read: ${why}`, {
      cause,
      next: 'Name files that are there; /dev/stdin is what is piped in.',
    })
  }
}

/** @throws IMPORT_INVALID with all that is wrong with all files, and how they would be taken */
function refuse(all: readonly Imported[], flags: ImportFlags): void {
  const problems: Problem[] = all.flatMap(({ file, imported }) =>
    documentProblems(imported.problems, file, 'IMPORT_INVALID'),
  )
  const families = all.map(({ imported }) => imported.family)
  const twice = all.filter(({ imported: { family } }, i) => family !== '' && families.indexOf(family) < i)
  for (const { file, imported } of twice) {
    const first = all[families.indexOf(imported.family)]?.file ?? ''
    const message = `${imported.family} is the family of ${first}, too`
    problems.push(...documentProblems([{ pointer: '/family', message }], file, 'IMPORT_INVALID'))
  }
  if (problems.length === 0) return
  const bad = [...all.filter(({ imported }) => imported.problems.length > 0), ...twice].map(
    ({ file }) => file,
  )
  const message = `${count(problems.length, 'error')} in ${[...new Set(bad)].join(', ')}; nothing was written`
  throw new StowageError('IMPORT_INVALID', [message, ...wouldTake(all, flags)].join('\n'), { problems })
}

/** The command that takes what can be taken: what is refused by name, and what is only written otherwise. */
function wouldTake(all: readonly Imported[], flags: ImportFlags): string[] {
  const known = ignorableNames('task definition')
  const given = (flags.ignoreUnsupported ?? '').split(',').map(name => name.trim())
  const more = all.flatMap(({ imported }) => imported.unsupported)
  // a name that is misspelt is refused, and offered no second time
  const unsupported = [...new Set([...given.filter(name => known.has(name)), ...more])]
  const needsLenient = !flags.lenient && all.some(({ imported }) => imported.needsLenient)
  const lenient = flags.lenient || needsLenient
  if (more.length === 0 && !needsLenient) return []
  const words = [
    'stowage import task-definition',
    ...flags.files.map(shellWord),
    ...(flags.format === 'ts' ? [] : [`--format ${flags.format}`]),
    ...(lenient ? ['--lenient'] : []),
    ...(unsupported.length > 0 ? [`--ignore-unsupported ${unsupported.join(',')}`] : []),
  ]
  const what = [
    ...(more.length > 0 ? ['leave out what does nothing here'] : []),
    ...(needsLenient ? ['take the rest for what is meant by it'] : []),
  ]
  return [`to ${what.join(', and ')}:`, `  ${words.join(' ')}`]
}

/** A word as a person would type it for a shell. */
function shellWord(word: string): string {
  return /^[\w./@:+-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`
}

function tell(terminal: Terminal, file: string, { stripped, warnings }: ImportedTaskDefinition): void {
  for (const { pointer, was, is } of stripped)
    terminal.stderr.write(`~ ${printable(`${file} ${pointer}`)}: ${printable(was)} → ${printable(is)}\n`)
  warn(terminal, documentProblems(warnings, file))
}

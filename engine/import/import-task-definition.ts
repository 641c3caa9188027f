import type { TaskDefinition as TaskDefinitionJson } from '../desired-state/document.generated.ts'
import { readJson } from '../desired-state/json-text.ts'
import { parseDesiredState } from '../desired-state/parse.ts'
import { type DocumentProblem, documentProblem, quote } from '../desired-state/problem.ts'
import { removeAll } from '../desired-state/remove.ts'
import { findUnsupported } from '../ecs-fields/unsupported.ts'
import { completed } from './completed.ts'
import { checkMeaning, hintAtPlaceholder } from './check-meaning.ts'
import { readStrictly, withoutReadOnly } from './read-only.ts'
import { type Note, tidy } from './tidy.ts'
import { unwrapTaskDefinition } from './unwrap.ts'

export interface ImportOptions {
  /** Take what tools print around and into a task definition for what is meant by it. Default: false; it is refused. */
  readonly lenient?: boolean
  /** Fields and values that nothing here does and that may be left out. Default: none. */
  readonly ignoreUnsupported?: readonly string[]
  /** Where it names none itself. Default: none; it is refused. */
  readonly family?: string
}

/** A task definition of ECS as one of a document. Where there are problems it is not one yet. */
export interface ImportedTaskDefinition {
  readonly family: string
  /** With its ignoreUnsupported, and with what that leaves out: the document is to show what was there. */
  readonly taskDefinition: TaskDefinitionJson
  /** What `lenient` has changed. */
  readonly stripped: readonly Note[]
  /** What ignoreUnsupported leaves out. */
  readonly warnings: readonly DocumentProblem[]
  readonly problems: readonly DocumentProblem[]
  /** The names that ignoreUnsupported would need to have besides. */
  readonly unsupported: readonly string[]
  /** Whether `lenient` would take it as it is meant. */
  readonly needsLenient: boolean
}

/** Reads what RegisterTaskDefinition takes, or what describe-task-definition prints: a JSON text or its value. Never throws. */
export function importTaskDefinition(given: unknown, options: ImportOptions = {}): ImportedTaskDefinition {
  const json = readJson(given)
  if (!json.ok) return refused(json.problems)
  const unwrapped = unwrapTaskDefinition(json.value)
  if (unwrapped.problem !== undefined) return refused([documentProblem('', unwrapped.problem)])
  if (typeof unwrapped.value !== 'object' || unwrapped.value === null || Array.isArray(unwrapped.value))
    return refused([
      documentProblem('', 'is no task definition: that is an object with containerDefinitions'),
    ])
  const bare = withoutReadOnly('task definition', unwrapped.value, unwrapped.at)
  const tidied = tidy('task definition', bare.value)
  const meant = completed(tidied.value as object)
  const notes = [
    ...unwrapped.notes,
    ...bare.notes,
    ...[...tidied.notes, ...meant.notes].map(n => ({ ...n, pointer: unwrapped.at + n.pointer })),
  ]
  const { warnings, problems, ...imported } = check(meant.value, notes, options)
  // with the places that they have in what was given
  const below = (p: DocumentProblem) => ({ ...p, pointer: unwrapped.at + p.pointer })
  return {
    ...imported,
    warnings: warnings.map(below),
    problems: [...json.problems, ...(options.lenient ? [] : notes.map(readStrictly)), ...problems.map(below)],
  }
}

function check(
  value: unknown,
  notes: readonly Note[],
  { lenient = false, ignoreUnsupported = [], family: fallback }: ImportOptions,
): ImportedTaskDefinition {
  const {
    family: own,
    ignoreUnsupported: listed,
    ...rest
  } = structuredClone(value) as Record<string, unknown>
  const { unsupported, inert } = findUnsupported('task definition', rest)
  // it asks for nothing
  removeAll(rest, inert)
  const ignored = [...new Set([...list(listed).map(String), ...ignoreUnsupported])]
  const family = typeof own === 'string' ? own : (fallback ?? '')
  const taskDefinition = { ...rest, ...(ignored.length > 0 && { ignoreUnsupported: ignored }) }
  const fits = /^[A-Za-z0-9_-]{1,255}$/.test(family) && family !== '__proto__'
  const key = fits ? family : 'task'
  const parsed = parseDesiredState({
    schemaVersion: 1,
    cluster: 'import',
    taskDefinitions: { [key]: taskDefinition },
  })
  const meaning = checkMeaning(rest)
  // which says more of the same place
  const told = new Set(meaning.map(p => p.pointer))
  return {
    family,
    // where there are no problems the check has just said that it is one
    taskDefinition: taskDefinition as unknown as TaskDefinitionJson,
    stripped: lenient ? notes : [],
    warnings: parsed.ok ? parsed.warnings.map(inTask) : [],
    problems: [
      ...(fits ? [] : [familyProblem(own ?? fallback)]),
      ...(parsed.ok ? [] : parsed.problems.map(inTask).filter(p => !told.has(p.pointer))),
      ...meaning,
    ].map(p => (p.code === undefined ? hintAtPlaceholder({ ...rest, family }, p) : p)),
    unsupported: [...new Set(unsupported.map(u => u.name))].filter(name => !ignored.includes(name)),
    needsLenient: !lenient && notes.length > 0,
  }
}

function familyProblem(family: unknown): DocumentProblem {
  return typeof family === 'string' && family !== ''
    ? documentProblem('/family', `must be 1 to 255 letters, digits, - and _, not ${quote(family)}`)
    : documentProblem('', 'family is missing')
}

/** As the task definition alone has its places. */
function inTask(problem: DocumentProblem): DocumentProblem {
  return { ...problem, pointer: problem.pointer.replace(/^\/taskDefinitions\/[^/]*/, '') }
}

function refused(problems: readonly DocumentProblem[]): ImportedTaskDefinition {
  const taskDefinition = { containerDefinitions: [] }
  return {
    family: '',
    taskDefinition,
    stripped: [],
    warnings: [],
    problems,
    unsupported: [],
    needsLenient: false,
  }
}

function list(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : []
}

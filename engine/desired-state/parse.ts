import { checkDesiredState } from './check.ts'
import type { DesiredState } from './desired-state.generated.ts'
import { dropUnsupported } from './drop-unsupported.ts'
import { explainSchemaErrors } from './explain.ts'
import { readJson } from './json-text.ts'
import { type DocumentProblem, pointerKeys } from './problem.ts'
import validate from './validate.generated.cjs'

export type { DocumentProblem } from './problem.ts'

export type ParsedDesiredState =
  | {
      readonly ok: true
      readonly state: DesiredState
      /** What was left out of it because `ignoreUnsupported` says so. */
      readonly warnings: readonly DocumentProblem[]
    }
  | { readonly ok: false; readonly problems: readonly DocumentProblem[] }

/**
 * Reads a desired-state document: its JSON text, or the value that the text stands for. The state is a copy with the
 * schema's defaults filled in. What does not fit is told all at once; never throws.
 */
export function parseDesiredState(document: unknown): ParsedDesiredState {
  const json = readJson(document)
  if (!json.ok) return json
  const dropped = dropUnsupported(json.value)
  const told = new Set(json.problems.map(p => p.pointer))
  const found = [...json.problems, ...schemaProblems(json.value).filter(p => !told.has(p.pointer))]
  const contradictions =
    found.length > 0
      ? checkRest(json.value, found)
      : // the validator has just said that it is one
        checkDesiredState(json.value as DesiredState)
  const problems = [...dropped.problems, ...found, ...contradictions]
  if (problems.length > 0) return { ok: false, problems }
  return { ok: true, state: json.value as DesiredState, warnings: dropped.warnings }
}

/** Fills in the defaults, too. */
function schemaProblems(value: unknown): DocumentProblem[] {
  return validate(value) ? [] : explainSchemaErrors(value, validate.errors ?? [])
}

/** The contradictions among what does fit the schema, so that one run tells everything. */
function checkRest(value: unknown, problems: readonly DocumentProblem[]): DocumentProblem[] {
  const broken = new Set(problems.map(p => pointerKeys(p.pointer).slice(0, 2).join('/')))
  const sound = (section: string): Record<string, unknown> =>
    Object.fromEntries(
      Object.entries(member(value, section)).filter(([key]) => !broken.has(`${section}/${key}`)),
    )
  const rest = {
    schemaVersion: 1,
    cluster: '',
    containerInstances: sound('containerInstances'),
    taskDefinitions: sound('taskDefinitions'),
    services: sound('services'),
    tasks: sound('tasks'),
  }
  // of each section only the entries are left in which the validator found nothing
  const keys = (section: string) => new Set(Object.keys(member(value, section)))
  return checkDesiredState(
    rest as DesiredState,
    keys('taskDefinitions'),
    new Set([...keys('services'), ...keys('tasks')]),
  )
}

function member(value: unknown, key: string): object {
  const found: unknown = typeof value === 'object' && value !== null ? Reflect.get(value, key) : undefined
  return typeof found === 'object' && found !== null && !Array.isArray(found) ? found : {}
}

import {
  type DocumentInput,
  findUnsupported,
  ignorableNames,
  isSupported,
  type Unsupported,
} from '../ecs-fields/unsupported.ts'
import { closest } from './closest.ts'
import { type DocumentProblem, documentProblem, pointer, quote } from './problem.ts'
import { removeAll } from './remove.ts'

export interface Dropped {
  /** What is refused, and each name in `ignoreUnsupported` that means nothing. */
  readonly problems: readonly DocumentProblem[]
  /** What was left out because `ignoreUnsupported` says so. */
  readonly warnings: readonly DocumentProblem[]
}

/**
 * Takes all that nothing here does out of a document, in place, with the lists `ignoreUnsupported` that say whether
 * it may be so. What is left is the schema's to judge, and the same as if it had never been there: so that it changes
 * no revision.
 */
export function dropUnsupported(document: unknown): Dropped {
  const parts = [
    ...entries(document, 'taskDefinitions').map(entry => ({ input: 'task definition' as const, ...entry })),
    ...entries(document, 'services').map(entry => ({ input: 'service' as const, ...entry })),
  ]
  const all = parts.map(({ input, at, value }) => dropFrom(input, at, value))
  return { problems: all.flatMap(d => d.problems), warnings: all.flatMap(d => d.warnings) }
}

function dropFrom(input: DocumentInput, at: string, value: object): Dropped {
  const { unsupported, inert } = findUnsupported(input, value)
  const listed: unknown = Reflect.get(value, 'ignoreUnsupported')
  const names = isListOfText(listed) ? listed : []
  const ignored = new Set(names)
  removeAll(value, [...unsupported.map(u => u.pointer), ...inert])
  // the schema says what is wrong with anything else
  if (isListOfText(listed)) Reflect.deleteProperty(value, 'ignoreUnsupported')
  return {
    problems: [
      ...unsupported.filter(u => !ignored.has(u.name)).map(u => refusal(at, u)),
      ...names.flatMap((name, i) => checkName(input, pointer(at, 'ignoreUnsupported', i), name)),
    ],
    warnings: unsupported.filter(u => ignored.has(u.name)).map(u => warning(at, u)),
  }
}

function refusal(at: string, { name, pointer: place, why, instead }: Unsupported): DocumentProblem {
  return {
    pointer: at + place,
    code: 'FIELD_UNSUPPORTED',
    message: `${name} does nothing here: ${why}. ${instead}`,
  }
}

function warning(at: string, { name, pointer: place, why, leaves }: Unsupported): DocumentProblem {
  const rest = leaves === undefined ? '' : `; ${leaves}`
  return { pointer: at + place, code: 'FIELD_IGNORED', message: `${name} is left out: ${why}${rest}` }
}

function checkName(input: DocumentInput, at: string, name: string): DocumentProblem[] {
  const known = ignorableNames(input)
  if (known.has(name)) return []
  const parts = [...known].filter(n => n.startsWith(`${name}:`) || n.startsWith(`${name}.`))
  if (isSupported(input, name)) {
    const rest = parts.length === 0 ? '' : `; what may be ignored of it is ${parts.join(', ')}`
    return [documentProblem(at, `${name} works here: there is nothing to ignore${rest}`)]
  }
  const last = [...known].find(n => n.endsWith(`.${name}`))
  return [
    documentProblem(
      at,
      `${quote(name)} is no field of a ${input} that is refused`,
      last ?? closest(name, known),
    ),
  ]
}

function entries(document: unknown, section: string): { at: string; value: object }[] {
  const found: unknown = isObject(document) ? Reflect.get(document, section) : undefined
  if (!isObject(found) || Array.isArray(found)) return []
  return Object.entries(found).flatMap(([name, value]) =>
    isObject(value) ? [{ at: pointer('', section, name), value }] : [],
  )
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null
}

function isListOfText(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every(v => typeof v === 'string')
}

import { checkImage } from '../desired-state/check-image.ts'
import {
  type DocumentProblem,
  documentProblem,
  pointer,
  pointerKeys,
  quote,
} from '../desired-state/problem.ts'
import { repeated } from '../desired-state/repeated.ts'

/** What fits the schema of a document, and is still not what somebody means to run. */
export function checkMeaning(task: object): DocumentProblem[] {
  const containers = list(Reflect.get(task, 'containerDefinitions'))
  return [
    ...expressions('', task),
    ...containers.flatMap((container, i) => {
      const at = pointer('/containerDefinitions', i)
      return [
        ...checkImageOf(at, container),
        ...checkTwice(at, container, 'environment', 'name'),
        ...checkTwice(at, container, 'extraHosts', 'hostname'),
        ...checkRestartPolicy(at, container),
      ]
    }),
  ]
}

/** Also where so much else is wrong that the document's own checks do not get to it. */
function checkImageOf(at: string, container: unknown): DocumentProblem[] {
  const [name, image] = [member(container, 'name'), member(container, 'image')]
  return typeof image === 'string' && image !== '' ? checkImage(at, String(name), image) : []
}

/** The same problem, with a hint where what stands there is only to be filled in. */
export function hintAtPlaceholder(task: object, problem: DocumentProblem): DocumentProblem {
  let value: unknown = task
  for (const key of pointerKeys(problem.pointer)) value = member(value, key)
  if (typeof value !== 'string' || !isPlaceholder(value)) return problem
  const [before, ...after] = problem.message.split(quote(value))
  // that is all that is wrong with it
  return after.length === 0
    ? problem
    : { ...problem, message: `${before}${quote(value)}: it is a placeholder, to be filled in first` }
}

/** What a template leaves for later, in the ways in which people write it. */
function isPlaceholder(text: string): boolean {
  return PLACEHOLDERS.some(form => form.test(text))
}

const PLACEHOLDERS = [
  /\{\{|\$[{(]?\w|%\w+%|__\w+__/,
  /<.+>|\[\w+\]/,
  /CHANGE_?ME|REPLACE|[A-Z]{2,}_[A-Z]/,
  /^[A-Z][A-Z0-9]*(?:[/:][A-Z0-9]+)*$/,
]

/** The constructs have one value for a name: which one of two is meant cannot be told. */
function checkTwice(at: string, container: unknown, field: string, key: string): DocumentProblem[] {
  const names = list(member(container, field)).map(element => String(member(element, key)))
  return [
    ...repeated(names).map(i => documentProblem(pointer(at, field, i, key), 'stands here twice')),
    ...names.flatMap((name, i) =>
      name === '__proto__' ? [documentProblem(pointer(at, field, i, key), 'no name may be "__proto__"')] : [],
    ),
  ]
}

function checkRestartPolicy(at: string, container: unknown): DocumentProblem[] {
  const policy = member(container, 'restartPolicy')
  if (member(policy, 'enabled') !== false) return []
  return ['ignoredExitCodes', 'restartAttemptPeriod'].flatMap(field =>
    member(policy, field) === undefined
      ? []
      : [documentProblem(pointer(at, 'restartPolicy', field), 'counts only with "enabled": true')],
  )
}

/** What CloudFormation would put a value in the place of. */
function expressions(at: string, value: unknown): DocumentProblem[] {
  if (typeof value !== 'object' || value === null) return []
  const [first, ...more] = Object.keys(value)
  if (first !== undefined && more.length === 0 && /^(?:Ref|Fn::\w+)$/.test(first)) {
    const message = `${first} is an expression of CloudFormation: import what aws ecs describe-task-definition prints, which has the values`
    return [documentProblem(at, message)]
  }
  return Object.entries(value).flatMap(([key, inner]) => expressions(pointer(at, key), inner))
}

function list(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : []
}

function member(value: unknown, key: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, key) : undefined
}

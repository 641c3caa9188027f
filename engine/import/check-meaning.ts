import {
  type DocumentProblem,
  documentProblem,
  pointer,
  pointerKeys,
  quote,
} from '../desired-state/problem.ts'
import { repeated } from '../desired-state/repeated.ts'
import { parseImageReference } from '../image-reference.ts'

/** What fits the schema of a document, and is still not what somebody means to run. */
export function checkMeaning(task: object): DocumentProblem[] {
  const containers = list(Reflect.get(task, 'containerDefinitions'))
  return [
    ...expressions('', task),
    ...containers.flatMap((container, i) => {
      const at = pointer('/containerDefinitions', i)
      return [
        ...checkImage(at, container),
        ...checkTwice(at, container, 'environment', 'name'),
        ...checkTwice(at, container, 'extraHosts', 'hostname'),
        ...checkRestartPolicy(at, container),
      ]
    }),
  ]
}

function checkImage(at: string, container: unknown): DocumentProblem[] {
  const image = member(container, 'image')
  if (typeof image !== 'string' || image === '' || parseImageReference(image)) return []
  return [documentProblem(pointer(at, 'image'), `must be the name of an image, not ${quote(image)}`)]
}

/** The same problem, with a hint where what stands there is only to be filled in. */
export function hintAtPlaceholder(task: object, problem: DocumentProblem): DocumentProblem {
  let value: unknown = task
  for (const key of pointerKeys(problem.pointer)) value = member(value, key)
  if (typeof value !== 'string' || !problem.message.includes(quote(value)) || !isPlaceholder(value))
    return problem
  return { ...problem, message: `${problem.message}: it is a placeholder, to be filled in first` }
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

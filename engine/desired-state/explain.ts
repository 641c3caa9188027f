import type { ErrorObject } from 'ajv'
import { closest } from './closest.ts'
import { type DocumentProblem, documentProblem, pointer, pointerKeys, quote } from './problem.ts'
import { valueAt } from './remove.ts'
import { SHAPES, type Shape } from './shapes.generated.ts'

/** The top of the document; SHAPES has all that is below it. */
const ROOT: Shape = {
  properties: {
    $schema: {},
    schemaVersion: {},
    cluster: {},
    imagePullBehavior: {},
    lostAfterSeconds: {},
    imageCleanup: { ref: 'ImageCleanup' },
    containerInstances: { values: { ref: 'ContainerInstance' } },
    taskDefinitions: { values: { ref: 'TaskDefinition' } },
    tasks: { values: { ref: 'RunTask' } },
    services: { values: { ref: 'Service' } },
  },
}

const NAME = 'letters, digits, - and _'
/** What each pattern of the schema asks for. */
const PATTERNS: Readonly<Record<string, string>> = {
  '^[A-Za-z0-9][A-Za-z0-9_.-]{0,127}$': `1 to 128 ${NAME}, and dots, of which the first is a letter or a digit`,
  '^[A-Za-z0-9_-]{1,255}$': `1 to 255 ${NAME}`,
  '^[A-Za-z0-9][A-Za-z0-9_-]{0,254}$': `1 to 255 ${NAME}, of which the first is a letter or a digit`,
  '^(ssh|unix)://.+$': 'an address that begins with ssh:// or unix://',
  '^[A-Za-z0-9_/-]{1,128}$': `1 to 128 ${NAME}, and /`,
  '^[A-Za-z0-9_./-]{1,128}$': `1 to 128 ${NAME}, and . and /`,
  '^[A-Za-z0-9_./@: -]+$': `${NAME}, and . / @ : and blanks`,
  '^[^=\\u0000]+$': 'a name without "="',
  '^[^\\u0000]*$': 'text without a NUL character',
  '^[a-z0-9_][a-z0-9_-]{0,63}$': '1 to 64 small letters, digits, - and _, of which the first is no -',
  '^/[^\\u0000]*$': 'an absolute path',
  '^/[^\\u0000:]*$': 'an absolute path without ":"',
  '^ *([0-9]+|([0-9]+|[0-9]*\\.[0-9]+) *[vV][cC][pP][uU]) *$': 'CPU units ("512") or cores ("0.5 vCPU")',
  '^ *([0-9]+|([0-9]+|[0-9]*\\.[0-9]+) *[gG][bB]) *$': 'MiB ("512") or GiB ("2 GB")',
  '^[A-Za-z0-9_-]{1,255}(:[A-Za-z0-9_.-]{1,255})?$': 'NAME or NAME:ALIAS',
  '^[A-Za-z0-9_][A-Za-z0-9_.-]{0,63}$': `1 to 64 ${NAME}, and dots, of which the first is no - and no dot`,
  '^[A-Za-z0-9_.-]{1,255}$': `1 to 255 ${NAME}, and dots`,
  '^[A-Za-z0-9][A-Za-z0-9_./:=-]{0,127}$': `the id of a GPU: 1 to 128 ${NAME}, and . / : =, of which the first is a letter or a digit`,
  '^[1-9][0-9]{0,4}-[1-9][0-9]{0,4}$': 'a range of ports such as "8000-8009"',
  '^([1-9][0-9]{0,2}|ALL)$': 'a number from "1" to "999", or "ALL"',
  '^[A-Za-z0-9][A-Za-z0-9_./:-]{0,254}$': `the name of a driver: 1 to 255 ${NAME}, and . / :, of which the first is a letter or a digit`,
  '^[a-z_]+(=[A-Za-z0-9_:.+-]+)?$': 'NAME or NAME=VALUE',
}

/** The validator's findings on `value` as sentences, without those that only repeat another. */
export function explainSchemaErrors(value: unknown, errors: readonly ErrorObject[]): DocumentProblem[] {
  const decisive = new Set(errors.filter(isDecisive).map(e => e.instancePath))
  const told = errors.filter(
    // a name that does not fit is reported twice, a value of the wrong type also for each of its limits
    e => e.keyword !== 'propertyNames' && (isDecisive(e) || !decisive.has(e.instancePath)),
  )
  const problems = told.map(error => explain(value, error))
  const misspelled = new Set(problems.map(p => pointer(parent(p.pointer), p.suggestion ?? '')))
  return problems.filter((problem, i) => {
    const missing = told[i]?.keyword === 'required' ? told[i].params.missingProperty : undefined
    return typeof missing !== 'string' || !misspelled.has(pointer(problem.pointer, missing))
  })
}

/** What makes every other finding on the same value a repetition. */
function isDecisive({ keyword, propertyName }: ErrorObject): boolean {
  return propertyName === undefined && (keyword === 'type' || keyword === 'minLength')
}

/** What is asked for in words; the pattern itself where none are known. */
export function describePattern(pattern: string): string {
  return PATTERNS[pattern] ?? `what fits ${pattern}`
}

/** The properties that the schema knows of the object at a JSON pointer; [] where it is a map or no object. */
export function knownProperties(at: string): string[] {
  let shape: Shape = ROOT
  for (const key of pointerKeys(at)) {
    shape = resolve(shape.items ?? shape.properties?.[key] ?? shape.values ?? {})
  }
  return Object.keys(shape.properties ?? {})
}

function resolve(shape: Shape): Shape {
  return shape.ref === undefined ? shape : (SHAPES[shape.ref] ?? {})
}

function explain(value: unknown, error: ErrorObject): DocumentProblem {
  const { instancePath: at, params, keyword } = error
  if (error.propertyName !== undefined) {
    return documentProblem(
      pointer(at, error.propertyName),
      `the name ${quote(error.propertyName)} is not ${wanted(error)}`,
    )
  }
  const found = valueAt(value, at)
  switch (keyword) {
    case 'additionalProperties': {
      const unknown = String(params.additionalProperty)
      return documentProblem(
        pointer(at, unknown),
        `unknown property ${quote(unknown)}`,
        closest(unknown, knownProperties(at)),
      )
    }
    case 'required':
      return documentProblem(at, `${String(params.missingProperty)} is missing`)
    case 'enum': {
      const allowed = list(params.allowedValues)
      const message = `must be ${oneOf(allowed)}, not ${describe(found)}`
      return documentProblem(at, message, typeof found === 'string' ? closest(found, allowed) : undefined)
    }
    case 'pattern':
      return documentProblem(at, `must be ${wanted(error)}, not ${describe(found)}`)
    default:
      return documentProblem(at, `must ${limit(error)}, not ${describe(found)}`)
  }
}

function wanted(error: ErrorObject): string {
  return error.keyword === 'pattern' ? describePattern(String(error.params.pattern)) : 'one that is allowed'
}

function limit({ keyword, params, message }: ErrorObject): string {
  const bound = String(params.limit)
  switch (keyword) {
    case 'type':
      return `be ${TYPES[String(params.type)] ?? String(params.type)}`
    case 'const':
      return `be ${JSON.stringify(params.allowedValue)}`
    case 'minimum':
      return `be at least ${bound}`
    case 'maximum':
      return `be at most ${bound}`
    case 'minLength':
      return `have at least ${plural(bound, 'character')}`
    case 'maxLength':
      return `have at most ${plural(bound, 'character')}`
    case 'minItems':
      return `have at least ${plural(bound, 'element')}`
    case 'maxItems':
      return `have at most ${plural(bound, 'element')}`
    default:
      return message?.replace(/^must /, '') ?? keyword
  }
}

const TYPES: Readonly<Record<string, string>> = {
  object: 'an object',
  array: 'a list',
  string: 'text in quotes',
  integer: 'a whole number',
  boolean: 'true or false',
}

function describe(found: unknown): string {
  if (Array.isArray(found)) return `a list of ${found.length}`
  if (typeof found === 'string') return found.length > 80 ? `${found.length} characters` : quote(found)
  if (typeof found === 'object' && found !== null) return 'an object'
  return String(found)
}

function list(value: unknown): string[] {
  return Array.isArray(value) ? value.map(String) : []
}

function oneOf(words: readonly string[]): string {
  return words.length < 2 ? words.join('') : `${words.slice(0, -1).join(', ')} or ${words.at(-1)}`
}

function plural(count: string, noun: string): string {
  return count === '1' ? `1 ${noun}` : `${count} ${noun}s`
}

function parent(at: string): string {
  return at.slice(0, Math.max(at.lastIndexOf('/'), 0))
}

import type { InstanceColumns, TextColumn } from './columns.ts'
import type { Expression, Subject } from './expression.ts'
import { compilePattern } from './pattern.ts'
import { compareValues, compareVersions, parseDate, parseInteger } from './value.ts'

/** Whether the container instance of this index satisfies the expression. */
export type Predicate = (host: number) => boolean

/**
 * The expression as a predicate over these columns. Each distinct text is looked at once, here; the running
 * tasks are looked at with each call. A negative operator (!=, !in, !~) is true where the positive is not, so
 * also where there is no value; an order (<, >) is false there.
 */
export function compileExpression(expression: Expression, columns: InstanceColumns): Predicate {
  if (expression.kind === 'not') {
    const test = compileExpression(expression.operand, columns)
    return host => !test(host)
  }
  if (!('operands' in expression)) return compileTerm(expression, columns)
  const tests = expression.operands.map(operand => compileExpression(operand, columns))
  return expression.kind === 'and'
    ? host => tests.every(test => test(host))
    : host => tests.some(test => test(host))
}

type Term = Extract<Expression, { subject: Subject }>

function compileTerm(term: Term, columns: InstanceColumns): Predicate {
  const { subject } = term
  if (subject.kind === 'attribute') {
    return onText(columns.attribute(subject.name), textTest(term, compareValues))
  }
  if (subject.kind === 'agentVersion') return onText(columns.agentVersions, textTest(term, compareVersions))
  if (subject.kind === 'task:group') return groupTest(term, columns)
  if (subject.kind === 'registeredAt') {
    const test = numberTest(term, parseDate)
    return host => test(columns.registeredAt[host] ?? Number.NaN)
  }
  if (subject.kind === 'runningTasksCount') {
    const test = numberTest(term, parseInteger)
    return host => test(columns.runningTasks[host] ?? 0)
  }
  const test = textTest(term, compareValues)
  return subject.kind === 'ec2InstanceId'
    ? host => test(columns.names[host])
    : host => test(columns.connected[host] === 1 ? 'true' : 'false')
}

/** One look-up in a table for each host. */
function onText(column: TextColumn, test: (value: string | undefined) => boolean): Predicate {
  const accepted = Uint8Array.from(column.values, value => (test(value) ? 1 : 0))
  const { ids } = column
  return host => accepted[ids[host] ?? 0] === 1
}

function textTest(
  term: Term,
  compare: (a: string, b: string) => number,
): (value: string | undefined) => boolean {
  if (term.kind === 'existence') {
    return term.operator === 'exists' ? value => value !== undefined : value => value === undefined
  }
  if (term.kind === 'membership') {
    const values: ReadonlySet<string | undefined> = new Set(term.values)
    return term.operator === 'in' ? value => values.has(value) : value => !values.has(value)
  }
  const { operator, value: wanted } = term
  if (operator === '=~' || operator === '!~') {
    const matches = patternTest(wanted)
    const positive = operator === '=~'
    return value => (value !== undefined && matches(value)) === positive
  }
  if (operator === '==') return value => value === wanted
  if (operator === '!=') return value => value !== wanted
  const holds = ORDERS[operator]
  return value => value !== undefined && holds(compare(value, wanted))
}

/** NaN is no value. */
function numberTest(term: Term, parse: (text: string) => number | undefined): (value: number) => boolean {
  if (term.kind === 'existence') {
    return term.operator === 'exists' ? value => !Number.isNaN(value) : value => Number.isNaN(value)
  }
  if (term.kind === 'membership') {
    const values = new Set(term.values.map(parse))
    return term.operator === 'in' ? value => values.has(value) : value => !values.has(value)
  }
  const wanted = parse(term.value) ?? Number.NaN
  const { operator } = term
  if (operator === '!=') return value => value !== wanted
  // the parser lets no pattern near a number
  if (operator === '=~' || operator === '!~') return () => false
  const holds = ORDERS[operator]
  return value => holds(value - wanted)
}

/** What an operator makes of an order: below 0, 0, above 0, or NaN where there is none. */
const ORDERS: Readonly<Record<'==' | '>' | '>=' | '<' | '<=', (order: number) => boolean>> = {
  '==': order => order === 0,
  '>': order => order > 0,
  '>=': order => order >= 0,
  '<': order => order < 0,
  '<=': order => order <= 0,
}

/** A host has as many groups as tasks of different services run there; one that fits is enough. */
function groupTest(term: Term, columns: InstanceColumns): Predicate {
  if (term.kind === 'existence') {
    const wanted = term.operator === 'exists'
    return host => (columns.groups.on(host)?.size ?? 0) > 0 === wanted
  }
  if (term.kind === 'membership') {
    const ids = term.values.map(value => columns.groups.id(value))
    return host => ids.some(id => columns.groups.on(host)?.has(id)) === (term.operator === 'in')
  }
  const { operator, value } = term
  if (operator === '=~' || operator === '!~') {
    const matches = patternTest(value)
    const some = anyGroup(columns, matches)
    return host => some(host) === (operator === '=~')
  }
  const id = columns.groups.id(value)
  return host => (columns.groups.on(host)?.has(id) ?? false) === (operator === '==')
}

function anyGroup(columns: InstanceColumns, matches: (group: string) => boolean): Predicate {
  const known = new Map<number, boolean>()
  return host => {
    for (const id of columns.groups.on(host)?.keys() ?? []) {
      let answer = known.get(id)
      if (answer === undefined) {
        answer = matches(columns.groups.name(id))
        known.set(id, answer)
      }
      if (answer) return true
    }
    return false
  }
}

/** A pattern that the parser let pass compiles. */
function patternTest(text: string): (value: string) => boolean {
  const pattern = compilePattern(text)
  return pattern.ok ? pattern.test : () => false
}

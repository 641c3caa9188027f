import { type Expression, type Operator, PLAIN_SUBJECTS, type Subject } from './expression.ts'
import { compilePattern } from './pattern.ts'
import { parseDate, parseInteger } from './value.ts'

/** An expression, or where (an index into the text) and why it is none. */
export type ParseResult =
  | { readonly ok: true; readonly expression: Expression }
  | { readonly ok: false; readonly at: number; readonly message: string }

/** Reads an expression of the cluster query language. Never throws. */
export function parseExpression(text: string): ParseResult {
  const reader = new Reader(text)
  const expression = readOr(reader, 0)
  reader.skipSpace()
  if (expression !== undefined && reader.at < text.length) {
    reader.refuse(`expected "and", "or" or the end, found ${reader.found()}`)
  }
  if (reader.refusal !== undefined) return { ok: false, ...reader.refusal }
  return expression === undefined ? { ok: false, at: 0, message: 'empty' } : { ok: true, expression }
}

/** So that no text, however nested, exhausts the stack. */
const MAX_DEPTH = 100

const ATTRIBUTE_NAME = /^[A-Za-z0-9_./-]{1,128}$/

/** The longest first, so that >= is not read as >. */
const OPERATORS: readonly (readonly [string, Operator])[] = [
  ['greater_than_equal', '>='],
  ['less_than_equal', '<='],
  ['greater_than', '>'],
  ['not_matches', '!~'],
  ['not_equals', '!='],
  ['not_exists', '!exists'],
  ['less_than', '<'],
  ['!exists', '!exists'],
  ['matches', '=~'],
  ['not_in', '!in'],
  ['equals', '=='],
  ['exists', 'exists'],
  ['!in', '!in'],
  ['in', 'in'],
  ['==', '=='],
  ['!=', '!='],
  ['=~', '=~'],
  ['!~', '!~'],
  ['>=', '>='],
  ['<=', '<='],
  ['>', '>'],
  ['<', '<'],
]

/** What can be asked of each subject beyond attributes and versions, which take every operator. */
const ALLOWED: Readonly<Record<string, readonly Operator[]>> = {
  agentConnected: ['==', '!='],
  registeredAt: ['==', '!=', '>', '>=', '<', '<=', 'exists', '!exists'],
  runningTasksCount: ['==', '!=', '>', '>=', '<', '<=', 'in', '!in'],
  'task:group': ['==', '!=', 'in', '!in', '=~', '!~', 'exists', '!exists'],
}

/** The text, how far it is read, and the first thing that was wrong with it. */
class Reader {
  readonly text: string
  at = 0
  refusal: { at: number; message: string } | undefined

  constructor(text: string) {
    this.text = text
  }

  refuse(message: string, at = this.at): undefined {
    this.refusal ??= { at, message }
  }

  skipSpace(): void {
    while (/\s/.test(this.text.charAt(this.at))) this.at++
  }

  /** Whether these characters are next; they are read then. */
  take(token: string): boolean {
    this.skipSpace()
    if (!this.text.startsWith(token, this.at)) return false
    this.at += token.length
    return true
  }

  /** Like take, for a word that must not go on. */
  takeWord(word: string): boolean {
    const before = this.at
    if (this.take(word) && !isBare(this.text.charAt(this.at))) return true
    this.at = before
    return false
  }

  bare(): string {
    this.skipSpace()
    const start = this.at
    while (isBare(this.text.charAt(this.at))) this.at++
    return this.text.slice(start, this.at)
  }

  found(): string {
    const rest = this.text.slice(this.at, this.at + 20)
    return rest === '' ? 'the end' : JSON.stringify(rest)
  }
}

function isBare(character: string): boolean {
  return character !== '' && /[^\s'()[\],&|!=<>~]/.test(character)
}

function readOr(reader: Reader, depth: number): Expression | undefined {
  return readChain(reader, 'or', '||', () => readAnd(reader, depth))
}

function readAnd(reader: Reader, depth: number): Expression | undefined {
  return readChain(reader, 'and', '&&', () => readNot(reader, depth))
}

function readChain(
  reader: Reader,
  kind: 'and' | 'or',
  symbol: string,
  next: () => Expression | undefined,
): Expression | undefined {
  const first = next()
  if (first === undefined) return undefined
  const operands = [first]
  while (reader.take(symbol) || reader.takeWord(kind)) {
    const operand = next()
    if (operand === undefined) return undefined
    operands.push(operand)
  }
  return operands.length === 1 ? first : { kind, operands }
}

function readNot(reader: Reader, depth: number): Expression | undefined {
  reader.skipSpace()
  if (depth > MAX_DEPTH) return reader.refuse(`nested deeper than ${MAX_DEPTH} levels`)
  if (reader.take('!') || reader.takeWord('not')) {
    const operand = readNot(reader, depth + 1)
    return operand && { kind: 'not', operand }
  }
  if (!reader.take('(')) return readTerm(reader)
  const inner = readOr(reader, depth + 1)
  if (inner === undefined || reader.take(')')) return inner
  return reader.refuse(`expected ")", found ${reader.found()}`)
}

function readTerm(reader: Reader): Expression | undefined {
  const subject = readSubject(reader)
  if (subject === undefined) return undefined
  reader.skipSpace()
  const operatorAt = reader.at
  const operator = readOperator(reader)
  if (operator === undefined) return undefined
  if (ALLOWED[subject.kind]?.includes(operator) === false) {
    return reader.refuse(`${subject.kind} does not take ${operator}`, operatorAt)
  }
  if (operator === 'exists' || operator === '!exists') return { kind: 'existence', subject, operator }
  if (operator === 'in' || operator === '!in') {
    const values = readList(reader, subject)
    return values && { kind: 'membership', subject, operator, values }
  }
  const value = readValue(reader, subject, operator)
  return value === undefined ? undefined : { kind: 'comparison', subject, operator, value }
}

function readSubject(reader: Reader): Subject | undefined {
  reader.skipSpace()
  const at = reader.at
  const found = reader.found()
  const word = reader.bare()
  if (word.startsWith('attribute:')) {
    const name = word.slice('attribute:'.length)
    if (ATTRIBUTE_NAME.test(name)) return { kind: 'attribute', name }
    return reader.refuse('an attribute has a name of 1 to 128 letters, digits and _ . / -', at)
  }
  const kind = PLAIN_SUBJECTS.find(subject => subject === word)
  if (kind !== undefined) return { kind }
  return reader.refuse(
    `expected attribute:NAME, ${PLAIN_SUBJECTS.slice(0, -1).join(', ')} or task:group, found ${found}`,
    at,
  )
}

function readOperator(reader: Reader): Operator | undefined {
  for (const [token, operator] of OPERATORS) {
    if (/[a-z]$/.test(token) ? reader.takeWord(token) : reader.take(token)) return operator
  }
  return reader.refuse(`expected an operator such as ==, in or exists, found ${reader.found()}`)
}

function readList(reader: Reader, subject: Subject): string[] | undefined {
  if (!reader.take('[')) return reader.refuse(`expected "[", found ${reader.found()}`)
  const values: string[] = []
  do {
    const value = readValue(reader, subject, '==')
    if (value === undefined) return undefined
    values.push(value)
  } while (reader.take(','))
  return reader.take(']') ? values : reader.refuse(`expected "," or "]", found ${reader.found()}`)
}

function readValue(reader: Reader, subject: Subject, operator: Operator): string | undefined {
  reader.skipSpace()
  const at = reader.at
  const value = reader.text.charAt(at) === "'" ? readQuoted(reader) : reader.bare()
  if (value === undefined) return undefined
  if (reader.at === at) return reader.refuse(`expected a value, found ${reader.found()}`)
  const wrong = valueProblem(subject, operator, value)
  return wrong === undefined ? value : reader.refuse(wrong, at)
}

/** Between single quotes; '' stands for one. A backslash is itself, since regular expressions need it. */
function readQuoted(reader: Reader): string | undefined {
  const start = reader.at
  let value = ''
  for (;;) {
    const end = reader.text.indexOf("'", reader.at + 1)
    if (end < 0) return reader.refuse('this quote is not closed', start)
    value += reader.text.slice(reader.at + 1, end)
    reader.at = end + 1
    if (reader.text.charAt(reader.at) !== "'") return value
    value += "'"
  }
}

function valueProblem(subject: Subject, operator: Operator, value: string): string | undefined {
  if (operator === '=~' || operator === '!~') {
    const pattern = compilePattern(value)
    return pattern.ok ? undefined : `not a regular expression that is understood: ${pattern.message}`
  }
  if (subject.kind === 'agentConnected' && value !== 'true' && value !== 'false') {
    return 'agentConnected is true or false'
  }
  if (subject.kind === 'runningTasksCount' && parseInteger(value) === undefined) {
    return 'runningTasksCount is compared with a whole number'
  }
  if (subject.kind === 'registeredAt' && parseDate(value) === undefined) {
    return 'registeredAt is compared with a date: 2026-06-18, 2026-06-18T22:28:28, …Z or …+00:00'
  }
  return undefined
}

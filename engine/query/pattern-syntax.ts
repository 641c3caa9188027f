/** A regular expression of the subset that can be matched in linear time. */
export type PatternNode =
  | { readonly kind: 'set'; readonly set: CharacterSet }
  | { readonly kind: 'start' | 'end' }
  | { readonly kind: 'sequence' | 'choice'; readonly parts: readonly PatternNode[] }
  /** `max` undefined: no limit. */
  | {
      readonly kind: 'repeat'
      readonly part: PatternNode
      readonly min: number
      readonly max: number | undefined
    }

/** Code points by inclusive ranges. */
export interface CharacterSet {
  readonly negated: boolean
  readonly ranges: readonly Range[]
}

type Range = readonly [first: number, last: number]

export type PatternSyntax =
  | { readonly ok: true; readonly node: PatternNode }
  | { readonly ok: false; readonly message: string }

/** Reads a pattern. What needs backtracking (back-references, look-around) is refused. Never throws. */
export function parsePattern(text: string): PatternSyntax {
  const reader: Reader = { points: Array.from(text), at: 0, refusal: undefined }
  const node = readChoice(reader, 0)
  if (node !== undefined && reader.at < reader.points.length) refuse(reader, 'a ")" too many')
  if (reader.refusal !== undefined || node === undefined)
    return { ok: false, message: reader.refusal ?? 'empty' }
  return { ok: true, node }
}

const MAX_DEPTH = 50
const MAX_REPEAT = 1000

const DIGITS: readonly Range[] = [[48, 57]]
const WORD: readonly Range[] = [
  [48, 57],
  [65, 90],
  [95, 95],
  [97, 122],
]
const SPACE: readonly Range[] = [
  [9, 13],
  [32, 32],
]
const LINE_ENDS: readonly Range[] = [
  [10, 10],
  [13, 13],
  [0x85, 0x85],
  [0x2028, 0x2029],
]
const CLASSES: Readonly<Record<string, CharacterSet>> = {
  d: { negated: false, ranges: DIGITS },
  D: { negated: true, ranges: DIGITS },
  w: { negated: false, ranges: WORD },
  W: { negated: true, ranges: WORD },
  s: { negated: false, ranges: SPACE },
  S: { negated: true, ranges: SPACE },
}
const CONTROLS: Readonly<Record<string, number>> = { t: 9, n: 10, f: 12, r: 13 }

interface Reader {
  readonly points: readonly string[]
  at: number
  refusal: string | undefined
}

function refuse(reader: Reader, message: string): undefined {
  reader.refusal ??= message
}

function take(reader: Reader, token: string): boolean {
  const found = reader.points[reader.at] === token
  if (found) reader.at++
  return found
}

function readChoice(reader: Reader, depth: number): PatternNode | undefined {
  if (depth > MAX_DEPTH) return refuse(reader, `nested deeper than ${MAX_DEPTH} groups`)
  const parts: PatternNode[] = []
  do {
    const part = readSequence(reader, depth)
    if (part === undefined) return undefined
    parts.push(part)
  } while (take(reader, '|'))
  return parts.length === 1 ? parts[0] : { kind: 'choice', parts }
}

function readSequence(reader: Reader, depth: number): PatternNode | undefined {
  const parts: PatternNode[] = []
  for (;;) {
    const next = reader.points[reader.at]
    if (next === undefined || next === '|' || next === ')') return { kind: 'sequence', parts }
    const atom = readAtom(reader, depth)
    const part = atom && readRepeat(reader, atom)
    if (part === undefined) return undefined
    parts.push(part)
  }
}

function readAtom(reader: Reader, depth: number): PatternNode | undefined {
  const next = reader.points[reader.at++] ?? ''
  switch (next) {
    case '^':
      return { kind: 'start' }
    case '$':
      return { kind: 'end' }
    case '.':
      return { kind: 'set', set: { negated: true, ranges: LINE_ENDS } }
    case '(':
      return readGroup(reader, depth)
    case '[':
      return readClass(reader)
    case '\\': {
      const set = readEscape(reader)
      return set && { kind: 'set', set }
    }
    case '*':
    case '+':
    case '?':
    case '{':
      return refuse(reader, `"${next}" has nothing before it to repeat`)
    default:
      return { kind: 'set', set: single(next) }
  }
}

function readGroup(reader: Reader, depth: number): PatternNode | undefined {
  if (take(reader, '?') && !take(reader, ':')) {
    return refuse(reader, 'of "(?" only "(?:" is taken, no look-around, name or flag')
  }
  const inner = readChoice(reader, depth + 1)
  if (inner === undefined || take(reader, ')')) return inner
  return refuse(reader, 'a "(" is not closed')
}

function readRepeat(reader: Reader, part: PatternNode): PatternNode | undefined {
  const bounds = readBounds(reader)
  if (bounds === undefined) return reader.refusal === undefined ? part : undefined
  // a lazy one matches the same texts
  take(reader, '?')
  const next = reader.points[reader.at] ?? ''
  if (next !== '' && '*+?{'.includes(next))
    return refuse(reader, `"${next}" repeats what is repeated already`)
  return { kind: 'repeat', part, ...bounds }
}

function readBounds(reader: Reader): { min: number; max: number | undefined } | undefined {
  if (take(reader, '*')) return { min: 0, max: undefined }
  if (take(reader, '+')) return { min: 1, max: undefined }
  if (take(reader, '?')) return { min: 0, max: 1 }
  if (!take(reader, '{')) return undefined
  const close = reader.points.indexOf('}', reader.at)
  const match = /^(\d{1,4})(,(\d{0,4}))?$/.exec(reader.points.slice(reader.at, Math.max(close, 0)).join(''))
  if (match === null) return refuse(reader, '"{" is not followed by n}, n,} or n,m}')
  reader.at = close + 1
  const min = Number(match[1])
  const max = match[2] === undefined ? min : match[3] === '' ? undefined : Number(match[3])
  if ((max ?? min) < min) return refuse(reader, 'a repetition ends before it begins')
  if ((max ?? min) > MAX_REPEAT) return refuse(reader, `a repetition of more than ${MAX_REPEAT}`)
  return { min, max }
}

function readEscape(reader: Reader): CharacterSet | undefined {
  const next = reader.points[reader.at++]
  if (next === undefined) return refuse(reader, 'it ends with a backslash')
  const known = CLASSES[next]
  if (known !== undefined) return known
  const control = CONTROLS[next]
  if (control !== undefined) return { negated: false, ranges: [[control, control]] }
  if (/[A-Za-z0-9]/.test(next)) return refuse(reader, `\\${next} is not taken`)
  return single(next)
}

function readClass(reader: Reader): PatternNode | undefined {
  const negated = take(reader, '^')
  const ranges: Range[] = []
  do {
    const first = readMember(reader)
    if (first === undefined) return undefined
    if (reader.points[reader.at] === '-' && reader.points[reader.at + 1] !== ']') {
      reader.at++
      const last = readMember(reader)
      if (last === undefined) return undefined
      const range = rangeOf(first, last)
      if (range === undefined) return refuse(reader, 'a range in "[" goes from one character up to another')
      ranges.push(range)
    } else if (first.negated) {
      ranges.push(...complement(first.ranges))
    } else {
      ranges.push(...first.ranges)
    }
  } while (!take(reader, ']'))
  return { kind: 'set', set: { negated, ranges } }
}

function readMember(reader: Reader): CharacterSet | undefined {
  const next = reader.points[reader.at++]
  if (next === undefined) return refuse(reader, 'a "[" is not closed')
  if (next === '\\') return readEscape(reader)
  // Java gives these a meaning inside a class
  if (next === '[' || next === ']' || next === '&')
    return refuse(reader, `"${next}" in "[" needs a backslash`)
  return single(next)
}

function rangeOf(first: CharacterSet, last: CharacterSet): Range | undefined {
  const from = first.ranges[0]
  const to = last.ranges[0]
  if (from === undefined || to === undefined || first.negated || last.negated) return undefined
  const plain = from[0] === from[1] && to[0] === to[1] && first.ranges.length + last.ranges.length === 2
  return plain && from[0] <= to[0] ? [from[0], to[0]] : undefined
}

function complement(ranges: readonly Range[]): Range[] {
  const gaps: Range[] = []
  let next = 0
  for (const [first, last] of ranges) {
    if (first > next) gaps.push([next, first - 1])
    next = last + 1
  }
  return [...gaps, [next, 0x10ffff]]
}

function single(character: string): CharacterSet {
  const point = character.codePointAt(0) ?? 0
  return { negated: false, ranges: [[point, point]] }
}

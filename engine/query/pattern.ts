import { type CharacterSet, type PatternNode, parsePattern } from './pattern-syntax.ts'

/** Whether the whole text matches, as Java's String.matches. */
export type PatternTest = (text: string) => boolean

export type Pattern =
  | { readonly ok: true; readonly test: PatternTest }
  | { readonly ok: false; readonly message: string }

/**
 * A regular expression whose time is at most its size times the length of the text, whatever both are: it
 * runs as a set of states and never goes back. Never throws.
 */
export function compilePattern(text: string): Pattern {
  const syntax = parsePattern(text)
  if (!syntax.ok) return syntax
  const program: Instruction[] = []
  if (!emit(program, syntax.node)) return { ok: false, message: 'too large' }
  program.push({ kind: 'match' })
  return {
    ok: true,
    test: value =>
      run(
        program,
        Array.from(value, c => c.codePointAt(0) ?? 0),
      ),
  }
}

const MAX_INSTRUCTIONS = 2000

type Instruction =
  | { readonly kind: 'set'; readonly set: CharacterSet }
  | { readonly kind: 'start' | 'end' | 'match' }
  /** Goes on at both. */
  | { readonly kind: 'fork'; first: number; second: number }

/** Appends the code of a node; false where the program becomes too large. */
function emit(program: Instruction[], node: PatternNode): boolean {
  if (program.length > MAX_INSTRUCTIONS) return false
  if (node.kind === 'repeat') return emitRepeat(program, node.part, node.min, node.max)
  if ('parts' in node) {
    return node.kind === 'choice'
      ? emitChoice(program, node.parts)
      : node.parts.every(part => emit(program, part))
  }
  program.push(node)
  return true
}

function emitChoice(program: Instruction[], parts: readonly PatternNode[]): boolean {
  const exits: { first: number; second: number }[] = []
  for (const [i, part] of parts.entries()) {
    const entry = fork(program)
    if (!emit(program, part)) return false
    if (i === parts.length - 1) entry.second = entry.first
    else {
      exits.push(fork(program))
      entry.second = program.length
    }
  }
  for (const exit of exits) exit.first = exit.second = program.length
  return true
}

function emitRepeat(
  program: Instruction[],
  part: PatternNode,
  min: number,
  max: number | undefined,
): boolean {
  for (let i = 0; i < min; i++) {
    const before = program.length
    if (!emit(program, part)) return false
    // nothing times nothing would count for ever
    if (program.length === before) return true
  }
  if (max === undefined) {
    const at = program.length
    const entry = fork(program)
    if (!emit(program, part)) return false
    const back = fork(program)
    back.first = back.second = at
    entry.second = program.length
    return true
  }
  const skips: { second: number }[] = []
  for (let i = min; i < max; i++) {
    skips.push(fork(program))
    if (!emit(program, part)) return false
  }
  for (const skip of skips) skip.second = program.length
  return true
}

/** A fork whose first way is what comes next. */
function fork(program: Instruction[]): { first: number; second: number } {
  const instruction = { kind: 'fork' as const, first: program.length + 1, second: program.length + 1 }
  program.push(instruction)
  return instruction
}

function run(program: readonly Instruction[], points: readonly number[]): boolean {
  let states = closure(program, [0], 0, points.length)
  for (const [i, point] of points.entries()) {
    const next: number[] = []
    for (const state of states) {
      const instruction = program[state]
      if (instruction?.kind === 'set' && has(instruction.set, point)) next.push(state + 1)
    }
    if (next.length === 0) return false
    states = closure(program, next, i + 1, points.length)
  }
  return states.some(state => program[state]?.kind === 'match')
}

/** All states that are reached from these without reading a character. */
function closure(program: readonly Instruction[], from: number[], at: number, length: number): number[] {
  const seen = new Uint8Array(program.length)
  const reached: number[] = []
  const open = from
  for (let state = open.pop(); state !== undefined; state = open.pop()) {
    if (seen[state] === 1) continue
    seen[state] = 1
    reached.push(state)
    const instruction = program[state]
    if (instruction?.kind === 'fork') open.push(instruction.first, instruction.second)
    if (instruction?.kind === 'start' && at === 0) open.push(state + 1)
    if (instruction?.kind === 'end' && at === length) open.push(state + 1)
  }
  return reached
}

function has(set: CharacterSet, point: number): boolean {
  return set.ranges.some(([first, last]) => point >= first && point <= last) !== set.negated
}

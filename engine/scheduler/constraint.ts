import { compileExpression, type Predicate } from '../query/compile.ts'
import { parseExpression } from '../query/parse.ts'
import { ACTIVE, type Fleet } from './fleet.ts'

/** A memberOf constraint, ready for one fleet. */
export interface Constraint {
  /** As the person wrote it. */
  readonly text: string
  readonly test: Predicate
}

export type ConstraintResult =
  | { readonly ok: true; readonly constraint: Constraint }
  | { readonly ok: false; readonly at: number; readonly message: string }

/**
 * A constraint from the text of its expression, or where in the text and why it is none. The same text gives
 * the same constraint: services share few.
 */
export function compileConstraint(fleet: Fleet, text: string): ConstraintResult {
  let results = known.get(fleet)
  if (results === undefined) {
    results = new Map()
    known.set(fleet, results)
  }
  let result = results.get(text)
  if (result === undefined) {
    result = compile(fleet, text)
    results.set(text, result)
  }
  return result
}

/** The ACTIVE, reachable hosts that satisfy every constraint: where a DAEMON service has its tasks. */
export function matching(fleet: Fleet, constraints: readonly Constraint[]): number[] {
  const hosts: number[] = []
  for (let host = 0; host < fleet.size; host++) {
    if (fleet.state[host] === ACTIVE && constraints.every(c => c.test(host))) hosts.push(host)
  }
  return hosts
}

const known = new WeakMap<Fleet, Map<string, ConstraintResult>>()

function compile(fleet: Fleet, text: string): ConstraintResult {
  const parsed = parseExpression(text)
  if (!parsed.ok) return parsed
  return { ok: true, constraint: { text: text.trim(), test: compileExpression(parsed.expression, fleet) } }
}

import { pointerKeys } from '../desired-state/problem.ts'
import { removeAll, valueAt } from '../desired-state/remove.ts'
import { type DocumentInput, findUnsupported } from '../ecs-fields/unsupported.ts'

/** Something that nothing here does, and where it stood. */
export interface Kept {
  readonly pointer: string
  readonly value: unknown
}

/** Parts a task definition or service into what works here and the rest. */
export function partUnsupported<T extends object>(
  input: DocumentInput,
  value: T,
): { readonly supported: T; readonly kept: readonly Kept[] } {
  const { unsupported, inert } = findUnsupported(input, value)
  const supported = structuredClone(value)
  removeAll(supported, [...unsupported.map(u => u.pointer), ...inert])
  return { supported, kept: unsupported.map(({ pointer }) => ({ pointer, value: valueAt(value, pointer) })) }
}

/** The value with what was taken out of it: where it stood, and in a list at its end. */
export function putBack<T extends object>(value: T, kept: readonly Kept[]): T {
  const whole = structuredClone(value)
  for (const { pointer, value: part } of kept) put(whole, pointerKeys(pointer), part)
  return whole
}

function put(into: object, [key = '', ...rest]: readonly string[], part: unknown): void {
  if (rest.length === 0) {
    if (Array.isArray(into)) into.push(part)
    else Reflect.set(into, key, part)
    return
  }
  // a list of nothing but such parts has gone with them
  if (!Object.hasOwn(into, key)) Reflect.set(into, key, /^\d+$/.test(rest[0] ?? '') ? [] : {})
  const next: unknown = Reflect.get(into, key)
  if (typeof next === 'object' && next !== null) put(next, rest, part)
}

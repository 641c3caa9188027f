import { note } from './misfits.ts'
import { checkProps, isRecord, props, type Shape, type Shapes, unquoted } from './shape.ts'

/** The properties that fit. What does not is noted, and synth refuses it before it asks for anything else. */
export function fitProps<T extends object>(owner: object, given: T, shapes: Shapes<T>): T {
  const value: unknown = given
  if (!isRecord(value)) {
    note(owner, unquoted(props(shapes)).check(value, ''))
    return {} as T
  }
  const found = checkProps(value, '', shapes)
  note(owner, [...found.values()].flat())
  // by name, since a value may come from a getter of a class or from a prototype
  const fitting = [...found].flatMap(([name, messages]) =>
    messages.length === 0 ? [[name, value[name]]] : [],
  )
  return Object.fromEntries(fitting.filter(([, given]) => given !== undefined)) as T
}

/** Those of what was given to one of its methods that fit. */
export function fitAll<T>(owner: object, method: string, values: readonly T[], shape: Shape<T>): T[] {
  return values.filter(value => fits(owner, method, value, shape))
}

/** Whether it fits. */
export function fits<T>(owner: object, what: string, value: T, shape: Shape<T>): boolean {
  const messages = shape.check(value, what)
  note(owner, messages)
  return messages.length === 0
}

/** What a factory made, with what does not fit of what it was made of. */
export function checked<Made extends object, T>(made: Made, value: T, what: string, shape: Shape<T>): Made {
  note(made, shape.check(value, what))
  return made
}

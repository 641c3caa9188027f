/**
 * How something is made of constructs, as data: one recipe is carried out by the constructs themselves
 * (TaskDefinition.fromJson) and written down as TypeScript (stowage import), so that the two cannot differ.
 */
export interface Recipe {
  readonly steps: readonly Step[]
}

/** A call, whose result may have a name for the steps after it. */
export interface Step {
  readonly as?: string
  readonly call: Call
}

export type Expression =
  | string
  | number
  | boolean
  | readonly Expression[]
  | Props
  | Call
  | Result
  | Constant
  | Nothing

/** Members of an object, in their order. */
export interface Props {
  readonly kind: 'props'
  readonly members: readonly (readonly [string, Expression])[]
}

/** `new Thing(…)`, `Thing.make(…)`, or with `on` a method of what an earlier step made. */
export interface Call {
  readonly kind: 'call'
  readonly callee: string
  readonly on?: string
  readonly args: readonly Expression[]
}

/** What an earlier step made; SCOPE is where all of it is to stand. */
export interface Result {
  readonly kind: 'result'
  readonly of: string
}

/** A word of ECS's that has a name among the constructs. */
export interface Constant {
  readonly kind: 'constant'
  readonly name: string
  readonly value: string
}

/** An argument that is left out before one that is not. */
export interface Nothing {
  readonly kind: 'nothing'
}

/** The name of the construct that everything is made below. */
export const SCOPE = 'scope'

/** What the step that makes the task definition is called. */
export const TASK = 'task'

/** The cluster of a service, where it is not the one that the service stands in. */
export const CLUSTER = 'cluster'

/** The id of a construct that is to have a name: constructs keeps ids in an object, which has some of them already. */
export function constructId(name: string): string {
  return name in Object.prototype ? `${name}.` : name
}

export function call(callee: string, ...args: readonly Expression[]): Call {
  return { kind: 'call', callee, args }
}

export function method(on: string, callee: string, ...args: readonly Expression[]): Call {
  return { kind: 'call', callee, on, args }
}

export function result(of: string): Result {
  return { kind: 'result', of }
}

/** An object without its members that are undefined. */
export function props(members: Readonly<Record<string, Expression | undefined>>): Props {
  return entries(Object.entries(members).flatMap(([k, v]) => (v === undefined ? [] : [[k, v] as const])))
}

export function entries(members: readonly (readonly [string, Expression])[]): Props {
  return { kind: 'props', members }
}

/** The constant of one of the constructs' lists of words, or the word itself where it has none. */
export function constant(list: string, names: Readonly<Record<string, string>>, value: string): Expression {
  const name = Object.hasOwn(names, value) ? names[value] : undefined
  return name === undefined ? value : { kind: 'constant', name: `${list}.${name}`, value }
}

import { Construct } from 'constructs'
import { meantName } from './meant-name.ts'
import { misfitsOf } from './misfits.ts'

/**
 * What a value of a person's program has to be. TypeScript would say so, but an app is run without asking it, and a
 * value of a wrong type would end it with a stack trace, or be left out without a word.
 */
export interface Shape<T> {
  /** Said after "must be". */
  readonly words: string
  /** What is wrong with a value that is called `what`; [] where it fits. `shown` is how messages have a value. */
  readonly check: (value: unknown, what: string, shown?: Shown) => string[]
  /** Whether it has to be given. */
  readonly isRequired?: true
  /** For the compiler alone: the shape of one type does not stand for that of another. */
  readonly of?: (value: T) => T
}

/** A value, as a message has it: quote or kind. */
type Shown = (value: unknown) => string

/** The shape of each property; the compiler sees to it that none is missing, and that each is of its type. */
export type Shapes<T> = {
  readonly [K in keyof T]-?: Partial<Pick<T, K>> extends Pick<T, K>
    ? Shape<NonNullable<T[K]>>
    : Shape<NonNullable<T[K]>> & { readonly isRequired: true }
}

export const text: Shape<string> = simple('a text', value => typeof value === 'string')
export const number: Shape<number> = simple('a number', value => typeof value === 'number')
export const flag: Shape<boolean> = simple('true or false', value => typeof value === 'boolean')

/** One of these words; the compiler sees to it that none is missing. */
export function word<T extends string>(words: Readonly<Record<T, true>>): Shape<T> {
  const all = Object.keys(words)
  const quoted = all.map(w => JSON.stringify(w)).join(', ')
  return simple(quoted.replace(/, ([^,]*)$/, ' or $1'), value => all.some(w => w === value))
}

/** What may be a secret, or stands where one belongs: no message quotes it. */
export function unquoted<S extends Pick<Shape<never>, 'check'>>(shape: S): S {
  return { ...shape, check: (value: unknown, what: string) => shape.check(value, what, kind) }
}

/**
 * What a class makes.
 * @param such how to make one
 */
export function instance<T extends object>(
  of: { readonly name: string; readonly prototype: T },
  such?: string,
): Shape<T> {
  const words = such === undefined ? `a ${of.name}` : `a ${of.name}, such as ${such}`
  return {
    words,
    check: (value, what, shown = quote) => {
      if (isObject(value) && Object.prototype.isPrototypeOf.call(of.prototype, value))
        // what is wrong with a construct is said at its own place
        return Construct.isConstruct(value) ? [] : misfitsOf(value).map(misfit => `${what}: ${misfit}`)
      return [`${what} must be ${words}, not ${otherCopy(value, of.name) ?? shown(value)}`]
    },
  }
}

/** What a class of one of these names makes, where it is not the class that is asked for. */
export function otherCopy(value: unknown, ...names: readonly string[]): string | undefined {
  return isObject(value) && names.includes(value.constructor?.name)
    ? 'that of another copy of stowage'
    : undefined
}

export function list<T>(of: Shape<T>, words = 'a list'): Shape<readonly T[]> {
  return {
    words,
    check: (value, what, shown = quote) =>
      Array.isArray(value)
        ? Array.from<unknown>(value).flatMap((inner, i) => of.check(inner, `${what}[${i}]`, shown))
        : [`${what} must be ${words}, not ${shown(value)}`],
  }
}

export const texts: Shape<readonly string[]> = list(text, "a list, such as ['a', 'b']")

/** Values by names that are a person's own. Neither they nor what is given in their place is quoted: it may be a secret. */
export function map<T>(of: Shape<T>, words = 'an object'): Shape<Readonly<Record<string, T>>> {
  return {
    words,
    check: (value, what) =>
      isRecord(value)
        ? Object.entries(value).flatMap(([name, inner]) => of.check(inner, member(what, name), kind))
        : [`${what} must be ${words}, not ${kind(value)}`],
  }
}

export const textMap: Shape<Readonly<Record<string, string>>> = map(
  text,
  "an object, such as { NAME: 'value' }",
)

export function either<A, B>(a: Shape<A>, b: Shape<B>): Shape<A | B> {
  const words = `${a.words} or ${b.words}`
  return {
    words,
    check: (value, what, shown = quote) =>
      [a, b].some(shape => shape.check(value, what).length === 0)
        ? []
        : [`${what} must be ${words}, not ${shown(value)}`],
  }
}

/** An object of these properties and no other. */
export function props<T extends object>(shapes: Shapes<T>, words = 'an object'): Shape<T> {
  return {
    words,
    check: (value, what, shown = quote) =>
      isRecord(value)
        ? [
            ...misfitsOf(value).map(misfit => said(what, misfit)),
            ...[...checkProps(value, what, shapes, shown).values()].flat(),
          ]
        : [`${what === '' ? 'what it is made with' : what} must be ${words}, not ${shown(value)}`],
  }
}

export function required<T>(shape: Shape<T>): Shape<T> & { readonly isRequired: true } {
  return { ...shape, isRequired: true }
}

/** What is wrong with each property, those that there are none of among them. */
export function checkProps<T extends object>(
  value: Readonly<Record<string, unknown>>,
  what: string,
  shapes: Shapes<T>,
  shown: Shown = quote,
): Map<string, string[]> {
  const known = new Map<string, Shape<unknown>>(Object.entries(shapes))
  const names = new Set([...Object.keys(value), ...known.keys()])
  return new Map([...names].map(name => [name, checkProp(name, value[name], what, known, shown)] as const))
}

function checkProp(
  name: string,
  value: unknown,
  what: string,
  known: ReadonlyMap<string, Shape<unknown>>,
  shown: Shown,
): string[] {
  const shape = known.get(name)
  const place = what === '' ? name : `${what}.${name}`
  if (value === undefined) return shape?.isRequired ? [`${place} is missing: it must be ${shape.words}`] : []
  if (shape) return shape.check(value, place, shown)
  const meant = meantName(name, [...known.keys()])
  const hint = meant === undefined ? '' : `; did you mean ${meant}?`
  return [said(what, `there is no property ${JSON.stringify(name)}${hint}`)]
}

/** A person's own name may hold anything, line ends too. */
export function member(what: string, name: string): string {
  return /^[\w.-]+$/.test(name) ? `${what}.${name}` : `${what}[${JSON.stringify(name)}]`
}

function said(what: string, message: string): string {
  return what === '' ? message : `${what}: ${message}`
}

function simple<T>(words: string, fits: (value: unknown) => boolean): Shape<T> {
  const check = (value: unknown, what: string, shown: Shown = quote) =>
    fits(value) ? [] : [`${what} must be ${words}, not ${shown(value)}`]
  return { words, check }
}

/** Whether it holds values by name. A Map, a Set or a Date is an object too, and what it holds would be left out. */
export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return isObject(value) && RECORDS.has(Object.prototype.toString.call(value))
}

/** What `import * as` gives is one too. */
const RECORDS: ReadonlySet<string> = new Set(['[object Object]', '[object Module]'])

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null
}

const LONGEST_QUOTE = 60

/** What was given, as a message has it. */
export function quote(value: unknown): string {
  if (typeof value === 'number') return String(value)
  if (typeof value === 'bigint') return `${value}n`
  if (typeof value !== 'string') return kind(value)
  return JSON.stringify(value.length > LONGEST_QUOTE ? `${value.slice(0, LONGEST_QUOTE)}…` : value)
}

/** What it is, and never what it holds. */
export function kind(value: unknown): string {
  if (typeof value === 'string') return 'a text'
  if (typeof value === 'number' || typeof value === 'bigint') return 'a number'
  if (Array.isArray(value)) return 'a list'
  if (typeof value === 'function') return 'a function'
  if (typeof value === 'symbol') return 'a symbol'
  if (!isObject(value)) return String(value)
  const name = value.constructor?.name ?? ''
  return name === '' || name === 'Object' ? 'an object' : `a ${name}`
}

import { pointer } from '../desired-state/problem.ts'
import { SHAPES, type Shape } from '../desired-state/shapes.generated.ts'
import { type DocumentInput, fieldsAt } from '../ecs-fields/unsupported.ts'
import { text } from './text.ts'

/** One thing that does not stand as the API of ECS takes it, and what is meant by it. */
export interface Note {
  /** JSON pointer in what was given. */
  readonly pointer: string
  readonly was: string
  readonly is: string
}

export interface Tidied {
  readonly value: unknown
  readonly notes: readonly Note[]
}

/** Stands for a value that is left out. */
const GONE = Symbol('left out')
export const LEFT_OUT = 'left out'

/**
 * What is meant by a task definition or service as tools print it: nulls and empty texts are nothing, "256" is a number
 * where one is asked for and 256 a text, TCP is tcp, PortMappings and port_mappings are portMappings. Pure: the value
 * that is given stays as it is.
 */
export function tidy(input: DocumentInput, value: unknown): Tidied {
  const notes: Note[] = []
  const root = { ref: input === 'service' ? 'Service' : 'TaskDefinition' }
  const result = new Walk(input, notes).value(root, value, '', '')
  return { value: result === GONE ? {} : result, notes }
}

class Walk {
  readonly #input: DocumentInput
  readonly #notes: Note[]

  constructor(input: DocumentInput, notes: Note[]) {
    this.#input = input
    this.#notes = notes
  }

  /** `at` is where it stands, `path` the same in the words of the table of ECS's fields. */
  value(shape: Shape, value: unknown, at: string, path: string): unknown {
    const { type, enum: words, items, properties, values, ...rest } = resolve(shape)
    if (value === null || (value === 'null' && !isFreeText({ type, ...rest }))) return this.#gone(at, value)
    if (words) return this.#word(words, value, at)
    if (type === 'integer' || type === 'boolean') return this.#scalar(type, value, at)
    if (type === 'string') return this.#text({ type, ...rest }, value, at)
    if (type === 'array' && items) return this.#list(items, value, at, path)
    // Terraform has a list of one for what is a block there
    if (Array.isArray(value) && value.length < 2 && (values || properties)) {
      if (value.length === 0) return this.#gone(at, value)
      this.#notes.push({ pointer: at, was: 'a list of one', is: 'that one' })
      return this.value(shape, value[0], pointer(at, 0), path)
    }
    if (values && isObject(value)) return this.#map(values, value, at, path)
    return isObject(value) ? this.#object(properties ?? {}, rest.required ?? [], value, at, path) : value
  }

  #word(words: readonly string[], value: unknown, at: string): unknown {
    if (typeof value !== 'string' || words.includes(value)) return value
    if (value.trim() === '') return this.#gone(at, value)
    // what the console of ECS and docker call default is what they do where nothing is said
    if (value.trim().toLowerCase() === 'default') return this.#gone(at, value)
    const meant = words.find(word => plain(word) === plain(value))
    return meant === undefined ? value : this.#made(at, value, meant)
  }

  #scalar(type: 'integer' | 'boolean', value: unknown, at: string): unknown {
    if (typeof value !== 'string') return value
    const trimmed = value.trim().toLowerCase()
    if (trimmed === '') return this.#gone(at, value)
    if (type === 'integer')
      return /^-?\d{1,15}$/.test(trimmed) ? this.#made(at, value, Number(trimmed)) : value
    return trimmed === 'true' || trimmed === 'false' ? this.#made(at, value, trimmed === 'true') : value
  }

  #text(shape: Shape, value: unknown, at: string): unknown {
    if (typeof value === 'number' || typeof value === 'boolean') {
      // the value itself may be a secret of an environment
      this.#notes.push({ pointer: at, was: `a ${typeof value}`, is: 'text' })
      return String(value)
    }
    return value === '' && !isFreeText(shape) ? this.#gone(at, value) : value
  }

  #list(items: Shape, value: unknown, at: string, path: string): unknown {
    if (Array.isArray(value)) {
      const all: readonly unknown[] = value
      return all
        .map((element, i) => this.value(items, element, pointer(at, i), `${path}[]`))
        .filter(element => element !== GONE)
    }
    if (value === '') return this.#gone(at, value)
    const element = resolve(items)
    const key = ['name', 'key'].find(k => element.properties?.[k])
    if (!isObject(value) || !element.properties) return value
    if (key !== undefined && element.properties['value'] && !Object.hasOwn(value, key)) {
      this.#notes.push({ pointer: at, was: 'an object', is: `a list of ${key} and value` })
      const list = Object.entries(value).map(([k, v]) => ({ [key]: k, value: v }))
      return this.#list(items, list, at, path)
    }
    this.#notes.push({ pointer: at, was: 'one object', is: 'a list of it' })
    return this.#list(items, [value], at, path)
  }

  #map(values: Shape, value: object, at: string, path: string): unknown {
    const all = Object.entries(value).map(
      ([key, member]) => [key, this.value(values, member, pointer(at, key), `${path}.${key}`)] as const,
    )
    return Object.fromEntries(all.filter(([, member]) => member !== GONE))
  }

  #object(
    properties: Readonly<Record<string, Shape>>,
    required: readonly string[],
    value: object,
    at: string,
    path: string,
  ): unknown {
    const known = [...Object.keys(properties), ...fieldsAt(this.#input, path)]
    const kept = new Map<string, unknown>()
    for (const [given, member] of Object.entries(value)) {
      const here = pointer(at, given)
      const key = this.#key(given, known, here)
      const shape = properties[key]
      const inner = path === '' ? key : `${path}.${key}`
      // ECS takes a variable without a value for an empty one
      if (member === null && key === 'value' && required.includes(key))
        kept.set(key, this.#made(here, null, ''))
      else {
        const tidied = shape
          ? this.value(shape, member, here, inner)
          : member === null
            ? this.#gone(here, null)
            : member
        if (tidied !== GONE) kept.set(key, tidied)
      }
    }
    // {} where something is needed is how tools say nothing
    if (kept.size === 0 && required.length > 0 && at !== '') return this.#gone(at, value)
    return Object.fromEntries(kept)
  }

  #key(given: string, known: readonly string[], at: string): string {
    if (known.includes(given)) return given
    const meant = known.find(name => plain(name) === plain(given))
    if (meant === undefined) return given
    this.#notes.push({ pointer: at, was: text(given), is: text(meant) })
    return meant
  }

  #gone(at: string, value: unknown): typeof GONE {
    this.#notes.push({ pointer: at, was: text(value), is: LEFT_OUT })
    return GONE
  }

  #made<T>(at: string, was: unknown, is: T): T {
    this.#notes.push({ pointer: at, was: text(was), is: text(is) })
    return is
  }
}

/** Any text will do, also an empty one. */
function isFreeText({ type, pattern, minLength }: Shape): boolean {
  return (
    type === 'string' && (minLength ?? 0) === 0 && (pattern === undefined || new RegExp(pattern).test(''))
  )
}

/** As one compares words that tools write in their own ways: PortMappings, port_mappings, portmappings. */
function plain(word: string): string {
  return word
    .trim()
    .replaceAll(/[_\-\s]/g, '')
    .toLowerCase()
}

function resolve(shape: Shape): Shape {
  return shape.ref === undefined ? shape : { ...SHAPES[shape.ref] }
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

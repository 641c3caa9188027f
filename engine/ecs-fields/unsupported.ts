import { canonicalJson } from '../desired-state/canonical.ts'
import { pointer } from '../desired-state/problem.ts'
import type { EcsField, EcsInput, RefusedValue } from './field.ts'
import { ECS_SHAPES, fieldPath, ignoreName } from './table.ts'

/** Something in a task definition or service that nothing here does. */
export interface Unsupported {
  /** As `ignoreUnsupported` calls it. */
  readonly name: string
  /** JSON pointer below the task definition or service. */
  readonly pointer: string
  readonly why: string
  readonly instead: string
  /** What is left where it is let go. Default: nothing that matters. */
  readonly leaves?: string
}

export interface Found {
  /** In the order in which they stand. */
  readonly unsupported: readonly Unsupported[]
  /** JSON pointers of fields that are refused, and that ask for nothing or for what is so anyway. */
  readonly inert: readonly string[]
}

/** A part of the documents that ECS's fields stand in. */
export type DocumentInput = Exclude<EcsInput, 'RunTask'>

/** What a task definition or service has of the table's refused fields and values. */
export function findUnsupported(input: DocumentInput, value: unknown): Found {
  const unsupported: Unsupported[] = []
  const inert: string[] = []
  const { fields, values } = INDEX[input]
  const visit = (path: string, at: string, node: unknown): void => {
    if (Array.isArray(node)) {
      for (const [i, element] of node.entries()) visit(`${path}[]`, pointer(at, i), element)
      return
    }
    if (typeof node !== 'object' || node === null) return
    for (const [key, member] of Object.entries(node)) {
      const inner = path === '' ? key : `${path}.${key}`
      const here = pointer(at, key)
      const field = fields.get(inner)
      if (field?.verdict === 'refused') {
        if (asksForNothing(member) || field.inert.some(v => canonicalJson(v) === canonicalJson(member)))
          inert.push(here)
        else {
          const { why, instead, leaves } = field
          const left = leaves === undefined ? {} : { leaves }
          unsupported.push({ name: ignoreName(inner), pointer: here, why, instead, ...left })
        }
        continue
      }
      const refusedValues = values.get(inner)
      for (const [place, element] of refusedValues ? elements(here, member) : []) {
        const meant = refusedValues?.find(({ isIn }) => isIn(element))
        if (meant) {
          const { why, instead, insteadOf } = meant
          const name = ignoreName(inner, meant.value)
          unsupported.push({ name, pointer: place, why, instead: insteadOf?.(element) ?? instead })
        }
      }
      visit(inner, here, member)
    }
  }
  visit('', '', value)
  // what is below another one goes with it
  const outer = new Set(unsupported.map(u => u.pointer))
  return { unsupported: unsupported.filter(u => !above(u.pointer).some(p => outer.has(p))), inert }
}

/** Every name that `ignoreUnsupported` may have. */
export function ignorableNames(input: DocumentInput): ReadonlySet<string> {
  return INDEX[input].names
}

/** Whether a name is that of a field that works: there is nothing to ignore. */
export function isSupported(input: DocumentInput, name: string): boolean {
  return INDEX[input].supported.has(name)
}

/** The names of all fields at a place of an input, refused ones too: [] where the table has none. */
export function fieldsAt(input: DocumentInput, at: string): readonly string[] {
  return ECS_SHAPES.flatMap(shape =>
    shape.input === input && shape.at === at ? Object.keys(shape.fields) : [],
  )
}

interface Index {
  readonly fields: ReadonlyMap<string, EcsField>
  readonly values: ReadonlyMap<string, readonly RefusedValue[]>
  readonly names: ReadonlySet<string>
  readonly supported: ReadonlySet<string>
}

const INDEX: Readonly<Record<DocumentInput, Index>> = {
  'task definition': indexOf('task definition'),
  service: indexOf('service'),
}

function indexOf(input: DocumentInput): Index {
  const shapes = ECS_SHAPES.filter(shape => shape.input === input)
  const fields = new Map(
    shapes.flatMap(shape =>
      Object.entries(shape.fields).map(([name, field]) => [fieldPath(shape, name), field] as const),
    ),
  )
  const values = new Map(
    shapes.flatMap(shape =>
      Object.entries(shape.refusedValues ?? {}).map(([name, all]) => [fieldPath(shape, name), all] as const),
    ),
  )
  const isRefused = ([, field]: readonly [string, EcsField]) => field.verdict === 'refused'
  return {
    fields,
    values,
    names: new Set([
      ...[...fields].filter(isRefused).map(([path]) => ignoreName(path)),
      ...[...values].flatMap(([path, all]) => all.map(({ value }) => ignoreName(path, value))),
    ]),
    supported: new Set([...fields].filter(entry => !isRefused(entry)).map(([path]) => ignoreName(path))),
  }
}

/** The elements of a list with their places; what is no list is its own only one. */
function elements(at: string, value: unknown): [string, unknown][] {
  return Array.isArray(value) ? value.map((element, i) => [pointer(at, i), element]) : [[at, value]]
}

function asksForNothing(value: unknown): boolean {
  if (typeof value === 'object' && value !== null) return Object.keys(value).length === 0
  return value === null || value === '' || value === false
}

/** The pointers of all that a place stands in. */
function above(at: string): string[] {
  const keys = at.split('/').slice(1, -1)
  return keys.map((_, i) => `/${keys.slice(0, i + 1).join('/')}`)
}

import { SHAPES, type Shape } from './shapes.generated.ts'

/**
 * A part of a desired state without what is default anyway: fields that are undefined or equal to their default.
 * @param name a name under `$defs` of the schema
 */
export function minimal<T>(name: string, value: T): T {
  return strip(SHAPES[name] ?? {}, value) as T
}

/** Fills in the defaults again. The value must fit the schema: this validates nothing. */
// oxlint-disable-next-line typescript/no-unnecessary-type-parameters
export function withDefaults<T>(name: string, value: unknown): T {
  return fill(SHAPES[name] ?? {}, value) as T
}

function strip(shape: Shape, value: unknown): unknown {
  const { properties, items, values } = resolve(shape)
  if (Array.isArray(value)) return items ? value.map(item => strip(items, item)) : value
  if (!isObject(value) || (!properties && !values)) return value
  const kept: Record<string, unknown> = {}
  for (const [key, inner] of Object.entries(value)) {
    const innerShape = properties?.[key] ?? values ?? {}
    const stripped = strip(innerShape, inner)
    if (stripped === undefined) continue
    if (innerShape.default !== undefined && same(stripped, strip(innerShape, innerShape.default))) continue
    kept[key] = stripped
  }
  return kept
}

function fill(shape: Shape, value: unknown): unknown {
  const { properties, items, values } = resolve(shape)
  if (Array.isArray(value)) return items ? value.map(item => fill(items, item)) : value
  if (!isObject(value)) return value
  const filled: Record<string, unknown> = {}
  for (const [key, inner] of Object.entries(value))
    filled[key] = fill(properties?.[key] ?? values ?? {}, inner)
  for (const [key, inner] of Object.entries(properties ?? {})) {
    if (filled[key] === undefined && inner.default !== undefined) filled[key] = fill(inner, inner.default)
  }
  return filled
}

function resolve(shape: Shape): Shape {
  return shape.ref === undefined ? shape : (SHAPES[shape.ref] ?? {})
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** Defaults are scalars, [] or {}. */
function same(a: unknown, b: unknown): boolean {
  if (a === b) return true
  if (Array.isArray(a) && Array.isArray(b)) return a.length === 0 && b.length === 0
  return isObject(a) && isObject(b) && Object.keys(a).length === 0 && Object.keys(b).length === 0
}

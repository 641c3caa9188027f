import type { Expression } from './recipe.ts'

/**
 * How each field stands among the properties of a construct; undefined: it does not, or not with this value. The
 * compiler sees to it that no field of the schema is missing.
 */
export type PropTable<T> = {
  readonly [Field in keyof T]-?: (value: NonNullable<T[Field]>) => readonly [string, Expression] | undefined
}

/** What a table makes of a value's fields, in the table's order. */
export function propsOf<T extends object>(table: PropTable<T>, value: T): (readonly [string, Expression])[] {
  const fields = Object.keys(table) as (keyof T)[]
  return fields.flatMap(field => {
    const given = value[field]
    const made = given === undefined || given === null ? undefined : table[field](given)
    return made ? [made] : []
  })
}

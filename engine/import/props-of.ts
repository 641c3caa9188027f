import { entries, type Expression, type Props } from './recipe.ts'

/** A property of a construct, with its value. */
export type Prop = readonly [string, Expression]

/**
 * How each field stands among the properties of a construct; undefined: it does not, or not with this value. The
 * compiler sees to it that no field of the schema is missing.
 */
export type PropTable<T> = {
  readonly [Field in keyof T]-?: (value: NonNullable<T[Field]>) => Prop | undefined
}

/** Of a field whose value is that of a property, by the property's name. */
export function as(name: string): (value: Expression) => Prop {
  return value => [name, value]
}

/** Of a field that is an argument, or a step of its own. */
export function elsewhere(): undefined {
  return undefined
}

/** Of a list, where it is not empty: what that would ask for is so anyway. */
export function listAs<T>(
  name: string,
  element: (value: T) => Expression,
): (list: readonly T[]) => Prop | undefined {
  return list => (list.length === 0 ? undefined : [name, list.map(element)])
}

/** The same of a list or map that becomes an object. */
export function mapAs<T>(name: string, entry: (value: T) => Prop): (list: readonly T[]) => Prop | undefined {
  return list => (list.length === 0 ? undefined : [name, entries(list.map(entry))])
}

/** What a table makes of a value's fields, in the table's order. */
export function propsOf<T extends object>(table: PropTable<T>, value: T): Prop[] {
  const fields = Object.keys(table) as (keyof T)[]
  return fields.flatMap(field => {
    const given = value[field]
    const made = given === undefined || given === null ? undefined : table[field](given)
    return made ? [made] : []
  })
}

/** The same as an object. */
export function objectOf<T extends object>(table: PropTable<T>): (value: T) => Props {
  return value => entries(propsOf(table, value))
}

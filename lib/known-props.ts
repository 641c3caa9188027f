/** Every property of a class's props; the compiler sees to it that none is missing here. */
export type PropNames<T> = Readonly<Record<keyof T, true>>

/**
 * A complaint about each property that there is none of. TypeScript says so, too, but an app is run without asking
 * it, and what is misspelt would be left out without a word.
 */
export function checkKnown<T extends object>(props: T, known: PropNames<T>): string[] {
  const names = Object.keys(known)
  const unknown = Object.entries(props).filter(
    ([name, value]) => value !== undefined && !names.includes(name),
  )
  return unknown.map(([name]) => {
    const meant = closest(name, names)
    return `there is no property ${JSON.stringify(name)}${meant === undefined ? '' : `; did you mean ${meant}?`}`
  })
}

/**
 * A complaint about each property of these that is no list: a text in the place of one would be cut into its
 * characters without a word.
 */
export function checkLists<T extends object>(props: T, ...names: (keyof T & string)[]): string[] {
  return names.flatMap(name => {
    const value: unknown = props[name]
    return value === undefined || Array.isArray(value)
      ? []
      : [`${name} must be a list, such as ['a', 'b'], not ${JSON.stringify(value)}`]
  })
}

/** A complaint about each property of these that has no names: a list, or a text. */
export function checkMaps<T extends object>(props: T, ...names: (keyof T & string)[]): string[] {
  return names.flatMap(name => {
    const value: unknown = props[name]
    return value === undefined || (typeof value === 'object' && value !== null && !Array.isArray(value))
      ? []
      : [`${name} must be an object, such as { NAME: 'value' }, not ${JSON.stringify(value)}`]
  })
}

/** The one that begins most alike, with at least four letters. */
function closest(name: string, names: readonly string[]): string | undefined {
  const alike = (other: string) => {
    let i = 0
    while (i < name.length && name[i]?.toLowerCase() === other[i]?.toLowerCase()) i++
    return i
  }
  const [best] = names.toSorted((a, b) => alike(b) - alike(a))
  return best !== undefined && alike(best) >= 4 ? best : undefined
}

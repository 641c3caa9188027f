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

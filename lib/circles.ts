/** Circles among names that depend on each other, each once, from its first name on. */
export function circles(dependencies: ReadonlyMap<string, readonly string[]>): string[][] {
  return [...dependencies.keys()].sort().flatMap(start => {
    const way = wayBack(start, [start], dependencies, new Set())
    return way && [...way].sort()[0] === start ? [way] : []
  })
}

function wayBack(
  start: string,
  way: string[],
  dependencies: ReadonlyMap<string, readonly string[]>,
  seen: Set<string>,
): string[] | undefined {
  for (const next of dependencies.get(way.at(-1) ?? '') ?? []) {
    if (next === start) return way
    if (seen.has(next)) continue
    seen.add(next)
    const found = wayBack(start, [...way, next], dependencies, seen)
    if (found) return found
  }
  return undefined
}

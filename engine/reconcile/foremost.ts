/**
 * Of all that have the same key the one that comes first by its rank, the lowest; of equals the one that stands first.
 * What there are two of, after an old list or behind a host that came back, is told apart by it.
 */
export function foremost<T>(
  all: readonly T[],
  keyOf: (each: T) => string,
  rankOf: (each: T) => number,
): ReadonlyMap<string, T> {
  const first = new Map<string, T>()
  for (const each of all) {
    const other = first.get(keyOf(each))
    if (other === undefined || rankOf(each) < rankOf(other)) first.set(keyOf(each), each)
  }
  return first
}

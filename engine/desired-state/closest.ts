/**
 * The known name that was probably meant by `word`: the nearest by optimal string alignment, where a typing
 * mistake is a letter too much, too few, wrong, or swapped with its neighbour. Ties go to the first in the order
 * of names. undefined: none is near, or there are too many to look through.
 */
export function closest(word: string, known: readonly string[] | ReadonlySet<string>): string | undefined {
  const count = 'size' in known ? known.size : known.length
  if (word.length > LONGEST || count > MOST) return undefined
  let best: string | undefined
  let bestDistance = Math.max(1, Math.floor(word.length / 3)) + 1
  for (const name of [...known].sort()) {
    if (name === word || Math.abs(name.length - word.length) >= bestDistance) continue
    const distance = alignmentDistance(word.toLowerCase(), name.toLowerCase())
    if (distance >= bestDistance) continue
    best = name
    bestDistance = distance
  }
  return best
}

/** Keep the cost of a hostile document bounded, whose every word may be wrong. */
const LONGEST = 64
const MOST = 200

function alignmentDistance(a: string, b: string): number {
  let beforeLast: number[] = []
  let last = Array.from({ length: b.length + 1 }, (_, j) => j)
  for (let i = 1; i <= a.length; i++) {
    const row = [i]
    for (let j = 1; j <= b.length; j++) {
      const substitution = (last[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1)
      let distance = Math.min((last[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1, substitution)
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1])
        distance = Math.min(distance, (beforeLast[j - 2] ?? 0) + 1)
      row.push(distance)
    }
    beforeLast = last
    last = row
  }
  return last[b.length] ?? 0
}

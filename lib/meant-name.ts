import { closest } from '../engine/desired-state/closest.ts'

/** The name that was probably meant: the nearest, or the one that begins most alike, with at least four letters. */
export function meantName(name: string, names: readonly string[]): string | undefined {
  return closest(name, names) ?? beginsAlike(name, names)
}

function beginsAlike(name: string, names: readonly string[]): string | undefined {
  const alike = (other: string) => {
    let i = 0
    while (i < name.length && name[i]?.toLowerCase() === other[i]?.toLowerCase()) i++
    return i
  }
  const [best] = names.toSorted((a, b) => alike(b) - alike(a))
  return best !== undefined && alike(best) >= 4 ? best : undefined
}

import { type Entry, printEntry, subjectOf } from './entry.ts'

/** The files of one host's copy, by their number; undefined: a file that cannot be read. */
export type Slots = ReadonlyMap<number, Entry | undefined>

/**
 * Where to put what a copy lacks. A file can be written anew and not removed, and whoever writes it may be killed in the
 * middle: so only files are written over that hold nothing of worth, and never one with an earlier state of what is
 * being written.
 */
export function slotsFor(slots: Slots, wanted: readonly Entry[]): Map<number, Entry> {
  const there = new Map(
    [...slots].flatMap(([slot, entry]) => (entry ? [[printEntry(entry), slot] as const] : [])),
  )
  const texts = new Map(wanted.map(entry => [printEntry(entry), entry]))
  const lacking = [...texts].filter(([text]) => !there.has(text)).map(([, entry]) => entry)
  const subjects = new Set(lacking.map(subjectOf))
  const kept = new Set([...texts.keys()].flatMap(text => there.get(text) ?? []))
  const isFree = (slot: number) => {
    const entry = slots.get(slot)
    return !kept.has(slot) && (!entry || !subjects.has(subjectOf(entry)))
  }
  // first those that cannot be read: beyond the others one would stay, and be told of, for ever
  const unreadable = [...slots].flatMap(([slot, entry]) => (entry ? [] : [slot])).sort((a, b) => a - b)
  const chosen = new Map<number, Entry>()
  let next = 0
  for (const entry of lacking) {
    let slot = unreadable.shift()
    while (slot === undefined || chosen.has(slot)) slot = nextFree()
    chosen.set(slot, entry)
  }
  return chosen

  function nextFree(): number {
    while (!isFree(next)) next++
    return next++
  }
}

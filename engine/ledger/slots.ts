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
  const chosen = new Map<number, Entry>()
  let slot = 0
  for (const entry of lacking) {
    while (!isFree(slot)) slot++
    chosen.set(slot++, entry)
  }
  return chosen
}

import type { DesiredStateDocument } from '../engine/desired-state/document.generated.ts'

/** Where editors find the schema of the document. */
export const SCHEMA_URL = 'https://unpkg.com/stowage@0/dist/engine/desired-state/desired-state.schema.json'

/**
 * The document's one text: keys sorted by code units, two blanks, LF, a newline at the end. It holds nothing of the
 * machine that it is made on.
 */
export function printDocument(document: DesiredStateDocument): string {
  return `${JSON.stringify(sorted(document), null, 2)}\n`
}

/** The value without its members that are undefined. */
export function compact<T extends object>(value: T): T {
  return Object.fromEntries(Object.entries(value).filter(([, member]) => member !== undefined)) as T
}

/** The list or map, or undefined where it is empty: what nobody set stays out of the document. */
export function unlessEmpty<T extends object>(value: T): T | undefined {
  return Object.keys(value).length === 0 ? undefined : value
}

/** The entries as an object whose keys are sorted. */
export function sortedByKey<T>(entries: Iterable<readonly [string, T]>): { [key: string]: T } {
  return Object.fromEntries([...entries].sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)))
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted)
  if (typeof value !== 'object' || value === null) return value
  return sortedByKey(Object.entries(value).map(([key, member]) => [key, sorted(member)] as const))
}

/** A value of a document that no host could take, whatever it is for. */
export interface UnfitValue {
  /** Where it stands in the document: taskDefinitions/web/… */
  readonly at: string
  /** What is wrong with it, said after its place. */
  readonly message: string
}

/** ECS's integers, and Docker's sizes in MiB, have 32 bits. */
const MOST = 2 ** 31 - 1
/** UTF-16 that stands for no character. */
const HALF_A_PAIR = /[\uD800-\uDFFF]/u

/** All of them, in the document's order. */
export function unfitValues(value: unknown, at = ''): UnfitValue[] {
  if (typeof value === 'string') return complaints(value).map(message => ({ at, message }))
  if (typeof value === 'number') return value > MOST ? [{ at, message: `is more than ${MOST}` }] : []
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([key, inner]) => [
    ...complaints(key).map(message => ({ at, message: `has a name that ${message}` })),
    ...unfitValues(inner, at === '' ? key : `${at}/${key}`),
  ])
}

function complaints(text: string): string[] {
  if (text.includes('\0')) return ['holds the character NUL']
  return HALF_A_PAIR.test(text) ? ['holds half a surrogate pair, which is no character'] : []
}

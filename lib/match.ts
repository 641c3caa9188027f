/** A pattern that stands where a value does in what a test expects. */
export class Matcher {
  readonly #test: (found: unknown) => string[]

  constructor(test: (found: unknown) => string[]) {
    this.#test = test
  }

  /** What does not fit, as "pointer: complaint"; [] where all fits. */
  mismatches(found: unknown): string[] {
    return this.#test(found)
  }
}

/** Patterns for `Template`, named as in aws-cdk-lib/assertions. */
export const Match = {
  /** The member is not there. */
  absent: () =>
    new Matcher(found => (found === undefined ? [] : [`: expected nothing, found ${show(found)}`])),
  /** The member is there, whatever its value. */
  anyValue: () => new Matcher(found => (found === undefined ? [': expected a value, found nothing'] : [])),
  /** Each of these is in the list, in this order; there may be others. */
  arrayWith: (expected: readonly unknown[]) => new Matcher(found => missingElements(expected, found)),
  /** The value is just this one. */
  exact: (expected: unknown) => new Matcher(found => mismatches(expected, found, true)),
}

/**
 * Where `found` differs from what is expected, as "pointer: complaint". An object may have more members than are
 * expected unless `exact`; a list has just as many elements.
 */
export function mismatches(expected: unknown, found: unknown, exact = false): string[] {
  if (expected instanceof Matcher) return expected.mismatches(found)
  if (Array.isArray(expected) && Array.isArray(found)) {
    const length = Math.max(expected.length, found.length)
    return Array.from({ length }, (_, i) => below(i, mismatches(expected[i], found[i], exact))).flat()
  }
  if (isObject(expected) && isObject(found)) {
    const keys = exact ? new Set([...Object.keys(expected), ...Object.keys(found)]) : Object.keys(expected)
    return [...keys].flatMap(key => below(key, mismatches(member(expected, key), member(found, key), exact)))
  }
  return Object.is(expected, found) ? [] : [`: expected ${show(expected)}, found ${show(found)}`]
}

function missingElements(expected: readonly unknown[], found: unknown): string[] {
  if (!Array.isArray(found)) return [`: expected a list, found ${show(found)}`]
  let from = 0
  for (const element of expected) {
    const at = found.findIndex((candidate, i) => i >= from && mismatches(element, candidate).length === 0)
    if (at < 0) return [`: expected ${show(element)} in ${show(found)}`]
    from = at + 1
  }
  return []
}

function below(key: string | number, complaints: readonly string[]): string[] {
  return complaints.map(complaint => `/${key}${complaint}`)
}

function member(object: object, key: string): unknown {
  return Object.hasOwn(object, key) ? Reflect.get(object, key) : undefined
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function show(value: unknown): string {
  if (value === undefined) return 'nothing'
  return value instanceof Matcher ? 'a match' : JSON.stringify(value)
}

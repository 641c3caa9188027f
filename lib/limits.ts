/** What a name may be made of. */
const NAMES = {
  family: { pattern: /^[A-Za-z0-9_-]{1,255}$/, words: '1 to 255 letters, digits, - and _' },
  cluster: {
    pattern: /^[A-Za-z0-9][A-Za-z0-9_-]{0,254}$/,
    words: '1 to 255 letters, digits, - and _, of which the first is a letter or a digit',
  },
  instance: {
    pattern: /^[A-Za-z0-9][A-Za-z0-9_.-]{0,127}$/,
    words: '1 to 128 letters, digits, -, _ and dots, of which the first is a letter or a digit',
  },
  port: {
    pattern: /^[a-z0-9_][a-z0-9_-]{0,63}$/,
    words: '1 to 64 small letters, digits, - and _, of which the first is no -',
  },
  attribute: { pattern: /^[A-Za-z0-9_./-]{1,128}$/, words: '1 to 128 letters, digits, - _ . and /' },
  attributeValue: {
    pattern: /^(?! )[A-Za-z0-9_./@: -]{1,128}(?<! )$/,
    words: '1 to 128 letters, digits, - _ . / @ : and blanks within',
  },
  environment: { pattern: /^[^=\0]+$/, words: 'a name without "="' },
  text: { pattern: /^[^\0]+$/, words: 'a text of at least one character' },
  anyPath: { pattern: /^\/[^\0]*$/, words: 'an absolute path' },
  hostname: {
    pattern: /^[A-Za-z0-9_][A-Za-z0-9_.-]{0,63}$/,
    words: '1 to 64 letters, digits, -, _ and dots, of which the first is no - and no dot',
  },
  domain: { pattern: /^[A-Za-z0-9_.-]{1,255}$/, words: '1 to 255 letters, digits, -, _ and dots' },
  driver: {
    pattern: /^[A-Za-z0-9][A-Za-z0-9_./:-]{0,254}$/,
    words:
      'the name of a driver: 1 to 255 letters, digits, - _ . / :, of which the first is a letter or a digit',
  },
  gpu: {
    pattern: /^[A-Za-z0-9][A-Za-z0-9_./:=-]{0,127}$/,
    words: '1 to 128 letters, digits, - _ . / : and =, of which the first is a letter or a digit',
  },
  path: { pattern: /^\/[^\0:]*$/, words: 'an absolute path without ":"' },
} as const

/** The complaint about a name that does not fit; [] where it does, or where it is undefined. */
export function checkName(what: string, value: string | undefined, kind: keyof typeof NAMES): string[] {
  const { pattern, words } = NAMES[kind]
  // "__proto__" as a key is a trap for every program that reads the document
  if (value === undefined || (pattern.test(value) && value !== '__proto__')) return []
  return [`${what} must be ${words}, not ${JSON.stringify(value)}`]
}

/** The complaint about a number that is not whole or out of its range; [] where it fits, or is undefined. */
export function checkWhole(
  what: string,
  value: number | undefined,
  minimum: number,
  maximum = Infinity,
): string[] {
  if (value === undefined || (Number.isSafeInteger(value) && value >= minimum && value <= maximum)) return []
  const range = maximum === Infinity ? `of at least ${minimum}` : `from ${minimum} to ${maximum}`
  return [`${what} must be a whole number ${range}, not ${value}`]
}

/** The values that stand in the list more than once, each once. */
export function duplicates<T>(values: readonly T[]): T[] {
  return [...new Set(values.filter((value, i) => values.indexOf(value) < i))]
}

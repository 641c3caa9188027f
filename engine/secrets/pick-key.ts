import { parseEnvironmentFile } from './environment-file.ts'

/** The value of one key of a decrypted file, or why there is none: words that hold nothing of the file. */
export type PickedKey = { readonly value: string } | { readonly refusal: string }

/**
 * Picks a key of a file that holds several secrets: a JSON object, or NAME=value lines as an environment file has
 * them. Its name says which (`.json` or `.env`, also with `.age` behind it), else what it begins with.
 */
export function pickKey(path: string, text: string, key: string): PickedKey {
  return isJson(path, text) ? pickOfJson(text, key) : pickOfLines(text, key)
}

function isJson(path: string, text: string): boolean {
  const name = path.toLowerCase().replace(/\.age$/, '')
  if (name.endsWith('.env')) return false
  return name.endsWith('.json') || text.trimStart().startsWith('{')
}

function pickOfJson(text: string, key: string): PickedKey {
  let file: unknown
  try {
    file = JSON.parse(text)
  } catch {
    // the parser's own message quotes the text
    return { refusal: 'is no JSON once it is decrypted' }
  }
  if (typeof file !== 'object' || file === null || Array.isArray(file))
    return { refusal: 'is no JSON object once it is decrypted' }
  const value: unknown = Object.hasOwn(file, key) ? (file as Record<string, unknown>)[key] : undefined
  if (value === undefined) return missing(key)
  if (typeof value === 'string') return { value }
  return typeof value === 'number' || typeof value === 'boolean'
    ? { value: String(value) }
    : { refusal: `has no text, number, true or false at ${JSON.stringify(key)}` }
}

function pickOfLines(text: string, key: string): PickedKey {
  const value = parseEnvironmentFile(text).get(key)
  return value === undefined ? missing(key) : { value }
}

/** The keys that there are may be secret, too. */
function missing(key: string): PickedKey {
  return { refusal: `has no key ${JSON.stringify(key)}` }
}

/** Where a value comes from, on the machine that applies. */
export type SecretSource =
  | { readonly kind: 'env'; readonly name: string }
  /** Relative to the folder of the document. */
  | { readonly kind: 'file'; readonly path: string }
  | { readonly kind: 'exec'; readonly program: string; readonly args: readonly string[] }
  /** `path` as for a file; without `key` all that it decrypts to. */
  | { readonly kind: 'age'; readonly path: string; readonly key?: string }

export type ParsedSource =
  | { readonly ok: true; readonly source: SecretSource }
  | { readonly ok: false; readonly message: string }

const KINDS = 'env:NAME, file:PATH, age:PATH#KEY or exec:COMMAND ARGUMENTS'

/** Reads what a document says in `valueFrom`; the message of a refusal is a sentence for a person. */
export function parseSource(text: string): ParsedSource {
  if (text.includes('\0')) return no('a source has no NUL character')
  const colon = text.indexOf(':')
  const rest = text.slice(colon + 1)
  switch (text.slice(0, Math.max(colon, 0))) {
    case 'env':
      return /^[^=]+$/.test(rest)
        ? { ok: true, source: { kind: 'env', name: rest } }
        : no('env: takes the name of an environment variable, without "="')
    case 'file':
      return rest === ''
        ? no('file: takes a path, relative to the folder of the document')
        : { ok: true, source: { kind: 'file', path: rest } }
    case 'exec': {
      const words = splitCommand(rest)
      if (words === undefined) return no('exec: has a quote that is not closed')
      const [program, ...args] = words
      return program === undefined || program === ''
        ? no('exec: takes a command')
        : { ok: true, source: { kind: 'exec', program, args } }
    }
    case 'age':
      return parseAge(rest)
    case 'arn':
      return no(`names a secret of AWS, which is not reached from here; name a source: ${KINDS}`)
    default:
      return no(`must name a source and no value: ${KINDS}`)
  }
}

/** A path has no "#"; a key may have more of them. */
function parseAge(rest: string): ParsedSource {
  const [path = '', ...more] = rest.split('#')
  if (path === '')
    return no('age: takes the path of an age-encrypted file, relative to the folder of the document')
  if (more.length === 0) return { ok: true, source: { kind: 'age', path } }
  const key = more.join('#')
  return key === ''
    ? no('age: has no key after "#"; without "#" the whole file is the value')
    : { ok: true, source: { kind: 'age', path, key } }
}

/**
 * The words of a command: parted by blanks, save inside '…' and "…", whose quotes are taken away. Nothing else has a
 * meaning: no variable, no backslash, no pipe. undefined: a quote is not closed.
 */
export function splitCommand(text: string): string[] | undefined {
  const words: string[] = []
  let word: string | undefined
  let quote = ''
  for (const char of text) {
    if (quote !== '') {
      if (char === quote) quote = ''
      else word += char
    } else if (char === '"' || char === "'") {
      quote = char
      word ??= ''
    } else if (/\s/.test(char)) {
      if (word !== undefined) words.push(word)
      word = undefined
    } else word = (word ?? '') + char
  }
  if (quote !== '') return undefined
  return word === undefined ? words : [...words, word]
}

/** An environment file as the source that it is. */
export function sourceOfFile(path: string): string {
  return `file:${path}`
}

function no(message: string): ParsedSource {
  return { ok: false, message }
}

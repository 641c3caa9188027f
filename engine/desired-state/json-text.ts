import { type DocumentProblem, documentProblem, pointer, quote } from './problem.ts'

/** `ok` is false where the text is not JSON at all; a value may have problems too. */
export type JsonText =
  | { readonly ok: true; readonly value: unknown; readonly problems: readonly DocumentProblem[] }
  | { readonly ok: false; readonly problems: readonly DocumentProblem[] }

/** No desired state is nested deeper than 10. */
const DEPTH_MAX = 64
const ENDS_LITERAL = /[\s,:[\]{}"]/
/** UTF-16 that stands for no character. */
const HALF_A_PAIR = /[\uD800-\uDFFF]/u
const NUMBER = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/

/**
 * Reads JSON (RFC 8259). Stricter than JSON.parse where that one hides a mistake or a trap: an object that has one key
 * twice is refused, and so are the key `__proto__` and text that no host could take as it stands: NUL, which ends it in
 * the kernel, and half a surrogate pair, which UTF-8 has not. A fault in the text is told by line and column.
 */
export function parseJsonText(text: string): JsonText {
  const source = text.startsWith('\uFEFF') ? text.slice(1) : text
  const scanner = new Scanner(source)
  try {
    scanner.document()
  } catch (fault) {
    if (!(fault instanceof Fault)) throw fault
    return {
      ok: false,
      problems: [documentProblem('', `not JSON: ${fault.message} at ${place(source, fault.at)}`)],
    }
  }
  return { ok: true, value: JSON.parse(source), problems: scanner.problems }
}

/** JSON by its text, or a copy of the value that a text stands for. */
export function readJson(given: unknown): JsonText {
  if (typeof given === 'string') return parseJsonText(given)
  try {
    return parseJsonText(JSON.stringify(given) ?? 'null')
  } catch {
    return { ok: false, problems: [documentProblem('', 'not a JSON value')] }
  }
}

class Fault extends Error {
  readonly at: number
  constructor(message: string, at: number) {
    super(message)
    this.at = at
  }
}

/** Walks over the text and builds nothing: JSON.parse does that faster, and says less. */
class Scanner {
  readonly problems: DocumentProblem[] = []
  readonly #text: string
  readonly #path: (string | number)[] = []
  #at = 0
  /** The line that was counted up to, where it begins and where it ends. */
  #line = 1
  #lineAt = 0
  #lineEnd: number

  constructor(text: string) {
    this.#text = text
    this.#lineEnd = this.#endOfLine()
  }

  document(): void {
    this.#value()
    this.#blanks()
    if (this.#at < this.#text.length) this.#fail(`${this.#found()} after the end of the document`)
  }

  #value(): void {
    this.#blanks()
    if (this.#path.length > DEPTH_MAX) this.#fail(`more than ${DEPTH_MAX} levels`)
    const next = this.#text[this.#at]
    if (next === '{') this.#object()
    else if (next === '[') this.#array()
    else if (next === '"') this.#string()
    else this.#literal()
  }

  #object(): void {
    const keys = new Set<string>()
    this.#at++
    if (this.#take('}')) return
    do {
      this.#blanks()
      const start = this.#at
      if (this.#text[start] !== '"') this.#fail(`${this.#found()} where a key in double quotes is expected`)
      const key = this.#string()
      this.#path.push(key)
      if (keys.has(key)) this.#report(`the key ${quote(key)} stands here twice`, start)
      if (key === '__proto__') this.#report('no key may be "__proto__"', start)
      keys.add(key)
      if (!this.#take(':')) this.#fail(`${this.#found()} where ":" is expected`)
      this.#value()
      this.#path.pop()
    } while (this.#take(','))
    if (!this.#take('}')) this.#fail(`${this.#found()} where "," or "}" is expected`)
  }

  #array(): void {
    this.#at++
    if (this.#take(']')) return
    let index = 0
    do {
      this.#path.push(index++)
      this.#value()
      this.#path.pop()
    } while (this.#take(','))
    if (!this.#take(']')) this.#fail(`${this.#found()} where "," or "]" is expected`)
  }

  #string(): string {
    const start = this.#at++
    while (this.#text[this.#at] !== '"') {
      const next = this.#text.charCodeAt(this.#at)
      if (Number.isNaN(next) || next === 0x0a) this.#fail('a string without its closing quote', start)
      if (next < 0x20) this.#fail('a control character in a string')
      if (next !== 0x5c) this.#at++
      else if (/^\\(?:["\\/bfnrt]|u[0-9A-Fa-f]{4})/.test(this.#text.slice(this.#at, this.#at + 6)))
        this.#at += this.#text[this.#at + 1] === 'u' ? 6 : 2
      else this.#fail('an unknown escape in a string')
    }
    this.#at++
    const read = JSON.parse(this.#text.slice(start, this.#at)) as string
    if (read.includes('\0')) this.#report('text without a NUL character is asked for', start)
    if (HALF_A_PAIR.test(read)) this.#report('half a surrogate pair is no character', start)
    return read
  }

  #literal(): void {
    const start = this.#at
    while (this.#at < this.#text.length && !ENDS_LITERAL.test(this.#text.charAt(this.#at))) this.#at++
    const word = this.#text.slice(start, this.#at)
    if (word === 'true' || word === 'false' || word === 'null' || NUMBER.test(word)) return
    this.#at = start
    this.#fail(word === '' ? `${this.#found()} where a value is expected` : `${quote(word)} is no JSON value`)
  }

  #take(character: string): boolean {
    this.#blanks()
    if (this.#text[this.#at] !== character) return false
    this.#at++
    return true
  }

  #blanks(): void {
    while (' \t\n\r'.includes(this.#text[this.#at] ?? '|')) this.#at++
  }

  #found(): string {
    const character = this.#text[this.#at]
    return character === undefined ? 'the text ends' : `${quote(character)} stands`
  }

  #report(message: string, at: number): void {
    this.problems.push(documentProblem(pointer('', ...this.#path), `${message} (${this.#place(at)})`))
  }

  /** Of a place no further back than the last one: each line is counted once, however much there is to report. */
  #place(at: number): string {
    while (this.#lineEnd < at) {
      this.#line++
      this.#lineAt = this.#lineEnd + 1
      this.#lineEnd = this.#endOfLine()
    }
    return `line ${this.#line} column ${at - this.#lineAt + 1}`
  }

  #endOfLine(): number {
    const end = this.#text.indexOf('\n', this.#lineAt)
    return end < 0 ? this.#text.length : end
  }

  #fail(message: string, at = this.#at): never {
    throw new Fault(message, at)
  }
}

function place(text: string, at: number): string {
  const before = text.slice(0, at).split('\n')
  return `line ${before.length} column ${(before.at(-1) ?? '').length + 1}`
}

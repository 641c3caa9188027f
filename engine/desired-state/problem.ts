import type { ErrorCode } from '../errors.ts'

/** One thing that is wrong with a desired-state document, or to be known of it. */
export interface DocumentProblem {
  /** JSON pointer (RFC 6901) of the value, or of the object that lacks one; '' is the whole document. */
  readonly pointer: string
  /** A sentence for a person, complete without `suggestion`. */
  readonly message: string
  /** The known name that was probably meant. */
  readonly suggestion?: string
  /** Of the catalogue of errors. Default: DOCUMENT_INVALID. */
  readonly code?: Extract<ErrorCode, 'FIELD_UNSUPPORTED' | 'FIELD_IGNORED'>
}

/** A problem at `pointer`; where there is a suggestion the message asks for it. */
export function documentProblem(pointer: string, message: string, suggestion?: string): DocumentProblem {
  if (suggestion === undefined) return { pointer, message }
  return { pointer, message: `${message}; did you mean ${suggestion}?`, suggestion }
}

/** The JSON pointer of what is found below `base` under these keys. */
export function pointer(base: string, ...keys: readonly (string | number)[]): string {
  return base + keys.map(key => `/${String(key).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('')
}

/** The keys of a JSON pointer. */
export function pointerKeys(text: string): string[] {
  return text
    .split('/')
    .slice(1)
    .map(key => key.replaceAll('~1', '/').replaceAll('~0', '~'))
}

/** A person's own words, quoted and of bearable length. */
export function quote(text: string): string {
  return JSON.stringify(text.length > 80 ? `${text.slice(0, 77)}...` : text)
}

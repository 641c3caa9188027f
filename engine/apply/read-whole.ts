import { readFile, stat } from 'node:fs/promises'

/** A value, or why there is none: words that hold nothing of what a source gave. */
export type SourceAnswer = { readonly value: Buffer } | { readonly refusal: string }

/** A secret is no larger. */
export const MOST_BYTES = 1024 * 1024
export const TOO_LARGE = 'is larger than 1 MiB'

/** A file, unless it is too large to be a secret. */
export async function readWhole(path: string): Promise<SourceAnswer> {
  try {
    const { size } = await stat(path)
    return size > MOST_BYTES ? { refusal: TOO_LARGE } : { value: await readFile(path) }
  } catch (error) {
    return { refusal: `cannot be read (${codeOf(error)})` }
  }
}

/** The code of a failed call of the system: ENOENT. */
export function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : 'failed'
}

import type { NeededSource } from './needed-sources.ts'

/** The kernel's limit for one NAME=value. */
const MOST_IN_ENVIRONMENT = 128 * 1024
const AS_FILE = '"deliverAs": "file"'

/**
 * Why a value cannot be what it is to become; undefined: it can.
 * @param text the value, without one line end at its end; undefined: it is no text
 */
export function unfit({ uses }: Pick<NeededSource, 'uses'>, text: string | undefined): string | undefined {
  const isVariable = uses.has('environment')
  const isOption = uses.has('log option') || uses.has('router option')
  if (!isVariable && !isOption && !uses.has('environment file')) return undefined
  if (text === undefined)
    return isOption ? 'is no text' : `is no text, and only a file can take it: ${AS_FILE}`
  if (!isVariable && !isOption) return undefined
  if (text === '') return 'is empty'
  if (isOption && /[\r\n]/.test(text)) return 'has more than one line, and an option of a log driver has one'
  // Fluent Bit would put a variable's value there, and Fluentd take the rest for a comment
  if (uses.has('router option') && /\$\{|\s#/.test(text))
    return 'has "${" or a blank and "#" in it, which a log router would not take as it is'
  return isVariable && text.length > MOST_IN_ENVIRONMENT
    ? `is larger than an environment variable may be, 128 KiB: ${AS_FILE}`
    : undefined
}

/** Both sides of one change, as far as they may be shown. */
export interface ShownChange {
  readonly from: string
  readonly to: string
}

/** Longer values are cut. */
const LONGEST = 60
const SECRET_NAME = /secret|token|passw|pwd|credential|key|auth/i
const NAMES_SOURCES = /^(?:secrets\.|environmentFiles$|repositoryCredentials$)/
/** user:password@ in a URL; --password=…, "--password","…" in a command. */
const SECRET_VALUE = /:\/\/[^/\s@]*:[^/\s@]+@|(?:secret|token|passw(?:or)?d|api[-_]?key)["' ]*[=:, ]/i

/** What is shown of a change of `name`; never a value that may be a secret. undefined: it was not there, or is not any more. */
export function showChange(name: string, from: string | undefined, to: string | undefined): ShownChange {
  // what stands in a document of a secret is its source, whatever its name
  const named = SECRET_NAME.test(name) && !NAMES_SOURCES.test(name)
  if (named || [from, to].some(v => v !== undefined && SECRET_VALUE.test(v))) {
    const hidden = (value: string | undefined, shown: string) => (value === undefined ? NONE : shown)
    return { from: hidden(from, '(hidden)'), to: hidden(to, from === undefined ? '(hidden)' : '(changed)') }
  }
  const [cutFrom, cutTo] = [cut(from), cut(to)]
  return cutFrom === cutTo ? { from: cutFrom, to: '(changed)' } : { from: cutFrom, to: cutTo }
}

const NONE = '(none)'

function cut(value: string | undefined): string {
  if (value === undefined) return NONE
  if (value === '') return '""'
  return value.length > LONGEST ? `${value.slice(0, LONGEST - 1)}…` : value
}

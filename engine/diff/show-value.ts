/** Both sides of one change, as far as they may be shown. */
export interface ShownChange {
  readonly from: string
  readonly to: string
}

/** Longer values are cut. */
const LONGEST = 60
const SECRET_NAME = /secret|token|passw|pwd|credential|key|auth/i
const NAMES_SOURCES = /^(?:secrets\.|environmentFiles$|repositoryCredentials\.)/
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
  const first = firstDifference(from ?? '', to ?? '')
  return { from: cut(from, first), to: cut(to, first) }
}

const NONE = '(none)'

/** What is before the first difference, so that one can tell where it is. */
const CONTEXT = 20

function firstDifference(a: string, b: string): number {
  const [as, bs] = [Array.from(a), Array.from(b)]
  const at = as.findIndex((character, i) => character !== bs[i])
  return at < 0 ? as.length : at
}

/** By whole characters, so that none is halved; from a little before `first`, where the beginning would not show it. */
function cut(value: string | undefined, first: number): string {
  if (value === undefined) return NONE
  if (value === '') return '""'
  const all = Array.from(value)
  if (all.length <= LONGEST) return value
  const begin = first < LONGEST - CONTEXT ? 0 : Math.min(first - CONTEXT, all.length - LONGEST + 1)
  const rest = all.slice(begin)
  const shown = rest.length > LONGEST ? [...rest.slice(0, LONGEST - 1), '…'] : rest
  return `${begin > 0 ? '…' : ''}${shown.join('')}`
}

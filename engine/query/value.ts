/** A whole number of at most 15 digits, or undefined. */
export function parseInteger(text: string): number | undefined {
  return /^[0-9]{1,15}$/.test(text) ? Number(text) : undefined
}

/** ms since 1970 of 2018-06-18[T22:28:28[Z|+00:00]], or undefined. Without a zone it is UTC. */
export function parseDate(text: string): number | undefined {
  const match = /^(\d{4})-(\d{2})-(\d{2})(T\d{2}:\d{2}:\d{2})?(Z|[+-]\d{2}:\d{2})?$/.exec(text)
  if (match === null) return undefined
  const [, year, month, day, time = 'T00:00:00', zone = 'Z'] = match
  if (match[4] === undefined && match[5] !== undefined) return undefined
  // Date.parse lets 31 February pass
  const days =
    (Date.UTC(Number(year), Number(month)) - Date.UTC(Number(year), Number(month) - 1)) / 86_400_000
  const at = Date.parse(`${year}-${month}-${day}${time}${zone}`)
  return Number.isNaN(at) || Number(day) > days ? undefined : at
}

/** Two numbers by their size, all else by code units. Below 0, 0 or above 0. */
export function compareValues(a: string, b: string): number {
  return isNumber(a) && isNumber(b) ? Number(a) - Number(b) : compareText(a, b)
}

/** 1.10.0 is after 1.9; what is no number between the dots goes by code units. */
export function compareVersions(a: string, b: string): number {
  const left = a.split('.')
  const right = b.split('.')
  for (let i = 0; i < Math.max(left.length, right.length); i++) {
    const order = compareValues(left[i] ?? '0', right[i] ?? '0')
    if (order !== 0) return order
  }
  return 0
}

function isNumber(text: string): boolean {
  return /^-?\d{1,15}(\.\d{1,15})?$/.test(text)
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}

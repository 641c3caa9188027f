/**
 * The one text of a JSON value: RFC 8785, so that equal values have equal digests on any machine.
 * `value` is what JSON.parse can give; members that are undefined count as absent.
 */
export function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(item => canonicalJson(item)).join(',')}]`
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null'
  // RFC 8785 sorts by UTF-16 code units, as sort() without a comparison does
  const members = new Map(Object.entries(value))
  const keys = [...members.keys()].filter(key => members.get(key) !== undefined).sort()
  return `{${keys.map(key => `${JSON.stringify(key)}:${canonicalJson(members.get(key))}`).join(',')}}`
}

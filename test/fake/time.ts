/** A moment as Docker's inspect writes it: RFC 3339 with the zeros of the fraction left out; 0 is "never". */
export function rfc3339(ms: number): string {
  if (ms === 0) return '0001-01-01T00:00:00Z'
  return new Date(ms).toISOString().replace(/\.?0+Z$/, 'Z')
}

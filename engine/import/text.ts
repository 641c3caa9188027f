/** A value as one shows it in a line: JSON of bearable length. */
export function text(value: unknown): string {
  const json = JSON.stringify(value) ?? 'nothing'
  return json.length > 60 ? `${json.slice(0, 57)}...` : json
}

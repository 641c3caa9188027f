/** The places of the values that stand further forward already. */
export function repeated(values: readonly string[]): number[] {
  const seen = new Set<string>()
  return values.flatMap((value, i) => {
    if (seen.has(value)) return [i]
    seen.add(value)
    return []
  })
}

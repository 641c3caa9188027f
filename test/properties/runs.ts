/** How often a property is tried: `STOWAGE_PROPERTY_RUNS` times as often for a long soak. The seed is fixed. */
export function runs(numRuns: number): { numRuns: number; seed: number } {
  const { STOWAGE_PROPERTY_RUNS: factor = '1', STOWAGE_PROPERTY_SEED: seed = '42' } = process.env
  return { numRuns: Math.ceil(numRuns * Number(factor)), seed: Number(seed) }
}

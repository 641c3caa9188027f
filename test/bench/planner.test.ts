import { describe, expect, it } from 'vitest'
import { runSize } from './cases.ts'

describe('the benchmark of the planner', () => {
  const { cases, services } = runSize(20, 200, 1)
  const byName = new Map(cases.map(c => [c.case, c]))

  it('plans the four cases of a small cluster', () => {
    expect([...byName.keys()]).toEqual(['cold', 'no-op', 'service changed', 'host lost'])
    expect(services).toBeGreaterThan(1)
  })

  it('places every task, evenly, and within what there is', () => {
    for (const { quality } of cases.slice(0, 2)) {
      expect(quality.notPlaced).toBe(0)
      expect(quality.largestZoneDifference).toBeLessThanOrEqual(1)
      expect(quality.highestCpuFill).toBeLessThanOrEqual(100)
      expect(quality.highestMemoryFill).toBeLessThanOrEqual(100)
    }
  })

  it('finds nothing to do where everything runs, and something where not', () => {
    expect(byName.get('no-op')).toMatchObject({ steps: 0, converged: true })
    expect(byName.get('cold')?.steps).toBeGreaterThan(400)
    expect(byName.get('service changed')?.steps).toBeGreaterThan(0)
    expect(byName.get('host lost')?.steps).toBeGreaterThan(0)
  })
})

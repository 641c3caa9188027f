import { beforeAll, describe, expect, it } from 'vitest'
import type { DesiredState } from '../../engine/desired-state/desired-state.generated.ts'
import type { FaultKind } from '../fake/faults.ts'
import { count } from '../properties/hold.ts'
import { runs } from '../properties/runs.ts'
import { watchBounds } from './bounds.ts'
import { closeClustersAfterEach, describeAttempt, FakeCluster } from './cluster.ts'
import type { Picture } from './picture.ts'
import { inventoryOf, stateOf } from './state.ts'

closeClustersAfterEach()

/** Seeds outside of the range that found a fault once; tried before all others. */
const REGRESSIONS: readonly number[] = []
const KINDS: readonly FaultKind[] = ['reply-lost', 'reply-torn', 'error-500', 'conflict-409', 'cut', 'stale']

describe('faults at random', () => {
  const { numRuns, seed: first } = runs(100)
  let from: readonly Picture[]
  let end: readonly string[]
  beforeAll(async () => {
    const cluster = await FakeCluster.start()
    await cluster.applyWell(documentOf(cluster, 1))
    from = cluster.picture()
    await cluster.applyWell(documentOf(cluster, 2))
    end = inventoryOf(stateOf(cluster))
    await cluster.close()
  })

  it(
    'never lead out of the bounds, and one apply without faults ends steady',
    async () => {
      const seeds = Array.from({ length: numRuns }, (_, i) => first + i)
      let disturbed = 0
      for (const seed of [...REGRESSIONS, ...seeds]) {
        const cluster = await FakeCluster.start({ from })
        const desired = documentOf(cluster, 2)
        const breaches = watchBounds(cluster, desired)
        const faulty = await cluster.apply(desired, {
          onPlanned: () => {
            for (const [index, { faults }] of cluster.hosts.entries())
              faults.seed(seed * 2 + index, { probability: 0.02 + (seed % 5) * 0.03, kinds: KINDS })
          },
        })
        if (faulty.report?.outcome !== 'steady') disturbed++
        await cluster.heal()
        const clean = await cluster.apply(desired)
        const what = `seed ${seed}\n${describeAttempt(faulty)}\nthen ${describeAttempt(clean)}`
        expect(clean.report?.outcome, what).toBe('steady')
        // a stale list leads to another layout, never to more or less
        expect(inventoryOf(stateOf(cluster)), what).toEqual(end)
        expect(breaches, what).toEqual([])
        await cluster.close()
      }
      expect(disturbed).toBeGreaterThan(numRuns / 10)
      count('faults at random, on fake hosts', seeds.length)
    },
    numRuns * 1000,
  )
})

/** Small: two tasks that roll with a volume each, and a DAEMON. */
function documentOf(cluster: FakeCluster, version: 1 | 2): DesiredState {
  const container = { name: 'app', image: `app:${version}`, stopTimeout: 0 }
  const mountPoints = [{ sourceVolume: 'scratch', containerPath: '/scratch' }]
  const deploymentConfiguration = { minimumHealthyPercent: 50, steadyAfterSeconds: 1 }
  return cluster.document({
    taskDefinitions: {
      web: { containerDefinitions: [{ ...container, mountPoints }], volumes: [{ name: 'scratch' }] },
      agent: { containerDefinitions: [container] },
    },
    services: {
      web: {
        taskDefinition: 'web',
        desiredCount: 2,
        deploymentConfiguration: { ...deploymentConfiguration, maximumPercent: 150 },
      },
      agent: { taskDefinition: 'agent', schedulingStrategy: 'DAEMON', deploymentConfiguration },
    },
  })
}

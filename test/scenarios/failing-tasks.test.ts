import { describe, expect, it } from 'vitest'
import { watchBounds } from './bounds.ts'
import { closeClustersAfterEach, describeAttempt, FakeCluster } from './cluster.ts'
import { tasksOf } from './state.ts'

closeClustersAfterEach()

interface Failing {
  readonly image: string
  readonly failure: object
}

const FAILING: readonly Failing[] = [
  {
    image: 'sick:1',
    failure: { health: 'unhealthy', healthOutput: 'no answer on port 80', outOfMemory: false },
  },
  {
    image: 'crash:1',
    failure: {
      exitCode: 3,
      outOfMemory: false,
      log: expect.arrayContaining(['fatal: no such file /etc/app.conf']),
    },
  },
  { image: 'oom:1', failure: { exitCode: 137, outOfMemory: true } },
  { image: 'unstartable:1', failure: { error: expect.stringContaining('permission denied') } },
]

/** With a circuit breaker no healthy task may go before its successor is in service; without, one of four may. */
function documentOf(cluster: FakeCluster, image: string, deploymentCircuitBreaker?: object) {
  const healthCheck = { command: ['CMD', 'check'], interval: 5, retries: 1 }
  return cluster.document({
    taskDefinitions: { web: { containerDefinitions: [{ name: 'app', image, healthCheck, stopTimeout: 0 }] } },
    services: {
      web: {
        taskDefinition: 'web',
        desiredCount: 4,
        deploymentConfiguration: {
          minimumHealthyPercent: deploymentCircuitBreaker ? 100 : 75,
          maximumPercent: 150,
          steadyAfterSeconds: 1,
          ...(deploymentCircuitBreaker && { deploymentCircuitBreaker }),
        },
      },
    },
  })
}

describe.for(FAILING)('a deployment of $image', ({ image, failure }) => {
  it('fails with the cause, and the old tasks keep running within the bounds', async () => {
    const cluster = await FakeCluster.start()
    const good = documentOf(cluster, 'app:1')
    await cluster.applyWell(good)
    const bad = documentOf(cluster, image)
    const breaches = watchBounds(cluster, bad)
    const attempt = await cluster.apply(bad)
    expect(attempt.report?.outcome, describeAttempt(attempt)).toBe('failed')
    expect(attempt.report?.problems.map(p => p.code)).toContain('DEPLOYMENT_FAILED')
    expect(attempt.report?.failures[0]).toMatchObject({ service: 'web', container: 'app', ...failure })
    expect(breaches).toEqual([])
    expect(tasksOf(cluster, bad, 'web').filter(t => t.healthy).length).toBeGreaterThanOrEqual(3)
    await cluster.applyWell(good)
    expect(tasksOf(cluster, good, 'web').map(t => t.healthy)).toEqual([true, true, true, true])
  })

  it('goes back to the old revision where the circuit breaker says so, and stops no healthy task for it', async () => {
    const cluster = await FakeCluster.start()
    const breaker = { enable: true, rollback: true }
    await cluster.applyWell(documentOf(cluster, 'app:1', breaker))
    const before = tasksOf(cluster, documentOf(cluster, 'app:1'), 'web')
    const bad = documentOf(cluster, image, breaker)
    const breaches = watchBounds(cluster, bad)
    const attempt = await cluster.apply(bad)
    expect(attempt.report?.outcome, describeAttempt(attempt)).toBe('failed')
    expect(attempt.report?.services).toMatchObject([
      { service: 'web', revision: before[0]?.revision, current: 4, running: 4 },
    ])
    expect(attempt.report?.failures[0]).toMatchObject({ service: 'web', container: 'app', ...failure })
    expect(breaches).toEqual([])
    expect(tasksOf(cluster, bad, 'web')).toEqual(before)
  })
})

import { describe, expect, it } from 'vitest'
import { goBack } from '../../engine/ledger/going-back.ts'
import type { ServiceState } from '../../engine/reconcile/service-state.ts'
import { closeClustersAfterEach, describeAttempt, FakeCluster } from './cluster.ts'
import { images } from './images.ts'
import { ledgerOf } from './ledger.ts'
import { stateOf, tasksOf } from './state.ts'

closeClustersAfterEach()

const REGISTRY = {
  ...images(),
  'migrate:1': { behaviour: { exit: { code: 0, afterMs: 3000 } } },
  'migrate:2': { behaviour: { exit: { code: 0, afterMs: 3000 } } },
  'migrate:slow': { behaviour: { exit: { code: 0, afterMs: 120_000 } } },
  'migrate:bad': {
    behaviour: { exit: { code: 4, afterMs: 0 }, stderr: ['relation "orders" already exists'] },
  },
}

const migrations = (cluster: FakeCluster) =>
  cluster.hosts.flatMap(({ world }) =>
    [...world.containers.values()].filter(c => c.config.Labels?.['stowage.service'] === 'migrate'),
  )

/** A migration, then api, then web. */
function shop(cluster: FakeCluster, version: string, app: string) {
  const percent = { minimumHealthyPercent: 50, steadyAfterSeconds: 1 }
  return cluster.document({
    taskDefinitions: {
      migrate: { containerDefinitions: [{ name: 'app', image: `migrate:${version}` }] },
      api: { containerDefinitions: [{ name: 'app', image: `app:${app}`, stopTimeout: 0 }] },
      web: { containerDefinitions: [{ name: 'app', image: `app:${app}`, stopTimeout: 0 }] },
    },
    tasks: { migrate: { taskDefinition: 'migrate' } },
    services: {
      api: {
        taskDefinition: 'api',
        desiredCount: 2,
        deploymentConfiguration: percent,
        dependsOn: ['migrate'],
      },
      web: { taskDefinition: 'web', desiredCount: 2, deploymentConfiguration: percent, dependsOn: ['api'] },
    },
  })
}

describe('a migration, then api, then web', () => {
  it('come one after the other, and the migration is not run again', async () => {
    const cluster = await FakeCluster.start({ images: REGISTRY })
    const first = await cluster.applyWell(shop(cluster, '1', '1'))
    const begun = first.events.flatMap(e =>
      e.event === 'step-started' && e.action === 'start-container' ? [e.subject.split('.')[0]] : [],
    )
    expect(begun).toEqual(['migrate', 'api', 'api', 'web', 'web'])
    const before = stateOf(cluster)
    const second = await cluster.applyWell(shop(cluster, '1', '1'))
    expect(second.events).toEqual([])
    expect(stateOf(cluster)).toEqual(before)
    const third = await cluster.applyWell(shop(cluster, '2', '2'))
    expect(third.report?.services.map(s => [s.service, s.rollout])).toEqual([
      ['api', 'COMPLETED'],
      ['migrate', 'COMPLETED'],
      ['web', 'COMPLETED'],
    ])
  })

  it('stop at a migration that fails: nothing that waits for it is touched, and the report says why', async () => {
    const cluster = await FakeCluster.start({ images: REGISTRY })
    await cluster.applyWell(shop(cluster, '1', '1'))
    const good = shop(cluster, '1', '1')
    const before = [...tasksOf(cluster, good, 'api'), ...tasksOf(cluster, good, 'web')]
    const attempt = await cluster.apply(shop(cluster, 'bad', '2'))
    expect(attempt.report?.outcome, describeAttempt(attempt)).toBe('failed')
    expect(attempt.report?.problems.map(p => `${p.code} ${p.message}`)).toEqual([
      'DEPENDENCY_FAILED api was not begun: it waits for migrate, which failed',
      expect.stringMatching(
        /^DEPLOYMENT_FAILED migrate: the task of revision \w+, which is to run once, failed: migrate.1 on /,
      ),
      'DEPENDENCY_FAILED web was not begun: it waits for api, which was not begun either',
    ])
    expect(attempt.report?.failures).toMatchObject([
      { service: 'migrate', task: 'migrate.1', exitCode: 4, log: ['relation "orders" already exists'] },
    ])
    expect([...tasksOf(cluster, good, 'api'), ...tasksOf(cluster, good, 'web')]).toEqual(before)
    // the next apply runs it again, and fails again; then it is mended
    const again = await cluster.apply(shop(cluster, 'bad', '2'))
    expect(again.report?.outcome).toBe('failed')
    expect(again.events.filter(e => e.event === 'step-done' && e.action === 'start-container')).toHaveLength(
      1,
    )
    await cluster.applyWell(shop(cluster, '2', '2'))
  })

  it('a rollback by hand lets a migration run on that is under way, and the next apply finds that it has run', async () => {
    const cluster = await FakeCluster.start({ images: REGISTRY })
    await cluster.applyWell(shop(cluster, '1', '1'))
    await cluster.applyWell(shop(cluster, '1', '2'))
    const end = new AbortController()
    await cluster.apply(shop(cluster, 'slow', '3'), {
      signal: end.signal,
      onEvent: event => {
        const isUnderWay = (s: ServiceState) => s.service === 'migrate' && s.running === 1
        if (event.event === 'services' && event.services.some(isUnderWay)) end.abort()
      },
    })
    const { desired } = goBack(await ledgerOf(cluster), shop(cluster, 'slow', '3'))
    expect(migrations(cluster)).toMatchObject([{ status: 'running', runs: 1 }])
    const back = await cluster.applyWell(desired, { leavesOneOffs: true })
    expect(back.report?.services.map(s => [s.service, s.rollout])).toEqual([
      ['api', 'COMPLETED'],
      ['web', 'COMPLETED'],
    ])
    const [migration] = migrations(cluster)
    expect(migration).toMatchObject({ status: 'running', runs: 1 })
    await cluster.applyWell(shop(cluster, 'slow', '3'))
    expect(migrations(cluster)).toMatchObject([{ id: migration?.id, status: 'exited', exitCode: 0, runs: 1 }])
    // and with what has ended it is the same
    await cluster.applyWell(goBack(await ledgerOf(cluster), shop(cluster, 'slow', '3')).desired, {
      leavesOneOffs: true,
    })
    await cluster.applyWell(shop(cluster, 'slow', '3'))
    expect(migrations(cluster)).toMatchObject([{ id: migration?.id, runs: 1 }])
  })

  it('go on at whatever point the engine was killed, and the migration runs once', async () => {
    for (let k = 1; ; k++) {
      const cluster = await FakeCluster.start({ images: REGISTRY, hosts: 1 })
      const wasKilled = cluster.killAfter(cluster.host(0), k)
      const killed = await cluster.apply(shop(cluster, '1', '1'))
      if (!wasKilled()) {
        expect(killed.report?.outcome).toBe('steady')
        expect(k).toBeGreaterThan(10)
        return
      }
      await cluster.heal()
      await cluster.applyWell(shop(cluster, '1', '1'))
      const runs = [...cluster.host(0).world.containers.values()].filter(c => c.name.includes('migrate'))
      expect(runs.map(c => [c.status, c.exitCode, c.runs])).toEqual([['exited', 0, 1]])
      await cluster.close()
    }
  })
})

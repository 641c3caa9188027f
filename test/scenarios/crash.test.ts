import { beforeAll, describe, expect, it } from 'vitest'
import { connectCluster } from '../../engine/connect-cluster.ts'
import type { DesiredState } from '../../engine/desired-state/desired-state.generated.ts'
import { LedgerStore } from '../../engine/ledger/store.ts'
import { watchBounds } from './bounds.ts'
import { closeClustersAfterEach, describeAttempt, FakeCluster } from './cluster.ts'
import type { Picture } from './picture.ts'
import { cleanRollout, type Rollout, rolloutDocument } from './rollout.ts'
import { stateOf, tasksOf } from './state.ts'

closeClustersAfterEach()

interface Sweep {
  readonly hosts: number
  readonly from?: readonly Picture[]
  /** The host after whose changes the engine is killed. */
  readonly index: number
  readonly desired: (cluster: FakeCluster) => DesiredState
  /** How the apply after the killed one is to end. Default: steady. */
  readonly outcome?: 'steady' | 'failed'
  /** What is to be on the hosts at last. */
  readonly holds: (cluster: FakeCluster, moment: string) => void
}

/** Kills the engine after each change of a host, each time on new hosts; gives the kinds of requests that it met. */
async function killAfterEach(sweep: Sweep): Promise<Set<string>> {
  const { hosts, from, index, outcome = 'steady' } = sweep
  const kinds = new Set<string>()
  for (let k = 1, wasKilled = true; wasKilled; k++) {
    const cluster = await FakeCluster.start({ hosts, from })
    const desired = sweep.desired(cluster)
    const breaches = watchBounds(cluster, desired)
    const host = cluster.host(index)
    const isKilled = cluster.killAfter(host, k)
    await cluster.apply(desired)
    wasKilled = isKilled()
    for (const { method, path } of host.faults.requests) kinds.add(kindOf(method, path))
    await cluster.heal()
    const next = await cluster.apply(desired)
    const moment = `killed after change ${k} of ${host.name}: ${describeAttempt(next)}`
    expect(next.report?.outcome, moment).toBe(outcome)
    sweep.holds(cluster, moment)
    expect(new Set(await lastIn(cluster)), moment).toEqual(
      new Set([outcome === 'steady' ? 'COMPLETED' : 'FAILED']),
    )
    expect(breaches, moment).toEqual([])
    await cluster.close()
  }
  return kinds
}

describe('an engine that is killed after any change that it made leaves what one apply finishes', {
  timeout: 300_000,
}, () => {
  let rollout: Rollout
  beforeAll(async () => {
    rollout = await cleanRollout()
  })

  it.for([0, 1])('in a rollout, on host %i', async index => {
    const { from, end } = rollout
    const desired = (cluster: FakeCluster) => rolloutDocument(cluster, 2)
    const holds = (cluster: FakeCluster, moment: string) => expect(stateOf(cluster), moment).toEqual(end)
    const kinds = await killAfterEach({ hosts: 2, index, from, desired, holds })
    expect([...kinds]).toEqual(expect.arrayContaining(EVERY_KIND))
  })

  it('on a host where there was nothing', async () => {
    const cluster = await FakeCluster.start({ hosts: 1 })
    await cluster.applyWell(rolloutDocument(cluster, 1))
    const end = stateOf(cluster)
    const kinds = await killAfterEach({
      hosts: 1,
      index: 0,
      desired: c => rolloutDocument(c, 1),
      holds: (c, moment) => expect(stateOf(c), moment).toEqual(end),
    })
    expect([...kinds]).toEqual(expect.arrayContaining(EVERY_KIND.slice(0, 4)))
  })

  it.for([0, 1])(
    'in a rollback, on host %i: no healthy task of what it goes back to is stopped',
    async index => {
      const cluster = await FakeCluster.start()
      await cluster.applyWell(webDocument(cluster, 'app:1'))
      const before = tasksOf(cluster, webDocument(cluster, 'app:1'), 'web')
      const from = cluster.picture()
      await cluster.close()
      const kinds = await killAfterEach({
        hosts: 2,
        from,
        index,
        desired: c => webDocument(c, 'crash:1'),
        outcome: 'failed',
        holds: (c, moment) => {
          const now = tasksOf(c, webDocument(c, 'crash:1'), 'web').filter(t => t.healthy)
          expect(now.map(t => t.id).sort(), moment).toEqual(before.map(t => t.id).sort())
        },
      })
      expect([...kinds]).toEqual(expect.arrayContaining(['POST containers create', 'POST containers stop']))
    },
  )

  it.for([0, 1])('in a drain, on host %i', async index => {
    await killAfterEach({
      hosts: 2,
      from: rollout.from,
      index,
      desired: c => withDraining(rolloutDocument(c, 1), 'a'),
      holds: (c, moment) => {
        const services = ['web', 'api', 'old'].map(name => tasksOf(c, rolloutDocument(c, 1), name))
        const where = services.map(tasks => tasks.map(t => `${t.name.slice(0, 1)} ${t.healthy}`))
        expect(where, moment).toEqual([Array(3).fill('b true'), Array(3).fill('b true'), ['b true']])
        expect(tasksOf(c, rolloutDocument(c, 1), 'agent').map(t => t.name.slice(0, 1))).toEqual(['b'])
      },
    })
  })

  it('in a migration: it is not run twice', async () => {
    await killAfterEach({
      hosts: 1,
      index: 0,
      desired: migrationDocument,
      holds: (c, moment) => {
        const all = [...c.host(0).world.containers.values()]
        const migrations = all.filter(m => m.config.Labels?.['stowage.service'] === 'migrate')
        expect(
          migrations.map(m => `${m.status} ${m.runs}`),
          moment,
        ).toEqual(['exited 1'])
        expect(
          tasksOf(c, migrationDocument(c), 'web').map(t => t.healthy),
          moment,
        ).toEqual([true, true])
      },
    })
  })
})

function webDocument(cluster: FakeCluster, image: string): DesiredState {
  return cluster.document({
    taskDefinitions: { web: { containerDefinitions: [{ name: 'app', image, stopTimeout: 0 }] } },
    services: {
      web: {
        taskDefinition: 'web',
        desiredCount: 3,
        deploymentConfiguration: {
          minimumHealthyPercent: 100,
          steadyAfterSeconds: 1,
          deploymentCircuitBreaker: { enable: true, rollback: true },
        },
      },
    },
  })
}

function withDraining(desired: DesiredState, name: string): DesiredState {
  const instance = desired.containerInstances[name]
  if (!instance) throw new Error(`no ${name}`)
  const drained = { ...instance, status: 'DRAINING' as const }
  return { ...desired, containerInstances: { ...desired.containerInstances, [name]: drained } }
}

function migrationDocument(cluster: FakeCluster): DesiredState {
  const app = (image: string) => ({ containerDefinitions: [{ name: 'app', image, stopTimeout: 0 }] })
  return cluster.document({
    taskDefinitions: { web: app('app:1'), migrate: app('ends:1') },
    tasks: { migrate: { taskDefinition: 'migrate' } },
    services: {
      web: {
        taskDefinition: 'web',
        desiredCount: 2,
        dependsOn: ['migrate'],
        deploymentConfiguration: { steadyAfterSeconds: 1 },
      },
    },
  })
}

/** How the last deployment ended, by the ledger of each host. */
async function lastIn(cluster: FakeCluster): Promise<(string | undefined)[]> {
  const connected = await connectCluster(cluster.document({}), { onUnreachable: 'fail' })
  const hosts = [...connected.hosts.values()]
  const stores = await Promise.all(hosts.map(host => LedgerStore.read('prod', [host])))
  connected.close()
  expect(stores.flatMap(s => s.problems)).toEqual([])
  return stores.map(s => s.ledger.deployments.at(-1)?.state)
}

const EVERY_KIND = [
  'POST images create',
  'POST volumes create',
  'POST containers create',
  'POST containers start',
  'POST containers stop',
  'DELETE containers',
  'DELETE volumes',
]

function kindOf(method: string, path: string): string {
  const [, kind, last] = /^\/(\w+)(?:\/.*?)?(?:\/?(create|start|stop|json))?$/.exec(path) ?? []
  return [method, kind, last].filter(part => part !== undefined).join(' ')
}

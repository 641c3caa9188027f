import { beforeAll, describe, expect, it } from 'vitest'
import { watchBounds } from './bounds.ts'
import { closeClustersAfterEach, describeAttempt, FakeCluster } from './cluster.ts'
import type { Picture } from './picture.ts'
import { cleanRollout, type Rollout, rolloutDocument } from './rollout.ts'
import { stateOf } from './state.ts'

closeClustersAfterEach()

interface Sweep {
  readonly hosts: number
  readonly from?: readonly Picture[]
  readonly version: 1 | 2
  /** What is to be on the hosts at last. */
  readonly end: readonly string[]
  /** The host after whose changes the engine is killed. */
  readonly index: number
}

/** Kills the engine after each change of a host, each time on new hosts; gives the kinds of requests that it met. */
async function killAfterEach({ hosts, from, version, end, index }: Sweep): Promise<Set<string>> {
  const kinds = new Set<string>()
  for (let k = 1, wasKilled = true; wasKilled; k++) {
    const cluster = await FakeCluster.start({ hosts, from })
    const desired = rolloutDocument(cluster, version)
    const breaches = watchBounds(cluster, desired)
    const host = cluster.host(index)
    const isKilled = cluster.killAfter(host, k)
    await cluster.apply(desired)
    wasKilled = isKilled()
    for (const { method, path } of host.faults.requests) kinds.add(kindOf(method, path))
    await cluster.heal()
    const next = await cluster.apply(desired)
    const moment = `killed after change ${k} of ${host.name}`
    expect(next.report?.outcome, `${moment}: ${describeAttempt(next)}`).toBe('steady')
    expect(stateOf(cluster), moment).toEqual(end)
    expect(breaches, moment).toEqual([])
    await cluster.close()
  }
  return kinds
}

describe('an engine that is killed after any change that it made leaves what one apply finishes', () => {
  let rollout: Rollout
  beforeAll(async () => {
    rollout = await cleanRollout()
  })

  it.for([0, 1])('in a rollout, on host %i', async index => {
    const kinds = await killAfterEach({ hosts: 2, version: 2, index, ...rollout })
    expect([...kinds]).toEqual(expect.arrayContaining(EVERY_KIND))
  })

  it('on a host where there was nothing', async () => {
    const cluster = await FakeCluster.start({ hosts: 1 })
    await cluster.applyWell(rolloutDocument(cluster, 1))
    const kinds = await killAfterEach({ hosts: 1, version: 1, index: 0, end: stateOf(cluster) })
    expect([...kinds]).toEqual(expect.arrayContaining(EVERY_KIND.slice(0, 4)))
  })
})

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

import { beforeAll, describe, expect, it } from 'vitest'
import { watchBounds } from './bounds.ts'
import { closeClustersAfterEach, describeAttempt, FakeCluster } from './cluster.ts'
import { cleanRollout, type Rollout, rolloutDocument } from './rollout.ts'
import { stateOf } from './state.ts'

closeClustersAfterEach()

describe('an engine that is killed after any change that it made', () => {
  let rollout: Rollout
  beforeAll(async () => {
    rollout = await cleanRollout()
  })

  it.for([0, 1])('on host %i leaves what one apply finishes, within the bounds throughout', async index => {
    let kills = 0
    const changed = new Set<string>()
    for (let isReached = true; isReached; ) {
      const cluster = await FakeCluster.start({ from: rollout.from })
      const desired = rolloutDocument(cluster, 2)
      const breaches = watchBounds(cluster, desired)
      const host = cluster.host(index)
      cluster.killAfter(host, ++kills)
      const killed = await cluster.apply(desired)
      isReached = killed.report?.outcome !== 'steady'
      for (const { method, path } of host.faults.requests) changed.add(kindOf(method, path))
      await cluster.heal()
      const next = await cluster.apply(desired)
      const moment = `killed after change ${kills} of ${host.name}`
      expect(next.report?.outcome, `${moment}: ${describeAttempt(next)}`).toBe('steady')
      expect(stateOf(cluster), moment).toEqual(rollout.end)
      expect(breaches, moment).toEqual([])
      await cluster.close()
    }
    expect([...changed]).toEqual(expect.arrayContaining(EVERY_KIND))
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

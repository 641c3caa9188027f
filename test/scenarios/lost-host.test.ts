import { beforeAll, describe, expect, it } from 'vitest'
import type { FakeHost } from '../fake/fake-host.ts'
import { watchBounds } from './bounds.ts'
import { closeClustersAfterEach, describeAttempt, FakeCluster } from './cluster.ts'
import { expectNamesTheHost } from './report.ts'
import { cleanRollout, type Rollout, rolloutDocument } from './rollout.ts'
import { inventoryOf, stateOf } from './state.ts'

closeClustersAfterEach()

describe('a host that goes away during the apply', () => {
  let rollout: Rollout
  beforeAll(async () => {
    rollout = await cleanRollout()
  })

  const GONE: Record<
    string,
    { goes: (host: FakeHost) => void; comesBack: (host: FakeHost) => Promise<void> }
  > = {
    'its network': { goes: host => host.cut(), comesBack: host => host.restore() },
    'its power': { goes: host => host.crash(), comesBack: host => host.reboot() },
  }

  it.for(Object.keys(GONE).flatMap(what => [1, 2, 3, 4].map(wave => [what, wave] as const)))(
    'with %s in wave %i is named, and brought in line by the next apply',
    async ([what, wave]) => {
      const { goes, comesBack } = GONE[what] ?? {}
      const cluster = await FakeCluster.start({ from: rollout.from })
      const desired = rolloutDocument(cluster, 2)
      const breaches = watchBounds(cluster, desired)
      const host = cluster.host(1)
      const attempt = await cluster.apply(desired, {
        onEvent: event => {
          if (event.event === 'wave-started' && event.wave === wave) goes?.(host)
        },
      })
      expect(attempt.report?.outcome, describeAttempt(attempt)).toBe('failed')
      expectNamesTheHost(attempt, 'b')
      if (what === 'its network') expect(breaches).toEqual([])
      await comesBack?.(host)
      await cluster.applyWell(desired)
      // what starts again after a reboot is not in service yet, and so the first to go: elsewhere than otherwise
      expect(inventoryOf(stateOf(cluster))).toEqual(inventoryOf(rollout.end))
      if (what === 'its network') expect(stateOf(cluster)).toEqual(rollout.end)
    },
  )

  it('with all the others is no steady end, for all that may run on there', async () => {
    const cluster = await FakeCluster.start({ from: rollout.from })
    const desired = rolloutDocument(cluster, 2)
    const attempt = await cluster.apply(desired, {
      onEvent: event => {
        if (event.event === 'wave-started' && event.wave === 2) for (const host of cluster.hosts) host.cut()
      },
    })
    expect(attempt.report?.outcome, describeAttempt(attempt)).toBe('failed')
    for (const { name } of cluster.hosts) expectNamesTheHost(attempt, name)
    expect(attempt.report?.services.filter(s => s.rollout === 'COMPLETED')).toEqual([])
    await cluster.heal()
    await cluster.applyWell(desired)
    expect(stateOf(cluster)).toEqual(rollout.end)
  })

  it('for a moment, while dockerd starts again, does not end the apply', async () => {
    const cluster = await FakeCluster.start({ from: rollout.from })
    const desired = rolloutDocument(cluster, 2)
    const restarts: Promise<void>[] = []
    await cluster.applyWell(desired, {
      onEvent: event => {
        if (event.event === 'wave-started' && event.wave === 3) restarts.push(cluster.host(1).restart())
      },
    })
    await Promise.all(restarts)
    expect(inventoryOf(stateOf(cluster))).toEqual(inventoryOf(rollout.end))
  })
})

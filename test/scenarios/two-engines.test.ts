import { expect, it } from 'vitest'
import { type LockOwner, thisOwner } from '../../engine/lock/owner.ts'
import { watchBounds } from './bounds.ts'
import { type Attempt, closeClustersAfterEach, describeAttempt, FakeCluster } from './cluster.ts'
import { cleanRollout, rolloutDocument } from './rollout.ts'
import { locksOf, stateOf } from './state.ts'

closeClustersAfterEach()

const alive = (): LockOwner => thisOwner('', 'stowage apply', new Date(0))

it('two engines at once: one waits for the other, both end steady, nothing is doubled', async () => {
  const { from, end } = await cleanRollout()
  const cluster = await FakeCluster.start({ from })
  const desired = rolloutDocument(cluster, 2)
  const breaches = watchBounds(cluster, desired)
  const both = await Promise.all([
    cluster.apply(desired, { owner: alive() }),
    cluster.apply(desired, { owner: alive() }),
  ])
  expect(
    both.map(a => a.report?.outcome),
    both.map(describeAttempt).join('\n'),
  ).toEqual(['steady', 'steady'])
  expect(stateOf(cluster)).toEqual(end)
  expect(breaches).toEqual([])
  const [first, second] = both
    .map(a => a.events.filter(e => e.event === 'step-done').length)
    .sort((a, b) => b - a)
  expect(first).toBeGreaterThan(10)
  expect(second).toBe(0)
})

it('an engine waits for a lock whose owner lives, and gives up with their name when it has waited enough', async () => {
  const cluster = await FakeCluster.start({ hosts: 1 })
  const desired = rolloutDocument(cluster, 1)
  const owner = { ...alive(), who: 'eve@elsewhere' }
  const others: Promise<Attempt>[] = []
  await cluster.applyWell(desired, {
    owner,
    onEvent: ({ event }) => {
      if (event === 'locked') others.push(cluster.apply(desired, { owner: alive(), lockWaitMs: 0 }))
    },
  })
  const [attempt] = await Promise.all(others)
  expect(attempt?.error).toMatchObject({ code: 'LOCK_HELD', instance: 'a' })
  expect(attempt?.error?.message).toContain('eve@elsewhere')
  expect(locksOf(cluster)).toEqual([])
})

it('a free lock is had without any wait, on a host where there never was one too', async () => {
  const cluster = await FakeCluster.start()
  await cluster.applyWell(rolloutDocument(cluster, 1), { lockWaitMs: 0 })
  await cluster.applyWell(rolloutDocument(cluster, 2), { lockWaitMs: 0 })
})

it('a lock whose heartbeat stands still is taken over, wherever its owner was', async () => {
  const cluster = await FakeCluster.start({ hosts: 1 })
  const { process: _, ...elsewhere } = { ...alive(), who: 'eve@elsewhere' }
  cluster.killAfter(cluster.host(0), 4)
  await cluster.apply(rolloutDocument(cluster, 1), { owner: elsewhere })
  await cluster.heal()
  expect(locksOf(cluster)).toEqual(['a'])
  const hooks = { lockStaleMs: 3000, lockHeartbeatMs: 100 }
  const attempt = await cluster.applyWell(rolloutDocument(cluster, 1), hooks)
  const taken = attempt.events.filter(e => e.event === 'lock-taken-over')
  expect(taken).toMatchObject([{ instance: 'a', holder: 'eve@elsewhere' }])
  expect(locksOf(cluster)).toEqual([])
})

it('an engine whose lock was taken away begins no further step, and the next one finishes', async () => {
  const { from, end } = await cleanRollout()
  const cluster = await FakeCluster.start({ from })
  const desired = rolloutDocument(cluster, 2)
  const attempt = await cluster.apply(desired, {
    lockHeartbeatMs: 1,
    onEvent: ({ event }) => {
      if (event !== 'wave-started') return
      for (const { world } of cluster.hosts)
        for (const c of world.containers.values()) if (c.name === 'prod.lock') world.containers.delete(c.id)
    },
  })
  expect(attempt.report?.outcome, describeAttempt(attempt)).toBe('failed')
  expect(attempt.report?.problems.map(p => p.code)).toContain('LOCK_LOST')
  await cluster.applyWell(desired)
  expect(stateOf(cluster)).toEqual(end)
})

it('an engine that slept for longer than its lock lasts ends what is in hand, begins no further step, and the next one finishes', async () => {
  const { from, end } = await cleanRollout()
  const cluster = await FakeCluster.start({ from })
  const desired = rolloutDocument(cluster, 2)
  let slept = 0
  let changes = 0
  const attempt = await cluster.apply(desired, {
    lockClock: () => ({ wall: Date.now() + slept, boot: Date.now() + slept }),
    onEvent: ({ event }) => {
      if (event !== 'step-done' || slept > 0) return
      slept = 60_000
      for (const { faults } of cluster.hosts) faults.requests.length = 0
      changes = 0
      cluster.onChange = () => changes++
    },
  })
  expect(attempt.report?.outcome, describeAttempt(attempt)).toBe('failed')
  expect(attempt.report?.problems.map(p => p.code)).toContain('LOCK_LOST')
  const awake = attempt.events.slice(attempt.events.findIndex(e => e.event === 'step-done') + 1)
  expect(awake.filter(e => e.event === 'step-started')).toEqual([])
  const begunBefore = attempt.events.filter(e => e.event === 'step-started').length - 1
  // those, and the locks that go
  expect(changes).toBeLessThanOrEqual(begunBefore + cluster.hosts.length)
  await cluster.applyWell(desired)
  expect(stateOf(cluster)).toEqual(end)
})

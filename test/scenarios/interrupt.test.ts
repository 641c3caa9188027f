import { beforeAll, expect, it } from 'vitest'
import { watchBounds } from './bounds.ts'
import { closeClustersAfterEach, describeAttempt, FakeCluster } from './cluster.ts'
import { cleanRollout, type Rollout, rolloutDocument } from './rollout.ts'
import { locksOf, stateOf } from './state.ts'

closeClustersAfterEach()

let rollout: Rollout
beforeAll(async () => {
  rollout = await cleanRollout()
})

it.for([1, 3, 8, 15, 25])(
  'interrupted at step %i: what is in hand ends, nothing more begins, the locks are released',
  async nth => {
    const cluster = await FakeCluster.start({ from: rollout.from })
    const desired = rolloutDocument(cluster, 2)
    const breaches = watchBounds(cluster, desired)
    const controller = new AbortController()
    let begun = 0
    const attempt = await cluster.apply(desired, {
      signal: controller.signal,
      onEvent: ({ event }) => {
        if (event !== 'step-started') return
        expect(controller.signal.aborted).toBe(false)
        if (++begun === nth) controller.abort()
      },
    })
    const count = (event: string) => attempt.events.filter(e => e.event === event).length
    expect(attempt.report?.outcome, describeAttempt(attempt)).toBe('interrupted')
    expect(count('step-started')).toBe(nth)
    expect(count('step-done')).toBe(nth)
    expect(locksOf(cluster)).toEqual([])
    const next = await cluster.applyWell(desired)
    expect(next.events.filter(e => e.event === 'lock-taken-over')).toEqual([])
    expect(stateOf(cluster)).toEqual(rollout.end)
    expect(breaches).toEqual([])
  },
)

it('interrupted while it waits for health it ends at once', async () => {
  const cluster = await FakeCluster.start()
  const desired = rolloutDocument(cluster, 1)
  const controller = new AbortController()
  const attempt = await cluster.apply(desired, {
    signal: controller.signal,
    onEvent: event => {
      if (event.event === 'services' && event.services.some(s => s.pending > 0)) controller.abort()
    },
  })
  expect(attempt.report?.outcome, describeAttempt(attempt)).toBe('interrupted')
  expect(locksOf(cluster)).toEqual([])
  await cluster.applyWell(desired)
})

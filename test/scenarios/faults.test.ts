import { beforeAll, describe, expect, it } from 'vitest'
import type { ConnectOptions } from '../../engine/docker/connect.ts'
import type { Fault, LoggedRequest } from '../fake/faults.ts'
import { watchBounds } from './bounds.ts'
import { type Attempt, closeClustersAfterEach, describeAttempt, FakeCluster } from './cluster.ts'
import { expectNamesTheHost } from './report.ts'
import { cleanRollout, type Rollout, rolloutDocument } from './rollout.ts'
import { stateOf } from './state.ts'

closeClustersAfterEach()

let rollout: Rollout
beforeAll(async () => {
  rollout = await cleanRollout()
})

interface Strike {
  readonly index: number
  readonly fault: Fault
  readonly connect?: ConnectOptions
  readonly holds?: (first: Attempt) => void
}

/** Makes the change once for each request that matches, with that one at fault. */
async function sweep(strike: Strike): Promise<void> {
  for (let nth = 1; (await change(strike, nth)) !== undefined || nth === 1; nth++);
}

/**
 * Makes the change with the n-th request that matches at fault. It ends steady, or says on which host and why not;
 * a second apply ends it; nothing is out of bounds. Gives the request, where there were so many.
 */
async function change(strike: Strike, nth: number): Promise<LoggedRequest | undefined> {
  const { index, fault, connect, holds } = strike
  const cluster = await FakeCluster.start({ from: rollout.from })
  const desired = rolloutDocument(cluster, 2)
  const breaches = watchBounds(cluster, desired)
  const { faults, name } = cluster.host(index)
  // what goes wrong before anything is changed is told by the plan
  const onPlanned = () => faults.add({ ...fault, nth })
  const first = await cluster.apply(desired, { onPlanned, connect })
  const struck = faults.requests.find(r => r.fault !== undefined)
  const moment = `${fault.kind} at ${nth}: ${struck?.method} ${struck?.path}\n${describeAttempt(first)}`
  if (first.report?.outcome !== 'steady') expectNamesTheHost(first, name, moment)
  holds?.(first)
  await cluster.heal()
  const second = await cluster.apply(desired)
  expect(second.report?.outcome, `${moment}\nthen ${describeAttempt(second)}`).toBe('steady')
  expect(stateOf(cluster), moment).toEqual(rollout.end)
  expect(breaches, moment).toEqual([])
  await cluster.close()
  return struck
}

const isSteady = (first: Attempt) => expect(first.report?.outcome, describeAttempt(first)).toBe('steady')
const LOST = ['reply-lost', 'reply-torn', 'cut'] as const
const REFUSED = ['error-500', 'conflict-409'] as const

describe('at any one changing request', () => {
  it.for(LOST)('%s is made good by the apply itself', async kind => {
    await sweep({ index: 0, fault: { kind, changing: true }, holds: isSteady })
  })

  it.for(REFUSED)('%s is made good, or told with its host', async kind => {
    await sweep({ index: 0, fault: { kind, changing: true } })
  })

  it.for(['reply-lost', 'error-500'] as const)('%s is no worse on the other host', async kind => {
    await sweep({ index: 1, fault: { kind, changing: true } })
  })

  it('silence ends at the deadline', async () => {
    const fault = { kind: 'silent', changing: true, path: /^\/(containers|volumes)/ } as const
    const strike = { index: 0, fault, connect: { requestTimeoutMs: 1000 } }
    // they wait side by side, each on hosts of its own
    await Promise.all([1, 2, 4, 7, 10, 14, 17, 20].map(nth => change(strike, nth)))
  })
})

describe('at any one question', () => {
  it.for(['/containers/json', '/volumes', '/images/json', '/info'])('a stale answer to %s', async path => {
    await sweep({ index: 0, fault: { kind: 'stale', path: new RegExp(`^${path}$`) } })
  })

  it.for(['error-500', 'cut', 'reply-torn'] as const)('%s is made good', async kind => {
    await sweep({ index: 0, fault: { kind, path: /^\/containers\/json$/ }, holds: isSteady })
  })
})

import { beforeAll, describe, expect, it } from 'vitest'
import { type ConnectedCluster, connectCluster } from '../../engine/connect-cluster.ts'
import { sayOfInstance } from '../../engine/apply/remember.ts'
import type { DesiredState } from '../../engine/desired-state/desired-state.generated.ts'
import { StowageError } from '../../engine/errors.ts'
import { LedgerStore } from '../../engine/ledger/store.ts'
import { thisOwner } from '../../engine/lock/owner.ts'
import type { Word } from '../../engine/marks.ts'
import { closeClustersAfterEach, FakeCluster } from './cluster.ts'
import { ledgerOf } from './ledger.ts'
import type { Picture } from './picture.ts'
import { locksOf, stateOf } from './state.ts'

closeClustersAfterEach()

/** One task on each of three hosts. */
function documentOf(cluster: FakeCluster, image: string): DesiredState {
  const healthCheck = { command: ['CMD', 'check'], interval: 5, retries: 1 }
  return cluster.document({
    taskDefinitions: { web: { containerDefinitions: [{ name: 'app', image, healthCheck, stopTimeout: 0 }] } },
    services: { web: { taskDefinition: 'web', desiredCount: 3 } },
  })
}

/** Says it as the CLI does; whoever is killed meanwhile gets no further. */
async function say(cluster: FakeCluster, word: Word): Promise<void> {
  const desired = documentOf(cluster, 'app:1')
  // somebody who has ended by the time that anybody asks
  const owner = thisOwner('word', 'stowage instance', new Date(0))
  const ended = { ...owner, ...(owner.process && { process: { ...owner.process, started: 'before' } }) }
  const signal = new AbortController().signal
  let connected: ConnectedCluster | undefined
  try {
    connected = await connectCluster(desired, { onUnreachable: 'skip' })
    await sayOfInstance(desired, connected, word, { owner: ended, emit: () => {}, signal, lockWaitMs: 5000 })
  } catch (error) {
    if (!(error instanceof StowageError)) throw error
  } finally {
    connected?.close()
  }
}

/** Each copy by itself can be read, all say the same, and no file is left that nobody needs any more. */
async function expectWhole(cluster: FakeCluster, moment: string): Promise<void> {
  const merged = await ledgerOf(cluster)
  const connected = await connectCluster(cluster.document({}), { onUnreachable: 'fail' })
  for (const host of connected.hosts.values()) {
    const { ledger, problems } = await LedgerStore.read('prod', [host])
    expect(problems, moment).toEqual([])
    expect(ledger, moment).toEqual(merged)
  }
  connected.close()
  const entries = merged.deployments.length + Object.keys(merged.marks).length
  for (const { world } of cluster.hosts) {
    const holders = [...world.containers.values()].filter(c => c.name === 'prod.ledger')
    expect(holders.length, moment).toBe(1)
    const files = [...(world.volumes.get('prod.ledger')?.files.keys() ?? [])].filter(f => f.endsWith('.gz'))
    // an earlier state is written over by the next but one
    expect(files.length, moment).toBeLessThanOrEqual(entries + 2)
  }
  expect(locksOf(cluster), moment).toEqual([])
}

describe('an engine that is killed after any change of one of three hosts leaves a ledger that is read and made whole', {
  timeout: 600_000,
}, () => {
  let from: Picture[]
  beforeAll(async () => {
    const cluster = await FakeCluster.start({ hosts: 3 })
    await cluster.applyWell(documentOf(cluster, 'app:1'))
    await cluster.applyWell(documentOf(cluster, 'app:2'))
    from = cluster.picture()
    await cluster.close()
  })

  /** Kills `first` after each change of a host; then `then` is to make all of it good. Gives how often. */
  async function sweep(
    index: number,
    first: (cluster: FakeCluster) => Promise<unknown>,
    then: (cluster: FakeCluster, moment: string) => Promise<void>,
  ): Promise<number> {
    for (let k = 1; ; k++) {
      const cluster = await FakeCluster.start({ hosts: 3, from })
      const before = await ledgerOf(cluster)
      const isKilled = cluster.killAfter(cluster.host(index), k)
      await first(cluster)
      const wasKilled = isKilled()
      await cluster.heal()
      const moment = `killed after change ${k} of ${cluster.host(index).name}`
      const known = (await ledgerOf(cluster)).deployments.map(d => d.id)
      expect(known, moment).toEqual(expect.arrayContaining(before.deployments.map(d => d.id)))
      await then(cluster, moment)
      await expectWhole(cluster, moment)
      await cluster.close()
      if (!wasKilled) return k - 1
    }
  }

  it.for([0, 1, 2])('by apply, and by a rollback by hand, on host %i', async index => {
    const clean = await FakeCluster.start({ hosts: 3, from })
    await clean.applyWell(documentOf(clean, 'app:1'), { rollback: 'none' })
    const end = stateOf(clean)
    // what goes back by hand is an apply that is not taken back
    for (const hooks of index === 1 ? [{}, { rollback: 'none' } as const] : [{}]) {
      const kills = await sweep(
        index,
        cluster => cluster.apply(documentOf(cluster, 'app:1'), hooks),
        async (cluster, moment) => {
          await cluster.applyWell(documentOf(cluster, 'app:1'), hooks)
          expect(stateOf(cluster), moment).toEqual(end)
          expect((await ledgerOf(cluster)).deployments.at(-1)?.state, moment).toBe('COMPLETED')
        },
      )
      expect(kills).toBeGreaterThan(5)
    }
  })

  it.for([0, 1, 2])('by a drain, and by what takes it back, on host %i', async index => {
    for (const kind of ['drain', 'activate'] as const) {
      const word: Word = { kind, instance: 'b' }
      const kills = await sweep(
        index,
        async cluster => {
          if (kind === 'activate') await say(cluster, { kind: 'drain', instance: 'b' })
          await say(cluster, word)
        },
        async (cluster, moment) => {
          await say(cluster, word)
          // whether it was news or not, the next apply writes what a copy lacks
          await cluster.applyWell(documentOf(cluster, kind === 'drain' ? 'app:2' : 'app:1'))
          const { marks } = await ledgerOf(cluster)
          expect(marks['b']?.draining !== undefined, moment).toBe(kind === 'drain')
        },
      )
      expect(kills).toBeGreaterThan(1)
    }
  })

  it.for([0, 1])('by the word that a host is lost, on host %i', async index => {
    const word: Word = { kind: 'lost', instance: 'c', localData: true }
    const kills = await sweep(
      index,
      async cluster => {
        cluster.host(2).cut()
        await say(cluster, word)
      },
      async (cluster, moment) => {
        cluster.host(2).cut()
        await say(cluster, word)
        expect((await ledgerOfOthers(cluster)).marks['c']?.lost, moment).toMatchObject({ localData: true })
        await cluster.heal()
        // it is back: all is steady with it, and the word is over
        await cluster.applyWell(documentOf(cluster, 'app:1'))
        expect((await ledgerOf(cluster)).marks['c']?.lost, moment).toBeUndefined()
      },
    )
    expect(kills).toBeGreaterThan(1)
  })
})

/** Of those that answer. */
async function ledgerOfOthers(cluster: FakeCluster) {
  const connected = await connectCluster(cluster.document({}), { onUnreachable: 'skip' })
  const { ledger } = await LedgerStore.read('prod', connected.hosts.values())
  connected.close()
  return ledger
}

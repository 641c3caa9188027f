import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { writeSshFiles } from '../fake/ssh-files.ts'
import { watchBounds } from './bounds.ts'
import { closeClustersAfterEach, describeAttempt, FakeCluster } from './cluster.ts'
import { expectNamesTheHost } from './report.ts'
import { cleanRollout, type Rollout, rolloutDocument } from './rollout.ts'
import { stateOf } from './state.ts'

closeClustersAfterEach()

describe('over SSH', () => {
  let rollout: Rollout
  let folder: string
  beforeAll(async () => {
    rollout = await cleanRollout()
    folder = await mkdtemp(join(tmpdir(), 'stowage-ssh-'))
  })
  afterAll(() => rm(folder, { recursive: true }))

  async function start() {
    const cluster = await FakeCluster.start({ from: rollout.from, ssh: true })
    const { knownHosts, identityFile } = await writeSshFiles(folder, cluster.ssh)
    const connect = {
      knownHostsFiles: [knownHosts],
      identityFiles: [identityFile],
    }
    return { cluster, connect, desired: rolloutDocument(cluster, 2) }
  }

  it('a rollout takes one connection a host', async () => {
    const { cluster, connect, desired } = await start()
    await cluster.applyWell(desired, { connect })
    expect(stateOf(cluster)).toEqual(rollout.end)
    expect(cluster.ssh.map(s => s.accepted)).toEqual([1, 1])
  })

  it.for([1, 2, 4])(
    'a connection that breaks in wave %i is told with its host, and the next apply finishes',
    async wave => {
      const { cluster, connect, desired } = await start()
      const breaches = watchBounds(cluster, desired)
      const attempt = await cluster.apply(desired, {
        connect,
        onEvent: event => {
          if (event.event === 'wave-started' && event.wave === wave) cluster.ssh[1]?.disconnect()
        },
      })
      expect(attempt.report?.outcome, describeAttempt(attempt)).toBe('failed')
      expectNamesTheHost(attempt, 'b')
      await cluster.applyWell(desired, { connect })
      expect(stateOf(cluster)).toEqual(rollout.end)
      expect(breaches).toEqual([])
    },
  )

  it('a kill after any third change is finished by one apply', async () => {
    for (let k = 1, wasKilled = true; wasKilled; k += 3) {
      const { cluster, connect, desired } = await start()
      const isKilled = cluster.killAfter(cluster.host(0), k)
      await cluster.apply(desired, { connect })
      wasKilled = isKilled()
      await cluster.heal()
      await cluster.applyWell(desired, { connect })
      expect(stateOf(cluster), `killed after change ${k}`).toEqual(rollout.end)
      await cluster.close()
    }
  })
})

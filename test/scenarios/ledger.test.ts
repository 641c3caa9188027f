import { describe, expect, it } from 'vitest'
import type { DesiredState } from '../../engine/desired-state/desired-state.generated.ts'
import type { Ledger } from '../../engine/ledger/record.ts'
import { closeClustersAfterEach, describeAttempt, FakeCluster } from './cluster.ts'
import { images } from './images.ts'
import { ledgerOf } from './ledger.ts'
import { tasksOf } from './state.ts'

closeClustersAfterEach()

/** Two services that go back when they fail. */
function documentOf(
  cluster: FakeCluster,
  web: string,
  api = web,
  more: { count?: number } = {},
): DesiredState {
  const healthCheck = { command: ['CMD', 'check'], interval: 5, retries: 1 }
  const task = (image: string) => ({
    containerDefinitions: [{ name: 'app', image, healthCheck, stopTimeout: 0 }],
  })
  const service = (taskDefinition: string) => ({
    taskDefinition,
    desiredCount: more.count ?? 2,
    deploymentConfiguration: { deploymentCircuitBreaker: { enable: true, rollback: true } },
  })
  return cluster.document({
    taskDefinitions: { web: task(web), api: task(api) },
    services: { web: service('web'), api: service('api') },
  })
}

const told = ({ deployments }: Ledger) =>
  deployments.map(
    d =>
      `${d.state} ${Object.entries(d.services)
        .map(([name, s]) => `${name} ${s.state}`)
        .join(', ')}`,
  )

const BOTH = 'api COMPLETED, web COMPLETED'

/** The image that each task of a service runs. */
const running = (cluster: FakeCluster, service: string) =>
  cluster.hosts.flatMap(({ world }) =>
    [...world.containers.values()].flatMap(c =>
      c.config.Labels?.['stowage.service'] === service && c.status === 'running' ? c.config.Image : [],
    ),
  )

/** Applies in a run that dies once all is steady, before it could write that down. */
async function dieAtTheEnd(cluster: FakeCluster, desired: DesiredState): Promise<void> {
  await cluster.apply(desired, {
    onEvent: event => {
      if (event.event === 'services' && event.services.every(s => s.rollout === 'COMPLETED'))
        for (const host of cluster.hosts) host.cut()
    },
  })
  await cluster.heal()
}

describe('a deployment', () => {
  it('stands in the ledger of every host before its first change, and at its end', async () => {
    const cluster = await FakeCluster.start()
    let before: Promise<Ledger[]> | undefined
    await cluster.applyWell(documentOf(cluster, 'app:1'), {
      onEvent: ({ event }) => {
        if (event === 'step-started') before ??= Promise.all([ledgerOf(cluster, 0), ledgerOf(cluster, 1)])
      },
    })
    const begun = 'IN_PROGRESS api IN_PROGRESS, web IN_PROGRESS'
    expect((await before)?.map(told)).toEqual([[begun], [begun]])
    expect(told(await ledgerOf(cluster, 0))).toEqual([`COMPLETED ${BOTH}`])
    expect(await ledgerOf(cluster, 1)).toEqual(await ledgerOf(cluster, 0))
    const [record] = (await ledgerOf(cluster)).deployments
    expect(record).toMatchObject({
      number: 1,
      edition: 2,
      command: 'stowage apply',
      removed: [],
      problems: [],
    })
    expect(record?.services['web']).toMatchObject({
      changed: true,
      images: { app: expect.stringMatching(/^app@sha256:/) },
    })
  })

  it('that has nothing to do writes nothing', async () => {
    const cluster = await FakeCluster.start()
    await cluster.applyWell(documentOf(cluster, 'app:1'))
    for (const host of cluster.hosts) host.faults.requests.length = 0
    await cluster.applyWell(documentOf(cluster, 'app:1'))
    const changes = cluster.hosts.flatMap(h => h.faults.requests.filter(r => r.method !== 'GET'))
    expect(changes).toEqual([])
    expect((await ledgerOf(cluster)).deployments).toHaveLength(1)
  })

  it('says what it changed, from which revision, and what is gone', async () => {
    const cluster = await FakeCluster.start()
    await cluster.applyWell(documentOf(cluster, 'app:1'))
    const { api: _, ...services } = documentOf(cluster, 'app:2').services
    await cluster.applyWell({ ...documentOf(cluster, 'app:2'), services })
    const [first, second] = (await ledgerOf(cluster)).deployments
    expect(second?.services['web']?.from).toBe(first?.services['web']?.revision)
    expect(second?.removed).toEqual(['api'])
  })

  it('that was interrupted says so, and the next one ends it', async () => {
    const cluster = await FakeCluster.start()
    const controller = new AbortController()
    await cluster.apply(documentOf(cluster, 'app:1'), {
      signal: controller.signal,
      onEvent: ({ event }) => {
        if (event === 'step-done') controller.abort()
      },
    })
    expect(told(await ledgerOf(cluster))).toEqual(['INTERRUPTED api IN_PROGRESS, web IN_PROGRESS'])
    await cluster.applyWell(documentOf(cluster, 'app:1'))
    expect(told(await ledgerOf(cluster)).at(-1)).toBe(`COMPLETED ${BOTH}`)
  })

  it('whose run died before its end counts as COMPLETED once the next run sees that all is steady', async () => {
    const cluster = await FakeCluster.start({ hosts: 1 })
    await dieAtTheEnd(cluster, documentOf(cluster, 'app:1'))
    expect(told(await ledgerOf(cluster))).toEqual(['IN_PROGRESS api IN_PROGRESS, web IN_PROGRESS'])
    const next = await cluster.applyWell(documentOf(cluster, 'app:1'))
    expect(next.change?.steps).toBe(0)
    expect(told(await ledgerOf(cluster))).toEqual([`COMPLETED ${BOTH}`, `COMPLETED ${BOTH}`])
  })

  it('is in the ledger again after a host has lost its copy, and when all have nothing that runs is touched', async () => {
    const cluster = await FakeCluster.start()
    await cluster.applyWell(documentOf(cluster, 'app:1'))
    const lose = (index: number) => {
      const { world } = cluster.host(index)
      for (const c of world.containers.values()) if (c.name === 'prod.ledger') world.containers.delete(c.id)
      world.volumes.delete('prod.ledger')
    }
    lose(0)
    expect(told(await ledgerOf(cluster))).toEqual([`COMPLETED ${BOTH}`])
    await cluster.applyWell(documentOf(cluster, 'app:2'))
    expect(await ledgerOf(cluster, 0)).toEqual(await ledgerOf(cluster, 1))
    expect((await ledgerOf(cluster, 0)).deployments).toHaveLength(2)
    for (const index of [0, 1]) lose(index)
    const ids = cluster.hosts.map(h => [...h.world.containers.keys()])
    const after = await cluster.applyWell(documentOf(cluster, 'app:2'))
    expect(after.change?.steps).toBe(0)
    for (const [i, host] of cluster.hosts.entries())
      expect([...host.world.containers.keys()]).toEqual(expect.arrayContaining(ids[i] ?? []))
    expect(told(await ledgerOf(cluster))).toEqual([`COMPLETED ${BOTH}`])
  })
})

describe('a deployment that fails', () => {
  it('takes every service back to its last COMPLETED revision, by digest though the tag has moved, and keeps what runs', async () => {
    const registry = images()
    const cluster = await FakeCluster.start({ images: registry })
    const good = documentOf(cluster, 'app:1')
    await cluster.applyWell(good)
    const before = { web: tasksOf(cluster, good, 'web'), api: tasksOf(cluster, good, 'api') }
    const [first] = running(cluster, 'web')
    // the old image stays in the registry under its digest alone
    registry['app:old'] = { ...registry['app:1'], digest: first?.split('@')[1] ?? '' }
    registry['app:1'] = { behaviour: { stdout: ['another one'] } }
    const bad = documentOf(cluster, 'crash:1', 'app:2')
    const attempt = await cluster.apply(bad)
    expect(attempt.report?.outcome, describeAttempt(attempt)).toBe('failed')
    expect(running(cluster, 'web')).toEqual([first, first])
    expect(running(cluster, 'api')).toEqual([first, first])
    expect(tasksOf(cluster, bad, 'web')).toEqual(before.web)
    expect(attempt.report?.services.map(s => [s.service, s.rolledBackFrom !== undefined, s.current])).toEqual(
      [
        ['api', true, 2],
        ['web', true, 2],
      ],
    )
    const record = (await ledgerOf(cluster)).deployments.at(-1)
    expect(record).toMatchObject({
      state: 'FAILED',
      services: {
        web: { state: 'FAILED', rolledBackTo: before.web[0]?.revision },
        api: { state: 'FAILED', rolledBackTo: before.api[0]?.revision },
      },
    })
    expect(record?.problems.join('\n')).toContain('web: the deployment of revision')
  })

  it('is not taken back where it was a going back itself, and stops nothing that is in service', async () => {
    const cluster = await FakeCluster.start()
    const good = documentOf(cluster, 'app:1')
    await cluster.applyWell(good)
    const before = running(cluster, 'web')
    const attempt = await cluster.apply(documentOf(cluster, 'crash:1'), { rollback: 'none' })
    expect(attempt.report?.outcome, describeAttempt(attempt)).toBe('failed')
    expect(attempt.report?.services.filter(s => s.rolledBackFrom !== undefined)).toEqual([])
    expect(running(cluster, 'web')).toEqual(expect.arrayContaining(before))
  })

  it('is warned of before anything moves where what it would go back to is not to be had', async () => {
    const registry = images()
    const cluster = await FakeCluster.start({ images: registry })
    await cluster.applyWell(documentOf(cluster, 'app:1', 'app:1', { count: 1 }))
    const there = await cluster.apply(documentOf(cluster, 'app:2'))
    expect(there.change?.warnings).toEqual([])
    delete registry['app:2']
    for (const image of cluster.host(0).world.images.values())
      if (image.digests.some(d => d.startsWith('app@'))) cluster.host(0).world.images.delete(image.id)
    const gone = await cluster.apply(documentOf(cluster, 'app:3'))
    expect(gone.change?.warnings.map(w => `${w.code} ${w.message}`)).toEqual([
      expect.stringMatching(
        /^ROLLBACK_IMAGE_MISSING api could not go back to revision \w{8} on a: its image app@sha256:\w+ is not there, and .*manifest unknown/,
      ),
      expect.stringMatching(/^ROLLBACK_IMAGE_MISSING web /),
    ])
  })

  it('takes the failing service alone back where that is asked for', async () => {
    const cluster = await FakeCluster.start()
    await cluster.applyWell(documentOf(cluster, 'app:1'))
    const attempt = await cluster.apply(documentOf(cluster, 'crash:1', 'app:2'), { rollback: 'service' })
    expect(attempt.report?.services.map(s => [s.service, s.rolledBackFrom !== undefined])).toEqual([
      ['api', false],
      ['web', true],
    ])
    expect(told(await ledgerOf(cluster)).at(-1)).toBe('FAILED api COMPLETED, web FAILED')
  })

  it('has nothing to go back to where none has COMPLETED, and says so', async () => {
    const cluster = await FakeCluster.start()
    await cluster.apply(documentOf(cluster, 'sick:1', 'app:1'))
    const attempt = await cluster.apply(documentOf(cluster, 'crash:1', 'app:1'))
    expect(attempt.report?.services.find(s => s.service === 'web')).toMatchObject({ rollout: 'FAILED' })
    expect(attempt.report?.problems.map(p => p.message).join('\n')).toMatch(
      /web: .*; no other revision of it has COMPLETED, so there is nothing to go back to/,
    )
    expect(told(await ledgerOf(cluster)).at(-1)).toBe('FAILED api COMPLETED, web FAILED')
  })

  it('goes back past a revision that did not COMPLETE, though that is what runs', async () => {
    const cluster = await FakeCluster.start()
    await cluster.applyWell(documentOf(cluster, 'app:1'))
    const good = tasksOf(cluster, documentOf(cluster, 'app:1'), 'web')[0]?.revision
    const controller = new AbortController()
    await cluster.apply(documentOf(cluster, 'app:2'), {
      signal: controller.signal,
      onEvent: event => {
        if (event.event === 'step-done' && event.action === 'stop-container') controller.abort()
      },
    })
    const attempt = await cluster.apply(documentOf(cluster, 'crash:1'))
    expect(attempt.report?.services.map(s => [s.revision === good, s.current])).toEqual([
      [false, 2],
      [true, 2],
    ])
    expect(new Set(tasksOf(cluster, documentOf(cluster, 'app:1'), 'web').map(t => t.revision))).toEqual(
      new Set([good]),
    )
  })

  it('goes back to one that no run has seen COMPLETE, where the next run does', async () => {
    const cluster = await FakeCluster.start()
    await cluster.applyWell(documentOf(cluster, 'app:1'))
    await dieAtTheEnd(cluster, documentOf(cluster, 'app:2'))
    const attempt = await cluster.apply(documentOf(cluster, 'crash:1'))
    const { web } = (await ledgerOf(cluster)).deployments.at(-2)?.services ?? {}
    expect(attempt.report?.services.find(s => s.service === 'web')?.revision).toBe(web?.revision)
  })
})

import { describe, expect, it } from 'vitest'
import { diffLines } from '../../bin/render/diff.ts'
import { PLAIN } from '../../bin/render/style.ts'
import { describeChange } from '../../engine/diff.ts'
import { thisOwner } from '../../engine/lock/owner.ts'
import { closeClustersAfterEach, describeAttempt, FakeCluster } from './cluster.ts'
import { expectNamesTheHost } from './report.ts'
import { stateOf } from './state.ts'

closeClustersAfterEach()

const documentOf = (cluster: FakeCluster, version: number) =>
  cluster.document({
    taskDefinitions: { web: { containerDefinitions: [{ name: 'app', image: `app:${version}` }] } },
    services: {
      web: {
        taskDefinition: 'web',
        desiredCount: 2,
        deploymentConfiguration: { minimumHealthyPercent: 0, steadyAfterSeconds: 1 },
      },
    },
  })

it('an image that vanishes between plan and apply stops nothing', async () => {
  const cluster = await FakeCluster.start()
  await cluster.applyWell(documentOf(cluster, 1))
  const before = stateOf(cluster)
  for (const { faults } of cluster.hosts) faults.requests.length = 0
  const { 'app:2': image = {} } = cluster.registry
  const attempt = await cluster.apply(documentOf(cluster, 2), {
    onPlanned: () => {
      delete cluster.registry['app:2']
    },
  })
  expect(attempt.report?.outcome, describeAttempt(attempt)).toBe('failed')
  expect(attempt.report?.problems.map(p => p.code)).toContain('IMAGE_NOT_FOUND')
  expectNamesTheHost(attempt, 'a')
  expect(stateOf(cluster)).toEqual(before)
  const stopped = cluster.hosts.flatMap(h => h.faults.requests.filter(r => r.path.endsWith('/stop')))
  expect(stopped).toEqual([])
  cluster.registry['app:2'] = image
  await cluster.applyWell(documentOf(cluster, 2))
})

it('a pull that breaks off on one of two hosts stops nothing on either', async () => {
  const cluster = await FakeCluster.start()
  await cluster.applyWell(documentOf(cluster, 1))
  const before = stateOf(cluster)
  const attempt = await cluster.apply(documentOf(cluster, 2), {
    onPlanned: () =>
      cluster.host(1).faults.add({ kind: 'error-500', method: 'POST', path: /^\/images/, times: 9 }),
  })
  expect(attempt.report?.problems.map(p => `${p.instance} ${p.code}`)).toContain('b IMAGE_PULL_FAILED')
  expect(stateOf(cluster)).toEqual(before)
  await cluster.heal()
  await cluster.applyWell(documentOf(cluster, 2))
})

describe('at its end an apply removes the images that going back does not need', () => {
  /** Ten versions that a registry has. */
  const start = async () => {
    const cluster = await FakeCluster.start()
    for (let n = 1; n <= 9; n++) cluster.registry[`app:${n}`] = {}
    return cluster
  }
  const pulledOn = (cluster: FakeCluster, host: number) =>
    [...cluster.host(host).world.images.values()].filter(i =>
      i.tags.some(t => t.startsWith('stowage/pulled:')),
    ).length

  it('of five versions those of the last three stay, and nothing is left to do', async () => {
    const cluster = await start()
    const counts: number[] = []
    for (const version of [1, 2, 3, 4, 5]) {
      await cluster.applyWell(documentOf(cluster, version))
      counts.push(pulledOn(cluster, 0))
    }
    expect(counts).toEqual([1, 2, 3, 3, 3])
    const again = await cluster.apply(documentOf(cluster, 5))
    expect(again.change?.steps).toBe(0)
  })

  it('the plan says how many, and how much that frees', async () => {
    const cluster = await start()
    for (const version of [1, 2, 3]) await cluster.applyWell(documentOf(cluster, version))
    let text = ''
    await cluster.apply(documentOf(cluster, 4), {
      onPlanned: change => {
        text = diffLines(describeChange(change), PLAIN).at(-1) ?? ''
      },
    })
    expect(text).toContain('1 old image is removed on 2 instances (frees up to 2.0 MB)')
  })

  it('a removal that fails fails nothing, and is done after the next deployment', async () => {
    const cluster = await start()
    for (const version of [1, 2, 3]) await cluster.applyWell(documentOf(cluster, version))
    cluster.host(0).faults.add({ kind: 'error-500', method: 'DELETE', path: /^\/images/, times: 9 })
    const attempt = await cluster.apply(documentOf(cluster, 4))
    expect(attempt.report?.outcome, describeAttempt(attempt)).toBe('steady')
    expect([pulledOn(cluster, 0), pulledOn(cluster, 1)]).toEqual([4, 3])
    await cluster.heal()
    await cluster.applyWell(documentOf(cluster, 5))
    expect([pulledOn(cluster, 0), pulledOn(cluster, 1)]).toEqual([3, 3])
  })

  it('none goes while the ledger that says what is needed cannot be read', async () => {
    const cluster = await start()
    for (const version of [1, 2, 3]) await cluster.applyWell(documentOf(cluster, version))
    cluster.host(0).faults.add({ kind: 'error-500', method: 'GET', path: /ledger\/archive/, times: 1 })
    await cluster.apply(documentOf(cluster, 4))
    expect(pulledOn(cluster, 0)).toBe(4)
  })

  it('what another deployment COMPLETED between the plan and its lock stays', async () => {
    const cluster = await start()
    const pulled: string[] = []
    const note = () => {
      for (const { tags } of cluster.host(0).world.images.values())
        for (const tag of tags)
          if (tag.startsWith('stowage/pulled:') && !pulled.includes(tag)) pulled.push(tag)
    }
    for (const version of [1, 2, 3]) {
      await cluster.applyWell(documentOf(cluster, version))
      note()
    }
    const planned: Promise<unknown>[] = []
    await cluster.applyWell(documentOf(cluster, 4), {
      onEvent: ({ event }) => {
        // it plans while this one works, and waits for its lock
        if (event === 'wave-started' && planned.length === 0)
          planned.push(cluster.applyWell(documentOf(cluster, 5), { lockStaleMs: 60_000 }))
      },
      owner: thisOwner('', 'stowage apply', new Date(0)),
    })
    note()
    await Promise.all(planned)
    const [, , three, four] = pulled
    const there = [...cluster.host(0).world.images.values()].flatMap(i => i.tags)
    expect(there).toEqual(expect.arrayContaining([three, four]))
    expect(pulledOn(cluster, 0)).toBe(3)
  })
})

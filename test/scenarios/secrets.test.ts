import { inspect } from 'node:util'
import { expect, it } from 'vitest'
import { describeChange } from '../../engine/diff.ts'
import type { FakeContainer } from '../fake/world.ts'
import { type Attempt, closeClustersAfterEach, FakeCluster } from './cluster.ts'
import { images } from './images.ts'

closeClustersAfterEach()

const PLANTED = 'planted-5e1d-value'
const ROTATED = 'planted-77aa-other'

function documentOf(cluster: FakeCluster, desiredCount = 2) {
  return cluster.document({
    taskDefinitions: {
      web: {
        containerDefinitions: [
          {
            name: 'app',
            image: 'app:1',
            secrets: [
              { name: 'DB', valueFrom: 'env:DB' },
              { name: 'key', valueFrom: 'env:KEY', deliverAs: 'file' },
            ],
          },
        ],
      },
    },
    services: {
      web: {
        taskDefinition: 'web',
        desiredCount,
        deploymentConfiguration: { minimumHealthyPercent: 50, steadyAfterSeconds: 1 },
      },
    },
  })
}

const sources = (DB: string, KEY = DB) => ({ sources: { folder: '/', env: { DB, KEY } } })

function ours(cluster: FakeCluster): FakeContainer[] {
  return cluster.hosts.flatMap(h =>
    [...h.world.containers.values()].filter(c => c.config.Labels?.['stowage.service'] === 'web'),
  )
}

function secretFile(container: FakeContainer): string {
  return Buffer.from(container.files.get('/run/secrets/key')?.content ?? '').toString()
}

/** All that the attempt has told anybody, or could. */
function told(attempt: Attempt): string {
  const shown = { ...attempt, change: attempt.change && describeChange(attempt.change) }
  return (
    JSON.stringify(shown) + inspect(attempt, { depth: null, maxStringLength: null, maxArrayLength: null })
  )
}

it('secrets are in the containers, and in nothing that is told', async () => {
  const cluster = await FakeCluster.start()
  const attempt = await cluster.applyWell(documentOf(cluster), sources(PLANTED))
  expect(ours(cluster)).toHaveLength(2)
  for (const container of ours(cluster)) {
    expect(container.config.Env).toContain(`DB=${PLANTED}`)
    expect(secretFile(container)).toBe(PLANTED)
    expect(JSON.stringify(container.config.Labels)).not.toContain(PLANTED)
    expect(JSON.stringify(container.host)).not.toContain(PLANTED)
  }
  expect(told(attempt)).not.toContain(PLANTED)
  const again = await cluster.applyWell(documentOf(cluster), sources(PLANTED))
  expect(again.change?.steps).toBe(0)
  expect(told(again)).not.toContain(PLANTED)
})

it('a rotated secret replaces every task, and the old values go with them', async () => {
  const cluster = await FakeCluster.start()
  await cluster.applyWell(documentOf(cluster), sources(PLANTED))
  const before = ours(cluster).map(c => c.id)
  const attempt = await cluster.applyWell(documentOf(cluster), sources(PLANTED, ROTATED))
  const after = ours(cluster)
  expect(after.map(secretFile)).toEqual([ROTATED, ROTATED])
  expect(after.filter(c => before.includes(c.id))).toEqual([])
  expect(told(attempt)).toContain('secret key was rotated')
  expect(told(attempt)).not.toContain(ROTATED)
  const volumes = cluster.hosts.flatMap(h =>
    [...h.world.volumes.values()].filter(
      v => v.labels?.['stowage.cluster'] === 'prod' && v.labels['stowage.ledger'] === undefined,
    ),
  )
  expect(volumes).toHaveLength(2)
})

it('a secret that cannot be read is told with all the others, and nothing is changed', async () => {
  const cluster = await FakeCluster.start()
  const attempt = await cluster.apply(documentOf(cluster), { sources: { folder: '/', env: {} } })
  expect(attempt.report?.problems.map(p => `${p.code} ${p.message}`)).toEqual([
    'SECRET_UNAVAILABLE env:DB is not set; it is for secret DB of web/app',
    'SECRET_UNAVAILABLE env:KEY is not set; it is for secret key of web/app',
  ])
  expect(ours(cluster)).toEqual([])
})

it('a program that prints its own secret and fails is told of without it', async () => {
  const cluster = await FakeCluster.start({
    images: {
      ...images(),
      'app:1': {
        behaviour: { exit: { code: 3, afterMs: 0 }, stderr: [`cannot log in with ${PLANTED}`] },
      },
    },
  })
  const attempt = await cluster.apply(documentOf(cluster), sources(PLANTED))
  expect(attempt.report?.failures[0]?.log).toEqual(expect.arrayContaining(['cannot log in with ***']))
  expect(told(attempt)).not.toContain(PLANTED)
})

it('an apply that is killed at any moment leaves no task that runs without its secrets', async () => {
  for (let k = 1; ; k++) {
    const cluster = await FakeCluster.start({ hosts: 1 })
    const wasKilled = cluster.killAfter(cluster.host(0), k)
    await cluster.apply(documentOf(cluster, 1), sources(PLANTED))
    await cluster.heal()
    await cluster.applyWell(documentOf(cluster, 1), sources(PLANTED))
    expect(ours(cluster).map(secretFile)).toEqual([PLANTED])
    expect(ours(cluster).map(c => c.runs)).toEqual([1])
    await cluster.close()
    if (!wasKilled()) break
    expect(k).toBeLessThan(40)
  }
})

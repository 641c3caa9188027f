import { expect, it } from 'vitest'
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

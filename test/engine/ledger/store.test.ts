import { packTar } from 'modern-tar'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { connectDockerHost } from '../../../engine/docker/connect.ts'
import type { DockerHost } from '../../../engine/docker/docker-host.ts'
import { LedgerStore, removeLedger } from '../../../engine/ledger/store.ts'
import { logicalClock } from '../../fake/clock.ts'
import { createFakeHost, type FakeHost } from '../../fake/fake-host.ts'
import { deployment, service } from './records.ts'

let fakes: FakeHost[]
let hosts: DockerHost[]

beforeEach(async () => {
  const clock = logicalClock()
  fakes = ['a', 'b'].map(name => createFakeHost({ name, images: {}, clock }))
  hosts = await Promise.all(fakes.map(async f => connectDockerHost(f.name, await f.listen(), {})))
})

afterEach(async () => {
  for (const host of hosts) host.close()
  for (const fake of fakes) await fake.close()
})

const fake = (index: number) => fakes[index] ?? expect.fail()
const host = (index: number) => hosts[index] ?? expect.fail()
const read = (of: readonly DockerHost[] = hosts) => LedgerStore.read('prod', of)
const idsOn = async (index: number) => (await read([host(index)])).ledger.deployments.map(d => d.id)
const requestsOf = (index: number) => fake(index).faults.requests.map(r => `${r.method} ${r.path}`)

describe('a ledger', () => {
  it('is empty where there is none, and reading changes nothing', async () => {
    const { ledger, problems } = await read()
    expect([ledger.deployments, problems]).toEqual([[], []])
    expect(fakes.map(f => f.world.containers.size + f.world.volumes.size + f.world.images.size)).toEqual([
      0, 0,
    ])
  })

  it('is written on every host, and read with one call each', async () => {
    const store = await read()
    expect(await store.writeDeployments(hosts, [deployment(1)])).toEqual([])
    fake(0).faults.requests.length = 0
    expect((await read()).ledger.deployments).toEqual([deployment(1)])
    expect(requestsOf(0)).toEqual(['GET /containers/prod.ledger/archive'])
    expect(await idsOn(1)).toEqual(['d001'])
  })

  it('holds what was known before, also in the hands of one that has just begun', async () => {
    await (await read()).writeDeployments(hosts, [deployment(1)])
    await (await read()).writeDeployments(hosts, [deployment(2)])
    await (await read()).writeMarks(hosts, {
      a: { version: 1, time: 't', who: 'ann', draining: { time: 't', who: 'ann' } },
    })
    const { ledger } = await read()
    expect(ledger.deployments.map(d => d.number)).toEqual([1, 2])
    expect(ledger.marks['a']?.draining?.who).toBe('ann')
  })

  it('is made whole by the next writing where one copy was lost', async () => {
    await (await read()).writeDeployments(hosts, [deployment(1)])
    await removeLedger(host(0), 'prod')
    expect(await idsOn(0)).toEqual([])
    expect((await read()).ledger.deployments).toHaveLength(1)
    await (await read()).writeDeployments(hosts, [deployment(2)])
    expect(await idsOn(0)).toEqual(['d001', 'd002'])
  })

  it('is there again after its container was pruned, with all that it held', async () => {
    await (await read()).writeDeployments(hosts, [deployment(1)])
    await host(0).removeContainer('prod.ledger')
    expect(await idsOn(0)).toEqual(['d001'])
  })

  it('does not grow in files without end', async () => {
    const store = await read()
    for (let n = 1; n <= 40; n++) {
      const begun = deployment(n, { edition: 1, state: 'IN_PROGRESS', services: { web: service(n) } })
      await store.writeDeployments(hosts, [begun])
      await store.writeDeployments(hosts, [deployment(n)])
    }
    expect(fake(0).world.volumes.get('prod.ledger')?.files.size).toBeLessThanOrEqual(33)
    expect((await read()).ledger.deployments).toHaveLength(30)
  })

  it('is read without an entry that is torn, which is told, and made good by the next writing', async () => {
    await (await read()).writeDeployments(hosts, [deployment(1), deployment(2)])
    const files = fake(0).world.volumes.get('prod.ledger')?.files ?? expect.fail()
    const file = files.get('/1.json.gz') ?? expect.fail()
    files.set('/1.json.gz', { ...file, content: file.content.subarray(0, 40) })
    const { ledger, problems } = await read([host(0)])
    expect(ledger.deployments.map(d => d.id)).toEqual(['d001'])
    expect(problems).toMatchObject([{ code: 'LEDGER_UNREADABLE', instance: 'a' }])
    await (await read()).writeDeployments(hosts, [])
    expect(await idsOn(0)).toEqual(['d001', 'd002'])
  })

  it('does without a host whose engine refuses, and says so', async () => {
    fake(0).faults.add({ kind: 'error-500', method: 'PUT', times: 9 })
    const store = await read()
    expect(await store.writeDeployments(hosts, [deployment(1)])).toMatchObject([
      { code: 'LEDGER_NOT_WRITTEN', instance: 'a' },
    ])
    expect(await idsOn(1)).toEqual(['d001'])
    fake(0).faults.clear()
    fake(0).faults.add({ kind: 'error-500', method: 'GET', times: 9 })
    const { ledger, problems } = await read()
    expect(ledger.deployments).toHaveLength(1)
    expect(problems).toMatchObject([{ code: 'LEDGER_UNREADABLE', instance: 'a' }])
  })

  it.for([1, 2, 3, 4, 5, 6])('is readable after its writer was killed at its change %i', async k => {
    await (await read([host(1)])).writeDeployments([host(1)], [deployment(1)])
    const store = await read()
    fake(0).faults.kill(k)
    await store.writeDeployments(hosts, [deployment(2)])
    fake(0).faults.clear()
    const { ledger, problems } = await read()
    expect([ledger.deployments.map(d => d.id), problems]).toEqual([['d001', 'd002'], []])
    await (await read()).writeDeployments(hosts, [])
    expect(await idsOn(0)).toEqual(['d001', 'd002'])
  })

  it('touches nothing of others that has its name', async () => {
    await host(0).createVolume('prod.ledger', { Labels: { theirs: 'yes' } })
    const store = await read()
    expect(await store.writeDeployments([host(0)], [deployment(1)])).toMatchObject([
      { code: 'LEDGER_NOT_WRITTEN', message: expect.stringContaining("is not this cluster's ledger") },
    ])
    await removeLedger(host(0), 'prod')
    expect([...fake(0).world.volumes.keys()]).toEqual(['prod.ledger'])
    expect(fake(0).world.containers.size).toBe(0)
  })

  it('leaves nothing when it is removed', async () => {
    await (await read()).writeDeployments(hosts, [deployment(1)])
    await removeLedger(host(0), 'prod')
    await removeLedger(host(0), 'prod')
    expect([fake(0).world.containers.size, fake(0).world.volumes.size]).toEqual([0, 0])
  })

  it('is not torn by what else lies in its volume', async () => {
    await (await read()).writeDeployments(hosts, [deployment(1)])
    const tar = await packTar([{ header: { name: 'note.txt', size: 2 }, body: 'hi' }])
    await host(0).putArchive('prod.ledger', '/ledger', tar)
    expect(await read()).toMatchObject({ ledger: { deployments: [{ id: 'd001' }] }, problems: [] })
  })
})

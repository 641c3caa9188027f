import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { callApi } from '../engine/docker-contract/raw-api.ts'
import { logicalClock } from './clock.ts'
import type { FakeHost } from './fake-host.ts'
import { createFakeHost } from './fake-host.ts'
import { labImages } from './lab-images.ts'

const SLEEP = 'registry.lab:5000/lab/sleep:1'
let folder: string
let host: FakeHost
const call = (method: string, path: string, body?: object) =>
  callApi(join(folder, 'd.sock'), method, path, body)
const create = (name: string) => call('POST', `/v1.41/containers/create?name=${name}`, { Image: SLEEP })
const names = () => [...host.world.containers.values()].map(c => c.name)

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'stowage-fake-'))
  host = createFakeHost({ name: 'a', images: labImages(), preloaded: [SLEEP], clock: logicalClock() })
  await host.listen(join(folder, 'd.sock'))
})
afterEach(async () => {
  await host.close()
  await rm(folder, { recursive: true })
})

test('reply-lost: the effect is there and the answer is not', async () => {
  host.faults.add({ kind: 'reply-lost', method: 'POST', path: /create/ })
  await expect(create('lost')).rejects.toThrow()
  expect((await create('lost')).status).toBe(409)
})

test('cut: neither effect nor answer', async () => {
  host.faults.add({ kind: 'cut', method: 'POST' })
  await expect(create('cut')).rejects.toThrow()
  expect((await create('cut')).status).toBe(201)
})

test('reply-torn: the effect is there and the answer breaks off', async () => {
  host.faults.add({ kind: 'reply-torn', method: 'POST' })
  await expect(create('torn')).rejects.toThrow()
  expect(names()).toEqual(['torn'])
})

test('silent: the client waits in vain', async () => {
  host.faults.add({ kind: 'silent', method: 'POST' })
  const waiting = create('silent').catch(() => 'cut')
  expect((await create('other')).status).toBe(201)
  host.crash()
  expect(await waiting).toBe('cut')
  expect(names()).toEqual(['other'])
})

test('error-500 and conflict-409: that answer and no effect', async () => {
  host.faults.add({ kind: 'error-500', method: 'POST', path: /create$/ })
  host.faults.add({ kind: 'conflict-409', method: 'POST', nth: 2 })
  expect([(await create('a1')).status, (await create('a2')).status]).toEqual([500, 409])
  expect(names()).toEqual([])
})

test('stale: the answer of the last time', async () => {
  const list = () => call('GET', '/containers/json?all=1')
  const before = await list()
  await create('new')
  host.faults.add({ kind: 'stale', path: /^\/containers\/json$/ })
  expect((await list()).text).toBe(before.text)
  expect((await list()).json()).toHaveLength(1)
})

test('faults strike the n-th request that matches, and as many after it as they say', async () => {
  host.faults.add({ kind: 'error-500', path: /_ping/, nth: 2, times: 2 })
  const statuses = []
  for (let i = 0; i < 4; i++) statuses.push((await call('GET', '/_ping')).status)
  expect(statuses).toEqual([200, 500, 500, 200])
})

test('faults strike the n-th request that asks for a change, whatever it is', async () => {
  host.faults.add({ kind: 'error-500', changing: true, nth: 2 })
  const statuses = [await create('one'), await call('GET', '/_ping'), await call('DELETE', '/containers/one')]
  expect(statuses.map(s => s.status)).toEqual([201, 200, 500])
})

test('seeded faults are the same for the same seed', async () => {
  const statuses = async () => {
    host.faults.seed(7, { probability: 0.5, kinds: ['error-500', 'conflict-409'] })
    const seen = []
    for (let i = 0; i < 20; i++) seen.push((await call('GET', '/_ping')).status)
    return seen
  }
  const first = await statuses()
  expect(new Set(first)).toEqual(new Set([200, 409, 500]))
  expect(await statuses()).toEqual(first)
})

test('a client that was killed after its second change gets nothing through until it is revived', async () => {
  let killed = 0
  host.faults.kill(2, () => {
    killed += 1
  })
  expect((await create('one')).status).toBe(201)
  expect((await call('GET', '/_ping')).status).toBe(200)
  await expect(create('two')).rejects.toThrow()
  await expect(create('three')).rejects.toThrow()
  await expect(call('GET', '/_ping')).rejects.toThrow()
  expect([names(), killed]).toEqual([['one', 'two'], 1])
  host.faults.revive()
  expect((await create('three')).status).toBe(201)
})

test('the log has every request without its version, and how it was answered', async () => {
  await call('GET', '/v1.41/_ping')
  await create('logged')
  await call('DELETE', '/v1.41/containers/nobody?force=1')
  expect(host.faults.requests).toEqual([
    { method: 'GET', path: '/_ping', query: '', status: 200 },
    { method: 'POST', path: '/containers/create', query: 'name=logged', status: 201 },
    { method: 'DELETE', path: '/containers/nobody', query: 'force=1', status: 404 },
  ])
})

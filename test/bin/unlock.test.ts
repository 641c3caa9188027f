import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { main } from '../../bin/cli.ts'
import { connectDockerHost } from '../../engine/docker/connect.ts'
import type { DockerHost } from '../../engine/docker/docker-host.ts'
import { createEmptyContainer } from '../../engine/docker/empty-image.ts'
import { createLock, findLock, writeHeartbeat } from '../../engine/lock/lock-container.ts'
import { type LockOwner, thisOwner } from '../../engine/lock/owner.ts'
import { createFakeHost, type FakeHost } from '../fake/fake-host.ts'
import { fakeTerminal, type FakeTerminalOptions } from './fake-terminal.ts'
import { temporaryFolder } from './temporary-folder.ts'

const folder = temporaryFolder()
let fake: FakeHost
let host: DockerHost

const eve: LockOwner = {
  run: 'x',
  who: 'eve@elsewhere',
  command: 'stowage apply',
  since: '2026-01-01T00:00:00.000Z',
}
const gone = (): LockOwner => {
  const owner = thisOwner('x', 'stowage apply', new Date(0))
  return { ...owner, ...(owner.process && { process: { ...owner.process, started: 'before' } }) }
}

beforeAll(async () => {
  fake = createFakeHost({ name: 'a' })
  const address = await fake.listen()
  host = await connectDockerHost('a', address)
  const value = {
    schemaVersion: 1,
    cluster: 'prod',
    containerInstances: { a: { address } },
    taskDefinitions: {},
    services: {},
  }
  writeFileSync(join(folder, 'prod.json'), JSON.stringify(value))
})
beforeEach(() => host.removeContainer('prod.lock'))
afterAll(async () => {
  host.close()
  await fake.close()
})

async function unlock(args: readonly string[], options: FakeTerminalOptions = {}) {
  const terminal = fakeTerminal({ cwd: folder, ...options })
  const code = await main(['unlock', '--document', 'prod.json', ...args], terminal)
  return { code, out: terminal.out(), err: terminal.err() }
}

async function lockBy(owner: LockOwner): Promise<string> {
  const id = await createLock(host, 'prod', owner)
  if (id === undefined) throw new Error('it is there already')
  return id
}

const isLocked = async () => (await findLock(host, 'prod')) !== undefined

test('where nothing is locked there is nothing to do', async () => {
  expect(await unlock([])).toMatchObject({
    code: 0,
    out: expect.stringContaining('none of 1 container instance'),
  })
})

test('the lock of a process that has ended is shown with its owner, and removed when that is confirmed', async () => {
  await lockBy(gone())
  const declined = await unlock([], { answer: 'n' })
  expect(declined).toMatchObject({ code: 1, err: expect.stringContaining('Remove 1 lock? [y/N]') })
  expect(await isLocked()).toBe(true)
  const done = await unlock([], { answer: 'y' })
  expect(done.out).toMatch(
    /a {2}\S+@\S+ {2}stowage apply {2}since 1970-01-01T00:00:00Z, \d+ d ago {2}its process has ended/,
  )
  expect(done).toMatchObject({ code: 0, out: expect.stringContaining('1 lock removed.') })
  expect(await isLocked()).toBe(false)
})

test('without a terminal it takes --yes', async () => {
  await lockBy(gone())
  expect(await unlock([])).toMatchObject({ code: 1, err: expect.stringContaining('CONFIRMATION_NEEDED') })
  expect(await isLocked()).toBe(true)
  expect((await unlock(['--yes'])).code).toBe(0)
})

test('a lock whose heartbeat moves is removed only with --force', async () => {
  const id = await lockBy(eve)
  let beat = 0
  const heart = setInterval(() => void writeHeartbeat(host, id, ++beat).catch(() => {}), 100)
  try {
    const refused = await unlock(['--yes'])
    expect(refused.code).toBe(1)
    expect(refused.err).toContain('LOCK_HELD')
    expect(refused.err).toContain('eve@elsewhere works there')
    expect(await isLocked()).toBe(true)
    const forced = await unlock(['--yes', '--force', '--json'])
    expect(JSON.parse(forced.out)).toMatchObject({
      locks: [{ instance: 'a', who: 'eve@elsewhere', heart: 'beats' }],
      removed: ['a'],
    })
    expect(await isLocked()).toBe(false)
  } finally {
    clearInterval(heart)
  }
})

test('one whose heartbeat stands still is removed, and what is no lock of ours is not', async () => {
  await lockBy(eve)
  const before = fake.world.containers.size
  const done = await unlock(['--yes'])
  expect(done.out).toContain('its heartbeat stands still')
  expect(fake.world.containers.size).toBe(before - 1)
  const id = await createEmptyContainer(host, 'prod.lock', { Labels: {} })
  expect(await unlock(['--yes'])).toMatchObject({ code: 1, err: expect.stringContaining('NAME_TAKEN') })
  expect(fake.world.containers.has(id)).toBe(true)
}, 20_000)

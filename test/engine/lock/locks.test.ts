import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { connectDockerHost } from '../../../engine/docker/connect.ts'
import type { DockerHost } from '../../../engine/docker/docker-host.ts'
import type { LockOptions } from '../../../engine/lock/lock.ts'
import { createLock, findLock } from '../../../engine/lock/lock-container.ts'
import { Locks } from '../../../engine/lock/locks.ts'
import { Seeker } from '../../../engine/lock/seeker.ts'
import { createFakeHost, type FakeHost } from '../../fake/fake-host.ts'

let time = 0
let onChange: () => void
let fakes: FakeHost[]
let hosts: DockerHost[]

beforeEach(async () => {
  time = 0
  onChange = () => {}
  fakes = ['a', 'b', 'c'].map(name => createFakeHost({ name, onChange: () => onChange() }))
  hosts = await Promise.all(fakes.map(async f => connectDockerHost(f.name, await f.listen())))
})

afterEach(async () => {
  for (const host of hosts) host.close()
  for (const fake of fakes) await fake.close()
})

const owner = (run: string) => ({ run, who: `${run}@elsewhere`, command: 'stowage apply', since: '' })

/** Beats only when it is asked to: the tests move the clock by themselves. */
function options(run: string, more: Partial<LockOptions> = {}): LockOptions {
  return {
    cluster: 'prod',
    owner: owner(run),
    emit: () => {},
    signal: new AbortController().signal,
    heartbeatMs: 5000,
    waitMs: 0,
    clock: () => ({ wall: time, boot: time }),
    ...more,
  }
}

const holders = async () =>
  Promise.all(hosts.map(async host => (await findLock(host, 'prod'))?.owner.run ?? '-'))

async function putLock(host: DockerHost | undefined, run: string): Promise<void> {
  if (!host) throw new Error('no host')
  while ((await createLock(host, 'prod', owner(run))) === undefined);
}

const LOST = expect.objectContaining({ code: 'LOCK_LOST' })

describe('an owner that stood still', () => {
  test('for less than two thirds of the time goes on, once the host has confirmed its lock', async () => {
    const locks = await Locks.acquire(hosts, options('one'))
    time += 19_000
    await locks.confirm('a')
    time += 19_000
    expect(() => locks.check('a')).not.toThrow()
    await locks.release()
  })

  test('for longer has lost it, though nobody took it and a later beat gets through', async () => {
    const locks = await Locks.acquire(hosts, options('one'))
    time += 20_000
    expect(() => locks.check('a')).toThrow(LOST)
    await expect(locks.confirm('a')).rejects.toEqual(LOST)
    await expect(locks.confirm('b')).rejects.toEqual(LOST)
    await locks.release()
    expect(await holders()).toEqual(['-', '-', '-'])
  })

  test('while a beat was on its way has the time counted from when that was sent', async () => {
    const locks = await Locks.acquire(hosts, options('one'))
    time += 11_000
    onChange = () => {
      time += 9000
    }
    await expect(locks.confirm('a')).rejects.toEqual(LOST)
    await locks.release()
  })

  test('and whose wall clock was set back meanwhile has lost it all the same', async () => {
    let wall = 0
    const locks = await Locks.acquire(hosts, options('one', { clock: () => ({ wall, boot: time }) }))
    time += 60_000
    wall -= 3_600_000
    expect(() => locks.check('a')).toThrow(LOST)
    await locks.release()
  })
})

describe('a heartbeat that stands still', () => {
  test('for less than 30 s by the taker’s clock is nobody’s to take, and after that anybody’s', async () => {
    const [host] = hosts
    if (!host) throw new Error('no host')
    await putLock(host, 'one')
    const seeker = new Seeker(host, options('two'))
    const take = () => seeker.take(() => {})
    expect(await take()).toBeUndefined()
    time += 29_999
    expect(await take()).toBeUndefined()
    expect((await holders())[0]).toBe('one')
    time += 1
    const lock = await take()
    expect((await holders())[0]).toBe('two')
    await lock?.release()
  })
})

describe('a lock that was taken away', () => {
  test('is noticed before the next step, once the last word of it is not fresh; and on every host', async () => {
    const locks = await Locks.acquire(hosts, options('one'))
    await hosts[1]?.removeContainer('prod.lock')
    await putLock(hosts[1], 'two')
    time += 10_000
    await expect(locks.confirm('b')).rejects.toEqual(LOST)
    await expect(locks.confirm('a')).rejects.toEqual(LOST)
    expect(() => locks.check('c')).toThrow(LOST)
    await locks.release()
    expect(await holders()).toEqual(['-', 'two', '-'])
  })

  test('is no lock of a host that was never locked', async () => {
    const locks = await Locks.acquire(hosts.slice(0, 1), options('one'))
    expect(() => locks.check('b')).toThrow(LOST)
    await locks.release()
  })
})

test('what is guarded is not sent once it may not be, however it came there; looking is free', async () => {
  const [host] = hosts
  const [fake] = fakes
  if (!host || !fake) throw new Error('no host')
  const error = new Error('lost')
  const guarded = host.guarded(() => {
    throw error
  })
  fake.faults.requests.length = 0
  await expect(guarded.createVolume('v', {})).rejects.toMatchObject({ cause: error })
  await expect(guarded.importImage(new Uint8Array(1024), 'x', '1', [])).rejects.toMatchObject({
    cause: error,
  })
  await guarded.listContainers()
  expect(fake.faults.requests.map(r => r.method)).toEqual(['GET'])
})

describe('whoever waits for a lock', () => {
  test('holds those that come before it, and none that comes after', async () => {
    await putLock(hosts[1], 'eve')
    const abort = new AbortController()
    const seen: string[][] = []
    const waiting = Locks.acquire(
      hosts,
      options('one', {
        waitMs: 60_000,
        signal: abort.signal,
        emit: event => {
          if (event.event === 'lock-waiting') void holders().then(h => seen.push(h) && abort.abort())
        },
      }),
    )
    await expect(waiting).rejects.toMatchObject({ code: 'INTERRUPTED' })
    expect(seen).toEqual([['one', 'eve', '-']])
    expect(await holders()).toEqual(['-', 'eve', '-'])
  })

  test('and is out of time says who has it, and has kept none', async () => {
    await putLock(hosts[2], 'eve')
    await expect(Locks.acquire(hosts, options('one'))).rejects.toMatchObject({
      code: 'LOCK_HELD',
      instance: 'c',
      message: expect.stringContaining('eve@elsewhere'),
    })
    expect(await holders()).toEqual(['-', '-', 'eve'])
  })
})

test('two runs that see different hosts both get their turn', async () => {
  const real = { clock: undefined, waitMs: 30_000 }
  const turns = [
    [hosts, 'one'],
    [hosts.slice(1), 'two'],
    [hosts.slice(0, 2), 'three'],
  ] as const
  const done = await Promise.all(
    turns.map(async ([of, run]) => {
      const locks = await Locks.acquire(of, options(run, real))
      const mine = await holders()
      await locks.release()
      return of.every(host => mine[hosts.indexOf(host)] === run)
    }),
  )
  expect(done).toEqual([true, true, true])
})

test('a lock whose making got no answer is found to be one’s own', async () => {
  fakes[0]?.faults.add({ kind: 'reply-lost', method: 'POST', path: /^\/containers\/create/, nth: 2 })
  const locks = await Locks.acquire(hosts, options('one'))
  expect(await holders()).toEqual(['one', 'one', 'one'])
  await locks.confirm('a')
  await locks.release()
})

import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { main } from '../../bin/cli.ts'
import { createFakeHost, type FakeHost } from '../fake/fake-host.ts'
import { labImages } from '../fake/lab-images.ts'
import { fakeTerminal, type FakeTerminalOptions } from './fake-terminal.ts'
import { temporaryFolder } from './temporary-folder.ts'

const folder = temporaryFolder()
const images = labImages()
let hosts: FakeHost[]
let addresses: [string, string][]

beforeEach(async () => {
  hosts = ['a', 'b', 'c'].map(name => createFakeHost({ name, images }))
  addresses = await Promise.all(hosts.map(async h => [h.name, await h.listen()] as [string, string]))
  document()
})
afterEach(async () => {
  for (const host of hosts) await host.close()
})

function host(name: string): FakeHost {
  const found = hosts.find(h => h.name === name)
  if (!found) throw new Error(`no host ${name}`)
  return found
}

function document({
  instance = {},
  more = {},
  data = false,
}: {
  instance?: object
  more?: object
  data?: boolean
} = {}) {
  const app = { name: 'c', image: 'registry.lab:5000/lab/sleep:1', stopTimeout: 0 }
  const mountPoints = [{ sourceVolume: 'data', containerPath: '/data' }]
  const volumes = [{ name: 'data', dockerVolumeConfiguration: { scope: 'shared', autoprovision: true } }]
  const deploymentConfiguration = { steadyAfterSeconds: 0 }
  const value = {
    schemaVersion: 1,
    cluster: 'prod',
    ...more,
    containerInstances: Object.fromEntries(
      addresses.map(([name, address]) => [name, { address, ...(name === 'c' && instance) }]),
    ),
    taskDefinitions: {
      web: { containerDefinitions: [{ ...app, ...(data && { mountPoints }) }], ...(data && { volumes }) },
      agent: { containerDefinitions: [app] },
    },
    services: {
      web: {
        taskDefinition: 'web',
        desiredCount: 3,
        placementStrategy: [{ type: 'spread', field: 'instanceId' }],
        deploymentConfiguration,
      },
      agent: { taskDefinition: 'agent', schedulingStrategy: 'DAEMON', deploymentConfiguration },
    },
  }
  writeFileSync(join(folder, 'prod.json'), JSON.stringify(value))
}

async function stowage(args: readonly string[], options: FakeTerminalOptions = {}) {
  const terminal = fakeTerminal({ cwd: folder, ...options })
  const code = await main([...args, '--document', 'prod.json'], terminal)
  return { code, out: terminal.out(), err: terminal.err(), all: terminal.out() + terminal.err() }
}

async function well(...args: string[]) {
  const done = await stowage([...args, '--yes'])
  expect(done.code, done.all).toBe(0)
  return done
}

/** Tasks that run, as HOST SERVICE.SLOT. */
const tasks = () =>
  hosts
    .flatMap(h =>
      [...h.world.containers.values()]
        .filter(c => c.status === 'running' && c.config.Labels?.['stowage.service'])
        .map(c => `${h.name} ${c.config.Labels?.['stowage.service']}.${c.config.Labels?.['stowage.slot']}`),
    )
    .sort()

describe('drain and activate', () => {
  test('drain empties an instance, says that it may be switched off, and holds until activate', async () => {
    await well('apply')
    const drained = await stowage(['drain', 'c'], { answer: 'y' })
    expect(drained.code, drained.all).toBe(0)
    expect(drained.err).toContain('Drain c, and apply this to prod? [y/N]')
    expect(drained.out).toContain('c is empty: it may be switched off')
    expect(drained.out).toMatch(/c {2}DRAINING, says stowage drain \(\S+@\S+, 2\S+Z\)/)
    expect(tasks().filter(t => t.startsWith('c '))).toEqual([])
    expect(tasks()).toHaveLength(5)
    expect((await stowage(['diff'])).out).toMatch(
      /nothing to do.*\n {2}c {2}DRAINING, says stowage drain \(\S+@\S+, 2/,
    )
    expect((await stowage(['ps'])).out).toContain('DRAINING, says stowage drain')
    expect((await stowage(['history'])).out).toContain('stowage drain c')
    await well('apply')
    expect(tasks().filter(t => t.startsWith('c '))).toEqual([])

    const activated = await well('activate', 'c')
    expect(activated.out).toContain('c is ACTIVE')
    expect(tasks()).toContain('c agent.c')
    expect((await stowage(['ps'])).out).not.toContain('DRAINING')
  })

  test('activate does not undo what the document says, and says so', async () => {
    document({ instance: { status: 'DRAINING' } })
    await well('drain', 'c', '--no-apply')
    expect((await stowage(['ps'])).out).toContain('DRAINING, says the document and stowage drain (')
    const activated = await well('activate', 'c', '--no-apply')
    expect(activated.out).toContain('DRAINING still, for the document says so')
    const json = JSON.parse((await stowage(['ps', '--json'])).out) as { containerInstances: object[] }
    expect(json.containerInstances[2]).toEqual({
      name: 'c',
      reachable: true,
      status: 'DRAINING',
      drainedByDocument: true,
    })
  })

  test('a no leaves it as it was', async () => {
    await well('apply')
    expect(await stowage(['drain', 'c'], { answer: 'n' })).toMatchObject({ code: 1 })
    expect((await stowage(['ps'])).out).not.toContain('DRAINING')
  })

  test('a name that there is none of is refused', async () => {
    expect(await stowage(['drain', 'x', '--yes'])).toMatchObject({
      code: 1,
      err: expect.stringContaining('INSTANCE_UNKNOWN'),
    })
  })
})

describe('an instance that is lost', () => {
  test('is refused while it answers', async () => {
    expect(await stowage(['instance', 'lost', 'c', '--yes'])).toMatchObject({
      code: 1,
      err: expect.stringContaining('INSTANCE_ANSWERS'),
    })
  })

  test('is not said to be empty by a drain: nobody has looked', async () => {
    await well('apply')
    host('c').cut()
    expect((await stowage(['ps'])).err).toContain('CONNECTION_LOST')
    await well('instance', 'lost', 'c')
    const seen = await stowage(['ps'])
    expect(seen.out).toContain('c  does not answer; is marked as lost')
    expect(seen.err).not.toContain('CONNECTION_LOST')
    const drained = await stowage(['drain', 'c', '--yes'])
    expect(drained.out).toContain('c does not answer: what runs there is not known')
    expect(drained.out).not.toContain('may be switched off')
  })

  test('has its tasks started elsewhere without a flag, and when it is back has no double and no mark', async () => {
    await well('apply')
    host('c').cut()
    expect(await stowage(['apply', '--yes'])).toMatchObject({
      code: 1,
      err: expect.stringContaining('1 of 3 container instances cannot be used'),
    })
    const said = await stowage(['instance', 'lost', 'c'], { answer: 'y' })
    expect(said.code, said.all).toBe(0)
    expect(said.err).toContain('they run twice until it answers again')
    expect(said.err).toContain('Is c gone for good? [y/N]')
    expect(said.out).toContain('next: stowage apply')
    await well('apply')
    expect(tasks().filter(t => t.includes('web'))).toHaveLength(4)
    expect((await stowage(['ps'])).out).toContain('is marked as lost')

    await host('c').restore()
    const back = await well('apply')
    expect(back.out).toContain('c was lost, and web.3 was started again elsewhere')
    expect(tasks().filter(t => t.includes('web'))).toHaveLength(3)
    expect(tasks().filter(t => t.includes('agent'))).toHaveLength(3)
    expect((await stowage(['ps'])).out).not.toContain('lost')
  })

  test('that comes back in the middle of an apply is left alone by that, and brought in line by the next', async () => {
    await well('apply')
    host('c').cut()
    await well('instance', 'lost', 'c')
    const returns: Promise<void>[] = []
    const during = await stowage(['apply', '--yes'], {
      onOut: text => {
        if (text.includes('wave 1') && returns.length === 0) returns.push(host('c').restore())
      },
    })
    await Promise.all(returns)
    expect(returns).toHaveLength(1)
    expect(during.code, during.all).toBe(0)
    expect(tasks().filter(t => t.includes('web'))).toHaveLength(4)
    expect((await stowage(['diff'])).out).toContain('c was lost, and web.3 was started again elsewhere')
    await well('apply')
    expect(tasks().filter(t => t.includes('web'))).toHaveLength(3)
    expect(await stowage(['diff', '--exit-code'])).toMatchObject({ code: 0 })
  })

  test('that comes back with nothing to do loses its mark all the same', async () => {
    await well('apply')
    host('c').cut()
    await well('instance', 'lost', 'c')
    await host('c').restore()
    await well('apply')
    expect((await stowage(['ps'])).out).not.toContain('lost')
    expect(await stowage(['diff', '--exit-code'])).toMatchObject({ code: 0 })
  })

  test('is found again by a word, and then stands in the way as before', async () => {
    await well('apply')
    host('c').cut()
    await well('instance', 'lost', 'c')
    expect((await stowage(['instance', 'found', 'c'])).out).toContain('c is no longer marked as lost')
    expect((await stowage(['apply', '--yes'])).code).toBe(1)
    expect(tasks().filter(t => t.includes('web'))).toHaveLength(3)
  })

  test('keeps what has local data from being started again, until that is said too', async () => {
    document({ data: true })
    await well('apply')
    host('c').cut()
    const said = await stowage(['instance', 'lost', 'c', '--yes'])
    expect(said.err).toContain('not started again: web (volume data)')
    const held = await well('apply')
    expect(held.out).toContain('stowage instance lost c --local-data')
    expect(tasks().filter(t => t.includes('web'))).toHaveLength(3)
    await well('instance', 'lost', 'c', '--local-data')
    await well('apply')
    expect(tasks().filter(t => t.includes('web'))).toHaveLength(4)
  })

  test('by the time of the document is so once an apply has seen it silent for so long', async () => {
    document({ more: { lostAfterSeconds: 60 } })
    await well('apply')
    host('c').cut()
    expect((await stowage(['apply', '--yes'])).code).toBe(1)
    const later = fakeTerminal({ cwd: folder, env: {} })
    const now = () => Date.now() + 61_000
    const code = await main(['apply', '--yes', '--document', 'prod.json'], { ...later, now })
    expect(code, later.out() + later.err()).toBe(0)
    expect(later.out()).toContain('longer than the 60 s')
    expect(tasks().filter(t => t.includes('web'))).toHaveLength(4)
  })
})

test('an instance that is taken out of the document while tasks run there is told of, until it is empty', async () => {
  await well('apply')
  const c = addresses.pop()
  document()
  const told = await stowage(['diff'])
  expect(told.out).toContain('c is no longer in the document, and 2 tasks run there: agent.c, web.3')
  expect(told.out).toContain('stowage drain it')
  expect((await well('apply')).out).toContain('INSTANCE_REMOVED')
  expect((await stowage(['diff'])).out).toContain('INSTANCE_REMOVED')
  host('c').cut()
  expect((await stowage(['diff'])).out).not.toContain('INSTANCE_REMOVED')

  await host('c').restore()
  if (c) addresses.push(c)
  document()
  await well('drain', 'c')
  addresses.pop()
  document()
  expect((await stowage(['diff'])).out).not.toContain('INSTANCE_REMOVED')
})

import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { main } from '../../bin/cli.ts'
import { createFakeHost, type FakeHost } from '../fake/fake-host.ts'
import { labImages } from '../fake/lab-images.ts'
import { fakeTerminal } from './fake-terminal.ts'
import { temporaryFolder } from './temporary-folder.ts'

const folder = temporaryFolder()
const images = labImages()
let host: FakeHost
let address: string

beforeEach(async () => {
  host = createFakeHost({ name: 'a', images })
  address = await host.listen()
})
afterEach(() => host.close())

function write(count: number, image = 'sleep:1'): void {
  const containerDefinitions = [{ name: 'c', image: `registry.lab:5000/lab/${image}`, stopTimeout: 0 }]
  const value = {
    schemaVersion: 1,
    cluster: 'prod',
    containerInstances: { a: { address } },
    taskDefinitions: { web: { containerDefinitions } },
    services: {
      web: { taskDefinition: 'web', desiredCount: count, deploymentConfiguration: { steadyAfterSeconds: 1 } },
    },
  }
  writeFileSync(join(folder, 'prod.json'), JSON.stringify(value))
}

async function stowage(...args: string[]) {
  const terminal = fakeTerminal({ cwd: folder })
  const code = await main(args, terminal)
  return { code, out: terminal.out(), err: terminal.err() }
}

const save = () => stowage('diff', '--document', 'prod.json', '--save', 'plan.json')
const tasks = () => [...host.world.containers.values()].filter(c => c.name.startsWith('prod.web.')).length

test('what diff --save wrote is applied unasked, by another document at the time, and only once', async () => {
  write(2)
  const saved = await save()
  expect(saved).toMatchObject({ code: 0, err: expect.stringContaining('stowage apply plan.json') })
  expect(tasks()).toBe(0)
  write(5)
  const applied = await stowage('apply', 'plan.json')
  expect(applied, applied.err).toMatchObject({
    code: 0,
    err: expect.stringContaining('plan: plan.json, saved by'),
  })
  expect(tasks()).toBe(2)
  const again = await stowage('apply', 'plan.json')
  expect(again.code).toBe(1)
  expect(again.err).toMatch(
    /PLAN_APPLIED {2}this plan was applied already: deployment \w+, 20\S+Z, by \S+@\S+, is COMPLETED; nothing was changed/,
  )
  expect(again.err).toMatch(/next: stowage history \w+ shows it/)
  expect(tasks()).toBe(2)
  const history = await stowage('history', '--document', 'prod.json')
  expect(history.out).toContain('stowage apply plan.json')
  // what was undone by hand since is no reason to say so less
  for (const c of host.world.containers.values())
    if (c.name.startsWith('prod.web.')) host.world.containers.delete(c.id)
  expect((await stowage('apply', 'plan.json')).err).toContain('PLAN_APPLIED')
})

test('a plan is refused, with what has changed, where its host is not as it was; nothing is done', async () => {
  write(1)
  await stowage('apply', '--document', 'prod.json', '--yes')
  write(2)
  await save()
  const [container] = [...host.world.containers.values()].filter(c => c.name.startsWith('prod.web.'))
  if (container) host.world.containers.delete(container.id)
  const refused = await stowage('apply', 'plan.json')
  expect(refused.code).toBe(1)
  expect(refused.err).toMatch(/PLAN_STALE {2}a:\n {2}container prod\.web\.1\.\S+ is gone/)
  expect(refused.err).toContain('nothing was changed')
  expect(tasks()).toBe(0)
})

test('a tag that has moved since is applied as it was reviewed', async () => {
  write(1, 'web:1')
  await save()
  const digest = /web@(sha256:\w+)/.exec(readFileSync(join(folder, 'plan.json'), 'utf8'))?.[1] ?? 'none'
  const [one, two] = [images['registry.lab:5000/lab/web:1'], images['registry.lab:5000/lab/web:2']]
  if (!one || !two) throw new Error('no images')
  // the registry has what the tag was still, by its digest
  images['registry.lab:5000/lab/web:before'] = { ...one, digest }
  images['registry.lab:5000/lab/web:1'] = two
  try {
    const applied = await stowage('apply', 'plan.json')
    expect(applied, applied.err + applied.out).toMatchObject({ code: 0 })
    expect([...host.world.containers.values()].map(c => c.config.Image).join()).toContain(digest)
  } finally {
    images['registry.lab:5000/lab/web:1'] = one
    delete images['registry.lab:5000/lab/web:before']
  }
})

test.each([
  ['a file that is not there', ['apply', 'nowhere.json'], 'PLAN_INVALID'],
  ['a document in place of a plan', ['apply', 'prod.json'], 'PLAN_INVALID'],
  ['a plan with a document beside it', ['apply', 'plan.json', '--document', 'prod.json'], 'USAGE_INVALID'],
])('%s is refused', async (_, args, code) => {
  write(1)
  const { err } = await stowage(...args)
  expect(err).toContain(code)
})

test('a plan that cannot be applied is not saved', async () => {
  write(1, 'nothing:1')
  writeFileSync(join(folder, 'plan.json'), 'before')
  expect((await save()).code).toBe(1)
  expect(readFileSync(join(folder, 'plan.json'), 'utf8')).toBe('before')
})

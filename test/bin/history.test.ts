import { execFileSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { main } from '../../bin/cli.ts'
import { commitOf } from '../../bin/git.ts'
import { createFakeHost, type FakeHost } from '../fake/fake-host.ts'
import { labImages } from '../fake/lab-images.ts'
import { fakeTerminal } from './fake-terminal.ts'
import { temporaryFolder } from './temporary-folder.ts'

const folder = temporaryFolder()
let host: FakeHost
let address: string

beforeEach(async () => {
  host = createFakeHost({ name: 'a', images: labImages() })
  address = await host.listen()
})
afterEach(() => host.close())

function write(image: string, more: object = {}, parts: object = {}): void {
  const containerDefinitions = [{ name: 'c', image: `registry.lab:5000/lab/${image}`, stopTimeout: 0 }]
  const deploymentConfiguration = { steadyAfterSeconds: 1 }
  const services = { web: { taskDefinition: 'web', desiredCount: 1, deploymentConfiguration, ...more } }
  const containerInstances = { a: { address } }
  const value = {
    schemaVersion: 1,
    cluster: 'prod',
    containerInstances,
    taskDefinitions: { web: { containerDefinitions } },
    services,
    ...parts,
  }
  writeFileSync(join(folder, 'prod.json'), JSON.stringify(value))
}

async function stowage(...args: string[]) {
  const terminal = fakeTerminal({ cwd: folder })
  const code = await main([...args, '--document', 'prod.json'], terminal)
  return { code, out: terminal.out(), err: terminal.err() }
}

const running = () =>
  [...host.world.containers.values()].flatMap(c => (c.status === 'running' ? c.config.Image : []))

test('what was applied is listed, shown and gone back to, and the person is told of the document', async () => {
  write('web:1')
  expect((await stowage('history')).out).toBe(
    'prod   0 deployments: the ledger is empty, stowage apply writes it\n',
  )
  await stowage('apply', '--yes')
  const first = running()
  write('web:2')
  await stowage('apply', '--yes')
  const listed = JSON.parse((await stowage('history', '--json')).out)
  expect(listed.deployments.map((d: { state: string; changed: string[] }) => [d.state, d.changed])).toEqual([
    ['COMPLETED', ['web']],
    ['COMPLETED', ['web']],
  ])
  const table = (await stowage('history')).out.split('\n')
  expect(table[2]).toMatch(/^WHEN +DEPLOYMENT +STATE +TOOK +WHO +COMMAND +COMMIT +SERVICES$/)
  expect(table[3]).toMatch(/COMPLETED +\d+ s +\S+@\S+ +stowage apply +- +web$/)
  const shown = await stowage('history', listed.deployments[0].id)
  expect(shown.out).toMatch(/~ web\n +c {2}image {2}\S+web:1 → \S+web:2/)
  const back = await stowage('rollback', '--yes')
  expect(back, back.out + back.err).toMatchObject({ code: 0 })
  expect(running()).toEqual(first)
  expect(back.out).toContain('the document still says the newer thing')
  expect((await stowage('history')).out.split('\n')[3]).toContain('stowage rollback')
  expect((await stowage('diff', '--exit-code')).code).toBe(2)
  expect((await stowage('rollback', 'nothing', '--yes')).err).toContain('DEPLOYMENT_UNKNOWN')
}, 30_000)

test('a rollback need not be waited for, and leaves alone what runs once', async () => {
  const overrides = { containerOverrides: [{ name: 'c', command: ['true'] }] }
  const tasks = { migrate: { taskDefinition: 'web', overrides } }
  for (const image of ['web:1', 'web:2']) {
    write(image, {}, { tasks })
    expect((await stowage('apply', '--yes')).code).toBe(0)
  }
  const migrations = () => [...host.world.containers.values()].filter(c => c.name.includes('migrate'))
  const before = migrations().map(c => c.id)
  const back = await stowage('rollback', '--yes', '--no-wait')
  expect(back, back.out + back.err).toMatchObject({ code: 0 })
  expect(back.out).toContain('the task migrate, which runs once, is left as it is')
  expect(back.out).not.toContain('no longer in the document')
  expect(back.out).toContain('the document still says the newer thing')
  const { deployments } = JSON.parse((await stowage('history', '--json')).out)
  expect(deployments[0]).toMatchObject({ state: 'IN_PROGRESS', changed: ['web'] })
  await stowage('apply', '--yes')
  expect([before.length, migrations().map(c => c.id)]).toEqual([1, before])
}, 30_000)

test('a rollback with nothing to ask on is refused, and changes nothing', async () => {
  for (const image of ['web:1', 'web:2']) {
    write(image)
    await stowage('apply', '--yes')
  }
  const before = running()
  expect((await stowage('rollback')).err).toContain('CONFIRMATION_NEEDED')
  expect(running()).toEqual(before)
}, 30_000)

test('destroy says that the history goes, and leaves nothing of it', async () => {
  write('web:1')
  await stowage('apply', '--yes')
  const destroyed = await stowage('destroy', '--yes')
  expect(destroyed.out).toContain('- the ledger   with the history of 1 deployment')
  const { containers, volumes, images } = host.world
  expect([containers.size, volumes.size]).toEqual([0, 0])
  expect([...images.values()].flatMap(i => i.tags)).not.toContain('stowage/empty:1')
}, 30_000)

test('the commit of a folder is known, and whether it has changes', async () => {
  const git = (...args: string[]) =>
    execFileSync('git', ['-c', 'user.name=a', '-c', 'user.email=a@b', ...args], {
      cwd: folder,
      stdio: 'pipe',
    })
  expect(await commitOf(folder)).toBeUndefined()
  git('init', '-q')
  write('web:1')
  expect(await commitOf(folder)).toBeUndefined()
  git('add', '-A')
  git('commit', '-qm', 'one')
  const id = git('rev-parse', 'HEAD').toString().trim()
  expect(await commitOf(folder)).toEqual({ id, dirty: false })
  write('web:2')
  expect(await commitOf(folder)).toEqual({ id, dirty: true })
})

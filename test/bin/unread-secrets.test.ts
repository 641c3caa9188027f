import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { main } from '../../bin/cli.ts'
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

async function stowage(env: NodeJS.ProcessEnv, ...args: string[]) {
  const containerDefinitions = [
    {
      name: 'c',
      image: 'registry.lab:5000/lab/sleep:1',
      stopTimeout: 0,
      secrets: [{ name: 'TOKEN', valueFrom: 'env:STOWAGE_TEST_TOKEN' }],
    },
  ]
  const deploymentConfiguration = { steadyAfterSeconds: 1 }
  const value = {
    schemaVersion: 1,
    cluster: 'prod',
    containerInstances: { a: { address } },
    taskDefinitions: { web: { containerDefinitions } },
    services: { web: { taskDefinition: 'web', desiredCount: 1, deploymentConfiguration } },
  }
  writeFileSync(join(folder, 'prod.json'), JSON.stringify(value))
  const terminal = fakeTerminal({ cwd: folder, env })
  const code = await main([...args, '--document', 'prod.json'], terminal)
  return { code, all: terminal.out() + terminal.err() }
}

test('a secret that cannot be read is taken to be as it was only where something has it', async () => {
  const first = await stowage({}, 'diff')
  expect(first.all).toContain('apply needs it')
  expect(first.all).not.toContain('as it was')
  const applied = await stowage({ STOWAGE_TEST_TOKEN: 'hunter2' }, 'apply', '--yes')
  expect(applied.code, applied.all).toBe(0)
  expect((await stowage({}, 'diff')).all).toContain('it is taken to be as it was')
})

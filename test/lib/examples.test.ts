import { execFile } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { parseDesiredState } from '../../engine/desired-state/parse.ts'

/** Runs an example's app as a person does; its documents by file name. */
async function synth(example: string, env: NodeJS.ProcessEnv = {}): Promise<Map<string, string>> {
  const folder = mkdtempSync(join(tmpdir(), 'stowage-example-'))
  try {
    await promisify(execFile)(process.execPath, ['--import', 'tsx', 'app.ts'], {
      cwd: fileURLToPath(new URL(`../../examples/${example}/`, import.meta.url)),
      env: { ...process.env, ...env, STOWAGE_OUT: folder },
    })
    return new Map(readdirSync(folder).map(name => [name, readFileSync(join(folder, name), 'utf8')]))
  } finally {
    rmSync(folder, { recursive: true })
  }
}

test('hello gives a document that parses, for the hosts and the version of the environment', {
  timeout: 60_000,
}, async () => {
  const documents = await synth('hello', { HELLO_HOSTS: 'ssh://root@a,ssh://root@b', HELLO_VERSION: '2' })
  expect([...documents.keys()]).toEqual(['hello.json'])
  expect(parseDesiredState(documents.get('hello.json'))).toMatchObject({
    ok: true,
    state: {
      containerInstances: { 'host-1': { address: 'ssh://root@a' }, 'host-2': { address: 'ssh://root@b' } },
      taskDefinitions: { web: { containerDefinitions: [{ image: 'nginx:2' }] } },
      services: { agent: { schedulingStrategy: 'DAEMON' }, web: { desiredCount: 6 } },
    },
  })
})

test('shop gives two documents that parse', { timeout: 60_000 }, async () => {
  const documents = await synth('shop')
  expect([...documents.keys()].sort()).toEqual(['prod.json', 'staging.json'])
  for (const text of documents.values()) expect(parseDesiredState(text)).toMatchObject({ ok: true })
})

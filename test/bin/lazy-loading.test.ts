import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { temporaryFolder } from './temporary-folder.ts'

const BIN = fileURLToPath(new URL('../../bin/stowage.ts', import.meta.url))
const HOOK = `export async function resolve(specifier, context, next) {
  if (['ssh2', 'dockerode', 'age-encryption'].includes(specifier)) throw new Error('loads ' + specifier)
  return await next(specifier, context)
}`
const folder = temporaryFolder({
  'hook.mjs': HOOK,
  'refuse.mjs': `import { register } from 'node:module'\nregister('./hook.mjs', import.meta.url)`,
  'prod.json': JSON.stringify({
    schemaVersion: 1,
    cluster: 'prod',
    containerInstances: { a: { address: 'ssh://127.0.0.1:1' } },
    taskDefinitions: {
      a: {
        containerDefinitions: [{ name: 'a', image: 'a', secrets: [{ name: 'A', valueFrom: 'age:a.age#A' }] }],
      },
    },
    services: { a: { taskDefinition: 'a' } },
  }),
})

/** Runs the command where none of ssh2, dockerode and age-encryption can be loaded. */
function stowage(...args: string[]) {
  const loader = ['--import', import.meta.resolve('tsx'), '--import', `${folder}/refuse.mjs`]
  const { status, stdout, stderr } = spawnSync(process.execPath, [...loader, BIN, ...args], {
    cwd: folder,
    encoding: 'utf8',
  })
  return { status, text: stdout + stderr }
}

test.each([
  ['--help', 'Commands:'],
  ['diff --help', '--exit-code'],
  ['--version', '.'],
  ['validate --document prod.json', '✓ prod.json'],
  ['synth --app', '--app is followed by no value'],
])('stowage %s loads none of ssh2, dockerode and age-encryption', (args, text) => {
  const ran = stowage(...args.split(' '))
  expect(ran.text).toContain(text)
  expect(ran.text).not.toContain('loads ')
})

test('synth loads none of ssh2, dockerode and age-encryption', () => {
  const ran = stowage('synth', '--app', 'cp prod.json "$STOWAGE_OUT"')
  expect(ran.text).toContain('stowage.out/prod.json')
  expect(ran.status).toBe(0)
})

test('a command that speaks to a host does load them', () => {
  expect(stowage('ps', '--document', 'prod.json').text).toMatch(/loads (?:ssh2|dockerode)/)
})

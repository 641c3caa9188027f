import { spawnSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { main } from '../../bin/cli.ts'
import { parseDesiredState } from '../../engine/desired-state/parse.ts'
import { fakeTerminal } from './fake-terminal.ts'
import { temporaryFolder } from './temporary-folder.ts'

const CONTAINER = { name: 'app', image: 'app:1', memory: 64 }
const PRINTED = {
  taskDefinition: {
    family: 'web',
    revision: 7,
    taskRoleArn: 'arn:aws:iam::1:role/r',
    pidMode: '',
    containerDefinitions: [{ ...CONTAINER, cpu: '256', secrets: [{ name: 'A', valueFrom: '/prod/a' }] }],
  },
}
const folder = temporaryFolder({
  'web.json': JSON.stringify(PRINTED),
  'api.json': JSON.stringify({ containerDefinitions: [CONTAINER] }),
  "it's $(here).json": JSON.stringify({ ...PRINTED.taskDefinition, revision: undefined }),
  'broken.json': '{"family": ',
})

async function stowage(...args: string[]) {
  const terminal = fakeTerminal({ cwd: folder })
  const code = await main(['import', ...args], terminal)
  return { code, out: terminal.out(), err: terminal.err() }
}

const IGNORING = ['--lenient', '--ignore-unsupported', 'taskRoleArn,secrets:aws']

describe('stowage import task-definition', () => {
  test('refuses all at once, writes nothing, and prints the command that would take it', async () => {
    const { code, out, err } = await stowage('task-definition', 'web.json')
    expect({ code, out }).toEqual({ code: 1, out: '' })
    for (const line of [
      '✗ IMPORT_INVALID  web.json /taskDefinition: is in what describe-task-definition prints: lenient, it is taken out of it',
      '✗ IMPORT_INVALID  web.json /taskDefinition/revision: is what tools only show: lenient, it is left out',
      '✗ IMPORT_INVALID  web.json /taskDefinition/pidMode: is "": lenient, it is left out',
      '✗ IMPORT_INVALID  web.json /taskDefinition/containerDefinitions/0/cpu: is "256": lenient, it is 256',
      '✗ FIELD_UNSUPPORTED  web.json /taskDefinition/taskRoleArn: taskRoleArn does nothing here',
      '✗ FIELD_UNSUPPORTED  web.json /taskDefinition/containerDefinitions/0/secrets/0: secrets:aws does nothing here',
      '6 errors in web.json; nothing was written',
      '  stowage import task-definition web.json --lenient --ignore-unsupported taskRoleArn,secrets:aws\n',
    ])
      expect(err).toContain(line)
  })

  test('writes TypeScript to stdout, and says on stderr what it changed and left out', async () => {
    const { code, out, err } = await stowage('task-definition', 'web.json', ...IGNORING)
    expect(code).toBe(0)
    expect(out).toContain('export function webTaskDefinition(scope: Cluster): TaskDefinition {')
    expect(out).toContain('// left out, as it does nothing here: /taskRoleArn "arn:aws:iam::1:role/r"')
    expect(out).toContain("ignoreUnsupported: ['taskRoleArn', 'secrets:aws']")
    expect(err).toContain('~ web.json /taskDefinition/containerDefinitions/0/cpu: "256" → 256\n')
    expect(err).toContain('! FIELD_IGNORED  web.json /taskDefinition/taskRoleArn: taskRoleArn is left out: ')
  })

  test('writes a document with --format json, of several files, which says what is ignored', async () => {
    const args = ['web.json', 'api.json', '--format', 'json', '--cluster', 'edge', ...IGNORING]
    const { code, out } = await stowage('task-definition', ...args)
    expect(code).toBe(0)
    const parsed = parseDesiredState(out)
    if (!parsed.ok) throw new Error(out)
    expect(parsed.state.cluster).toBe('edge')
    expect(Object.keys(parsed.state.taskDefinitions)).toEqual(['api', 'web'])
    expect(parsed.warnings.map(w => w.pointer)).toEqual([
      '/taskDefinitions/web/containerDefinitions/0/secrets/0',
      '/taskDefinitions/web/taskRoleArn',
    ])
  })

  test('prints one value of JSON with --json', async () => {
    const { out } = await stowage('task-definition', 'web.json', '--json', ...IGNORING)
    expect(JSON.parse(out)).toMatchObject({
      taskDefinitions: { web: { ignoreUnsupported: ['taskRoleArn', 'secrets:aws'] } },
      files: [{ file: 'web.json', family: 'web', stripped: [{}, {}, {}, {}], warnings: [{}, {}] }],
    })
  })

  test('prints a command that a shell reads as it is meant', async () => {
    const { err } = await stowage('task-definition', "it's $(here).json")
    expect(err).toContain("stowage import task-definition 'it'\\''s $(here).json' --lenient")
  })

  test('two files of one family are both named', async () => {
    writeFileSync(join(folder, 'copy.json'), readFileSync(join(folder, 'api.json')))
    writeFileSync(
      join(folder, 'other.json'),
      JSON.stringify({ family: 'copy', containerDefinitions: [CONTAINER] }),
    )
    const { err } = await stowage('task-definition', 'copy.json', 'other.json')
    expect(err).toContain('other.json /family: copy is the family of copy.json, too')
    expect(err).toContain('1 error in other.json; nothing was written\n')
  })

  test('a misspelt name is not offered again, and what is asked for already is not hinted at', async () => {
    const typo = ['--ignore-unsupported', 'taskRolArn, secrets:aws']
    const { err } = await stowage('task-definition', 'web.json', '--lenient', ...typo)
    expect(err).toContain('did you mean taskRoleArn?')
    expect(err).toContain(
      'to leave out what does nothing here:\n  stowage import task-definition web.json --lenient --ignore-unsupported secrets:aws,taskRoleArn\n',
    )
    const alone = await stowage('task-definition', 'api.json', '--ignore-unsupported', 'taskRolArn')
    expect(alone.err).not.toContain('stowage import task-definition api.json')
  })

  test.each([
    [['task-definition', 'broken.json'], 'broken.json: not JSON: the text ends where a value is expected'],
    [['task-definition', 'none.json'], 'none.json cannot be read'],
    [
      ['task-definition', 'web.json', 'web.json', ...IGNORING],
      'web is the family of web.json, too\n  next: ',
    ],
    [['task-definition', 'api.json', '--ignore-unsupported', 'taskRolArn'], 'did you mean taskRoleArn?'],
    [['task-definition'], 'FILES is missing: stowage import task-definition <files..>'],
    [['task-definition', '-'], 'Name a file; /dev/stdin is what is piped in.'],
    [['service', 'x.json'], 'service is one word too many'],
    [[], 'Name what is to be imported: task-definition.'],
  ])('refuses %j', async (args, message) => {
    const { code, out, err } = await stowage(...args)
    expect({ code, out }).toEqual({ code: 1, out: '' })
    expect(err).toContain(message)
  })
})

test('takes what is piped in', () => {
  const tsx = fileURLToPath(import.meta.resolve('tsx'))
  const bin = fileURLToPath(new URL('../../bin/stowage.ts', import.meta.url))
  const args = ['--import', tsx, bin, 'import', 'task-definition', '/dev/stdin', ...IGNORING]
  const { status, stdout } = spawnSync(process.execPath, args, {
    input: JSON.stringify(PRINTED),
    encoding: 'utf8',
    cwd: folder,
  })
  expect({ status, written: stdout.includes('webTaskDefinition') }).toEqual({ status: 0, written: true })
})

test('every flag of import is in the documentation', () => {
  const docs = readFileSync(join(import.meta.dirname, '../../docs/cli.md'), 'utf8')
  for (const flag of ['--format', '--lenient', '--ignore-unsupported']) expect(docs).toContain(`\`${flag}`)
})

import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { main } from '../../bin/cli.ts'
import { fakeTerminal } from './fake-terminal.ts'
import { temporaryFolder } from './temporary-folder.ts'

const WEB = {
  schemaVersion: 1,
  cluster: 'prod',
  containerInstances: { a: { address: 'ssh://a' } },
  taskDefinitions: { web: { containerDefinitions: [{ name: 'nginx', image: 'nginx:1' }] } },
  services: { web: { taskDefinition: 'web' } },
}
const LIB = fileURLToPath(new URL('../../lib/index.ts', import.meta.url))

async function stowage(cwd: string, ...args: string[]) {
  const terminal = fakeTerminal({ cwd })
  const code = await main(args, terminal)
  return { code, out: terminal.out(), err: terminal.err() }
}

/** An app as people write it; `edit` goes before app.synth(). */
function app(edit = ''): string {
  return `import { App, Cluster, ContainerImage, Service, TaskDefinition } from ${JSON.stringify(LIB)}
const app = new App()
const prod = new Cluster(app, 'prod')
prod.addContainerInstance('a', { address: 'ssh://a' })
const web = new TaskDefinition(prod, 'web')
web.addContainer('nginx', { image: ContainerImage.fromRegistry('nginx:1'), memoryLimitMiB: 64 })
new Service(prod, 'web', { taskDefinition: web, desiredCount: Number(process.env.COUNT ?? 2) })
${edit}
app.synth()
`
}

describe('the command line', () => {
  const cwd = temporaryFolder()
  test.each([
    [['frobnicate'], 'there is no command frobnicate'],
    [['dif'], 'diff'],
    [['diff', '--frobnicate'], 'there is no flag --frobnicate'],
    [[], 'Name a command.'],
    [['apply', '--timeout', 'soon'], 'take a number of seconds'],
    [['diff', '--document', 'a', '--document', 'b'], '--document is given twice'],
    [['diff', '--document', 'a', '--cluster', 'b'], 'mutually exclusive'],
    [['ps', '--on-unreachable', 'cry'], 'Invalid values'],
  ])('refuses %j', async (args, message) => {
    const { code, out, err } = await stowage(cwd, ...args)
    expect({ code, out }).toEqual({ code: 1, out: '' })
    expect(err).toContain(message)
    expect(err).toMatch(/^✗ USAGE_INVALID {2}/)
  })

  test('an output folder that is a file is no fault of ours', async () => {
    writeFileSync(join(cwd, 'a-file'), '')
    expect((await stowage(cwd, 'validate', '--out', 'a-file')).err).toMatch(/^✗ DOCUMENT_NOT_FOUND {2}/)
    writeFileSync(join(cwd, 'app.ts'), app())
    mkdirSync(join(cwd, 'folder', 'prod.json'), { recursive: true })
    const { err } = await stowage(cwd, 'synth', '--app', 'app.ts', '--out', 'folder/prod.json/../../a-file')
    expect(err).toContain('a-file cannot be read')
  })

  test.runIf(existsSync('/dev/full')).each([
    ['a reader that is gone', '| true', 0],
    ['a disk that is full', '> /dev/full', 1],
  ])('goes on to its end with %s', (_, sink, code) => {
    const tsx = fileURLToPath(import.meta.resolve('tsx'))
    const bin = fileURLToPath(new URL('../../bin/stowage.ts', import.meta.url))
    const line = `set -o pipefail; "${process.execPath}" --import "${tsx}" "${bin}" --help ${sink}`
    const { status, stderr } = spawnSync('bash', ['-c', line], { cwd, encoding: 'utf8' })
    expect({ status, stack: /\n +at /.test(stderr) }).toEqual({ status: code, stack: false })
  })

  test('prints an error as JSON on stdout with --json', async () => {
    const { code, out, err } = await stowage(cwd, 'diff', '--json')
    expect({ code, err }).toEqual({ code: 1, err: '' })
    expect(JSON.parse(out)).toMatchObject({ error: { code: 'DOCUMENT_NOT_FOUND', problems: [] } })
  })
})

describe('the document that is worked on', () => {
  const folder = temporaryFolder({
    'one.json': JSON.stringify({ ...WEB, cluster: 'one' }),
    'two.json': JSON.stringify({ ...WEB, cluster: 'two' }),
    'bad.json': JSON.stringify({ ...WEB, cluster: 'bad', servces: {}, taskDefinitions: { web: {} } }),
  })

  test('several clusters want a name', async () => {
    const { code, err } = await stowage(folder, 'ps', '--out', '.')
    expect(code).toBe(1)
    expect(err).toContain('✗ CLUSTER_UNKNOWN  there are 3 clusters, and none was named: bad, one, two')
  })

  test('an unknown cluster is told which there are', async () => {
    const { err } = await stowage(folder, 'diff', '--out', '.', '--cluster', 'three')
    expect(err).toContain('✗ CLUSTER_UNKNOWN  no document is of the cluster "three"; there are bad, one, two')
  })

  test.each(['diff', 'apply', 'destroy', 'ps'])(
    '%s of an invalid document contacts nothing',
    async command => {
      const { code, err } = await stowage(folder, command, '--document', 'bad.json')
      expect(code).toBe(1)
      expect(err).toContain('did you mean services?')
      expect(err).toContain('2 errors in bad.json; no host was contacted')
    },
  )

  test('validate prints every problem of every document', async () => {
    const { code, out, err } = await stowage(folder, 'validate', '--out', '.')
    expect(code).toBe(1)
    expect(out.split('\n')).toEqual([
      '✓ one.json  cluster one: 1 container instance, 1 task definition, 1 service',
      '✓ two.json  cluster two: 1 container instance, 1 task definition, 1 service',
      '',
    ])
    expect(err.match(/✗ DOCUMENT_INVALID {2}bad\.json/g)).toHaveLength(2)
  })

  test('validate --json gives pointers and suggestions', async () => {
    const { code, out } = await stowage(folder, 'validate', '--out', '.', '--cluster', 'bad', '--json')
    expect(code).toBe(1)
    const report: unknown = JSON.parse(out)
    expect(report).toMatchObject({ valid: false, documents: [{ cluster: 'bad', valid: false }] })
    expect(out).toContain('"suggestion":"services"')
  })
})

describe('what ignoreUnsupported leaves out', () => {
  const WARNING =
    /^! FIELD_IGNORED  (stowage\.out\/)?prod\.json \/taskDefinitions\/web\/containerDefinitions\/0\/logConfiguration: logConfiguration:awslogs is left out: CloudWatch .+\n  next: .+\n$/

  test('is told by synth and by validate, for a person and for a program', async () => {
    const awslogs = "logging: new GenericLogDriver({ logDriver: 'awslogs' }), memoryLimitMiB"
    const text = app()
      .replace('import { ', 'import { GenericLogDriver, ')
      .replace("'web')", "'web', { ignoreUnsupported: ['logConfiguration:awslogs'] })")
      .replace('memoryLimitMiB', awslogs)
    const folder = temporaryFolder({ 'app.ts': text })
    expect(await stowage(folder, 'synth', '--app', 'app.ts')).toMatchObject({
      code: 0,
      err: expect.stringMatching(WARNING),
    })
    expect(await stowage(folder, 'validate')).toMatchObject({ code: 0, err: expect.stringMatching(WARNING) })
    const { out } = await stowage(folder, 'validate', '--json')
    expect(JSON.parse(out).documents[0].warnings).toMatchObject([{ code: 'FIELD_IGNORED' }])
  })

  test('is an error without it, with the code of its own', async () => {
    const { taskDefinitions } = WEB
    const task = { ...taskDefinitions.web, taskRoleArn: 'arn:aws:iam::1:role/r' }
    const folder = temporaryFolder({ 'a.json': JSON.stringify({ ...WEB, taskDefinitions: { web: task } }) })
    const { code, err } = await stowage(folder, 'validate', '--document', 'a.json')
    expect(code).toBe(1)
    expect(err).toMatch(
      /^✗ FIELD_UNSUPPORTED  a\.json \/taskDefinitions\/web\/taskRoleArn: taskRoleArn does nothing/,
    )
  })
})

describe('synth', () => {
  const folder = temporaryFolder({ 'app.ts': app(), 'stowage.config.json': '{ "app": "app.ts" }' })
  const document = join(folder, 'stowage.out/prod.json')

  test('writes new documents, then finds them unchanged; --check compares and writes nothing', async () => {
    const first = await stowage(folder, 'synth')
    expect(first.err).toBe('')
    expect(first.out).toBe('stowage.out/prod.json  1 container instance  1 task definition  1 service  new\n')
    const text = readFileSync(document, 'utf8')
    expect((await stowage(folder, 'synth')).out).toContain('unchanged')
    expect(readFileSync(document, 'utf8')).toBe(text)
    expect((await stowage(folder, 'synth', '--check')).code).toBe(0)

    const terminal = fakeTerminal({ cwd: folder, env: { COUNT: '5' } })
    expect(await main(['synth', '--check'], terminal)).toBe(1)
    expect(terminal.out()).toMatch(/- +desiredCount: 2\n\+ +desiredCount: 5/)
    expect(terminal.err()).toContain('✗ SYNTH_STALE  stowage.out/prod.json: not what the app gives now')
    expect(readFileSync(document, 'utf8')).toBe(text)
  })

  test('all errors of the constructs, and nothing written', async () => {
    const bad = temporaryFolder({
      'app.ts': app(
        "new Service(prod, 'x', { taskDefinition: web, desiredCount: -1 }); new Service(prod, 'y', { taskDefinition: web, desiredCount: -2 })",
      ),
    })
    const { code, err } = await stowage(bad, 'synth', '--app', 'app.ts')
    expect(code).toBe(1)
    expect(err.match(/✗ SYNTH_INVALID {2}prod\//g)).toHaveLength(2)
    expect(err).not.toContain('    at ')
    expect(existsSync(join(bad, 'stowage.out'))).toBe(false)
  })

  test('a command of any kind may write the documents', async () => {
    const any = temporaryFolder({ 'it.json': JSON.stringify(WEB) })
    const command = 'cp it.json "$STOWAGE_OUT/prod.json" && echo made'
    const { code, out, err } = await stowage(any, 'synth', '--app', command, '--json')
    expect({ code, err }).toEqual({ code: 0, err: 'made\n' })
    expect(JSON.parse(out)).toMatchObject({
      upToDate: false,
      documents: [{ cluster: 'prod', status: 'new', services: 1 }],
    })
  })

  test.each([
    ['false', 'APP_FAILED', 'false ended with exit code 1'],
    ['true', 'APP_FAILED', 'true ended well and wrote no document'],
    ['echo "{}" > "$STOWAGE_OUT/x.json"', 'DOCUMENT_INVALID', 'stowage.out/x.json'],
    ['nothing.ts', 'APP_FAILED', 'there is no file'],
  ])('an app that is `%s` fails with %s', async (command, code, message) => {
    const { code: exit, err } = await stowage(temporaryFolder(), 'synth', '--app', command)
    expect(exit).toBe(1)
    expect(err).toContain(code)
    expect(err).toContain(message)
  })

  test('a document whose cluster is gone is kept and told of, and fails --check', async () => {
    const stale = temporaryFolder({
      'app.ts': app(),
      'stowage.config.json': '{ "app": "app.ts", "output": "." }',
      'old.json': JSON.stringify({ ...WEB, cluster: 'old' }),
    })
    const { code, out } = await stowage(stale, 'synth')
    // the configuration lies in the same folder, and is no document
    expect(out).toContain('next: stowage destroy --document old.json, then delete the file')
    expect(out).not.toContain('stowage.config.json')
    expect(code).toBe(0)
    expect(existsSync(join(stale, 'old.json'))).toBe(true)
    expect((await stowage(stale, 'synth', '--check')).code).toBe(1)
  })
})

import { execFile } from 'node:child_process'
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createFakeHost } from './fake/fake-host.ts'

const REPOSITORY = resolve(import.meta.dirname, '..')
const TSC = join(REPOSITORY, 'node_modules/typescript-native/bin/tsc')
const EXAMPLES = readdirSync(join(REPOSITORY, 'examples')).sort()
const INSTALL_TIMEOUT_MS = 240_000

const APP = `import { App, Cluster, ContainerImage, Duration, Service, TaskDefinition } from 'stowage'

const app = new App()
const prod = new Cluster(app, 'prod')
prod.addContainerInstance('one', { address: 'ssh://deploy@192.0.2.1' })
const web = new TaskDefinition(prod, 'web')
web.addContainer('nginx', {
  image: ContainerImage.fromRegistry('nginx:1.29'),
  memoryLimitMiB: 128,
  healthCheck: { command: ['CMD-SHELL', 'true'], interval: Duration.seconds(5) },
})
new Service(prod, 'web', { taskDefinition: web, desiredCount: 2 })
app.synth()
`
const ASSERTIONS = `import { App, Cluster, ContainerImage, Service, TaskDefinition } from 'stowage'
import { Match, Template } from 'stowage/testing'

const cluster = new Cluster(new App(), 'prod')
cluster.addContainerInstance('one', { address: 'unix:///var/run/docker.sock' })
const taskDefinition = new TaskDefinition(cluster, 'web')
taskDefinition.addContainer('web', { image: ContainerImage.fromRegistry('nginx'), memoryLimitMiB: 64 })
new Service(cluster, 'web', { taskDefinition, desiredCount: 2 })
const template = Template.fromCluster(cluster)
template.hasService('web', { desiredCount: 2, taskDefinition: Match.anyValue() })
// @ts-expect-error a cluster has a name
export const wrong = () => new Cluster(new App())
`
const TSCONFIG = {
  compilerOptions: {
    module: 'nodenext',
    moduleResolution: 'nodenext',
    target: 'es2023',
    lib: ['es2023'],
    types: [],
    strict: true,
    noEmit: true,
    // as tsx wants the imports of an app's own files
    allowImportingTsExtensions: true,
    checkJs: true,
    // the types of the package are held to, not only those of the app
    skipLibCheck: false,
  },
  include: ['*.ts', '*.js'],
}

// Written for each process of a command, when it ends: the CommonJS modules that it has loaded.
const LIST_MODULES = `import { Module } from 'node:module'
import { writeFileSync } from 'node:fs'
process.on('exit', () =>
  writeFileSync(\`\${process.env.MODULES_FOLDER}/\${process.pid}.json\`, JSON.stringify(Object.keys(Module._cache))),
)
`

it('the README installs the package by the name that npm pack gives it', () => {
  const read = (file: string) => readFileSync(join(REPOSITORY, file), 'utf8')
  const { name, version } = JSON.parse(read('package.json')) as { name: string; version: string }
  expect(read('README.md')).toContain(`npm install ../stowage/${name}-${version}.tgz`)
  expect(read('README.md')).not.toMatch(/npm install stowage\b/)
})

describe('the packed package in an empty folder', () => {
  const root = mkdtempSync(join(tmpdir(), 'stowage-package-'))
  const folder = join(root, 'mine')
  let tarball = ''

  beforeAll(async () => {
    // what npm test has built is packed: other tests use it, so it is not built again
    await run('npm', ['pack', '--ignore-scripts', '--pack-destination', root], REPOSITORY)
    tarball = join(root, readdirSync(root).find(name => name.endsWith('.tgz')) ?? '')
    mkdirSync(folder)
    writeFileSync(join(folder, 'package.json'), '{ "private": true, "type": "module" }\n')
    await run('npm', ['install', '--prefer-offline', '--no-audit', '--no-fund', tarball], folder)
    writeFileSync(join(folder, 'app.ts'), APP)
    writeFileSync(join(folder, 'app.js'), APP)
    writeFileSync(join(folder, 'stowage.config.json'), '{ "app": "app.ts" }\n')
  }, INSTALL_TIMEOUT_MS)
  afterAll(() => rmSync(root, { recursive: true, force: true }))

  it('has the compiled program, its types, the schema and the documents about it, and no sources', () => {
    const installed = join(folder, 'node_modules/stowage')
    const top = readdirSync(installed)
    for (const name of ['dist', 'docs', 'CHANGELOG.md', 'LICENSE', 'package.json'])
      expect(top).toContain(name)
    const files = readdirSync(installed, { recursive: true, encoding: 'utf8' })
    expect(
      files.filter(file => /(?<!\.d)\.ts$|\.test\.|^(test|examples|lib|engine|bin)\b/.test(file)),
    ).toEqual([])
  })

  it('answers npx stowage --help and --version', async () => {
    const help = await run('npx', ['--no-install', 'stowage', '--help'], folder)
    for (const command of ['synth', 'diff', 'apply', 'destroy', 'ps', 'validate'])
      expect(help).toContain(command)
    const { version } = JSON.parse(readFileSync(join(REPOSITORY, 'package.json'), 'utf8'))
    expect((await run('npx', ['--no-install', 'stowage', '--version'], folder)).trim()).toBe(version)
  })

  it('synthesizes an app in TypeScript and one in JavaScript to the same bytes', async () => {
    await run('npx', ['--no-install', 'stowage', 'synth'], folder)
    await run('npx', ['--no-install', 'stowage', 'synth', '--app', 'app.js', '--out', 'from-js'], folder)
    const document = readFileSync(join(folder, 'stowage.out/prod.json'), 'utf8')
    expect(JSON.parse(document)).toMatchObject({ cluster: 'prod', services: { web: { desiredCount: 2 } } })
    expect(readFileSync(join(folder, 'from-js/prod.json'), 'utf8')).toBe(document)
  })

  it('gives the types of all that it exports', async () => {
    writeFileSync(join(folder, 'assertions.ts'), ASSERTIONS)
    writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(TSCONFIG))
    expect(await run(process.execPath, [TSC, '-p', '.'], folder)).toBe('')
  })

  it('gives what people assert with, and the schema', async () => {
    writeFileSync(join(folder, 'assertions.mjs'), ASSERTIONS)
    await run(process.execPath, ['assertions.mjs'], folder)
    const schema = createRequire(join(folder, 'app.js')).resolve('stowage/desired-state.schema.json')
    expect(JSON.parse(readFileSync(schema, 'utf8'))).toMatchObject({
      type: 'object',
      title: expect.any(String),
    })
    const document = JSON.parse(readFileSync(join(folder, 'stowage.out/prod.json'), 'utf8'))
    const { $id } = JSON.parse(readFileSync(schema, 'utf8'))
    expect(document.$schema).toBe($id)
  })

  it('is found without a fault by publint', async () => {
    const publint = join(REPOSITORY, 'node_modules/publint/src/cli.js')
    expect(await run(process.execPath, [publint, 'run', tarball, '--strict'], root)).toContain('All good')
  })

  it('loads dockerode and ssh2 only where a host is spoken to', async () => {
    expect(await modulesOf(['--help'])).toEqual([])
    expect(await modulesOf(['synth'])).toEqual([])
    expect(await modulesOf(['validate'])).toEqual([])
    // that they are seen where they are loaded
    const document = readFileSync(join(folder, 'stowage.out/prod.json'), 'utf8')
    const address = 'ssh://deploy@192.0.2.1'
    writeFileSync(join(folder, 'nobody.json'), document.replace(address, 'ssh://deploy@127.0.0.1:1'))
    expect(await modulesOf(['ps', '--document', 'nobody.json'])).toContain('ssh2')
    const host = createFakeHost({ name: 'one' })
    try {
      writeFileSync(join(folder, 'fake.json'), document.replace(address, await host.listen()))
      expect(await modulesOf(['ps', '--document', 'fake.json'])).toContain('dockerode')
    } finally {
      await host.close()
    }
  })

  it.each(EXAMPLES)('runs examples/%s where it is copied to', async example => {
    const copy = join(folder, example)
    cpSync(join(REPOSITORY, 'examples', example), copy, { recursive: true })
    await run('npx', ['--no-install', 'stowage', 'synth', '--out', 'copied'], copy)
    expect(readdirSync(join(copy, 'copied')).length).toBeGreaterThan(0)
    writeFileSync(join(copy, 'tsconfig.json'), JSON.stringify(withNodeTypes()))
    expect(await run(process.execPath, [TSC, '-p', '.'], copy)).toBe('')
  })

  /** Which of the two are loaded by any process of a command. It may fail where nobody is at the address. */
  async function modulesOf(args: readonly string[]): Promise<string[]> {
    const seen = mkdtempSync(join(root, 'modules-'))
    const preload = join(root, 'list-modules.mjs')
    if (!existsSync(preload)) writeFileSync(preload, LIST_MODULES)
    const command = [join(folder, 'node_modules/stowage/dist/bin/stowage.js'), ...args]
    const env = { NODE_OPTIONS: `--import ${pathToFileURL(preload).href}`, MODULES_FOLDER: seen }
    await run(process.execPath, command, folder, env).catch(() => '')
    const lists = readdirSync(seen).map(name => readFileSync(join(seen, name), 'utf8'))
    expect(lists.length).toBeGreaterThan(0)
    return ['dockerode', 'ssh2'].filter(name => lists.some(list => list.includes(`/node_modules/${name}/`)))
  }
})

/** An example may use Node's own modules; their types are this repository's. */
function withNodeTypes() {
  const typeRoots = [join(REPOSITORY, 'node_modules/@types')]
  return { ...TSCONFIG, compilerOptions: { ...TSCONFIG.compilerOptions, types: ['node'], typeRoots } }
}

/** Runs a command to its end; resolves to its stdout, rejects with all that it said where it fails. */
async function run(
  command: string,
  args: readonly string[],
  cwd: string,
  env: Readonly<Record<string, string>> = {},
): Promise<string> {
  try {
    return (await promisify(execFile)(command, [...args], { cwd, env: { ...process.env, ...env } })).stdout
  } catch (error) {
    if (!(error instanceof Error && 'stdout' in error && 'stderr' in error)) throw error
    throw new Error(`${command} ${args.join(' ')}\n${String(error.stdout)}\n${String(error.stderr)}`, {
      cause: error,
    })
  }
}

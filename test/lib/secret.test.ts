import { expect, it } from 'vitest'
import { parseDesiredState } from '../../engine/desired-state/parse.ts'
import {
  App,
  Cluster,
  type ContainerDefinitionOptions,
  ContainerImage,
  EnvironmentFile,
  Secret,
  SecretDelivery,
  Service,
  SynthError,
  TaskDefinition,
} from '../../lib/index.ts'
import { synthesize } from '../../lib/synth.ts'

const image = ContainerImage.fromRegistry('app:1')

function synth(options: Partial<ContainerDefinitionOptions>, mount?: string) {
  const app = new App()
  const cluster = new Cluster(app, 'prod')
  const task = new TaskDefinition(cluster, 'web', { volumes: [{ name: 'v' }] })
  const container = task.addContainer('app', { image, ...options })
  container.addSecret('LAST', Secret.fromEnv('LAST'))
  if (mount !== undefined) container.addMountPoints({ sourceVolume: 'v', containerPath: mount })
  new Service(cluster, 'web', { taskDefinition: task })
  const [document] = synthesize(app)
  return document
}

function problems(options: Partial<ContainerDefinitionOptions>, mount?: string): string[] {
  try {
    synth(options, mount)
    return []
  } catch (error) {
    if (error instanceof SynthError) return error.problems.map(p => p.message)
    throw error
  }
}

it('secrets, environment files and logins are in the document as their sources', () => {
  const document = synth({
    image: ContainerImage.fromRegistry('app:1', { credentials: Secret.fromFile('login.json') }),
    secrets: {
      'tls.key': Secret.fromFile('tls.key', { deliverAs: SecretDelivery.FILE }),
      DB: Secret.fromCommand('op read "op://prod/db"'),
      KEY: Secret.fromAge('prod.json.age', 'key'),
    },
    environmentFiles: [EnvironmentFile.fromAsset('b.env'), EnvironmentFile.fromAsset('a.env')],
  })
  expect(parseDesiredState(document)).toMatchObject({ ok: true })
  expect(document?.taskDefinitions?.['web']?.containerDefinitions[0]).toEqual({
    name: 'app',
    image: 'app:1',
    secrets: [
      { name: 'DB', valueFrom: 'exec:op read "op://prod/db"' },
      { name: 'KEY', valueFrom: 'age:prod.json.age#key' },
      { name: 'LAST', valueFrom: 'env:LAST' },
      { name: 'tls.key', valueFrom: 'file:tls.key', deliverAs: 'file' },
    ],
    environmentFiles: [{ value: 'b.env' }, { value: 'a.env' }],
    repositoryCredentials: { credentialsParameter: 'file:login.json' },
  })
})

it.each<[Partial<ContainerDefinitionOptions>, string]>([
  [{ environment: { LAST: 'x' } }, 'LAST is in environment and in secrets'],
  [{ secrets: { A: Secret.fromEnv('') } }, 'the secret A has an empty source'],
  [{ secrets: { A: Secret.fromEnv('A=B') } }, 'with "=" in its name'],
  [{ secrets: { A: Secret.fromAge('', 'db') } }, 'an age file with an empty path or key'],
  [{ secrets: { A: Secret.fromAge('a.age', '') } }, 'an age file with an empty path or key'],
  [{ secrets: { A: Secret.fromCommand('op "read') } }, 'a quote that is not closed'],
  [{ secrets: { A: Secret.fromCommand(' ') } }, 'a command without a program'],
  [{ secrets: { 'A=B': Secret.fromEnv('A') } }, 'the name of a secret must be'],
  [
    { secrets: { '../a': Secret.fromEnv('A', { deliverAs: SecretDelivery.FILE }) } },
    'is a file, and so has a name',
  ],
  [{ environmentFiles: [EnvironmentFile.fromAsset('a.txt')] }, 'ends in .env'],
  [
    { environmentFiles: Array.from({ length: 11 }, () => EnvironmentFile.fromAsset('a.env')) },
    'at most 10 environment files',
  ],
  [
    { image: ContainerImage.fromRegistry('app', { credentials: Secret.fromFile('') }) },
    'the registry login has an empty source',
  ],
])('%j is refused', (options, words) => {
  expect(problems(options).join('\n')).toContain(words)
})

it('a volume where its secrets are put is refused', () => {
  const secrets = { A: Secret.fromEnv('A', { deliverAs: SecretDelivery.FILE }) }
  expect(problems({ secrets }, '/run/secrets/')).toEqual(['/run/secrets/ is where its secrets are put'])
  expect(problems({}, '/run/secrets')).toEqual([])
})

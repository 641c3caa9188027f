import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { inspect } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ResolvedSecrets } from '../../../engine/apply/resolved-secrets.ts'
import { secretsLabel } from '../../../engine/secrets/fingerprints.ts'
import { changeContainers, document, emptyHosts, instances, settledWorld } from '../../support/worlds.ts'

const VALUE = 'planted-8c1f-value'
let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'stowage-secrets-'))
  writeFileSync(join(folder, 'db.txt'), `${VALUE}\n`)
  writeFileSync(join(folder, 'key.bin'), Buffer.from([0, 255, 10]))
  writeFileSync(join(folder, 'empty.txt'), '')
  writeFileSync(join(folder, 'a.env'), `A=a\nB=from a\nMODE=a\nDB=a\n`)
  writeFileSync(join(folder, 'b.env'), `B=from b\nC=c\n`)
  writeFileSync(join(folder, 'login.json'), JSON.stringify({ username: 'me', password: VALUE }))
})
afterAll(() => rmSync(folder, { recursive: true }))

function documentOf(container: object, image = 'app:1') {
  return document({
    containerInstances: instances('a'),
    taskDefinitions: { web: { containerDefinitions: [{ name: 'app', image, ...container }] } },
    services: { web: { taskDefinition: 'web' } },
  })
}

async function resolved(container: object, env: NodeJS.ProcessEnv = process.env) {
  const desired = documentOf(container)
  const [definition] = desired.taskDefinitions['web']?.containerDefinitions ?? []
  if (!definition) throw new Error('no container')
  return { definition, secrets: await ResolvedSecrets.resolve(desired, { folder, env }) }
}

const secret = (valueFrom: string, more: object = {}) => ({ secrets: [{ name: 'DB', valueFrom, ...more }] })

describe('a source', () => {
  it.each([
    ['env:DB', [`DB=${VALUE}`]],
    ['file:db.txt', [`DB=${VALUE}`]],
    ['exec:cat db.txt', [`DB=${VALUE}`]],
    [`exec:printf '%s|' "a b" $HOME`, ['DB=a b|$HOME|']],
  ])('%s becomes a variable', async (valueFrom, environment) => {
    const { definition, secrets } = await resolved(secret(valueFrom), { ...process.env, DB: VALUE })
    expect(secrets.problems).toEqual([])
    expect(secrets.environmentOf(definition)).toEqual(environment)
  })

  it('becomes an option of the log driver', async () => {
    const secretOptions = [{ name: 'tag', valueFrom: 'file:db.txt' }]
    const { definition, secrets } = await resolved({
      logConfiguration: { logDriver: 'fluentd', secretOptions },
    })
    expect(secrets.logOptionsOf(definition)).toEqual({ tag: VALUE })
    expect(secrets.environmentOf(definition)).toEqual([])
    const bad = [{ name: 'tag', valueFrom: 'file:key.bin' }]
    const other = await resolved({ logConfiguration: { logDriver: 'fluentd', secretOptions: bad } })
    expect(other.secrets.problems.map(p => p.message)).toEqual([
      'file:key.bin is no text; it is for log option tag of web/app',
    ])
  })

  it('that is a file becomes one byte for byte', async () => {
    const { definition, secrets } = await resolved(secret('file:key.bin', { deliverAs: 'file' }))
    expect(secrets.environmentOf(definition)).toEqual([])
    expect(secrets.filesOf(definition)).toEqual([{ name: 'DB', content: Buffer.from([0, 255, 10]) }])
  })

  it.each([
    ['env:NOWHERE', 'env:NOWHERE is not set'],
    ['env:EMPTY', 'env:EMPTY is empty'],
    ['file:nowhere.txt', 'file:nowhere.txt cannot be read (ENOENT)'],
    ['file:.', 'file:. cannot be read (EISDIR)'],
    ['file:empty.txt', 'file:empty.txt is empty'],
    ['file:key.bin', 'file:key.bin is no text, and only a file can take it: "deliverAs": "file"'],
    ['exec:no-such-program', 'exec:no-such-program cannot be run (ENOENT)'],
    ['exec:cat db.txt nowhere', 'exec:cat db.txt nowhere ended with 1'],
    ['exec:true', 'exec:true is empty'],
    ['exec:sh -c "kill -9 $$"', 'exec:sh -c "kill -9 $$" was ended by SIGKILL'],
    ['exec:head -c 1048577 /dev/zero', 'exec:head -c 1048577 /dev/zero is larger than 1 MiB'],
  ])('%s is told, and nothing of its output', async (valueFrom, words) => {
    const { secrets } = await resolved(secret(valueFrom), { ...process.env, EMPTY: '' })
    expect(secrets.problems).toMatchObject([
      { code: 'SECRET_UNAVAILABLE', message: `${words}; it is for secret DB of web/app` },
    ])
  })

  it('that fails does not keep the others from being told', async () => {
    const { secrets } = await resolved({
      secrets: [
        { name: 'A', valueFrom: 'env:NO_A' },
        { name: 'B', valueFrom: 'env:NO_A' },
        { name: 'C', valueFrom: 'file:nowhere' },
      ],
      environmentFiles: [{ value: 'no.env' }],
    })
    expect(secrets.problems.map(p => p.message)).toEqual([
      'env:NO_A is not set; it is for secret A of web/app, secret B of web/app',
      'file:no.env cannot be read (ENOENT); it is for environment file no.env of web/app',
      'file:nowhere cannot be read (ENOENT); it is for secret C of web/app',
    ])
  })

  it('of several secrets is read once', async () => {
    const log = join(folder, 'runs')
    const valueFrom = `exec:sh -c "echo run >> '${log}'; echo value"`.replaceAll("'", '')
    const { secrets } = await resolved({
      secrets: [
        { name: 'A', valueFrom },
        { name: 'B', valueFrom },
      ],
    })
    expect(secrets.problems).toEqual([])
    const { definition, secrets: again } = await resolved({
      secrets: [{ name: 'A', valueFrom: 'file:runs' }],
    })
    expect(again.environmentOf(definition)).toEqual(['A=run'])
  })

  it('that the document does not name is not read, whoever asks', async () => {
    const { secrets } = await resolved(secret('file:db.txt'))
    const { definition } = await resolved(secret('env:HOME'))
    expect(() => secrets.environmentOf(definition)).toThrow('env:HOME was not read')
  })
})

it('environment wins over files and secrets over both; the first file wins over the next', async () => {
  const { definition, secrets } = await resolved({
    ...secret('file:db.txt'),
    environment: [{ name: 'MODE', value: 'document' }],
    environmentFiles: [{ value: 'a.env' }, { value: 'b.env' }],
  })
  expect(secrets.environmentOf(definition).sort()).toEqual(['A=a', 'B=from a', 'C=c', `DB=${VALUE}`])
})

describe('a registry login', () => {
  const asked = async (reference: string) => ({ username: 'docker', serveraddress: reference })

  it('is used for its repository alone, at every tag and digest', async () => {
    const desired = documentOf(
      { repositoryCredentials: { credentialsParameter: 'file:login.json' } },
      'registry.example/team/app:1',
    )
    const login = (await ResolvedSecrets.resolve(desired, { folder, env: {} })).registryAuth(asked)
    const mine = { username: 'me', password: VALUE, serveraddress: 'registry.example' }
    expect(await login('registry.example/team/app:2')).toEqual(mine)
    expect(await login(`registry.example/team/app@sha256:${'0'.repeat(64)}`)).toEqual(mine)
    expect(await login('registry.example/team/other:1')).toMatchObject({ username: 'docker' })
  })

  it('that is no JSON with username and password is told without a word of it', async () => {
    const { secrets } = await resolved({ repositoryCredentials: { credentialsParameter: 'file:db.txt' } })
    expect(secrets.problems.map(p => p.message)).toEqual([
      'file:db.txt is no JSON with username and password; it is for registry login of web/app',
    ])
  })
})

describe('the digests', () => {
  const hosts = emptyHosts('a')

  it('are the same on another machine, by the salt of the labels that are there', async () => {
    const one = await resolved(secret('file:db.txt'))
    const first = await one.secrets.fingerprints(hosts)
    const label = secretsLabel(one.definition, first) ?? ''
    const world = changeContainers(
      settledWorld(documentOf(secret('file:db.txt')), hosts),
      () => true,
      c => ({
        ...c,
        identity: { ...c.identity, secrets: label },
      }),
    )
    const other = await (await resolved(secret('file:db.txt'))).secrets.fingerprints(world)
    expect(other).toEqual(first)
    const apart = await (await resolved(secret('file:db.txt'))).secrets.fingerprints(hosts)
    expect(apart?.salt).not.toBe(first?.salt)
  })

  it('of equal values differ from source to source', async () => {
    const { secrets } = await resolved({
      secrets: [
        { name: 'A', valueFrom: 'file:db.txt' },
        { name: 'B', valueFrom: 'exec:cat db.txt' },
      ],
    })
    const found = await secrets.fingerprints(hosts)
    const digests = [...(found?.digests.get(found.salt)?.values() ?? [])]
    expect(new Set(digests).size).toBe(2)
  })

  it('are none where there are no secrets', async () => {
    expect(await ResolvedSecrets.none().fingerprints(hosts)).toBeUndefined()
  })
})

it('what is printed of the values holds none of them', async () => {
  const { secrets } = await resolved({ ...secret('file:db.txt'), environmentFiles: [{ value: 'a.env' }] })
  const shown = inspect(secrets, { depth: null, showHidden: true }) + JSON.stringify(secrets)
  expect(shown).not.toContain(VALUE)
  expect(shown).not.toContain('from a')
  expect(secrets.redact(`could not log in with ${VALUE} at db, from a`)).toBe(
    'could not log in with *** at db, ***',
  )
})

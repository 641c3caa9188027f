import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { inspect } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { findStored, registryAuth } from '../../../engine/docker/registry-auth.ts'

const auth = Buffer.from('me:pass:word').toString('base64')
const login = { username: 'me', password: 'pass:word' }

test.each([
  ['the registry itself', { 'ghcr.io': { auth } }, 'ghcr.io', { ...login, serveraddress: 'ghcr.io' }],
  ['a URL', { 'https://ghcr.io/v2/': { auth } }, 'ghcr.io', { ...login, serveraddress: 'ghcr.io' }],
  ['another registry', { 'ghcr.io': { auth } }, 'quay.io', undefined],
  ['another port', { 'host:5000': { auth } }, 'host:5001', undefined],
  [
    'Docker Hub',
    { 'https://index.docker.io/v1/': { auth } },
    'https://index.docker.io/v1/',
    { ...login, serveraddress: 'https://index.docker.io/v1/' },
  ],
  [
    'an identity token',
    { 'ghcr.io': { auth: Buffer.from('me:').toString('base64'), identitytoken: 'tok' } },
    'ghcr.io',
    { identitytoken: 'tok', serveraddress: 'ghcr.io' },
  ],
  [
    'a user and a password',
    { 'ghcr.io': { username: 'me', password: 'pass:word' } },
    'ghcr.io',
    { ...login, serveraddress: 'ghcr.io' },
  ],
  ['an empty entry', { 'ghcr.io': {} }, 'ghcr.io', undefined],
])('a login stored for %s', (_, auths, server, found) => {
  expect(findStored(auths, server)).toEqual(found)
})

describe('registryAuth', () => {
  let dir: string
  beforeAll(() => {
    dir = mkdtempSync(join(tmpdir(), 'stowage-docker-'))
    helper('good', `cat > ${dir}/asked; echo '{"ServerURL":"x","Username":"me","Secret":"pass:word"}'`)
    helper('token', `cat > /dev/null; echo '{"Username":"<token>","Secret":"tok"}'`)
    helper('none', `cat > /dev/null; echo 'credentials not found in native keychain'; exit 1`)
    helper('broken', `echo 'my secret is s3cret'; exit 3`)
    helper('odd', `cat > /dev/null; echo 'no JSON'`)
  })
  afterAll(() => rmSync(dir, { recursive: true }))

  function helper(name: string, script: string): void {
    const file = join(dir, `docker-credential-${name}`)
    writeFileSync(file, `#!/bin/sh\n${script}\n`)
    chmodSync(file, 0o755)
  }

  async function ask(reference: string, config: object | string) {
    const folder = mkdtempSync(join(dir, 'config-'))
    writeFileSync(join(folder, 'config.json'), typeof config === 'string' ? config : JSON.stringify(config))
    return await registryAuth(reference, { env: { DOCKER_CONFIG: folder, PATH: `${dir}:/usr/bin:/bin` } })
  }

  test('the login of config.json is found by the image', async () => {
    expect(await ask('ghcr.io/a/b:1', { auths: { 'ghcr.io': { auth } } })).toEqual({
      ...login,
      serveraddress: 'ghcr.io',
    })
    expect(await ask('nginx', { auths: { 'https://index.docker.io/v1/': { auth } } })).toMatchObject(login)
    expect(await ask('nginx', { auths: { 'ghcr.io': { auth } } })).toBeUndefined()
  })

  test('config.json is looked for in the home', async () => {
    const home = mkdtempSync(join(dir, 'home-'))
    expect(await registryAuth('ghcr.io/a', { home, env: {} })).toBeUndefined()
    mkdirSync(join(home, '.docker'))
    writeFileSync(join(home, '.docker', 'config.json'), JSON.stringify({ auths: { 'ghcr.io': { auth } } }))
    expect(await registryAuth('ghcr.io/a', { home, env: {} })).toMatchObject(login)
  })

  test('DOCKER_AUTH_CONFIG wins for the registries that it has', async () => {
    const given = JSON.stringify({ auths: { 'ghcr.io': { auth } } })
    const folder = mkdtempSync(join(dir, 'config-'))
    const other = { username: 'other', password: 'x' }
    writeFileSync(
      join(folder, 'config.json'),
      JSON.stringify({ auths: { 'ghcr.io': other, 'quay.io': other } }),
    )
    const env = { DOCKER_AUTH_CONFIG: given, DOCKER_CONFIG: folder }
    expect(await registryAuth('ghcr.io/a', { env })).toMatchObject(login)
    expect(await registryAuth('quay.io/a', { env })).toMatchObject(other)
    const broken = { ...env, DOCKER_AUTH_CONFIG: '{"auths": s3cret' }
    const error: unknown = await registryAuth('ghcr.io/a', { env: broken }).catch((e: unknown) => e)
    expect(error).toMatchObject({ message: expect.stringContaining('DOCKER_AUTH_CONFIG is not JSON') })
    expect(inspect(error)).not.toContain('s3cret')
  })

  test('a credential helper is asked with the server on its stdin', async () => {
    const config = { credsStore: 'none', credHelpers: { 'ghcr.io': 'good' } }
    expect(await ask('ghcr.io/a', config)).toEqual({ ...login, serveraddress: 'ghcr.io' })
    expect(readFileSync(join(dir, 'asked'), 'utf8')).toBe('ghcr.io')
    expect(await ask('quay.io/a', config)).toBeUndefined()
  })

  test('a credential store is asked for Docker Hub by its URL', async () => {
    expect(await ask('nginx', { credsStore: 'good' })).toMatchObject(login)
    expect(readFileSync(join(dir, 'asked'), 'utf8')).toBe('https://index.docker.io/v1/')
  })

  test('a token of a helper is an identity token', async () => {
    expect(await ask('a.io/x', { credsStore: 'token' })).toEqual({
      identitytoken: 'tok',
      serveraddress: 'a.io',
    })
  })

  test.each([
    ['broken', 'ended with 3'],
    ['odd', 'gave no login'],
    ['missing', 'cannot be run'],
    ['../evil', 'is no name of a program'],
  ])('the helper %s is IMAGE_UNAUTHORIZED without its output', async (credsStore, why) => {
    const error: unknown = await ask('a.io/x', { credsStore }).catch((e: unknown) => e)
    expect(error).toMatchObject({ code: 'IMAGE_UNAUTHORIZED', message: expect.stringContaining(why) })
    expect(error).toMatchObject({ message: expect.stringContaining('CannotPullContainerAuthError') })
    expect(inspect(error)).not.toContain('s3cret')
  })

  test('a config.json that is not JSON is said without quoting it', async () => {
    const error: unknown = await ask('a.io/x', '{"auths": s3cret').catch((e: unknown) => e)
    expect(error).toMatchObject({ code: 'IMAGE_UNAUTHORIZED' })
    expect(inspect(error)).not.toContain('s3cret')
  })
})

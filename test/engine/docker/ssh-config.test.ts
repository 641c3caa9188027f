import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir, userInfo } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { parseJump, parseSshConfig, resolveSshConfig } from '../../../engine/docker/ssh-config.ts'

const fallback = { host: 'web', user: 'me' }

test("nothing from ssh is ssh's defaults", () => {
  expect(parseSshConfig('', fallback)).toEqual({
    hostname: 'web',
    port: 22,
    user: 'me',
    identityFiles: ['~/.ssh/id_rsa', '~/.ssh/id_ecdsa', '~/.ssh/id_ed25519'],
    identitiesOnly: false,
    identityAgent: undefined,
    proxyJump: [],
    proxyCommand: undefined,
    userKnownHostsFiles: ['~/.ssh/known_hosts', '~/.ssh/known_hosts2'],
    globalKnownHostsFiles: ['/etc/ssh/ssh_known_hosts', '/etc/ssh/ssh_known_hosts2'],
    hashKnownHosts: false,
    hostKeyAlias: undefined,
    addressFamily: 'any',
  })
})

test('what ssh -G prints is read', () => {
  const output = [
    'host web',
    'user bob',
    'hostname web.example.net',
    'port 2200',
    'addressfamily inet6',
    'identitiesonly yes',
    'hashknownhosts yes',
    'identityfile ~/.ssh/a key',
    'identityfile ~/.ssh/b',
    'identityagent none',
    'proxyjump near,me@far:2200',
    'hostkeyalias alias',
    'userknownhostsfile /a "/b c"',
    'globalknownhostsfile none',
  ]
  expect(parseSshConfig(output.join('\n'), fallback)).toEqual({
    hostname: 'web.example.net',
    port: 2200,
    user: 'bob',
    identityFiles: ['~/.ssh/a key', '~/.ssh/b'],
    identitiesOnly: true,
    identityAgent: 'none',
    proxyJump: ['near', 'me@far:2200'],
    proxyCommand: undefined,
    userKnownHostsFiles: ['/a', '/b c'],
    globalKnownHostsFiles: [],
    hashKnownHosts: true,
    hostKeyAlias: 'alias',
    addressFamily: 'inet6',
  })
})

test.each([
  ['near', { host: 'near' }],
  ['me@near:2200', { host: 'near', user: 'me', port: 2200 }],
  ['ssh://me@near:2200', { host: 'near', user: 'me', port: 2200 }],
  ['[2001:db8::1]:2200', { host: '2001:db8::1', port: 2200 }],
  ['-oProxyCommand=x', undefined],
  ['-l@near', undefined],
  ['a b', undefined],
  ['', undefined],
])('the jump %s is taken apart', (jump, target) => {
  expect(parseJump(jump)).toEqual(target)
})

describe('resolveSshConfig', () => {
  let home: string
  beforeAll(() => {
    home = mkdtempSync(join(tmpdir(), 'stowage-home-'))
    mkdirSync(join(home, '.ssh'))
    writeFileSync(join(home, '.ssh', 'more'), 'Host web\n HostName %h.example.net\n Port 2200\n')
    writeFileSync(
      join(home, '.ssh', 'config'),
      `Include ${home}/.ssh/more\nHost web\n User bob\n IdentityFile ~/.ssh/%r_%h\n Port 2201\n`,
    )
  })
  afterAll(() => rmSync(home, { recursive: true }))

  test('Include and tokens are resolved, and a home of its own is kept to', async () => {
    expect(await resolveSshConfig({ host: 'web' }, { home })).toMatchObject({
      hostname: 'web.example.net',
      port: 2200,
      user: 'bob',
      identityFiles: [`${home}/.ssh/bob_web.example.net`],
      userKnownHostsFiles: [`${home}/.ssh/known_hosts`, `${home}/.ssh/known_hosts2`],
    })
  })

  test('the address wins over the configuration', async () => {
    expect(await resolveSshConfig({ host: 'web', user: 'eve', port: 22 }, { home })).toMatchObject({
      port: 22,
      user: 'eve',
    })
  })

  test("without ssh on the PATH ssh's defaults hold", async () => {
    const env = { PATH: home }
    expect(await resolveSshConfig({ host: 'web', port: 2222 }, { home, env })).toMatchObject({
      hostname: 'web',
      port: 2222,
      user: userInfo().username,
      identityFiles: [`${home}/.ssh/id_rsa`, `${home}/.ssh/id_ecdsa`, `${home}/.ssh/id_ed25519`],
      userKnownHostsFiles: [`${home}/.ssh/known_hosts`, `${home}/.ssh/known_hosts2`],
    })
  })

  test('a configuration that ssh refuses is HOST_UNREACHABLE with its words', async () => {
    const sshConfigFile = join(home, 'broken')
    writeFileSync(sshConfigFile, 'Nonsense yes\n')
    await expect(resolveSshConfig({ host: 'web' }, { home, sshConfigFile })).rejects.toMatchObject({
      code: 'HOST_UNREACHABLE',
      message: expect.stringMatching(/bad configuration/i),
    })
  })
})

import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type ConnectOptions, connectDockerHost } from '../../../engine/docker/connect.ts'
import { type EngineStandIn, engineStandIn } from './engine-stand-in.ts'
import { type SshPlace, hasSshd, sshPlace, trust } from './ssh-server.ts'
import { until } from './until.ts'

describe.runIf(hasSshd)('the login over SSH', () => {
  let place: SshPlace
  let engine: EngineStandIn
  let options: ConnectOptions
  let count = 0

  beforeAll(async () => {
    place = sshPlace()
    options = {
      home: place.dir,
      env: {},
      identityFiles: [place.identityFile],
      knownHostsFiles: [place.knownHosts],
    }
    engine = await engineStandIn(join(place.dir, 'docker.sock'))
  })
  afterAll(async () => {
    await engine.stop()
    await place.stop()
  })

  /** Connects, asks once, closes. */
  async function ask(address: string, more: ConnectOptions = {}): Promise<void> {
    const host = await connectDockerHost('a', address + engine.socketPath, { ...options, ...more })
    try {
      await host.listContainers()
    } finally {
      host.close()
    }
  }

  function file(content = ''): string {
    count += 1
    const path = join(place.dir, `file-${count}`)
    writeFileSync(path, content)
    return path
  }

  describe('host keys', () => {
    test('an unknown key is refused with its fingerprint', async () => {
      const server = await place.startServer({ trusted: false })
      const [, fingerprint] = execFileSync('ssh-keygen', ['-lf', `${server.hostKeys[0]}.pub`], {
        encoding: 'utf8',
      }).split(' ')
      await expect(ask(server.address)).rejects.toMatchObject({
        code: 'HOST_KEY_UNKNOWN',
        instance: 'a',
        message: `The key of [127.0.0.1]:${server.port} is not known: ssh-ed25519 ${fingerprint}`,
      })
      expect(server.log()).not.toContain('Accepted')
    })

    test('an unknown key is added where that is wanted, in a file for its owner alone', async () => {
      const server = await place.startServer({ trusted: false })
      const known = join(place.dir, 'new', 'known_hosts')
      await ask(server.address, { knownHostsFiles: [known], acceptNewHostKeys: true })
      expect(statSync(known).mode & 0o777).toBe(0o600)
      const before = readFileSync(known, 'utf8')
      expect(before.split('\n')).toHaveLength(2)
      await ask(server.address, { knownHostsFiles: [known], acceptNewHostKeys: true })
      await ask(server.address, { knownHostsFiles: [known] })
      expect(readFileSync(known, 'utf8')).toBe(before)
    })

    test('a key that cannot be added is HOST_KEY_UNKNOWN, and nobody logs in', async () => {
      const server = await place.startServer({ trusted: false })
      const known = '/proc/stowage/known_hosts'
      await expect(
        ask(server.address, { knownHostsFiles: [known], acceptNewHostKeys: true }),
      ).rejects.toMatchObject({ code: 'HOST_KEY_UNKNOWN', message: expect.stringContaining(known) })
      expect(server.log()).not.toContain('Accepted')
    })

    test('an added key goes onto a line of its own, hashed where the configuration says so', async () => {
      const server = await place.startServer({ trusted: false })
      const known = file('# no newline at the end')
      const sshConfigFile = file('HashKnownHosts yes\n')
      await ask(server.address, { knownHostsFiles: [known], sshConfigFile, acceptNewHostKeys: true })
      expect(readFileSync(known, 'utf8')).toMatch(
        /^# no newline at the end\n\|1\|\S+\|\S+ ssh-ed25519 \S+\n$/,
      )
      await ask(server.address, { knownHostsFiles: [known] })
    })

    test('a changed key is never accepted', async () => {
      const server = await place.startServer({ trusted: false })
      const known = file()
      trust(known, server.port, place.makeKey('other_host_key'))
      const before = readFileSync(known, 'utf8')
      await expect(
        ask(server.address, { knownHostsFiles: [known], acceptNewHostKeys: true }),
      ).rejects.toMatchObject({
        code: 'HOST_KEY_CHANGED',
        message: expect.stringContaining(`${known}:1`),
      })
      expect(readFileSync(known, 'utf8')).toBe(before)
      expect(server.log()).not.toContain('Accepted')
    })

    test('a key of another type than the known one is a changed key', async () => {
      const server = await place.startServer({ hostKeys: ['ecdsa'], trusted: false })
      const known = file()
      trust(known, server.port, place.makeKey('other_type_host_key'))
      await expect(
        ask(server.address, { knownHostsFiles: [known], acceptNewHostKeys: true }),
      ).rejects.toMatchObject({
        code: 'HOST_KEY_CHANGED',
      })
    })

    test('a revoked key is refused', async () => {
      const server = await place.startServer({ trusted: false })
      const known = file()
      trust(known, server.port, server.hostKeys[0] ?? '')
      writeFileSync(known, readFileSync(known, 'utf8').replace(/^(\S+) (.*)$/m, '$1 $2\n@revoked * $2'))
      await expect(ask(server.address, { knownHostsFiles: [known] })).rejects.toMatchObject({
        code: 'HOST_KEY_CHANGED',
        message: expect.stringContaining('@revoked'),
      })
    })

    test.each([['ed25519'], ['ecdsa'], ['rsa']])(
      'a host with several keys is asked for the known one: %s',
      async type => {
        const server = await place.startServer({ hostKeys: ['ed25519', 'ecdsa', 'rsa'], trusted: false })
        const known = file()
        trust(known, server.port, server.hostKeys.find(key => key.endsWith(type)) ?? '')
        await ask(server.address, { knownHostsFiles: [known] })
      },
    )

    test('a known_hosts file that ssh-keygen has hashed is read', async () => {
      const server = await place.startServer({ trusted: false })
      const known = file()
      trust(known, server.port, server.hostKeys[0] ?? '')
      execFileSync('ssh-keygen', ['-H', '-f', known], { stdio: 'ignore' })
      expect(readFileSync(known, 'utf8')).not.toContain('127.0.0.1')
      await ask(server.address, { knownHostsFiles: [known] })
    })

    test('HostKeyAlias and UserKnownHostsFile of the configuration are obeyed, StrictHostKeyChecking no is not', async () => {
      const server = await place.startServer({ trusted: false })
      const known = file(`web ${readFileSync(`${server.hostKeys[0]}.pub`, 'utf8')}`)
      const config = [
        'Host *',
        `UserKnownHostsFile ${known}`,
        'StrictHostKeyChecking no',
        `IdentityFile ${place.identityFile}`,
      ]
      const alone = { knownHostsFiles: undefined, identityFiles: [] }
      await ask(server.address, { ...alone, sshConfigFile: file([...config, 'HostKeyAlias web'].join('\n')) })
      await expect(
        ask(server.address, { ...alone, sshConfigFile: file(config.join('\n')) }),
      ).rejects.toMatchObject({
        code: 'HOST_KEY_UNKNOWN',
      })
    })
  })

  describe('keys', () => {
    test('a wrong key is refused by name', async () => {
      const server = await place.startServer()
      const wrong = place.makeKey('wrong')
      await expect(ask(server.address, { identityFiles: [wrong] })).rejects.toMatchObject({
        code: 'SSH_AUTH_FAILED',
        instance: 'a',
        message: expect.stringContaining(`Offered: ${wrong}`),
      })
    })

    test('an encrypted key without an agent is named, and so is one that is not there', async () => {
      const server = await place.startServer()
      const locked = place.makeKey('locked', 'secret')
      await expect(ask(server.address, { identityFiles: [locked, '/nowhere/id'] })).rejects.toMatchObject({
        code: 'SSH_AUTH_FAILED',
        message: expect.stringMatching(/no key to offer.*nowhere\/id is not there.*locked is encrypted/),
      })
    })

    test('an rsa key logs in', async () => {
      const rsa = place.makeKey('rsa', '', 'rsa')
      const server = await place.startServer()
      writeFileSync(server.authorizedKeys, readFileSync(`${rsa}.pub`, 'utf8'))
      await ask(server.address, { identityFiles: [rsa] })
    })

    test('the keys of ~/.ssh are found without being named', async () => {
      const server = await place.startServer()
      const home = join(place.dir, 'person')
      execFileSync('mkdir', ['-p', join(home, '.ssh')])
      execFileSync('cp', [place.identityFile, join(home, '.ssh', 'id_ed25519')])
      execFileSync('cp', [place.knownHosts, join(home, '.ssh', 'known_hosts')])
      await ask(server.address, { home, identityFiles: [], knownHostsFiles: undefined })
    })

    describe('with an agent', () => {
      let agent: ChildProcess
      let socket: string
      beforeAll(async () => {
        socket = join(place.dir, 'agent.sock')
        agent = spawn('ssh-agent', ['-D', '-a', socket], { stdio: 'ignore' })
        await until(() => existsSync(socket))
        // Six before the right one: sshd lets nobody try that many.
        for (let i = 0; i < 7; i++) add(place.makeKey(`spare-${i}`))
        add(place.identityFile)
      })
      afterAll(() => {
        agent.kill()
      })
      const add = (key: string) =>
        execFileSync('ssh-add', [key], { env: { ...process.env, SSH_AUTH_SOCK: socket }, stdio: 'ignore' })

      test('too many keys are refused with the advice to name one', async () => {
        const server = await place.startServer()
        await expect(
          ask(server.address, { env: { SSH_AUTH_SOCK: socket }, identityFiles: [] }),
        ).rejects.toMatchObject({
          code: 'SSH_AUTH_FAILED',
          message: expect.stringContaining('IdentitiesOnly'),
        })
      })

      test('the key that the configuration names is offered first', async () => {
        const server = await place.startServer()
        await ask(server.address, { env: { SSH_AUTH_SOCK: socket } })
      })

      test('IdentityAgent and IdentitiesOnly are obeyed', async () => {
        const server = await place.startServer()
        const named = file(readFileSync(`${place.identityFile}.pub`, 'utf8'))
        const config = ['Host *', `IdentityAgent ${socket}`, 'IdentitiesOnly yes']
        const alone = { identityFiles: [], env: { SSH_AUTH_SOCK: '/nowhere' } }
        await ask(server.address, {
          ...alone,
          sshConfigFile: file([...config, `IdentityFile ${named}`].join('\n')),
        })
        await expect(
          ask(server.address, {
            ...alone,
            sshConfigFile: file([...config, 'IdentityFile /nowhere'].join('\n')),
          }),
        ).rejects.toMatchObject({
          code: 'SSH_AUTH_FAILED',
          message: expect.stringContaining('no key to offer'),
        })
      })
    })
  })
})

import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type ConnectResult, connectAll } from '../../../engine/docker/connect-all.ts'
import { type ConnectOptions, connectDockerHost } from '../../../engine/docker/connect.ts'
import { type EngineStandIn, engineStandIn } from './engine-stand-in.ts'
import { type SshPlace, type SshServer, hasSshd, sshPlace } from './ssh-server.ts'
import { until } from './until.ts'

describe.runIf(hasSshd)('hosts behind jump hosts', () => {
  let place: SshPlace
  let engine: EngineStandIn
  let options: ConnectOptions
  let target: SshServer
  let near: SshServer
  let far: SshServer
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

  /** Three servers, and a configuration in which `web` is behind `far`, and `far` behind `near` in one case. */
  async function servers(jump: string, more: readonly string[] = []): Promise<string> {
    ;[target, near, far] = await Promise.all([place.startServer(), place.startServer(), place.startServer()])
    const alias = (name: string, server: SshServer) =>
      `Host ${name}\n HostName 127.0.0.1\n Port ${server.port}\n User ${place.user}\n`
    const lines = [
      `Host web\n ProxyJump ${jump}\n`,
      alias('web', target),
      ...more,
      alias('near', near),
      alias('far', far),
    ]
    count += 1
    const file = join(place.dir, `config-${count}`)
    writeFileSync(file, lines.join(''))
    return file
  }

  async function ask(sshConfigFile: string): Promise<void> {
    const host = await connectDockerHost('a', `ssh://web${engine.socketPath}`, { ...options, sshConfigFile })
    expect(await host.listContainers()).toEqual([])
    host.close()
  }

  const accepted = (server: SshServer) => server.log().match(/^Accepted publickey/gm)?.length ?? 0

  test('ProxyJump goes through one hop', async () => {
    await ask(await servers('near'))
    expect([accepted(near), accepted(far), accepted(target)]).toEqual([1, 0, 1])
  })

  test('ProxyJump goes through several hops in their order', async () => {
    await ask(await servers('near,far'))
    expect([accepted(near), accepted(far), accepted(target)]).toEqual([1, 1, 1])
  })

  test('a hop that has a hop of its own is reached through it', async () => {
    await ask(await servers('far', ['Host far\n ProxyJump near\n']))
    expect([accepted(near), accepted(far), accepted(target)]).toEqual([1, 1, 1])
  })

  test('a ProxyJump for every host does not hold for the jump host itself', async () => {
    await ask(await servers('near', ['Host *\n ProxyJump near\n']))
    expect([accepted(near), accepted(far), accepted(target)]).toEqual([1, 0, 1])
  })

  test('jump hosts in a circle are refused', async () => {
    const sshConfigFile = await servers('near', [
      'Host near\n ProxyJump far\n',
      'Host far\n ProxyJump near\n',
    ])
    await expect(ask(sshConfigFile)).rejects.toMatchObject({
      code: 'HOST_UNREACHABLE',
      message: 'ProxyJump goes in a circle: near → far → near.',
    })
  })

  test("a hop's key is checked too", async () => {
    const sshConfigFile = await servers('near')
    const stranger = await place.startServer({ trusted: false })
    await expect(
      connectDockerHost('a', `ssh://web${engine.socketPath}`, {
        ...options,
        sshConfigFile: changed(sshConfigFile, near.port, stranger.port),
      }),
    ).rejects.toMatchObject({
      code: 'HOST_KEY_UNKNOWN',
      message: expect.stringContaining(`:${stranger.port}`),
    })
    expect(accepted(target)).toBe(0)
  })

  test('a host that the hop does not reach is HOST_UNREACHABLE', async () => {
    const sshConfigFile = await servers('near')
    await target.stop()
    await expect(ask(sshConfigFile)).rejects.toMatchObject({
      code: 'HOST_UNREACHABLE',
      message: expect.stringContaining('through the jump host'),
    })
    await until(() => near.log().includes('Disconnected from user'))
  })

  test('connectAll reaches many hosts through one connection to their hop, and tells each result apart', async () => {
    const sshConfigFile = await servers('near')
    const instances = [
      ...Array.from({ length: 8 }, (_, i) => ({
        name: `web-${i}`,
        address: `ssh://web${engine.socketPath}`,
      })),
      { name: 'odd', address: 'ssh://-oProxyCommand=x' },
    ]
    const results = await connectAll(instances, { ...options, sshConfigFile })
    expect(results.map(told)).toEqual([
      ...instances.slice(0, 8).map(({ name }) => name),
      'odd ADDRESS_INVALID',
    ])
    expect([accepted(near), accepted(target)]).toEqual([1, 8])
    for (const result of results) if ('host' in result) result.host.close()
    await until(() => near.log().includes('Disconnected from user'))
  })

  function told(result: ConnectResult): string {
    return 'host' in result ? result.host.name : `${result.error.instance} ${result.error.code}`
  }
})

function changed(configFile: string, from: number, to: number): string {
  const file = `${configFile}-changed`
  writeFileSync(file, readFileSync(configFile, 'utf8').replace(`Port ${from}\n`, `Port ${to}\n`))
  return file
}

import { chmodSync, mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type ConnectOptions, connectDockerHost } from '../../../engine/docker/connect.ts'
import { type EngineStandIn, engineStandIn, reply } from './engine-stand-in.ts'
import { type SshPlace, hasSshd, sshPlace } from './ssh-server.ts'
import { until } from './until.ts'

describe.runIf(hasSshd)('connectDockerHost over SSH', () => {
  let place: SshPlace
  let engine: EngineStandIn
  let options: ConnectOptions
  /** sshd_config lines that give commands a PATH with or without a docker CLI. */
  let withCli: string
  let withoutCli: string

  beforeAll(async () => {
    place = sshPlace()
    options = { home: place.dir, identityFiles: [place.identityFile], knownHostsFiles: [place.knownHosts] }
    withCli = `SetEnv PATH=${commandFolder('with', dialStdio)}`
    withoutCli = `SetEnv PATH=${commandFolder('without')}`
    engine = await engineStandIn(join(place.dir, 'docker.sock'), {
      // Headers and half of the body, then nothing more.
      'GET /images/json': (_, response) => {
        response.writeHead(200, { 'Content-Length': '1000' })
        response.write('[')
      },
      'GET /networks': (_, response) => {
        response.writeHead(200, { 'Content-Length': '1000' })
        response.write('[', () => response.destroy())
      },
      'GET /volumes': () => undefined,
      'POST /containers/x/start': (_, response) => reply(response, { message: 'no such container: x' }, 404),
    })
  })
  afterAll(async () => {
    await engine.stop()
    await place.stop()
  })

  test('100 requests at once go over one SSH connection', async () => {
    const server = await place.startServer()
    const host = await connectDockerHost('a', server.address + engine.socketPath, options)
    const answers = await Promise.all(Array.from({ length: 100 }, () => host.listContainers()))
    host.close()
    expect(answers).toEqual(Array.from({ length: 100 }, () => []))
    expect(server.connections()).toBe(1)
    expect(engine.requests.at(-1)).toBe('GET /v1.51/containers/json?all=true')
  })

  test('100 requests at once go over one SSH connection by dial-stdio where streamlocal is refused', async () => {
    const server = await place.startServer({ config: ['AllowStreamLocalForwarding no', withCli] })
    const host = await connectDockerHost('a', server.address + engine.socketPath, options)
    const answers = await Promise.all(Array.from({ length: 100 }, () => host.listContainers()))
    host.close()
    expect(answers).toHaveLength(100)
    expect(server.connections()).toBe(1)
  })

  test('a key that may not forward still works by dial-stdio', async () => {
    const server = await place.startServer({ keyOptions: 'restrict', config: [withCli] })
    const host = await connectDockerHost('a', server.address + engine.socketPath, options)
    expect(await host.listContainers()).toEqual([])
    host.close()
  })

  test('streamlocal works where no session is allowed', async () => {
    const server = await place.startServer({ config: ['MaxSessions 0'] })
    const host = await connectDockerHost('a', server.address + engine.socketPath, options)
    expect(await host.listContainers()).toEqual([])
    host.close()
  })

  test('both ways refused is SSH_FORWARDING_REFUSED', async () => {
    const server = await place.startServer({ config: ['DisableForwarding yes', withoutCli] })
    await expect(connectDockerHost('a', server.address + engine.socketPath, options)).rejects.toMatchObject({
      code: 'SSH_FORWARDING_REFUSED',
      instance: 'a',
      message: expect.stringContaining('there is no docker CLI'),
    })
  })

  test('a key that runs one command only is SSH_FORWARDING_REFUSED', async () => {
    const server = await place.startServer({ keyOptions: 'restrict,command="echo hello"' })
    await expect(connectDockerHost('a', server.address + engine.socketPath, options)).rejects.toMatchObject({
      code: 'SSH_FORWARDING_REFUSED',
      message: expect.stringContaining('runs no command'),
    })
  })

  test('no socket is DOCKER_MISSING', async () => {
    const server = await place.startServer()
    await expect(
      connectDockerHost('a', `${server.address}/nowhere/docker.sock`, options),
    ).rejects.toMatchObject({
      code: 'DOCKER_MISSING',
      message: expect.stringContaining('/nowhere/docker.sock'),
    })
  })

  test('a socket that nobody listens on is DOCKER_NOT_RUNNING with a docker CLI and without', async () => {
    const dead = await deadSocket(join(place.dir, 'dead.sock'))
    for (const path of [withCli, withoutCli]) {
      const server = await place.startServer({ config: [path] })
      await expect(connectDockerHost('a', server.address + dead, options)).rejects.toMatchObject({
        code: 'DOCKER_NOT_RUNNING',
      })
    }
  })

  test('a host that goes silent loses its connection by the keepalive', async () => {
    const server = await place.startServer()
    const host = await connectDockerHost('a', server.address + engine.socketPath, options)
    server.freeze()
    const pending = host.listContainers()
    await expect(pending).rejects.toMatchObject({ code: 'CONNECTION_LOST', instance: 'a' })
    await expect(host.listContainers()).rejects.toMatchObject({ code: 'CONNECTION_LOST' })
    host.close()
  }, 20_000)

  test('a broken SSH connection rejects what is under way and what comes later', async () => {
    const server = await place.startServer()
    const host = await connectDockerHost('a', server.address + engine.socketPath, options)
    const pending = expect(host.listVolumes()).rejects.toMatchObject({ code: 'CONNECTION_LOST' })
    await until(() => engine.requests.at(-1)?.endsWith('/volumes') ?? false)
    server.cut()
    await pending
    await expect(host.listContainers()).rejects.toMatchObject({ code: 'CONNECTION_LOST' })
    host.close()
  })

  test('close rejects what is under way', async () => {
    const server = await place.startServer()
    const host = await connectDockerHost('a', server.address + engine.socketPath, options)
    const pending = expect(host.listVolumes()).rejects.toMatchObject({
      code: 'CONNECTION_LOST',
      instance: 'a',
    })
    host.close()
    await pending
  })

  test('a reply that is cut after its headers is CONNECTION_LOST after one repetition', async () => {
    const server = await place.startServer()
    const host = await connectDockerHost('a', server.address + engine.socketPath, options)
    const before = engine.requests.length
    await expect(host.listNetworks()).rejects.toMatchObject({ code: 'CONNECTION_LOST' })
    expect(engine.requests.slice(before)).toHaveLength(2)
    expect(await host.listContainers()).toEqual([])
    host.close()
  })

  test('a reply that stops after its headers is DOCKER_TIMEOUT', async () => {
    const server = await place.startServer()
    const host = await connectDockerHost('a', server.address + engine.socketPath, {
      ...options,
      requestTimeoutMs: 300,
    })
    await expect(host.listImages()).rejects.toMatchObject({ code: 'DOCKER_TIMEOUT', instance: 'a' })
    await expect(host.listVolumes()).rejects.toMatchObject({ code: 'DOCKER_TIMEOUT' })
    expect(await host.listContainers()).toEqual([])
    host.close()
  })

  test('requests go on after a restart of dockerd', async () => {
    const server = await place.startServer()
    const host = await connectDockerHost('a', server.address + engine.socketPath, options)
    for (let round = 0; round < 5; round++) {
      await Promise.all(Array.from({ length: 10 }, () => host.listContainers()))
      engine.cutAll()
    }
    expect(await host.listContainers()).toEqual([])
    expect(server.connections()).toBe(1)
    host.close()
  })

  test("Docker's refusal comes with the instance's name", async () => {
    const server = await place.startServer()
    const host = await connectDockerHost('a', server.address + engine.socketPath, options)
    await expect(host.startContainer('x')).rejects.toMatchObject({
      code: 'DOCKER_NOT_FOUND',
      instance: 'a',
      message: 'Docker could not start container x: no such container: x',
    })
    host.close()
  })

  test('no sshd is HOST_UNREACHABLE', async () => {
    const server = await place.startServer()
    await server.stop()
    await expect(connectDockerHost('a', server.address, options)).rejects.toMatchObject({
      code: 'HOST_UNREACHABLE',
      message: expect.stringContaining('refused'),
    })
  })

  test('a host that accepts and says nothing is HOST_UNREACHABLE, and an interrupt ends the wait', async () => {
    const mute = createServer(socket => socket.on('error', () => undefined).resume())
    await new Promise<void>(resolve => mute.listen(0, '127.0.0.1', resolve))
    const port = (mute.address() as { port: number }).port
    const address = `ssh://${place.user}@127.0.0.1:${port}`
    await expect(
      connectDockerHost('a', address, { ...options, connectTimeoutMs: 200 }),
    ).rejects.toMatchObject({
      code: 'HOST_UNREACHABLE',
      message: expect.stringContaining('no answer within 0.2 s'),
    })
    const stop = new AbortController()
    const waiting = expect(connectDockerHost('a', address, { ...options, signal: stop.signal })).rejects
    stop.abort()
    await waiting.toMatchObject({ code: 'INTERRUPTED' })
    await new Promise(resolve => mute.close(resolve))
  })

  /** A folder with what the diagnosis needs, and with a docker command where one is given. */
  function commandFolder(name: string, docker?: string): string {
    const folder = join(place.dir, name)
    mkdirSync(folder)
    for (const command of ['sh', 'grep', 'readlink']) {
      symlinkSync(join('/bin', command), join(folder, command))
    }
    if (docker) writeFileSync(join(folder, 'docker'), `#!${process.execPath}\n${docker}`)
    if (docker) chmodSync(join(folder, 'docker'), 0o755)
    return folder
  }
})

/** What `docker --host unix://… system dial-stdio` does. */
const dialStdio = `
const path = process.argv[3].slice('unix://'.length)
if (process.argv.slice(4).join(' ') !== 'system dial-stdio') process.exit(2)
const socket = require('net').connect({ path, allowHalfOpen: true })
process.stdin.pipe(socket).pipe(process.stdout)
socket.on('error', error => { console.error('failed to connect: connection refused', error.message); process.exit(1) })
socket.on('close', () => process.exit(0))
`

/** The file of a socket whose server has gone. */
async function deadSocket(path: string): Promise<string> {
  const server = createServer()
  await new Promise<void>(resolve => server.listen(`${path}.live`, resolve))
  rmSync(path, { force: true })
  renameSync(`${path}.live`, path)
  await new Promise(resolve => server.close(resolve))
  return path
}

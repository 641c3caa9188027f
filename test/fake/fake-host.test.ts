import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { connectDockerHost } from '../../engine/docker/connect.ts'
import type { DockerHost } from '../../engine/docker/docker-host.ts'
import { logicalClock } from './clock.ts'
import type { LogicalClock } from './clock.ts'
import type { FakeHost, FakeHostOptions } from './fake-host.ts'
import { createFakeHost } from './fake-host.ts'
import { labImages } from './lab-images.ts'
import { writeSshFiles } from './ssh-files.ts'
import type { FakeSsh, SshOptions } from './ssh-server.ts'

const SLEEP = 'registry.lab:5000/lab/sleep:1'
const WEB = 'registry.lab:5000/lab/web:2'
const CRASH = 'registry.lab:5000/lab/crash:1'
const PUBLISHED = { HostConfig: { PortBindings: { '80/tcp': [{ HostPort: '' }] } } }
const UNLESS_STOPPED = { HostConfig: { RestartPolicy: { Name: 'unless-stopped' } } }

let folder: string
let sshConfigFile: string | undefined
let clock: LogicalClock
const hosts: FakeHost[] = []
const clients: DockerHost[] = []

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'stowage-fake-'))
  clock = logicalClock()
})
afterEach(async () => {
  for (const client of clients.splice(0)) client.close()
  for (const host of hosts.splice(0)) await host.close()
  await rm(folder, { recursive: true })
})

function fakeHost(options: Partial<FakeHostOptions> = {}): FakeHost {
  const host = createFakeHost({
    name: 'a',
    images: labImages(),
    preloaded: [SLEEP, WEB, CRASH],
    clock,
    ...options,
  })
  hosts.push(host)
  return host
}

async function overSocket(host: FakeHost): Promise<DockerHost> {
  return await connected(await host.listen())
}

async function overSsh(host: FakeHost, options?: SshOptions): Promise<{ ssh: FakeSsh; docker: DockerHost }> {
  const ssh = await host.serveSsh(options)
  sshConfigFile = (await writeSshFiles(folder, [ssh])).sshConfigFile
  return { ssh, docker: await connected(ssh.address) }
}

async function connected(address: string): Promise<DockerHost> {
  const client = await connectDockerHost('a', address, { sshConfigFile, requestTimeoutMs: 5000 })
  clients.push(client)
  return client
}

test('a hundred requests at once go over one SSH connection', async () => {
  const { ssh, docker } = await overSsh(fakeHost())
  const infos = await Promise.all(Array.from({ length: 100 }, () => docker.info()))
  expect(new Set(infos.map(i => i.ServerVersion))).toEqual(new Set(['20.10.24']))
  expect([ssh.accepted, ssh.open]).toEqual([1, 1])
})

test('a server that forwards no socket and runs no command is named as such', async () => {
  const connecting = overSsh(fakeHost(), { streamLocal: false })
  await expect(connecting).rejects.toMatchObject({ code: 'SSH_FORWARDING_REFUSED' })
})

test('a host that is cut off takes no request and no connection, and its containers run on', async () => {
  const host = fakeHost()
  const { ssh, docker } = await overSsh(host)
  const id = await docker.createContainer('on', { Image: SLEEP })
  await docker.startContainer(id)
  host.cut()
  await expect(docker.listContainers()).rejects.toMatchObject({ code: 'CONNECTION_LOST' })
  await expect(connected(ssh.address)).rejects.toMatchObject({ instance: 'a' })
  await host.restore()
  const again = await connected(ssh.address)
  expect((await again.inspectContainer(id)).State.Status).toBe('running')
})

test('a restart of dockerd leaves SSH connections alone', async () => {
  const host = fakeHost()
  const { ssh, docker } = await overSsh(host)
  await docker.info()
  await host.restart()
  expect((await docker.info()).OSType).toBe('linux')
  expect([ssh.accepted, ssh.open]).toEqual([1, 1])
})

test('a crash ends every container, and a reboot brings back those with a policy', async () => {
  const host = fakeHost()
  const docker = await overSocket(host)
  for (const [name, body] of [
    ['policy', UNLESS_STOPPED],
    ['paused', UNLESS_STOPPED],
    ['none', {}],
  ] as const) {
    await docker.startContainer(await docker.createContainer(name, { Image: SLEEP, ...body }))
  }
  for (const container of host.world.containers.values()) {
    if (container.name === 'paused') container.status = 'paused'
  }
  clock.advance(5000)
  host.crash()
  await expect(docker.listContainers()).rejects.toMatchObject({ instance: 'a' })
  clock.advance(60_000)
  await host.reboot()
  const states = (await docker.listContainers()).map(c => [c.Names[0], c.State])
  expect(states).toEqual([
    ['/none', 'exited'],
    ['/paused', 'running'],
    ['/policy', 'running'],
  ])
})

test('a crashing container restarts at the moments that its clock gives, and at no others', async () => {
  const host = fakeHost()
  const docker = await overSocket(host)
  const id = await docker.createContainer('crash', { Image: CRASH, ...UNLESS_STOPPED })
  await docker.startContainer(id)
  const counts: number[] = []
  for (const ms of [0, 99, 1, 199, 1, 400, 800]) {
    clock.advance(ms)
    counts.push((await docker.inspectContainer(id)).RestartCount)
  }
  expect(counts).toEqual([1, 1, 2, 2, 3, 4, 5])
})

test('an image can crash for its first runs, and fail its health check from some moment on', async () => {
  const images = labImages()
  images['app:1'] = {
    behaviour: {
      exit: { code: 1, afterMs: 0, runs: 2 },
      health: { failsAfterMs: 10_000 },
      healthOutput: 'no',
    },
    healthcheck: { Test: ['CMD', '/check'], Interval: 1_000_000_000, Retries: 2 },
  }
  const docker = await overSocket(fakeHost({ images, preloaded: ['app:1'] }))
  const id = await docker.createContainer('app', { Image: 'app:1', ...UNLESS_STOPPED })
  await docker.startContainer(id)
  clock.advance(5000)
  const early = await docker.inspectContainer(id)
  expect([early.State.Status, early.RestartCount, early.State.Health?.Status]).toEqual([
    'running',
    2,
    'healthy',
  ])
  clock.advance(10_000)
  const late = await docker.inspectContainer(id)
  expect(late.State.Health).toMatchObject({ Status: 'unhealthy' })
  expect(late.State.Health?.Log?.at(-1)).toMatchObject({ ExitCode: 1, Output: 'no' })
})

test('an image can fail inside the stream of its pull', async () => {
  const images = { 'app:1': { pullError: 'write /var/lib/docker/tmp: no space left on device' } }
  const docker = await overSocket(fakeHost({ images, preloaded: [] }))
  await expect(docker.pullImage('app:1')).rejects.toMatchObject({ code: 'DISK_FULL' })
  expect(await docker.listImages()).toEqual([])
})

test('a port that a process holds is refused in other words than one that a container has', async () => {
  const host = fakeHost()
  const docker = await overSocket(host)
  host.world.busyPorts.add('8080/tcp')
  const body = { Image: WEB, HostConfig: { PortBindings: { '80/tcp': [{ HostPort: '8080' }] } } }
  const start = docker.startContainer(await docker.createContainer('web', body))
  await expect(start).rejects.toMatchObject({ code: 'PORT_TAKEN', message: /address already in use/ })
})

test('an engine that is too old is refused by the client', async () => {
  const host = fakeHost({ engine: { version: '19.03.1', apiVersion: '1.40' } })
  await expect(overSocket(host)).rejects.toMatchObject({ code: 'DOCKER_TOO_OLD' })
})

test('web containers answer on their published ports while they run, each on its own', async () => {
  const first = fakeHost({ web: {}, firstPort: 42100 })
  const second = fakeHost({ name: 'b', web: {}, firstPort: 42100 })
  const { docker } = await overSsh(first)
  const other = await overSocket(second)
  const ports: number[] = []
  for (const [client, slot] of [
    [docker, '1'],
    [other, '2'],
  ] as const) {
    const id = await client.createContainer('web', { Image: WEB, Env: [`LAB_SLOT=${slot}`], ...PUBLISHED })
    await client.startContainer(id)
    const { NetworkSettings } = await client.inspectContainer(id)
    ports.push(Number(NetworkSettings.Ports?.['80/tcp']?.[0]?.HostPort))
  }
  const answers = await Promise.all(
    ports.map(async port => (await fetch(`http://127.0.0.1:${port}/`)).json()),
  )
  expect(answers).toMatchObject([
    { version: '2', slot: '1' },
    { version: '2', slot: '2' },
  ])
  await docker.stopContainer('web', 5)
  await expect(fetch(`http://127.0.0.1:${ports[0]}/`)).rejects.toThrow()
  expect((await fetch(`http://127.0.0.1:${ports[1]}/env`)).status).toBe(200)
})

test('a web container that asks for a port which the machine holds starts once it is free', async () => {
  const first = await overSocket(fakeHost({ web: {} }))
  const second = await overSocket(fakeHost({ name: 'b', web: {} }))
  const body = { Image: WEB, HostConfig: { PortBindings: { '80/tcp': [{ HostPort: '42180' }] } } }
  const holder = await first.createContainer('web', body)
  const other = await second.createContainer('web', body)
  await first.startContainer(holder)
  await expect(second.startContainer(other)).rejects.toMatchObject({ code: 'PORT_TAKEN' })
  expect((await second.inspectContainer(other)).State.Status).toBe('created')
  await first.removeContainer(holder)
  await second.startContainer(other)
  expect((await fetch('http://127.0.0.1:42180/')).status).toBe(200)
})

test('who watches hears of each change after it took effect, and of nothing else', async () => {
  const seen: string[][] = []
  const host = fakeHost({ onChange: () => seen.push([...host.world.containers.values()].map(c => c.name)) })
  const docker = await overSocket(host)
  await docker.createContainer('heard', { Image: SLEEP })
  await docker.listContainers()
  await expect(docker.createContainer('heard', { Image: SLEEP })).rejects.toThrow('Conflict')
  await docker.removeContainer('heard')
  expect(seen).toEqual([['heard'], []])
})

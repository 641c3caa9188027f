import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { connectDockerHost } from '../../../engine/docker/connect.ts'
import type { DockerHost } from '../../../engine/docker/docker-host.ts'
import { listFor } from '../../lab/image-push.ts'
import { type Lab, type LabHost, startLab } from '../../lab/lab.ts'
import { labSupport } from '../../lab/packages.ts'
import { until } from './until.ts'

describe.runIf(labSupport().ok)('a real Docker host over SSH', () => {
  let lab: Lab
  let machine: LabHost
  let host: DockerHost
  let web: string

  beforeAll(async () => {
    lab = await startLab({ hosts: 1, name: 'transport' })
    machine = firstHost(lab)
    host = await connect()
    web = lab.registry.imageByDigest('web:1')
    await host.pullImage(web)
  }, 120_000)
  afterAll(async () => {
    host.close()
    await lab.stop()
  }, 60_000)

  async function connect(): Promise<DockerHost> {
    return await connectDockerHost('a', machine.address, {
      identityFiles: [lab.identityFile],
      knownHostsFiles: [lab.knownHosts],
      env: {},
    })
  }

  const connections = () => readFileSync(machine.sshdLog, 'utf8').match(/Connection from /g)?.length ?? 0

  test('100 requests at once go over one SSH connection', async () => {
    const before = connections()
    const own = await connect()
    await Promise.all(Array.from({ length: 100 }, () => own.listContainers()))
    own.close()
    expect(connections() - before).toBe(1)
    expect(await host.info()).toMatchObject({ OSType: 'linux', ServerVersion: expect.any(String) })
  })

  test('an image is resolved and pulled by its digest, and a wrong one is named', async () => {
    const tagged = lab.registry.image('sleep:1')
    const digest = await host.resolveDigest(tagged)
    expect(digest).toBe(lab.registry.digests.get('lab/sleep:1'))
    const progress: string[] = []
    const pinned = `${tagged.replace(/:1$/, '')}@${digest}`
    await host.pullImage(pinned, { onProgress: status => progress.push(status) })
    expect(progress.some(status => status.startsWith('Digest: sha256:'))).toBe(true)
    expect((await host.inspectImage(pinned))?.RepoDigests).toContain(pinned)
    for (const wrong of [lab.registry.image('web:none'), lab.registry.image('nothing:1')]) {
      await expect(host.resolveDigest(wrong)).rejects.toMatchObject({ code: 'IMAGE_NOT_FOUND' })
      await expect(host.pullImage(wrong)).rejects.toMatchObject({ code: 'IMAGE_NOT_FOUND' })
    }
  })

  test('a registry that wants a login gets it, and a missing or wrong one is named', async () => {
    const { address, user, password } = lab.registry.private
    const image = `${address}/lab/crash:1`
    const wrong = { username: user, password: 'wrong', serveraddress: address }
    for (const auth of [undefined, wrong]) {
      await expect(host.resolveDigest(image, auth)).rejects.toMatchObject({ code: 'IMAGE_UNAUTHORIZED' })
      await expect(host.pullImage(image, { auth })).rejects.toMatchObject({ code: 'IMAGE_UNAUTHORIZED' })
    }
    const right = { username: user, password, serveraddress: address }
    expect(await host.resolveDigest(image, right)).toBe(lab.registry.digests.get('lab/crash:1'))
    await host.pullImage(image, { auth: right })
    expect(await host.inspectImage(image)).toBeDefined()
  })

  test('what a registry cannot give is told by its cause, also when Docker itself says it', async () => {
    const server = createServer((_, answer) => answer.end()).unref()
    const [gateway] = lab.registry.machineAddress.split(':')
    await new Promise<void>(up => server.listen(0, gateway, up))
    const { port } = server.address() as AddressInfo
    const told: readonly (readonly [string, string, string])[] = [
      ['localhost:1/x:1', 'REGISTRY_UNREACHABLE', 'does not reach the registry'],
      ['nowhere.invalid:5000/x:1', 'REGISTRY_UNREACHABLE', 'the host'],
      [`${gateway}:${port}/x:1`, 'REGISTRY_UNTRUSTED', 'plain HTTP'],
      [lab.registry.image('sleep:foreign'), 'IMAGE_PLATFORM_MISSING', 'platform'],
    ]
    await listFor(lab.registry.machineAddress, 'lab/sleep:1', 'lab/sleep:foreign', 's390x')
    for (const [image, code, words] of told)
      await expect(host.pullImage(image)).rejects.toMatchObject({
        code,
        message: expect.stringMatching(new RegExp(`${words}.* \\(CannotPullContainerError: .`)),
      })
    server.close()
  })

  test('a container lives its life', async () => {
    const id = await host.createContainer('life', {
      Image: web,
      Env: ['A=b'],
      ExposedPorts: { '80/tcp': {} },
      HostConfig: { Memory: 64 << 20, PortBindings: { '80/tcp': [{ HostPort: '8080' }] } },
    })
    await host.putArchive(id, '/', await host.getArchive(id, '/etc/passwd'))
    expect((await host.getArchive(id, '/passwd')).length).toBeGreaterThan(512)
    await host.startContainer(id)
    await host.startContainer(id)
    expect((await host.inspectContainer(id)).State.Status).toBe('running')
    await host.updateContainer(id, { CpuShares: 4, Memory: 96 << 20, MemorySwap: -1, MemoryReservation: 0 })
    expect((await host.inspectContainer(id)).HostConfig).toMatchObject({ Memory: 96 << 20, CpuShares: 4 })

    await expect(host.createContainer('life', { Image: web })).rejects.toMatchObject({
      code: 'DOCKER_CONFLICT',
    })
    await expect(host.createContainer('none', { Image: 'none:1' })).rejects.toMatchObject({
      code: 'DOCKER_NOT_FOUND',
    })
    const rival = await host.createContainer('rival', {
      Image: web,
      HostConfig: { PortBindings: { '80/tcp': [{ HostPort: '8080' }] } },
    })
    await expect(host.startContainer(rival)).rejects.toMatchObject({
      code: 'PORT_TAKEN',
      message: expect.stringContaining('Host port 8080'),
    })
    await host.removeContainer(rival)
    await host.removeContainer(rival)

    await host.stopContainer(id, 5)
    await host.stopContainer(id, 5)
    await expect(host.removeImage(web)).rejects.toMatchObject({ code: 'DOCKER_CONFLICT' })
    await host.removeContainer(id)
    await expect(host.inspectContainer(id)).rejects.toMatchObject({ code: 'DOCKER_NOT_FOUND', instance: 'a' })
  })

  test('the last lines of a container that died are read', async () => {
    await host.pullImage(lab.registry.image('crash:1'))
    const id = await host.createContainer('dead', { Image: lab.registry.image('crash:1') })
    await host.startContainer(id)
    await until(async () => (await host.inspectContainer(id)).State.Status === 'exited')
    expect((await host.inspectContainer(id)).State.ExitCode).toBe(3)
    const all = await host.containerLogs(id, 20)
    expect(all).toHaveLength(3)
    expect(await host.containerLogs(id, 2)).toEqual(all.slice(1))
    await host.removeContainer(id)
  })

  test('volumes and imported images come and go', async () => {
    await host.createVolume('vol', { Labels: { a: 'b' } })
    await host.createVolume('vol', { Labels: { a: 'b' } })
    expect(await host.listVolumes()).toContainEqual(
      expect.objectContaining({ Name: 'vol', Labels: { a: 'b' } }),
    )
    const id = await host.createContainer('user', { Image: web, HostConfig: { Binds: ['vol:/v'] } })
    await expect(host.removeVolume('vol')).rejects.toMatchObject({ code: 'DOCKER_CONFLICT' })
    await host.removeContainer(id)
    await host.removeVolume('vol')
    await host.removeVolume('vol')

    await host.importImage(new Uint8Array(1024), 'stowage-test', '1', ['LABEL a=b', 'LABEL c=d'])
    expect((await host.inspectImage('stowage-test:1'))?.Config?.Labels).toEqual({ a: 'b', c: 'd' })
    await host.removeImage('stowage-test:1')
    await host.removeImage('stowage-test:1')
    expect((await host.listNetworks()).map(network => network.Name)).toContain('bridge')
  })

  test('requests go on over the same connection after a restart of dockerd', async () => {
    const before = connections()
    await Promise.all(Array.from({ length: 20 }, () => host.listContainers()))
    await machine.restartDockerd()
    expect(await host.listContainers()).toEqual([])
    expect(connections()).toBe(before)
  }, 30_000)

  test('where streamlocal is refused the docker CLI carries all of it', async () => {
    await machine.restartSshd(['AllowStreamLocalForwarding no'])
    const before = connections()
    const own = await connect()
    await Promise.all(Array.from({ length: 40 }, () => own.listContainers()))
    await own.pullImage(lab.registry.image('oom:1'))
    const id = await own.createContainer('stdio', { Image: web })
    expect((await own.getArchive(id, '/bin')).length).toBeGreaterThan(500_000)
    await own.removeContainer(id)
    own.close()
    expect(connections() - before).toBe(1)
    await machine.restartSshd([])
  }, 60_000)

  test('a dockerd that is stopped is DOCKER_NOT_RUNNING or DOCKER_MISSING, on a connection and for a new one', async () => {
    const own = await connect()
    await machine.stopDockerd()
    const stopped = { code: expect.stringMatching(/^DOCKER_(NOT_RUNNING|MISSING)$/), instance: 'a' }
    await expect(own.listContainers()).rejects.toMatchObject(stopped)
    await expect(connect()).rejects.toMatchObject(stopped)
    await machine.startDockerd()
    expect(await own.listContainers()).toEqual([])
    own.close()
  }, 60_000)

  test('a host that is cut off loses its connection by the keepalive, and is HOST_UNREACHABLE', async () => {
    const own = await connect()
    await machine.cut()
    try {
      await expect(own.listContainers()).rejects.toMatchObject({ code: 'CONNECTION_LOST', instance: 'a' })
      await expect(connect()).rejects.toMatchObject({ code: 'HOST_UNREACHABLE', instance: 'a' })
    } finally {
      await machine.restore()
      own.close()
    }
  }, 60_000)
})

function firstHost(lab: Lab): LabHost {
  const [first] = lab.hosts
  if (!first) throw new Error('the lab has no host')
  return first
}

import type { IncomingMessage, ServerResponse } from 'node:http'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { connectDockerHost } from '../../../engine/docker/connect.ts'
import type { DockerHost } from '../../../engine/docker/docker-host.ts'
import { type EngineStandIn, engineStandIn, reply } from './engine-stand-in.ts'

interface Seen {
  readonly url: string
  readonly headers: IncomingMessage['headers']
  readonly body: Buffer
}

describe('the client of the Engine API, over a local socket', () => {
  let dir: string
  let engine: EngineStandIn
  let host: DockerHost
  let seen: Seen[]
  const digest = `sha256:${'0'.repeat(64)}`

  beforeAll(async () => {
    dir = mkdtempSync(join(tmpdir(), 'stowage-client-'))
    const record =
      (answer: (response: ServerResponse) => void) =>
      (request: IncomingMessage, response: ServerResponse, body: Buffer) => {
        seen.push({ url: request.url ?? '', headers: request.headers, body })
        answer(response)
      }
    const empty = record(response => response.writeHead(204).end())
    const same = record(response => response.writeHead(304).end())
    const refuse = (status: number, message: string) =>
      record(response => reply(response, { message }, status))
    let cuts = 0
    engine = await engineStandIn(join(dir, 'docker.sock'), {
      'GET /info': (_, response) =>
        reply(response, {
          ServerVersion: '28.5.0',
          OSType: 'linux',
          Architecture: 'x86_64',
          NCPU: 2,
          MemTotal: 4,
          SystemTime: 't',
          Other: 1,
        }),
      'POST /containers/create': record(response => reply(response, { Id: 'abc', Warnings: [] }, 201)),
      'POST /containers/abc/start': same,
      'POST /containers/cut/start': (_, response) => {
        cuts += 1
        if (cuts === 1) response.destroy()
        else response.writeHead(204).end()
      },
      'POST /containers/cut/unpause': (_, response) => response.destroy(),
      'POST /containers/taken/start': refuse(500, 'Bind for 0.0.0.0:80 failed: port is already allocated'),
      // later than a timer that ends at once
      'POST /containers/abc/stop': (request, response, body) =>
        void setTimeout(() => empty(request, response, body), 20),
      'DELETE /containers/abc': refuse(404, 'No such container: abc'),
      'POST /containers/abc/update': record(response => reply(response, { Warnings: null })),
      'GET /containers/abc/logs': record(response => response.end('one\ntwo\nthree\n')),
      'GET /containers/json-log/logs': (_, response) => response.end('{"a":1}\n'),
      'GET /containers/syslog/logs': refuse(501, 'configured logging driver does not support reading'),
      'PUT /containers/abc/archive': record(response => response.end()),
      'GET /containers/abc/archive': record(response => response.end(Buffer.alloc(100_000, 1))),
      'GET /images/none:1/json': refuse(404, 'No such image: none:1'),
      [`GET /images/host:5000/a/b@${digest}/json`]: (_, response) => reply(response, { Id: 'i' }),
      'GET /distribution/a/b:1/json': record(response => reply(response, { Descriptor: { digest } })),
      'GET /distribution/none:1/json': refuse(404, 'manifest unknown'),
      'POST /images/create': record(response => {
        const last = seen.at(-1)?.url ?? ''
        if (last.includes('missing')) reply(response, { message: 'manifest unknown' }, 404)
        else if (last.includes('full'))
          response.end('{"status":"a"}\n{"errorDetail":{"message":"no space left on device"}}\n')
        else response.end('{"id":"l","status":"Pulling"}\n{"status":"Done"}\n')
      }),
      'GET /volumes': (_, response) => reply(response, { Volumes: null }),
      'POST /volumes/create': record(response => reply(response, {}, 201)),
      'DELETE /volumes/v': refuse(409, 'volume is in use'),
    })
    process.env['DOCKER_HOST'] = 'tcp://%%% not a url'
    host = await connectDockerHost('a', `unix://${engine.socketPath}`)
  })
  beforeEach(() => {
    seen = []
  })
  afterAll(async () => {
    delete process.env['DOCKER_HOST']
    host.close()
    await engine.stop()
    rmSync(dir, { recursive: true })
  })

  const only = () => ({ url: seen[0]?.url, body: seen[0]?.body.toString() })

  test('info is narrowed to what is read, and DOCKER_HOST is not obeyed', async () => {
    expect(await host.info()).toEqual({
      ServerVersion: '28.5.0',
      ApiVersion: '1.51',
      OSType: 'linux',
      Architecture: 'x86_64',
      NCPU: 2,
      MemTotal: 4,
      SystemTime: 't',
      EnabledPlugins: [],
    })
  })

  test('create sends its name in the URL and all else in the body alone', async () => {
    expect(await host.createContainer('web.1', { Image: 'nginx', Env: ['SECRET=x'] })).toBe('abc')
    expect(only()).toEqual({
      url: '/v1.51/containers/create?name=web.1',
      body: '{"Image":"nginx","Env":["SECRET=x"]}',
    })
    expect(seen[0]?.headers['content-type']).toBe('application/json')
  })

  test('what is so already is a success', async () => {
    await host.startContainer('abc')
    await host.removeContainer('abc')
    expect(seen.map(({ url, body }) => `${url} ${body.toString()}`)).toEqual([
      '/v1.51/containers/abc/start ',
      '/v1.51/containers/abc?force=true&v=true ',
    ])
    expect(await host.inspectImage('none:1')).toBeUndefined()
    expect(await host.listVolumes()).toEqual([])
  })

  test('a port that is taken is PORT_TAKEN, something in use DOCKER_CONFLICT', async () => {
    await expect(host.startContainer('taken')).rejects.toMatchObject({ code: 'PORT_TAKEN', instance: 'a' })
    await expect(host.removeVolume('v')).rejects.toMatchObject({ code: 'DOCKER_CONFLICT', instance: 'a' })
  })

  test('a stop may take longer than a timer of Node can', async () => {
    await host.stopContainer('abc', 3_000_000)
    expect(seen.map(s => s.url)).toEqual(['/v1.51/containers/abc/stop?t=3000000'])
  })

  test('stop and update send what they are given', async () => {
    await host.stopContainer('abc', 7)
    await host.updateContainer('abc', { CpuShares: 2, Memory: 3, MemorySwap: -1, MemoryReservation: 0 })
    await host.createVolume('v', { Labels: { a: 'b' } })
    expect(seen.map(({ url, body }) => [url, body.toString()])).toEqual([
      ['/v1.51/containers/abc/stop?t=7', ''],
      ['/v1.51/containers/abc/update', '{"CpuShares":2,"Memory":3,"MemorySwap":-1,"MemoryReservation":0}'],
      ['/v1.51/volumes/create', '{"Name":"v","Labels":{"a":"b"}}'],
    ])
  })

  test('a harmless call is repeated once after a cut, another is not', async () => {
    const before = engine.requests.length
    await host.startContainer('cut')
    await expect(host.unpauseContainer('cut')).rejects.toMatchObject({ code: 'CONNECTION_LOST' })
    expect(engine.requests.slice(before).map(request => request.split('/').at(-1))).toEqual([
      'start',
      'start',
      'unpause',
    ])
  })

  test('logs are lines, the last of them, and none where the driver cannot be read', async () => {
    expect(await host.containerLogs('abc', 2)).toEqual(['two', 'three'])
    expect(seen[0]?.url).toBe('/v1.51/containers/abc/logs?stdout=true&stderr=true&tail=2')
    expect(await host.containerLogs('json-log', 5)).toEqual(['{"a":1}'])
    expect(await host.containerLogs('syslog', 5)).toEqual([])
  })

  test('archives go both ways as they are', async () => {
    const tar = new Uint8Array(new Uint8Array([9, 1, 2, 3, 9]).buffer, 1, 3)
    await host.putArchive('abc', '/run/a b', tar)
    expect(seen[0]).toMatchObject({
      url: '/v1.51/containers/abc/archive?path=%2Frun%2Fa%20b',
      body: Buffer.from([1, 2, 3]),
    })
    expect(Buffer.from(await host.getArchive('abc', '/x'))).toEqual(Buffer.alloc(100_000, 1))
  })

  test('an image is inspected by any reference', async () => {
    expect(await host.inspectImage(`host:5000/a/b@${digest}`)).toEqual({ Id: 'i' })
  })

  test('the digest of a tag comes from the registry, with the login in a header alone', async () => {
    expect(await host.resolveDigest('a/b:1', { username: 'me', password: 'x?>', serveraddress: 's' })).toBe(
      digest,
    )
    expect(seen[0]?.url).toBe('/v1.51/distribution/a/b:1/json')
    const header = String(seen[0]?.headers['x-registry-auth'])
    expect(JSON.parse(Buffer.from(header, 'base64url').toString())).toEqual({
      username: 'me',
      password: 'x?>',
      serveraddress: 's',
    })
    await expect(host.resolveDigest('none:1')).rejects.toMatchObject({ code: 'IMAGE_NOT_FOUND' })
  })

  test.each([
    ['nginx', 'fromImage=nginx&tag=latest'],
    ['docker.io/library/nginx:1', 'fromImage=nginx&tag=1'],
    ['host:5000/a/b:1', 'fromImage=host%3A5000%2Fa%2Fb&tag=1'],
    [`a/b:1@${digest}`, `fromImage=a%2Fb&tag=sha256%3A${'0'.repeat(64)}`],
  ])('a pull of %s asks for one image and reports its progress', async (reference, query) => {
    const progress: string[] = []
    await host.pullImage(reference, { onProgress: status => progress.push(status) })
    expect(seen[0]?.url).toBe(`/v1.51/images/create?${query}`)
    expect(progress).toEqual(['l: Pulling', 'Done'])
  })

  test('a pull that fails before or inside its progress says why', async () => {
    await expect(host.pullImage('missing:1')).rejects.toMatchObject({
      code: 'IMAGE_NOT_FOUND',
      instance: 'a',
    })
    await expect(host.pullImage('full:1')).rejects.toMatchObject({
      code: 'DISK_FULL',
      message:
        'Image full:1 cannot be had: the disk of the host is full (CannotPullContainerError: no space left on device)',
    })
    await expect(host.pullImage('No Reference')).rejects.toMatchObject({
      code: 'IMAGE_NOT_FOUND',
      instance: 'a',
    })
  })

  test('an import sends its tar and every change', async () => {
    await host.importImage(new Uint8Array([1, 2]), 'stowage/lock', '1', ['LABEL a=b', 'LABEL c=d'])
    expect(seen[0]?.url).toBe(
      '/v1.51/images/create?fromSrc=-&repo=stowage%2Flock&tag=1&changes=LABEL%20a%3Db&changes=LABEL%20c%3Dd',
    )
    expect(seen[0]?.body).toEqual(Buffer.from([1, 2]))
  })

  test('a socket that is missing, dead or not Docker is named as such', async () => {
    await expect(connectDockerHost('b', `unix://${dir}/none.sock`)).rejects.toMatchObject({
      code: 'DOCKER_MISSING',
      instance: 'b',
    })
    writeFileSync(join(dir, 'file.sock'), '')
    await expect(connectDockerHost('b', `unix://${dir}/file.sock`)).rejects.toMatchObject({
      code: 'DOCKER_NOT_RUNNING',
    })
    const odd = await engineStandIn(join(dir, 'odd.sock'), {
      'GET /version': (_, response) => response.end('hello'),
    })
    await expect(connectDockerHost('b', `unix://${odd.socketPath}`)).rejects.toMatchObject({
      code: 'DOCKER_ERROR',
      instance: 'b',
    })
    await odd.stop()
  })

  test('requests one after the other go over one connection', async () => {
    const before = engine.connections()
    for (let i = 0; i < 20; i++) await host.listContainers()
    for (let i = 0; i < 20; i++) await host.getArchive('abc', '/x')
    expect(engine.connections() - before).toBeLessThanOrEqual(1)
  })

  test('an address that is none is ADDRESS_INVALID, without its password', async () => {
    await expect(connectDockerHost('b', 'ssh://me:s3cret@web')).rejects.toMatchObject({
      code: 'ADDRESS_INVALID',
      instance: 'b',
      message: expect.not.stringContaining('s3cret'),
    })
  })

  test('the versions of 20.10 and of later engines are negotiated', async () => {
    const old = await engineStandIn(join(dir, 'old.sock'), {
      'GET /version': (_, response) =>
        reply(response, { Version: '20.10.24', ApiVersion: '1.41', MinAPIVersion: '1.12' }),
    })
    const oldHost = await connectDockerHost('b', `unix://${old.socketPath}`)
    await oldHost.listContainers()
    expect(old.requests).toEqual(['GET /version', 'GET /v1.41/containers/json?all=true'])
    oldHost.close()
    await expect(oldHost.listContainers()).rejects.toMatchObject({ code: 'CONNECTION_LOST' })
    await old.stop()
  })
})

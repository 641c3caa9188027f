import { mkdtempSync, rmSync } from 'node:fs'
import { type AddressInfo, type Socket, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { connectAll } from '../../../engine/docker/connect-all.ts'
import { engineStandIn } from './engine-stand-in.ts'
import { until } from './until.ts'

test('at most 30 hosts are connected to at a time, and an interrupt ends them all', async () => {
  const sockets: Socket[] = []
  const mute = createServer(socket => sockets.push(socket.on('error', () => undefined).resume()))
  await new Promise<void>(resolve => mute.listen(0, '127.0.0.1', resolve))
  const { port } = mute.address() as AddressInfo
  const home = mkdtempSync(join(tmpdir(), 'stowage-all-'))
  const instances = Array.from({ length: 40 }, (_, i) => ({
    name: `n${i}`,
    address: `ssh://me@127.0.0.1:${port}`,
  }))
  const stop = new AbortController()
  const connecting = connectAll(instances, {
    home,
    env: { PATH: home },
    signal: stop.signal,
    connectTimeoutMs: 60_000,
  })
  await until(() => sockets.length >= 30)
  stop.abort()
  const results = await connecting
  expect(sockets).toHaveLength(30)
  expect(results.map(result => result.name)).toEqual(instances.map(instance => instance.name))
  for (const result of results)
    expect(result).toMatchObject({ error: { code: 'INTERRUPTED', instance: result.name } })
  await new Promise(resolve => mute.close(resolve))
  rmSync(home, { recursive: true })
})

test('one host that fails does not keep the others back', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'stowage-all-'))
  const engine = await engineStandIn(join(dir, 'docker.sock'))
  const results = await connectAll([
    { name: 'good', address: `unix://${engine.socketPath}` },
    { name: 'bad', address: `unix://${dir}/none.sock` },
    { name: 'odd', address: 'tcp://10.0.0.1' },
  ])
  expect(
    results.map(result => ('host' in result ? result.name : `${result.name} ${result.error.code}`)),
  ).toEqual(['good', 'bad DOCKER_MISSING', 'odd ADDRESS_INVALID'])
  for (const result of results) if ('host' in result) result.host.close()
  await engine.stop()
  rmSync(dir, { recursive: true })
})

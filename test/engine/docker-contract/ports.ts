import { expect, test } from 'vitest'
import type { Started } from './helpers.ts'
import { create, refusal, run } from './helpers.ts'

/** Published ports. */
export function portContract(started: Started): void {
  const publish = (HostPort: string, port = '80/tcp') => ({
    ExposedPorts: { [port]: {} },
    HostConfig: { PortBindings: { [port]: [{ HostPort }] } },
  })
  const portsOf = async (id: string) => (await started().docker.inspectContainer(id)).NetworkSettings.Ports

  test('P1 with no host port Docker chooses one, while the container runs', async () => {
    const first = await run(started(), 'chosen-1', publish(''))
    const second = await run(started(), 'chosen-2', publish('0'))
    const ports = [await portsOf(first), await portsOf(second)].map(p => Number(p?.['80/tcp']?.[0]?.HostPort))
    for (const port of ports) expect(port).toBeGreaterThanOrEqual(32768)
    expect(new Set(ports).size).toBe(2)
    await started().docker.stopContainer(first, 5)
    expect(await portsOf(first)).toEqual({})
  })

  test('P2 a host port that a container has is refused at start with 500; the other stays created', async () => {
    const holder = await run(started(), 'holder', publish('18080'))
    const other = await create(started(), 'other', publish('18080'))
    const words = /Bind for (0\.0\.0\.0|:::?):18080 failed: port is already allocated$/
    await refusal(started(), 500, words, ['POST', `/containers/${other}/start`])
    const { State } = await started().docker.inspectContainer(other)
    expect(State).toMatchObject({ Status: 'created', ExitCode: 128, Error: expect.stringMatching(words) })
    await started().docker.removeContainer(holder)
    await started().docker.startContainer(other)
    expect((await portsOf(other))?.['80/tcp']?.[0]).toMatchObject({ HostIp: '0.0.0.0', HostPort: '18080' })
  })

  test('P3 the list shows published ports with their host side', async () => {
    await run(started(), 'listed', publish('18081'))
    const [shown] = await started().docker.listContainers()
    const port = { IP: '0.0.0.0', PrivatePort: 80, PublicPort: 18081, Type: 'tcp' }
    expect(shown?.Ports).toContainEqual(port)
  })

  test('P4 tcp and udp are ports of their own', async () => {
    await run(started(), 'tcp', publish('18082'))
    const udp = await run(started(), 'udp', publish('18082', '80/udp'))
    expect((await portsOf(udp))?.['80/udp']?.[0]).toMatchObject({ HostPort: '18082' })
  })

  test('P5 a port that is exposed and not published is shown with null', async () => {
    const id = await run(started(), 'exposed', { ExposedPorts: { '80/tcp': {} } })
    expect(await portsOf(id)).toEqual({ '80/tcp': null })
  })

  test("P6 on the host's own network nothing is published and nothing conflicts", async () => {
    await run(started(), 'bridged', publish('18083'))
    const { HostConfig, ...rest } = publish('18083')
    const id = await run(started(), 'hosted', { ...rest, HostConfig: { ...HostConfig, NetworkMode: 'host' } })
    expect(await portsOf(id)).toEqual({})
  })
}

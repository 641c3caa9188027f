import { packTar, unpackTar } from 'modern-tar'
import { expect, test } from 'vitest'
import type { Started } from './helpers.ts'
import { create, refusal, run } from './helpers.ts'

/** Volumes and networks. */
export function volumeContract(started: Started): void {
  const labelsOf = async (name: string) =>
    (await started().docker.listVolumes()).find(v => v.Name === name)?.Labels

  test('V1 a volume that is created again stays as it is', async () => {
    await started().docker.createVolume('contract-a', { Labels: { first: 'yes' } })
    expect(
      (await started().api('POST', '/volumes/create', { Name: 'contract-a', Labels: { second: 'yes' } }))
        .status,
    ).toBe(201)
    expect(await labelsOf('contract-a')).toEqual({ first: 'yes' })
  })

  test('V2 a container makes the volumes that it names, without labels', async () => {
    await create(started(), 'maker', { HostConfig: { Binds: ['contract-b:/data'] } })
    expect((await started().docker.listVolumes()).map(v => v.Name)).toEqual(['contract-b'])
    expect(await labelsOf('contract-b')).toBeNull()
  })

  test('V3 a volume that a container has is not removed, running or not, with force or without', async () => {
    const id = await create(started(), 'holder', { HostConfig: { Binds: ['contract-c:/data'] } })
    const words = `remove contract-c: volume is in use - [${id}]`
    await refusal(started(), 409, words, ['DELETE', '/volumes/contract-c'])
    await refusal(started(), 409, words, ['DELETE', '/volumes/contract-c?force=1'])
  })

  test('V4 a volume with a name outlives its container, and is removed by itself', async () => {
    const id = await create(started(), 'gone', { HostConfig: { Binds: ['contract-d:/data'] } })
    await started().docker.removeContainer(id)
    expect((await started().api('DELETE', '/volumes/contract-d')).status).toBe(204)
    await refusal(started(), 404, /no such volume/, ['DELETE', '/volumes/contract-d'])
  })

  test('V5 a volume name that Docker does not take is refused with 400', async () => {
    await refusal(started(), 400, /volume name is too short/, ['POST', '/volumes/create', { Name: 'x' }])
    await refusal(started(), 400, /includes invalid characters/, ['POST', '/volumes/create', { Name: '-ab' }])
  })

  test('V6 a volume has its driver, its options and its labels; a driver that is not there is refused', async () => {
    const DriverOpts = { type: 'tmpfs', device: 'tmpfs', o: 'size=1m' }
    await started().docker.createVolume('contract-f', { Driver: 'local', DriverOpts, Labels: { a: 'b' } })
    const shown = (await started().api('GET', '/volumes/contract-f')).json()
    expect(shown).toMatchObject({ Driver: 'local', Options: DriverOpts, Labels: { a: 'b' } })
    const words = /plugin "nobody" not found/
    await refusal(started(), 404, words, [
      'POST',
      '/volumes/create',
      { Name: 'contract-g', Driver: 'nobody' },
    ])
  })

  test('V7 a volume mount without a source takes an archive, and goes with its container', async () => {
    const labels = { kept: 'with its container' }
    const Mounts = [{ Type: 'volume' as const, Target: '/run/kept', VolumeOptions: { Labels: labels } }]
    const id = await create(started(), 'anonymous', { HostConfig: { Mounts } })
    const made = (await started().docker.listVolumes()).filter(v => /^[0-9a-f]{64}$/.test(v.Name))
    expect(made.map(v => v.Labels)).toEqual([labels])
    const tar = await packTar([{ header: { name: 'note', size: 5, mode: 0o444 }, body: 'inner' }])
    await started().docker.putArchive(id, '/run/kept', tar)
    await started().docker.startContainer(id)
    expect((await started().api('POST', `/containers/${id}/restart?t=1`)).status).toBe(204)
    const [note] = await unpackTar(await started().docker.getArchive(id, '/run/kept/note'))
    expect(Buffer.from(note?.data ?? '').toString()).toBe('inner')
    await started().docker.removeContainer(id)
    const left = (await started().docker.listVolumes()).map(v => v.Name)
    expect(left).not.toContain(made[0]?.Name)
  })

  test('V8 what is put into a volume of a container that was never started outlives that container', async () => {
    await started().docker.createVolume('contract-h', { Labels: { a: 'b' } })
    const id = await create(started(), 'first', { HostConfig: { Binds: ['contract-h:/kept'] } })
    await started().docker.putArchive(
      id,
      '/kept',
      await packTar([{ header: { name: 'note', size: 5 }, body: 'inner' }]),
    )
    await started().docker.removeContainer(id)
    const next = await create(started(), 'next', { HostConfig: { Binds: ['contract-h:/elsewhere'] } })
    const files = await unpackTar(await started().docker.getArchive(next, '/elsewhere'))
    expect(files.map(f => [f.header.name, Buffer.from(f.data ?? '').toString()])).toEqual([
      ['elsewhere/', ''],
      ['elsewhere/note', 'inner'],
    ])
  })

  test('V9 a file that is put where one is takes its place', async () => {
    const id = await create(started(), 'twice', { HostConfig: { Binds: ['contract-i:/kept'] } })
    for (const body of ['a long text', 'short']) {
      await started().docker.putArchive(
        id,
        '/kept',
        await packTar([{ header: { name: 'note', size: body.length }, body }]),
      )
    }
    const [note] = await unpackTar(await started().docker.getArchive(id, '/kept/note'))
    expect(Buffer.from(note?.data ?? '').toString()).toBe('short')
  })

  test("N1 Docker's own three networks are there, and are not removed", async () => {
    const names = (await started().docker.listNetworks()).map(n => n.Name).sort()
    expect(names).toEqual(['bridge', 'host', 'none'])
    const words = 'bridge is a pre-defined network and cannot be removed'
    await refusal(started(), 403, words, ['DELETE', '/networks/bridge'])
  })

  test('N2 a network is removed once no container runs on it', async () => {
    await started().api('POST', '/networks/create', { Name: 'contract-n', Labels: { a: 'b' } })
    const network = (await started().docker.listNetworks()).find(n => n.Name === 'contract-n')
    expect(network?.Labels).toEqual({ a: 'b' })
    const id = await run(started(), 'member', { HostConfig: { NetworkMode: 'contract-n' } })
    await refusal(started(), 403, /has active endpoints/, ['DELETE', '/networks/contract-n'])
    await started().docker.stopContainer(id, 5)
    expect((await started().api('DELETE', '/networks/contract-n')).status).toBe(204)
    await refusal(started(), 404, /network contract-n not found/, ['DELETE', '/networks/contract-n'])
  })

  test('N3 a network of a name that is taken is refused with 409', async () => {
    await started().docker.createNetwork('contract-n', { a: 'b' })
    await expect(started().docker.createNetwork('contract-n', {})).rejects.toMatchObject({
      code: 'DOCKER_CONFLICT',
      message: expect.stringContaining('network with name contract-n already exists'),
    })
  })

  test('N4 a container joins the network of another by its id, which must run; it has no ports and networks of its own', async () => {
    const holder = await create(started(), 'holder')
    const id = await create(started(), 'joining', { HostConfig: { NetworkMode: 'container:holder' } })
    const inspected = await started().docker.inspectContainer(id)
    expect(inspected.HostConfig.NetworkMode).toBe(`container:${holder}`)
    await refusal(started(), 409, /non running container/i, ['POST', `/containers/${id}/start`])
    await started().docker.startContainer(holder)
    await started().docker.startContainer(id)
    expect((await started().docker.inspectContainer(id)).NetworkSettings).toMatchObject({
      Ports: {},
      Networks: {},
    })
  })

  test('N5 a container that ran on a network does not start on another of the same name', async () => {
    await started().docker.createNetwork('contract-n', {})
    const id = await run(started(), 'member', { HostConfig: { NetworkMode: 'contract-n' } })
    const [network] = (await started().docker.listNetworks()).filter(n => n.Name === 'contract-n')
    const { NetworkSettings: settings } = await started().docker.inspectContainer(id)
    expect(settings.Networks?.['contract-n']?.NetworkID).toBe(network?.Id)
    await started().docker.stopContainer(id, 5)
    await started().docker.removeNetwork('contract-n')
    await started().docker.createNetwork('contract-n', {})
    await refusal(started(), 404, `network ${network?.Id} not found`, ['POST', `/containers/${id}/start`])
  })

  test('N6 a container that joined the network of another stays up when that one is restarted', async () => {
    const holder = await run(started(), 'holder')
    const id = await run(started(), 'joining', { HostConfig: { NetworkMode: 'container:holder' } })
    await started().docker.stopContainer(holder, 5)
    await started().docker.startContainer(holder)
    const [first, second] = await Promise.all([holder, id].map(c => started().docker.inspectContainer(c)))
    expect(second?.State.Status).toBe('running')
    expect(Date.parse(first?.State.StartedAt ?? '')).toBeGreaterThanOrEqual(
      Date.parse(second?.State.StartedAt ?? ''),
    )
  })

  test('N7 a container that was restarted still says when it ended before', async () => {
    const id = await run(started(), 'twice')
    await started().docker.stopContainer(id, 5)
    const { FinishedAt } = (await started().docker.inspectContainer(id)).State
    await started().docker.startContainer(id)
    expect((await started().docker.inspectContainer(id)).State.FinishedAt).toBe(FinishedAt)
  })
}

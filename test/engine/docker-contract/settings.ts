import { expect, test } from 'vitest'
import type { ConfigSettings, HostSettings } from '../../../engine/docker/docker-host.ts'
import type { Started } from './helpers.ts'
import { create, refusal, run, SLEEP } from './helpers.ts'

const MIB = 1024 * 1024

const CONFIG: ConfigSettings = { Hostname: 'other.example', OpenStdin: true, Tty: true }

const HOST: HostSettings = {
  CapAdd: ['NET_ADMIN', 'KILL'],
  CapDrop: ['MKNOD'],
  Devices: [{ PathOnHost: '/dev/null', PathInContainer: '/dev/void', CgroupPermissions: 'rm' }],
  Dns: ['10.0.0.2', '10.0.0.1'],
  DnsSearch: ['b.example', 'a.example'],
  ExtraHosts: ['db:10.0.0.9', 'six:fd00::1', 'self:host-gateway'],
  Init: true,
  MemorySwap: 96 * MIB,
  NanoCpus: 500_000_000,
  ReadonlyRootfs: true,
  SecurityOpt: ['no-new-privileges', 'seccomp=unconfined'],
  ShmSize: 16 * MIB,
  Sysctls: { 'net.core.somaxconn': '512', 'kernel.msgmax': '8192' },
  Tmpfs: { '/scratch': 'noexec,mode=1777,size=16m' },
  Ulimits: [
    { Name: 'nofile', Soft: 1024, Hard: 2048 },
    { Name: 'core', Soft: 0, Hard: -1 },
  ],
}

/** What is passed on from a task definition as it stands, and what ties one container to another. */
export function settingContract(started: Started): void {
  const hostConfigOf = async (id: string) => (await started().docker.inspectContainer(id)).HostConfig

  test('S1 settings are shown as they were asked for, also once the container was started', async () => {
    const id = await run(started(), 'asked', { ...CONFIG, HostConfig: { Memory: 64 * MIB, ...HOST } })
    const shown = await started().docker.inspectContainer(id)
    expect(shown.Config).toMatchObject(CONFIG)
    expect(shown.HostConfig).toMatchObject(HOST)
  })

  test('S2 where nothing is asked for, Docker shows its own defaults', async () => {
    const id = await create(started(), 'bare', { HostConfig: { Memory: 64 * MIB } })
    const { Config, HostConfig } = await started().docker.inspectContainer(id)
    expect(Config).toMatchObject({ Hostname: id.slice(0, 12), OpenStdin: false, Tty: false })
    expect(HostConfig).toMatchObject({
      CapAdd: null,
      Devices: null,
      Links: null,
      Ulimits: null,
      SecurityOpt: null,
      VolumesFrom: null,
      IpcMode: 'private',
      PidMode: '',
      MemorySwap: 128 * MIB,
      ShmSize: 64 * MIB,
      NanoCpus: 0,
      Privileged: false,
      ReadonlyRootfs: false,
    })
  })

  test('S3 a link is shown with both names, also once the container that it leads to is gone', async () => {
    const target = await run(started(), 'target')
    const id = await run(started(), 'linking', { HostConfig: { Links: ['target:alias'] } })
    expect((await hostConfigOf(id)).Links).toEqual(['/target:/linking/alias'])
    const listed = (await started().docker.listContainers()).find(c => c.Id === target)
    expect([...(listed?.Names ?? [])].sort()).toEqual(['/linking/alias', '/target'])
    await started().docker.removeContainer(target)
    expect((await hostConfigOf(id)).Links).toEqual(['/target:/linking/alias'])
  })

  test('S4 a link to what is not there is refused when it is made, to what does not run when it is started', async () => {
    const links = (to: string) => ({ Image: SLEEP, HostConfig: { Links: [`${to}:alias`] } })
    const words = 'could not get container for nobody: No such container: nobody'
    await refusal(started(), 400, words, ['POST', '/containers/create?name=linking', links('nobody')])
    await create(started(), 'target')
    const id = await create(started(), 'linking', links('target'))
    const start = ['POST', `/containers/${id}/start`] as const
    await refusal(
      started(),
      500,
      /Cannot link to a non running container: \/target AS \/linking\/alias/,
      start,
    )
  })

  test('S5 a namespace that is joined is shown by the id of its container, which must be there and run', async () => {
    const joining = (name: string) => ({
      Image: SLEEP,
      HostConfig: { PidMode: `container:${name}`, IpcMode: `container:${name}` },
    })
    const path = '/containers/create?name=joining'
    await refusal(started(), 400, 'No such container: nobody', ['POST', path, joining('nobody')])
    const target = await create(started(), 'target', { HostConfig: { IpcMode: 'shareable' } })
    const id = await create(started(), 'joining', joining('target'))
    const mode = `container:${target}`
    expect(await hostConfigOf(id)).toMatchObject({ PidMode: mode, IpcMode: mode })
    expect(await hostConfigOf(target)).toMatchObject({ PidMode: '', IpcMode: 'shareable' })
    const answer = await started().api('POST', `/containers/${id}/start`)
    // 20.10 says 500, 28 says 409
    expect([409, 500]).toContain(answer.status)
    expect(answer.message).toMatch(/is not running$/)
    await started().docker.startContainer(target)
    await started().docker.startContainer(id)
  })

  test("S6 with the host's processes, or its shared memory, or all rights, Docker adds label=disable", async () => {
    for (const [name, host] of [
      ['processes', { PidMode: 'host' }],
      ['memory', { IpcMode: 'host' }],
      ['rights', { Privileged: true }],
    ] as const) {
      const id = await create(started(), name, { HostConfig: host })
      expect(await hostConfigOf(id)).toMatchObject({ ...host, SecurityOpt: ['label=disable'] })
    }
  })

  test('S7 volumesFrom mounts what the other has, and is shown with its name', async () => {
    await create(started(), 'source', { HostConfig: { Binds: ['contract-s:/data'] } })
    const id = await create(started(), 'reader', { HostConfig: { VolumesFrom: ['source:ro'] } })
    expect((await hostConfigOf(id)).VolumesFrom).toEqual(['source:ro'])
    const shown = (await started().api('GET', `/containers/${id}/json`)).json()
    expect(shown).toMatchObject({ Mounts: [{ Name: 'contract-s', Destination: '/data', RW: false }] })
    const nobody = { Image: SLEEP, HostConfig: { VolumesFrom: ['nobody'] } }
    const words = 'No such container: nobody'
    await refusal(started(), 400, words, ['POST', '/containers/create?name=other', nobody])
  })

  test('S8 swap without a memory limit, or less than it, is refused with 400', async () => {
    const body = (host: object) =>
      ['POST', '/containers/create?name=swap', { Image: SLEEP, HostConfig: host }] as const
    const alone = 'You should always set the Memory limit when using Memoryswap limit, see usage'
    await refusal(started(), 400, alone, body({ MemorySwap: 64 * MIB }))
    const less = 'Minimum memoryswap limit should be larger than memory limit, see usage'
    await refusal(started(), 400, less, body({ Memory: 64 * MIB, MemorySwap: 32 * MIB }))
  })
}

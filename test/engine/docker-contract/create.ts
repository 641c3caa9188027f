import { expect, test } from 'vitest'
import type { Started } from './helpers.ts'
import { create, NEVER, refusal, shell, SLEEP, WEB } from './helpers.ts'

const MIB = 1024 * 1024

/** How containers are created, and how they are shown then. */
export function createContract(started: Started): void {
  test('C1 a name is taken once', async () => {
    const id = await create(started(), 'taken')
    const words = `Conflict. The container name "/taken" is already in use by container "${id}". You have to remove (or rename) that container to be able to reuse that name.`
    await refusal(started(), 409, words, ['POST', '/containers/create?name=taken', { Image: SLEEP }])
  })

  test('C2 an image that is not on the host is 404', async () => {
    const request = ['POST', '/containers/create?name=none', { Image: 'registry.lab:5000/lab/none' }] as const
    await refusal(started(), 404, 'No such image: registry.lab:5000/lab/none:latest', request)
  })

  test('C3 an image can be named by its digest or its id, and is kept as it was named', async () => {
    const image = await started().docker.inspectImage(SLEEP)
    const pinned = image?.RepoDigests?.[0] ?? ''
    expect(pinned).toMatch(/^registry\.lab:5000\/lab\/sleep@sha256:[0-9a-f]{64}$/)
    for (const [name, reference] of [
      ['by-digest', pinned],
      ['by-id', image?.Id ?? ''],
    ] as const) {
      const id = await create(started(), name, { Image: reference })
      const shown = await started().docker.inspectContainer(id)
      expect([shown.Config.Image, shown.Image]).toEqual([reference, image?.Id])
    }
  })

  test('C4 a name of one letter, or with other signs than letters, digits and _.-, is refused with 400', async () => {
    for (const name of ['x', '-ab', 'a b']) {
      const words = `Invalid container name (${name}), only [a-zA-Z0-9][a-zA-Z0-9_.-] are allowed`
      const path = `/containers/create?name=${encodeURIComponent(name)}`
      await refusal(started(), 400, words, ['POST', path, { Image: SLEEP }])
    }
  })

  test("C5 the environment is the container's own, then what the image has besides", async () => {
    const id = await create(started(), 'env', { Env: ['B=2', 'A=1'] })
    const { Config } = await started().docker.inspectContainer(id)
    expect(Config.Env).toEqual(['B=2', 'A=1', expect.stringMatching(/^PATH=/)])
    const other = await create(started(), 'env-own', { Env: ['PATH=/own'] })
    expect((await started().docker.inspectContainer(other)).Config.Env).toEqual(['PATH=/own'])
  })

  test("C6 an entry point of one's own drops the image's command; an empty list is none", async () => {
    const own = await create(started(), 'own-entry', { Entrypoint: ['/bin/true'] })
    const shown = await started().docker.inspectContainer(own)
    expect([shown.Config.Entrypoint, shown.Config.Cmd]).toEqual([['/bin/true'], null])
    const bare = await create(started(), 'own-nothing', { Cmd: [] })
    expect((await started().docker.inspectContainer(bare)).Config.Cmd).not.toEqual([])
  })

  test("C7 labels are the image's and the container's; the container's own win", async () => {
    const changes = ['LABEL a=image b=image', 'CMD ["/x"]']
    await started().docker.importImage(new Uint8Array(1024), 'contract/labels', 'x', changes)
    const id = await create(started(), 'labels', {
      Image: 'contract/labels:x',
      Labels: { b: 'own', c: 'own' },
    })
    const { Config } = await started().docker.inspectContainer(id)
    expect(Config.Labels).toEqual({ a: 'image', b: 'own', c: 'own' })
  })

  test('C8 a new container is created, and was never started or finished', async () => {
    const id = await create(started(), 'fresh')
    const shown = await started().docker.inspectContainer(id)
    expect(shown).toMatchObject({ Id: id, Name: '/fresh', RestartCount: 0, NetworkSettings: { Ports: {} } })
    const state = {
      Status: 'created',
      ExitCode: 0,
      OOMKilled: false,
      Error: '',
      StartedAt: NEVER,
      FinishedAt: NEVER,
    }
    expect(shown.State).toMatchObject(state)
    expect(shown.State.Health).toBeUndefined()
    expect(shown.Created).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/)
  })

  test('C9 what was asked of the host is shown as it was asked', async () => {
    const host = {
      CpuShares: 64,
      Memory: 64 * MIB,
      MemoryReservation: 32 * MIB,
      RestartPolicy: { Name: 'unless-stopped' },
      LogConfig: { Type: 'json-file', Config: { 'max-size': '1m' } },
      Binds: ['contract-data:/data', '/tmp:/host:ro'],
    }
    const asked = { HostConfig: host, StopTimeout: 7, User: '1:1', WorkingDir: '/tmp', Cmd: shell('exit 0') }
    const { HostConfig, Config } = await started().docker.inspectContainer(
      await create(started(), 'asked', asked),
    )
    expect(HostConfig).toMatchObject(host)
    expect(Config).toMatchObject({ StopTimeout: 7, User: '1:1', WorkingDir: '/tmp', Cmd: shell('exit 0') })
  })

  test('C10 a memory limit under 6 MiB, or under the reservation, is refused with 400', async () => {
    const body = (host: object) => ({ Image: SLEEP, HostConfig: host })
    const path = '/containers/create?name=memory'
    await refusal(started(), 400, 'Minimum memory limit allowed is 6MB', [
      'POST',
      path,
      body({ Memory: 5 * MIB }),
    ])
    const words = 'Minimum memory limit can not be less than memory reservation limit, see usage'
    const less = body({ Memory: 8 * MIB, MemoryReservation: 16 * MIB })
    await refusal(started(), 400, words, ['POST', path, less])
  })

  test('C11 the list shows all only when asked, the newest first, and names with a slash', async () => {
    await create(started(), 'first', { Labels: { contract: 'yes' } })
    const second = await create(started(), 'second', { Image: WEB })
    expect((await started().api('GET', '/containers/json')).json()).toEqual([])
    const all = await started().docker.listContainers()
    expect(all.map(c => [c.Names, c.State])).toEqual([
      [['/second'], 'created'],
      [['/first'], 'created'],
    ])
    expect(all[0]).toMatchObject({ Id: second, Image: WEB, Ports: [] })
    expect(all[1]?.Labels).toMatchObject({ contract: 'yes' })
  })

  test('C12 the list can be narrowed by labels', async () => {
    const id = await create(started(), 'narrow', { Labels: { contract: 'yes' } })
    await create(started(), 'narrow-not', { Labels: { contract: 'no' } })
    for (const [label, found] of [
      ['contract=yes', [id]],
      ['contract=maybe', []],
    ] as const) {
      const filters = encodeURIComponent(JSON.stringify({ label: [label] }))
      const answer = await started().api('GET', `/containers/json?all=1&filters=${filters}`)
      expect(answer.json()).toEqual(found.map(Id => expect.objectContaining({ Id })))
    }
  })

  test('C13 a container is found by its name, its id, and the beginning of its id; another is 404', async () => {
    const id = await create(started(), 'findable')
    for (const key of ['findable', id, id.slice(0, 12)]) {
      expect(await started().docker.inspectContainer(key)).toMatchObject({ Id: id })
    }
    for (const [method, path] of [
      ['GET', 'nobody/json'],
      ['POST', 'nobody/start'],
      ['POST', 'nobody/stop'],
      ['DELETE', 'nobody?force=1'],
      ['GET', 'nobody/logs?stdout=1'],
    ] as const) {
      await refusal(started(), 404, 'No such container: nobody', [method, `/containers/${path}`])
    }
  })

  test('C14 a container without any command is refused with 400', async () => {
    await started().docker.importImage(new Uint8Array(1024), 'contract/bare', 'x', ['LABEL a=b'])
    const request = ['POST', '/containers/create?name=bare', { Image: 'contract/bare:x' }] as const
    await refusal(started(), 400, /no command specified/i, request)
  })
}

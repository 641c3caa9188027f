import { expect, test } from 'vitest'
import type { Started } from './helpers.ts'
import { create, NEVER, refusal, run, shell, UNLESS_STOPPED, untilStatus } from './helpers.ts'

const MIB = 1024 * 1024

/** Start, stop, kill, pause, update, remove. */
export function containerContract(started: Started): void {
  test('L1 start answers 204, and 304 to a container that runs', async () => {
    const id = await create(started(), 'start')
    const statuses = [await started().api('POST', `/containers/${id}/start`)]
    statuses.push(await started().api('POST', `/containers/${id}/start`))
    expect(statuses.map(a => a.status)).toEqual([204, 304])
    const { State } = await started().docker.inspectContainer(id)
    expect(State).toMatchObject({ Status: 'running', ExitCode: 0, FinishedAt: NEVER })
    expect(Date.parse(State.StartedAt)).toBeGreaterThan(0)
  })

  test('L2 stop answers 204, and 304 to a container that does not run', async () => {
    const id = await create(started(), 'stop')
    expect((await started().api('POST', `/containers/${id}/stop?t=5`)).status).toBe(304)
    await started().docker.startContainer(id)
    expect((await started().api('POST', `/containers/${id}/stop?t=5`)).status).toBe(204)
    const { State } = await started().docker.inspectContainer(id)
    expect(State).toMatchObject({ Status: 'exited', ExitCode: 0 })
    expect(Date.parse(State.FinishedAt)).toBeGreaterThan(0)
    expect((await started().api('POST', `/containers/${id}/stop?t=5`)).status).toBe(304)
  })

  test('L3 what ignores SIGTERM is killed after the time-out, with exit code 137', async () => {
    const id = await run(started(), 'stubborn', { Cmd: shell('trap "" TERM; sleep 1000000') })
    await started().docker.stopContainer(id, 1)
    const { State } = await started().docker.inspectContainer(id)
    expect(State).toMatchObject({ Status: 'exited', ExitCode: 137, OOMKilled: false })
  })

  test('L4 kill answers 204 and gives exit code 137; 409 to a container that does not run', async () => {
    const id = await run(started(), 'killed', { HostConfig: UNLESS_STOPPED })
    expect((await started().api('POST', `/containers/${id}/kill`)).status).toBe(204)
    expect((await untilStatus(started(), id, 'exited')).State.ExitCode).toBe(137)
    await refusal(started(), 409, /is not running$/, ['POST', `/containers/${id}/kill`])
  })

  test('L5 a paused container is neither started nor removed without force, and goes on after unpause', async () => {
    const id = await run(started(), 'paused')
    expect((await started().api('POST', `/containers/${id}/pause`)).status).toBe(204)
    expect((await started().docker.inspectContainer(id)).State.Status).toBe('paused')
    const words = 'cannot start a paused container, try unpause instead'
    await refusal(started(), 409, words, ['POST', `/containers/${id}/start`])
    await refusal(started(), 409, /paused/, ['DELETE', `/containers/${id}`])
    await started().docker.unpauseContainer(id)
    expect((await started().docker.inspectContainer(id)).State.Status).toBe('running')
  })

  test('L6 unpause of what is not paused is refused', async () => {
    const id = await run(started(), 'unpaused')
    const answer = await started().api('POST', `/containers/${id}/unpause`)
    expect(answer.status).toBeGreaterThanOrEqual(409)
    expect(answer.message).toBe(`Container ${id} is not paused`)
  })

  test('L7 a running container is removed with force only', async () => {
    const id = await run(started(), 'removed')
    await refusal(
      started(),
      409,
      /^(y|Y)ou cannot remove a running container|^cannot remove container .* is running/,
      ['DELETE', `/containers/${id}`],
    )
    expect((await started().api('DELETE', `/containers/${id}?force=1`)).status).toBe(204)
    expect(await started().docker.listContainers()).toEqual([])
    await create(started(), 'removed')
  })

  test('L8 an update changes shares and memory while it runs', async () => {
    const id = await run(started(), 'updated')
    const resources = { CpuShares: 64, Memory: 64 * MIB, MemorySwap: -1, MemoryReservation: 32 * MIB }
    await started().docker.updateContainer(id, resources)
    expect((await started().docker.inspectContainer(id)).HostConfig).toMatchObject(resources)
  })

  test('L9 a 0 in an update leaves what is there: a limit cannot be lifted so', async () => {
    const limits = { CpuShares: 64, Memory: 64 * MIB, MemoryReservation: 32 * MIB }
    const id = await run(started(), 'kept', { HostConfig: limits })
    const zeros = { CpuShares: 0, Memory: 0, MemorySwap: -1, MemoryReservation: 0 }
    await started().docker.updateContainer(id, zeros)
    expect((await started().docker.inspectContainer(id)).HostConfig).toMatchObject(limits)
  })

  test('L10 an update under 6 MiB is refused with 400 and changes nothing', async () => {
    const id = await run(started(), 'small', { HostConfig: { Memory: 64 * MIB } })
    const request = ['POST', `/containers/${id}/update`, { Memory: MIB, MemorySwap: -1 }] as const
    await refusal(started(), 400, 'Minimum memory limit allowed is 6MB', request)
    expect((await started().docker.inspectContainer(id)).HostConfig.Memory).toBe(64 * MIB)
  })

  test('L11 a command that cannot be executed is refused at start; the container stays created', async () => {
    const id = await create(started(), 'impossible', { Cmd: ['/nonexistent'], HostConfig: UNLESS_STOPPED })
    const words = /exec: "\/nonexistent": stat \/nonexistent: no such file or directory/
    await refusal(started(), 400, words, ['POST', `/containers/${id}/start`])
    const { State } = await started().docker.inspectContainer(id)
    expect(State).toMatchObject({ Status: 'created', ExitCode: 127, Error: expect.stringMatching(words) })
  })

  test('L12 a network that is not there is 404 at start; the container stays created', async () => {
    const id = await create(started(), 'offline', { HostConfig: { NetworkMode: 'nowhere' } })
    await refusal(started(), 404, /network nowhere not found/, ['POST', `/containers/${id}/start`])
    expect((await started().docker.inspectContainer(id)).State.Status).toBe('created')
  })

  test('L13 a renamed container leaves its name to others', async () => {
    const id = await create(started(), 'before')
    expect((await started().api('POST', `/containers/${id}/rename?name=after`)).status).toBe(204)
    expect((await started().docker.inspectContainer(id)).Name).toBe('/after')
    await create(started(), 'before')
  })

  test('L14 a container out of memory is shown so', async () => {
    const image = { Image: 'registry.lab:5000/lab/oom:1', HostConfig: { Memory: 16 * MIB } }
    const id = await run(started(), 'oom', image)
    const { State } = await untilStatus(started(), id, 'exited')
    expect(State).toMatchObject({ OOMKilled: true, ExitCode: 137 })
  })
}

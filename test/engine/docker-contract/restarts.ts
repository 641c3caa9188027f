import { expect, test } from 'vitest'
import type { Started } from './helpers.ts'
import { CRASH, create, run, shell, UNLESS_STOPPED, untilStatus } from './helpers.ts'
import type { Subject } from './subjects.ts'

/** Restart policies, reboots and restarts of dockerd. */
export function restartContract(started: Started): void {
  test('R1 without a restart policy what ends stays ended, with its exit code', async () => {
    const id = await run(started(), 'ends', { Cmd: shell('exit 4') })
    const { State, RestartCount } = await untilStatus(started(), id, 'exited')
    expect([State.ExitCode, RestartCount]).toEqual([4, 0])
  })

  test('R2 unless-stopped starts again what ends, whatever its exit code, and counts', async () => {
    for (const code of [0, 5]) {
      const id = await run(started(), `again-${code}`, {
        Cmd: shell(`exit ${code}`),
        HostConfig: UNLESS_STOPPED,
      })
      const waiting = await untilCount(started(), id, 2)
      expect(waiting.State).toMatchObject({ ExitCode: code })
    }
  })

  test('R3 each restart waits twice as long as the one before, from 100 ms', async () => {
    const id = await run(started(), 'backoff', { Image: CRASH, HostConfig: UNLESS_STOPPED })
    // By how many restarts went before it, when each run began.
    const starts = new Map<number, number>()
    await started().until('five restarts were seen', async () => {
      const { State, RestartCount } = await started().docker.inspectContainer(id)
      const run = State.Status === 'restarting' ? RestartCount - 1 : RestartCount
      starts.set(run, Date.parse(State.StartedAt))
      return RestartCount >= 5
    })
    expect([...starts.keys()]).toEqual(expect.arrayContaining([2, 3, 4]))
    for (const [run, at] of starts) {
      const before = starts.get(run - 1)
      if (before !== undefined) expect(at - before).toBeGreaterThanOrEqual(100 * 2 ** (run - 1) - 1)
    }
  })

  test('R4 a container that waits for its restart is stopped by stop, and keeps its count', async () => {
    const id = await run(started(), 'waiting', { Image: CRASH, HostConfig: UNLESS_STOPPED })
    await untilCount(started(), id, 3)
    expect((await started().api('POST', `/containers/${id}/stop?t=1`)).status).toBe(204)
    const { State, RestartCount } = await started().docker.inspectContainer(id)
    expect(State).toMatchObject({ Status: 'exited', ExitCode: 3 })
    expect(RestartCount).toBeGreaterThanOrEqual(3)
  })

  test('R5 one that waits for its restart is not removed without force, and start answers 304', async () => {
    const id = await run(started(), 'held', { Image: CRASH, HostConfig: UNLESS_STOPPED })
    await untilCount(started(), id, 4)
    expect((await started().api('POST', `/containers/${id}/start`)).status).toBe(304)
    expect((await started().api('DELETE', `/containers/${id}`)).status).toBe(409)
    await started().docker.removeContainer(id)
  })

  test('R6 a start by the API begins the count anew', async () => {
    const id = await run(started(), 'anew', { Cmd: shell('sleep 1; exit 1'), HostConfig: UNLESS_STOPPED })
    await untilCount(started(), id, 1)
    await started().docker.stopContainer(id, 1)
    await started().docker.startContainer(id)
    expect((await started().docker.inspectContainer(id)).RestartCount).toBe(0)
  })

  test('R7 after a reboot runs what was to run; a stop holds; what was killed through the API stays down', async () => {
    const subject = started()
    const ids = {
      runs: await run(subject, 'runs', { HostConfig: UNLESS_STOPPED }),
      stopped: await run(subject, 'stopped', { HostConfig: UNLESS_STOPPED }),
      killed: await run(subject, 'killed', { HostConfig: UNLESS_STOPPED }),
      alone: await run(subject, 'alone'),
      created: await create(subject, 'created', { HostConfig: UNLESS_STOPPED }),
    }
    await subject.docker.stopContainer(ids.stopped, 5)
    await subject.api('POST', `/containers/${ids.killed}/kill`)
    await untilStatus(subject, ids.killed, 'exited')
    const before = await subject.docker.inspectContainer(ids.runs)
    await subject.reboot()
    const after = await untilStatus(subject, ids.runs, 'running')
    expect(Date.parse(after.State.StartedAt)).toBeGreaterThanOrEqual(Date.parse(before.State.StartedAt))
    const statuses = ['stopped', 'killed', 'alone', 'created'] as const
    const shown = await Promise.all(statuses.map(key => subject.docker.inspectContainer(ids[key])))
    expect(shown.map(s => s.State.Status)).toEqual(['exited', 'exited', 'exited', 'created'])
    expect(shown[2]?.State.ExitCode).toBe(255)
  })

  test('R8 a restart of dockerd starts again what has a policy, and begins its count anew', async () => {
    const id = await run(started(), 'daemon', { Cmd: shell('sleep 1; exit 1'), HostConfig: UNLESS_STOPPED })
    await untilCount(started(), id, 1)
    await untilStatus(started(), id, 'running')
    await started().restartDockerd()
    const { State, RestartCount } = await untilStatus(started(), id, 'running')
    expect([State.Status, RestartCount]).toEqual(['running', 0])
  })
}

async function untilCount(subject: Subject, id: string, count: number) {
  return await subject.until(`it was restarted ${count} times`, async () => {
    const found = await subject.docker.inspectContainer(id)
    return found.RestartCount >= count && found.State.Status === 'restarting' && found
  })
}

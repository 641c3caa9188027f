import { expect, test } from 'vitest'
import type { Started } from './helpers.ts'
import { create, run } from './helpers.ts'

const SECOND = 1_000_000_000

/** Health checks. */
export function healthContract(started: Started): void {
  const untilHealth = (id: string, wanted: string) =>
    started().until(`it is ${wanted}`, async () => {
      const { Health } = (await started().docker.inspectContainer(id)).State
      return Health?.Status === wanted && Health
    })
  const check = (command: string) => ({
    Healthcheck: { Test: ['CMD', command], Interval: SECOND, Retries: 2 },
  })

  test('H1 a health check starts as starting and is healthy once it passed', async () => {
    const id = await create(started(), 'healthy', check('true'))
    expect((await started().docker.inspectContainer(id)).State.Health).toBeUndefined()
    await started().docker.startContainer(id)
    expect((await started().docker.inspectContainer(id)).State.Health).toMatchObject({ Status: 'starting' })
    expect(await untilHealth(id, 'healthy')).toMatchObject({ Log: [{ ExitCode: 0 }] })
    const answer = await started().api('GET', '/containers/json')
    expect(answer.json()).toEqual([
      expect.objectContaining({ Status: expect.stringMatching(/^Up .*\(healthy\)$/) }),
    ])
  })

  test('H2 it is unhealthy after as many failures in a row as retries; it goes on running', async () => {
    const id = await run(started(), 'unhealthy', check('false'))
    const health = await untilHealth(id, 'unhealthy')
    expect(health.Log?.map(entry => entry.ExitCode).slice(0, 2)).toEqual([1, 1])
    expect((await started().docker.inspectContainer(id)).State.Status).toBe('running')
  })

  test('H3 failures inside the start period do not count', async () => {
    const Healthcheck = { Test: ['CMD', 'false'], Interval: SECOND, Retries: 1, StartPeriod: 60 * SECOND }
    const id = await run(started(), 'young', { Healthcheck })
    await started().until('two checks have failed', async () => {
      const { Health } = (await started().docker.inspectContainer(id)).State
      return (Health?.Log?.length ?? 0) >= 2
    })
    expect((await started().docker.inspectContainer(id)).State.Health).toMatchObject({ Status: 'starting' })
  })

  test('H4 NONE is no health check', async () => {
    const id = await run(started(), 'none', { Healthcheck: { Test: ['NONE'] } })
    expect((await started().docker.inspectContainer(id)).State.Health).toBeUndefined()
  })

  test('H5 a container that was stopped is unhealthy, and starting when it is started again', async () => {
    const id = await run(started(), 'stops', check('true'))
    await untilHealth(id, 'healthy')
    await started().docker.stopContainer(id, 5)
    expect((await started().docker.inspectContainer(id)).State.Health).toMatchObject({ Status: 'unhealthy' })
    await started().docker.startContainer(id)
    expect((await started().docker.inspectContainer(id)).State.Health).toMatchObject({ Status: 'starting' })
  })
}

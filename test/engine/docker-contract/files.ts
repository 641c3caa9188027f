import { packTar, unpackTar } from 'modern-tar'
import { expect, test } from 'vitest'
import type { Started } from './helpers.ts'
import { CRASH, create, refusal, run, untilStatus } from './helpers.ts'

/** Logs and archives. */
export function filesContract(started: Started): void {
  test('F1 the log comes in frames of a stream number, three zeros and a length', async () => {
    const id = await run(started(), 'frames', { Image: CRASH })
    await untilStatus(started(), id, 'exited')
    const { body } = await started().api('GET', `/containers/${id}/logs?stdout=1&stderr=1`)
    const line = 'starting\n'
    expect([...body.subarray(0, 8)]).toEqual([2, 0, 0, 0, 0, 0, 0, line.length])
    expect(body.subarray(8, 8 + line.length).toString()).toBe(line)
  })

  test('F2 tail gives the last lines', async () => {
    const id = await run(started(), 'tail', { Image: CRASH })
    await untilStatus(started(), id, 'exited')
    const last = ['reading /etc/app.conf', 'fatal: no such file /etc/app.conf']
    expect(await started().docker.containerLogs(id, 2)).toEqual(last)
  })

  test('F3 the log of a container that was never started is empty', async () => {
    const id = await create(started(), 'silent')
    expect((await started().api('GET', `/containers/${id}/logs?stdout=1`)).body).toHaveLength(0)
  })

  test('F4 a log that no stream is asked of is 400; one that the driver does not keep is 501', async () => {
    const id = await create(started(), 'no-log', { HostConfig: { LogConfig: { Type: 'none', Config: {} } } })
    await refusal(started(), 400, /you must choose at least one stream/, ['GET', `/containers/${id}/logs`])
    const words = 'configured logging driver does not support reading'
    await refusal(started(), 501, words, ['GET', `/containers/${id}/logs?stdout=1`])
  })

  test('F5 files go into a container that was never started, and come out again', async () => {
    const id = await create(started(), 'files')
    const entries = [
      { header: { name: 'contract/', type: 'directory', size: 0 } as const },
      { header: { name: 'contract/a.txt', size: 5 }, body: 'hello' },
    ]
    await started().docker.putArchive(id, '/', await packTar(entries))
    const file = await unpackTar(await started().docker.getArchive(id, '/contract/a.txt'))
    expect(file.map(e => [e.header.name, Buffer.from(e.data ?? '').toString()])).toEqual([['a.txt', 'hello']])
    const folder = await unpackTar(await started().docker.getArchive(id, '/contract'))
    expect(folder.map(e => e.header.name)).toEqual(['contract/', 'contract/a.txt'])
  })

  test('F6 a path that is not there is 404, both ways', async () => {
    const id = await create(started(), 'no-path')
    for (const request of [
      ['GET', `/containers/${id}/archive?path=/nowhere`],
      ['PUT', `/containers/${id}/archive?path=/nowhere`, await packTar([])],
    ] as const) {
      await refusal(started(), 404, /Could not find the file \/nowhere in container/, request)
    }
  })

  test('F7 a file is no place to unpack into', async () => {
    const id = await create(started(), 'no-folder')
    const entries = [{ header: { name: 'file', size: 1 }, body: 'x' }]
    await started().docker.putArchive(id, '/', await packTar(entries))
    const answer = await started().api('PUT', `/containers/${id}/archive?path=/file`, await packTar(entries))
    expect(answer.status).toBeGreaterThanOrEqual(400)
    expect(answer.message).toBe('extraction point is not a directory')
  })
}

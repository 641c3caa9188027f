import { expect, test } from 'vitest'
import type { Started } from './helpers.ts'
import { refusal } from './helpers.ts'

/** What an engine says of itself. */
export function engineContract(started: Started): void {
  test('E1 a ping answers OK', async () => {
    const answer = await started().api('GET', '/_ping')
    expect([answer.status, answer.text]).toEqual([200, 'OK'])
  })

  test('E2 version and info say what the host is', async () => {
    const info = await started().docker.info()
    expect(info).toMatchObject({
      ServerVersion: expect.stringMatching(/^\d+\.\d+/),
      ApiVersion: expect.stringMatching(/^1\.\d+$/),
      OSType: 'linux',
      Architecture: expect.stringMatching(/^(x86_64|aarch64)$/),
    })
    expect(info.NCPU).toBeGreaterThan(0)
    expect(info.MemTotal).toBeGreaterThan(64 * 1024 * 1024)
    expect(Date.parse(info.SystemTime)).toBeGreaterThan(0)
  })

  test('E3 a path with a version is the same as one without', async () => {
    const { ApiVersion } = await started().docker.info()
    const answers = await Promise.all(
      ['/networks', `/v${ApiVersion}/networks`].map(path => started().api('GET', path)),
    )
    expect(answers.map(a => a.status)).toEqual([200, 200])
  })

  test('E4 a version that is too new is refused with 400', async () => {
    const words = /^client version 1\.999 is too new\. Maximum supported API version is 1\.\d+$/
    await refusal(started(), 400, words, ['GET', '/v1.999/info'])
  })

  test('E5 an unknown page is 404', async () => {
    await refusal(started(), 404, 'page not found', ['GET', '/nothing'])
  })

  test('E6 info has the drivers that Docker brings and what the kernel can limit', async () => {
    const info = await started().docker.info()
    expect(info.Plugins?.Log).toEqual(
      expect.arrayContaining(['fluentd', 'gelf', 'json-file', 'local', 'syslog']),
    )
    expect(info.Plugins?.Volume).toContain('local')
    expect(info).toMatchObject({
      MemoryLimit: expect.any(Boolean),
      SwapLimit: expect.any(Boolean),
      CpuCfsQuota: expect.any(Boolean),
      CgroupVersion: expect.stringMatching(/^[12]$/),
      EnabledPlugins: [],
    })
  })
}

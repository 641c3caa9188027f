import { execFile } from 'node:child_process'
import { chmodSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir, userInfo } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { DIAGNOSE } from '../../../engine/docker/tunnel.ts'

const NOBODY = 65534

describe.runIf(process.platform === 'linux')('the diagnosis of a Docker socket', () => {
  const server = createServer()
  let dir: string
  beforeAll(async () => {
    dir = mkdtempSync(join(tmpdir(), 'stowage-diagnose-'))
    chmodSync(dir, 0o755)
    await new Promise<void>(resolve => server.listen(join(dir, 'docker.sock'), resolve))
    chmodSync(join(dir, 'docker.sock'), 0o660)
    mkdirSync(join(dir, 'folder.sock'))
  })
  afterAll(async () => {
    await new Promise(resolve => server.close(resolve))
    rmSync(dir, { recursive: true })
  })

  /** What the host's shell answers for a path, as another user if wanted. */
  async function ask(path: string, shell = 'sh', id = userInfo().uid): Promise<string> {
    return await new Promise((resolve, reject) => {
      const child = execFile(shell, ['-c', DIAGNOSE], { uid: id, gid: id, cwd: '/' }, (error, stdout) =>
        error ? reject(error) : resolve(stdout),
      )
      child.stdin?.end(`${path}\nGET / HTTP/1.1\n`)
    })
  }

  test.each([['sh'], ['bash']])('in %s: a socket that listens is there, all else is missing', async shell => {
    expect(await ask(join(dir, 'docker.sock'), shell)).toMatch(/^stowage: there (cli|bare)\n$/)
    expect(await ask(join(dir, 'none.sock'), shell)).toMatch(/^stowage: missing /)
    expect(await ask(join(dir, 'folder.sock'), shell)).toMatch(/^stowage: missing /)
  })

  test('a path is never taken for a command', async () => {
    expect(await ask(`${dir}/$(touch ${dir}/hit)"; touch ${dir}/hit; '`)).toMatch(/^stowage: missing /)
    expect(await ask(`\`touch ${dir}/hit\``)).toMatch(/^stowage: missing /)
    expect(await ask(join(dir, 'hit'))).toMatch(/^stowage: missing /)
    expect(() => rmSync(join(dir, 'hit'))).toThrow('ENOENT')
  })

  test.runIf(userInfo().uid === 0)('a socket that the user may not use is refused', async () => {
    expect(await ask(join(dir, 'docker.sock'), 'sh', NOBODY)).toMatch(/^stowage: refused /)
  })
})

import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import type { Commit } from '../engine/ledger/record.ts'

const run = promisify(execFile)
const TIMEOUT_MS = 5000

/** The commit of a folder, and whether it has changes that are in none; undefined where there is no repository or no git. */
export async function commitOf(folder: string): Promise<Commit | undefined> {
  try {
    const id = (await git(folder, 'rev-parse', '--verify', 'HEAD')).trim()
    const changes = await git(folder, 'status', '--porcelain', '--', '.')
    return /^[0-9a-f]{40,64}$/.test(id) ? { id, dirty: changes.trim() !== '' } : undefined
  } catch {
    return undefined
  }
}

async function git(folder: string, ...args: string[]): Promise<string> {
  // a repository's own settings may name programs that git would run to look for changes
  const own = ['-c', 'core.fsmonitor=false', '-C', folder]
  const { stdout } = await run('git', [...own, ...args], { timeout: TIMEOUT_MS, maxBuffer: 16 * 1024 * 1024 })
  return stdout
}

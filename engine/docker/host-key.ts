import { createHash, randomBytes } from 'node:crypto'
import { appendFile, mkdir, readFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { StowageError } from '../errors.ts'
import { type KnownHost, judgeHostKey, knownHostLine, parseKnownHosts } from './known-hosts.ts'

/** How a host's key is checked. */
export interface HostKeyPolicy {
  /** As in known_hosts: `host`, `[host]:port`, or the HostKeyAlias. */
  readonly name: string
  readonly known: readonly KnownHost[]
  /** Adds an unknown key to `file`; a changed one is refused all the same. */
  readonly acceptNew: boolean
  /** undefined: there is none to add to. */
  readonly file: string | undefined
  readonly hashNames: boolean
}

/** Reads known_hosts files; one that is not there is empty. Throws HOST_KEY_UNKNOWN where one cannot be read. */
export async function readKnownHosts(files: readonly string[]): Promise<KnownHost[]> {
  const known: KnownHost[] = []
  for (const file of files) known.push(...parseKnownHosts((await readIfThere(file)) ?? '', file))
  return known
}

/**
 * Settles whether the key (as it is sent, in SSH's wire format) is the host's.
 * Throws HOST_KEY_UNKNOWN or HOST_KEY_CHANGED.
 */
export async function checkHostKey(key: Buffer, policy: HostKeyPolicy): Promise<void> {
  const type = keyType(key)
  const shown = `${type} ${fingerprint(key)}`
  const verdict = judgeHostKey(policy.known, policy.name, key.toString('base64'))
  switch (verdict.is) {
    case 'known':
      return
    case 'revoked':
      throw new StowageError(
        'HOST_KEY_CHANGED',
        `The key of ${policy.name} (${shown}) is marked @revoked in ${verdict.where}.`,
      )
    case 'changed':
      throw new StowageError(
        'HOST_KEY_CHANGED',
        `The key of ${policy.name} is ${shown}; it is not the one in ${verdict.where}.`,
      )
    case 'unknown':
      if (!policy.acceptNew || policy.file === undefined) {
        const also = verdict.authority
          ? ` (host certificates, as in ${verdict.authority}, are not supported)`
          : ''
        throw new StowageError('HOST_KEY_UNKNOWN', `The key of ${policy.name} is not known: ${shown}${also}`)
      }
      await addKnownHost(policy.file, knownHostLine(policy.name, type, key.toString('base64'), salt(policy)))
  }
}

/** SHA256:…, as ssh-keygen -l prints it. */
export function fingerprint(key: Buffer): string {
  return `SHA256:${createHash('sha256').update(key).digest('base64').replace(/=+$/, '')}`
}

async function addKnownHost(file: string, line: string): Promise<void> {
  const before = (await readIfThere(file)) ?? ''
  try {
    await makeFolder(dirname(file))
    // One write in append mode: whole lines, whoever else appends meanwhile.
    await appendFile(file, before === '' || before.endsWith('\n') ? line : `\n${line}`, { mode: 0o600 })
  } catch (error) {
    throw new StowageError('HOST_KEY_UNKNOWN', `The host's key could not be added to ${file}.`, {
      cause: error,
      next: 'Make the file writable.',
    })
  }
}

/** One level, as ssh makes ~/.ssh. */
async function makeFolder(folder: string): Promise<void> {
  try {
    await mkdir(folder, { mode: 0o700 })
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error
  }
}

async function readIfThere(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, 'utf8')
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined
    throw new StowageError(
      'HOST_KEY_UNKNOWN',
      `${file} cannot be read, so that no host key can be checked.`,
      {
        cause: error,
        next: 'Make the file readable.',
      },
    )
  }
}

function keyType(key: Buffer): string {
  const length = key.length >= 4 ? key.readUInt32BE(0) : 0
  return key.subarray(4, 4 + length).toString('latin1')
}

function salt(policy: HostKeyPolicy): Buffer | undefined {
  return policy.hashNames ? randomBytes(20) : undefined
}

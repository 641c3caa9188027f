import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { newSshKey } from './ssh-key.ts'
import type { FakeSsh } from './ssh-server.ts'

/** What a client needs to log in to fake SSH servers, as files. */
export interface SshFiles {
  readonly knownHosts: string
  readonly identityFile: string
  /** An ssh_config that names the other two. */
  readonly sshConfigFile: string
}

/** Writes them into a folder. The key is a new one; any is let in. */
export async function writeSshFiles(folder: string, servers: readonly FakeSsh[]): Promise<SshFiles> {
  const knownHosts = join(folder, 'known_hosts')
  const identityFile = join(folder, 'id_ed25519')
  const sshConfigFile = join(folder, 'ssh_config')
  await writeFile(knownHosts, servers.map(s => `${s.knownHostsLine}\n`).join(''))
  await writeFile(identityFile, newSshKey().private, { mode: 0o600 })
  const settings = [
    `IdentityFile "${identityFile}"`,
    `UserKnownHostsFile "${knownHosts}"`,
    'IdentitiesOnly yes',
  ]
  await writeFile(sshConfigFile, `Host 127.0.0.1\n${settings.map(s => `  ${s}\n`).join('')}`)
  return { knownHosts, identityFile, sshConfigFile }
}

import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { removeCgroups } from './cgroups.ts'
import { run } from './command.ts'
import { startHost } from './lab-host.ts'
import type { LabHost } from './lab-host.ts'
import { freeSubnets, raiseBridge, removeNetwork, subnetOf } from './network.ts'
import { ensurePackages } from './packages.ts'
import { killMembers } from './processes.ts'
import {
  claimLab,
  forgetLab,
  isAbandoned,
  keepLab,
  listLabs,
  sweepLabsFolder,
  withLabsLock,
} from './record.ts'
import type { LabRecord } from './record.ts'
import { startRegistry } from './registry.ts'
import type { LabRegistry } from './registry.ts'
import { registriesOf, type StandIns } from './stand-ins.ts'

export type { LabHost } from './lab-host.ts'
export type { LabRegistry } from './registry.ts'

/** What a lab is to have. */
export interface LabOptions {
  /** How many hosts. Default: 3. */
  readonly hosts?: number
  /** Shown by `npm run lab -- status`. Default: lab-N. */
  readonly name?: string
  /** Hosts whose Docker has a small disk of its own: MiB by number, from 1. Default: none. */
  readonly diskMiB?: Readonly<Record<number, number>>
  /** With a registry and the test images in it. Default: true. */
  readonly registry?: boolean
  /**
   * Images of other registries, as documents name them: the hosts find each in the lab's own registry, under its own
   * name, as one that stands in for it. Default: none.
   */
  readonly standIns?: StandIns
  /** Where one line goes for each thing that takes time. Default: stderr. */
  readonly say?: (line: string) => void
}

/** Real Docker hosts on this machine, until `stop`. */
export interface Lab {
  readonly number: number
  readonly name: string
  /** In the order of their start; `addHost` appends. */
  readonly hosts: readonly LabHost[]
  /** Throws when the lab was started without one. */
  readonly registry: LabRegistry
  /** A known_hosts file with the keys of all hosts. */
  readonly knownHosts: string
  /** The private key that every host lets in as root. */
  readonly identityFile: string
  /** An ssh_config with all of it: `ssh -F FILE host-1`. */
  readonly sshConfigFile: string
  addHost(): Promise<LabHost>
  /** Leaves the lab up when this process ends; `npm run lab -- stop N` ends it. */
  keep(): void
  /** Ends all processes of the lab and removes all that it made on the machine. */
  stop(): Promise<void>
}

/**
 * Starts a lab: installs the Debian packages that are missing, removes what dead labs left behind,
 * and resolves when every host answers. A lab that could not be started leaves nothing behind.
 */
export async function startLab(options: LabOptions = {}): Promise<Lab> {
  const say = options.say ?? (line => console.error(line))
  await ensurePackages(say)
  const record = await withLabsLock(async () => {
    await cleanAbandonedLabs(say)
    return claimLab(options.name, await freeSubnets())
  })
  try {
    return await raise(record, options)
  } catch (error) {
    await removeLab(record)
    throw error
  }
}

/** Removes the labs that nobody can want any more; resolves to them. To be called under `withLabsLock`. */
export async function cleanAbandonedLabs(say: (line: string) => void): Promise<LabRecord[]> {
  const abandoned = listLabs().filter(isAbandoned)
  for (const lab of abandoned) {
    say(`removing lab ${lab.number} (${lab.name}): process ${lab.owner.pid}, which started it, has ended`)
    await removeLab(lab)
  }
  sweepLabsFolder()
  return abandoned
}

/** Removes all that a lab is and has made on the machine, in whatever state it is. */
export async function removeLab(lab: LabRecord): Promise<void> {
  await killMembers(lab.mark)
  await removeNetwork(lab.number)
  await removeCgroups(lab.number)
  forgetLab(lab)
}

async function raise(record: LabRecord, options: LabOptions): Promise<Lab> {
  const { folder, number } = record
  const identityFile = join(folder, 'id_ed25519')
  const knownHosts = join(folder, 'known_hosts')
  const sshConfigFile = join(folder, 'ssh_config')
  const makeKey = run('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', record.name, '-f', identityFile])
  await Promise.all([makeKey, raiseBridge(number)])
  const authorizedKey = readFileSync(`${identityFile}.pub`, 'utf8')
  const count = options.hosts ?? 3
  const registryNames = registriesOf(options.standIns ?? {})
  const hosts: LabHost[] = []
  let started = 0

  function writeSshFiles(): void {
    writeFileSync(knownHosts, hosts.map(host => `${host.ip} ${host.hostKey}\n`).join(''))
    const aliases = hosts.map(host => `Host ${host.name}\n  HostName ${host.ip}\n\n`).join('')
    const all = [
      'User root',
      `IdentityFile ${identityFile}`,
      'IdentitiesOnly yes',
      `UserKnownHostsFile ${knownHosts}`,
    ]
    const pattern = `Host ${subnetOf(number)}.* ${hosts.map(host => host.name).join(' ')}`
    writeFileSync(sshConfigFile, `${aliases}${[pattern, ...all].join('\n  ')}\n`)
  }

  function startNext(): Promise<LabHost> {
    const index = ++started
    return startHost(record, index, authorizedKey, registryNames, options.diskMiB?.[index])
  }

  async function addHost(): Promise<LabHost> {
    const host = await startNext()
    hosts.push(host)
    writeSshFiles()
    return host
  }

  const starts = Array.from({ length: count }, startNext)
  const registryStart = options.registry === false ? undefined : startRegistry(record, options.standIns)
  // all of them settle first, so that a failed start is never cleaned up under one that goes on
  await Promise.allSettled([registryStart, ...starts])
  hosts.push(...(await Promise.all(starts)))
  const registry = await registryStart
  writeSshFiles()
  return {
    number,
    name: record.name,
    hosts,
    get registry() {
      if (registry === undefined) throw new Error('this lab was started without a registry')
      return registry
    },
    knownHosts,
    identityFile,
    sshConfigFile,
    addHost,
    keep: () => void keepLab(record),
    stop: () => removeLab(record),
  }
}

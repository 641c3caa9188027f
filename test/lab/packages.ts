import { execFileSync } from 'node:child_process'
import { existsSync, mkdtempSync, rmdirSync, rmSync, writeFileSync } from 'node:fs'
import { dockerFolder, findCommand, labPath, run } from './command.ts'

/** Whether this machine can have a lab; `reason` is one sentence for a person. */
export type LabSupport = { readonly ok: true } | { readonly ok: false; readonly reason: string }

// the Debian package that each command comes from; util-linux and perl-base are on every Debian
const PACKAGES: Readonly<Record<string, string>> = {
  dockerd: 'docker.io',
  containerd: 'containerd',
  runc: 'runc',
  docker: 'docker.io',
  sshd: 'openssh-server',
  'ssh-keygen': 'openssh-client',
  ssh: 'openssh-client',
  ip: 'iproute2',
  iptables: 'iptables',
  'docker-registry': 'docker-registry',
  busybox: 'busybox',
  nsenter: 'util-linux',
  unshare: 'util-linux',
  mount: 'mount',
  perl: 'perl-base',
}

// what single tests compare with; they are left out where it cannot be had
const EXTRAS: Readonly<Record<string, string>> = { age: 'age' }

const POLICY = '/usr/sbin/policy-rc.d'

/**
 * Whether a lab can be had here, once `ensurePackages` has run. Installs nothing and leaves nothing behind.
 * `machine` is this one unless given.
 */
export function labSupport(
  machine: { readonly platform: string; readonly uid: number | undefined } = {
    platform: process.platform,
    uid: process.getuid?.(),
  },
): LabSupport {
  const no = (reason: string): LabSupport => ({ ok: false, reason })
  if (machine.platform !== 'linux') return no(`a lab needs Linux; this is ${machine.platform}`)
  if (machine.uid !== 0) return no('a lab needs root: it makes network namespaces and runs dockerd')
  const missing = missingCommands()
  if (missing.length > 0 && findCommand('apt-get') === undefined) {
    return no(`a lab needs ${missing.join(', ')}, and there is no apt-get to install them with`)
  }
  const denied = tryNamespaces()
  if (denied !== undefined) return no(`a lab needs namespaces, and this machine forbids them: ${denied}`)
  if (!hasWritableCgroups()) return no('a lab needs cgroups, and /sys/fs/cgroup cannot be written')
  return { ok: true }
}

/**
 * Installs with apt-get the Debian packages of the commands that are missing, and says so.
 * No service is started.
 */
export async function ensurePackages(say: (line: string) => void): Promise<void> {
  await ensureLab(say)
  const missing = Object.keys(EXTRAS).filter(command => findCommand(command) === undefined)
  if (missing.length === 0) return
  const packages = missing.map(command => EXTRAS[command] ?? command)
  say(`installing Debian packages for single tests: ${packages.join(' ')}`)
  await install(packages).catch(() => say(`without ${packages.join(' ')}: some tests are left out`))
}

async function ensureLab(say: (line: string) => void): Promise<void> {
  const missing = missingCommands()
  if (missing.length === 0) return
  const packages = [...new Set(missing.map(command => PACKAGES[command] ?? command))]
  say(`installing Debian packages for the lab: ${packages.join(' ')}`)
  await withoutServices(async () => {
    try {
      await install(packages)
    } catch {
      say('apt-get update, as the package lists are missing or old')
      await aptGet(['update'])
      await install(packages)
    }
    // later releases have the CLI in a package of its own
    if (findCommand('docker') === undefined) await install(['docker-cli'])
  })
  const still = missingCommands()
  if (still.length > 0) throw new Error(`after apt-get install there is still no ${still.join(', ')}`)
}

function missingCommands(): string[] {
  return Object.keys(PACKAGES).filter(command => findCommand(command) === undefined)
}

function install(packages: readonly string[]): Promise<string> {
  return aptGet(['install', '--yes', '--no-install-recommends', ...packages])
}

function aptGet(args: readonly string[]): Promise<string> {
  const options = ['-q', '-o', 'DPkg::Lock::Timeout=300']
  return run('apt-get', [...options, ...args], {
    timeout: 600_000,
    env: { DEBIAN_FRONTEND: 'noninteractive' },
  })
}

/** Keeps dpkg from starting the services that it installs: the lab starts its own, in its own hosts. */
async function withoutServices(work: () => Promise<void>): Promise<void> {
  const ours = !existsSync(POLICY)
  if (ours) writeFileSync(POLICY, '#!/bin/sh\nexit 101\n', { mode: 0o755 })
  try {
    await work()
  } finally {
    if (ours) rmSync(POLICY)
  }
}

function tryNamespaces(): string | undefined {
  const probe = [
    '-m',
    '-u',
    '-i',
    '-n',
    '-p',
    '--fork',
    '--kill-child',
    '--mount-proc',
    '--propagation',
    'private',
  ]
  const bridge = ['link', 'add', 'probe', 'type', 'bridge']
  const command = findCommand('ip') === undefined ? ['true'] : ['ip', ...bridge]
  try {
    execFileSync('unshare', [...probe, ...command], {
      stdio: 'pipe',
      env: { PATH: labPath() },
      timeout: 20_000,
    })
    return undefined
  } catch (error) {
    return error instanceof Error ? error.message.trim().replaceAll('\n', ' ') : String(error)
  }
}

function hasWritableCgroups(): boolean {
  const root = '/sys/fs/cgroup'
  if (!existsSync(root)) return false
  const hierarchy = existsSync(`${root}/cgroup.controllers`) ? root : `${root}/memory`
  try {
    // a name of its own: the threads of one process look at the same time
    rmdirSync(mkdtempSync(`${hierarchy}/stowage-lab-probe-`))
    return true
  } catch {
    return false
  }
}

/** One line that says which Docker the lab's hosts run. */
export async function dockerVersion(): Promise<string> {
  const version = (await run('dockerd', ['--version'])).trim()
  return dockerFolder() === undefined ? version : `${version} from ${dockerFolder()}`
}

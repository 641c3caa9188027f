import type { ChildProcess } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { request } from 'node:http'
import { join } from 'node:path'
import { cgroupOf } from './cgroups.ts'
import { dockerFolder, findCommand, labPath, run, startDaemon, until } from './command.ts'
import { connectHost, gatewayOf, ipOf, removeCable, switchCable } from './network.ts'
import { childrenOf, isAlive, identify, killMembers, MEMBER_VARIABLE } from './processes.ts'
import type { LabRecord } from './record.ts'
import { OPEN_PORT, PRIVATE_PORT, REGISTRY_NAME } from './registry.ts'

/** One Docker host of a lab, as far away as another machine: its own network, processes, /run, /etc, sshd and dockerd. */
export interface LabHost {
  /** host-1, host-2, …; its hostname too. */
  readonly name: string
  /** ssh://root@10.213.N.x */
  readonly address: string
  readonly ip: string
  /** Where this machine reaches that dockerd without SSH, for assertions. */
  readonly socket: string
  /** sshd's log: one line "Connection from …" for each connection. */
  readonly sshdLog: string
  readonly dockerdLog: string
  /** The public host key, as known_hosts has it: "ssh-ed25519 AAAA…". */
  readonly hostKey: string
  /** Runs the docker CLI against this host, past SSH; resolves to stdout without the last line end. */
  docker(...args: string[]): Promise<string>
  /** Power off: kill -9 of all, containers too. Nothing answers until `reboot`. */
  kill(): Promise<void>
  /** Power off and on again, on the same data; resolves when dockerd and sshd answer. */
  reboot(): Promise<void>
  /** Pulls the network cable out; all goes on inside. `restore` puts it back. */
  cut(): Promise<void>
  restore(): Promise<void>
  stopDockerd(): Promise<void>
  startDockerd(): Promise<void>
  restartDockerd(): Promise<void>
  /** Starts sshd again with these further lines of sshd_config; open connections stay. Default: none. */
  restartSshd(lines?: readonly string[]): Promise<void>
}

// $1 host folder, $2 hostname, $3 MiB of Docker's disk or nothing: a file system of its own in a file. The mount ends with
// the host, and the loop device with the mount. Process 1 ignores SIGCHLD, so that the kernel itself reaps orphans.
const BOOT = `set -e
mount -t tmpfs -o mode=755 tmpfs /run
mkdir /run/sshd
mount --bind "$1/etc" /etc
hostname "$2"
if [ -n "$3" ]; then
  mkdir -p "$1/docker"
  if [ -f "$1/disk" ] || { truncate -s "$3M" "$1/disk" && mkfs.ext4 -q -F -m 0 "$1/disk"; } && mount -o loop "$1/disk" "$1/docker"
  then rm -f "$1/no-loop"
  else mount -t tmpfs -o "size=$3m" tmpfs "$1/docker"; : > "$1/no-loop"
  fi
fi
trap '' CHLD
: > "$1/up"
exec sleep infinity`

/**
 * Starts host number `index` (from 1) of a lab; resolves when its dockerd and sshd answer. The registries of
 * `registryNames` are the lab's own for it.
 * @param diskMiB how large the disk is that Docker's data has to itself. Default: it shares the machine's
 */
export async function startHost(
  lab: LabRecord,
  index: number,
  authorizedKey: string,
  registryNames: readonly string[] = [],
  diskMiB?: number,
): Promise<LabHost> {
  const name = `host-${index}`
  const folder = join(lab.folder, name)
  const ip = ipOf(lab.number, index)
  const socket = join(folder, 'docker.sock')
  const sshdLog = join(folder, 'sshd.log')
  const dockerdLog = join(folder, 'dockerd.log')
  const mark = `${lab.mark}/${name}`
  const env = { [MEMBER_VARIABLE]: mark }
  let inside: readonly string[] = []
  let sshd: ChildProcess | undefined
  let dockerd: ChildProcess | undefined

  async function boot(): Promise<void> {
    rmSync(join(folder, 'up'), { force: true })
    const args = [
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
    const log = join(folder, 'boot.log')
    const machine = startDaemon(
      'unshare',
      [...args, 'sh', '-c', BOOT, 'sh', folder, name, String(diskMiB ?? '')],
      { log, env },
    )
    const pid = machine.pid
    if (pid === undefined) throw new Error('unshare could not be started')
    await until(`the boot of ${name}`, 20_000, () => {
      if (machine.exitCode !== null) throw new Error(`${name} did not boot: ${readFileSync(log, 'utf8')}`)
      return existsSync(join(folder, 'up'))
    })
    if (existsSync(join(folder, 'no-loop')))
      console.warn(
        `!! ${name} has a tmpfs for a disk, which a reboot empties: ${readFileSync(log, 'utf8').trim()}`,
      )
    inside = ['-t', String(pid), '-m', '-u', '-i', '-n', `--pid=/proc/${pid}/ns/pid_for_children`]
    await connectHost(lab.number, index, pid)
    await Promise.all([startSshd([]), startDockerd()])
  }

  async function kill(): Promise<void> {
    await killMembers(mark)
    await removeCable(lab.number, index)
  }

  async function startDockerd(): Promise<void> {
    rmSync(socket, { force: true })
    dockerd = startDaemon('nsenter', [...inside, '--', 'dockerd'], { log: dockerdLog, env })
    const started = dockerd
    await until(`dockerd on ${name}`, 60_000, () => {
      if (started.exitCode !== null) throw new Error(`dockerd on ${name} ended:\n${tail(dockerdLog)}`)
      return answersPing(socket)
    })
  }

  async function stopDockerd(): Promise<void> {
    await terminate(dockerd, `the end of dockerd on ${name}`)
    dockerd = undefined
  }

  async function startSshd(lines: readonly string[]): Promise<void> {
    writeFileSync(join(folder, 'etc/ssh/sshd_config'), sshdConfig(lines))
    const listening = () => countOf('Server listening', sshdLog)
    const before = listening()
    const path = findCommand('sshd') ?? 'sshd'
    sshd = startDaemon('nsenter', [...inside, '--', path, '-D', '-E', sshdLog], { log: sshdLog, env })
    const started = sshd
    await until(`sshd on ${name}`, 20_000, () => {
      if (started.exitCode !== null) throw new Error(`sshd on ${name} ended:\n${tail(sshdLog)}`)
      return listening() > before
    })
  }

  const hostKey = await prepareFolder(lab, index, name, folder, authorizedKey, registryNames)
  await boot()
  return {
    name,
    address: `ssh://root@${ip}`,
    ip,
    socket,
    sshdLog,
    dockerdLog,
    hostKey,
    docker: async (...args) =>
      (await run('docker', ['-H', `unix://${socket}`, ...args], { timeout: 120_000 })).trimEnd(),
    kill,
    reboot: async () => {
      await kill()
      await boot()
    },
    cut: () => switchCable(lab.number, index, 'down'),
    restore: () => switchCable(lab.number, index, 'up'),
    stopDockerd,
    startDockerd,
    restartDockerd: async () => {
      await stopDockerd()
      await startDockerd()
    },
    restartSshd: async (lines = []) => {
      await terminate(sshd, `the end of sshd on ${name}`)
      await startSshd(lines)
    },
  }
}

/** Makes what is on the host's disk: its own /etc with all configuration, and its keys. Resolves to the host key. */
async function prepareFolder(
  lab: LabRecord,
  index: number,
  name: string,
  folder: string,
  authorizedKey: string,
  registryNames: readonly string[],
): Promise<string> {
  const etc = join(folder, 'etc')
  mkdirSync(folder)
  await run('cp', ['-a', '/etc', etc])
  rmSync(join(etc, 'ssh'), { recursive: true, force: true })
  rmSync(join(etc, 'docker'), { recursive: true, force: true })
  mkdirSync(join(etc, 'ssh'))
  mkdirSync(join(etc, 'docker'))
  const gateway = gatewayOf(lab.number)
  const files = {
    hostname: `${name}\n`,
    hosts: `127.0.0.1 localhost\n${ipOf(lab.number, index)} ${name}\n${gateway} ${[REGISTRY_NAME, ...registryNames].join(' ')}\n`,
    // without PAM, sshd refuses a root whose password is locked by "!"
    shadow: `root:*:19000:0:99999:7:::\n`,
    'ssh/authorized_keys': authorizedKey,
    'docker/daemon.json': JSON.stringify(daemonConfig(lab, index, name, folder, registryNames), undefined, 2),
  }
  for (const [file, text] of Object.entries(files)) {
    rmSync(join(etc, file), { force: true })
    writeFileSync(join(etc, file), text, { mode: 0o644 })
  }
  const key = join(etc, 'ssh/ssh_host_ed25519_key')
  await run('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', name, '-f', key])
  return readFileSync(`${key}.pub`, 'utf8').split(' ').slice(0, 2).join(' ')
}

function daemonConfig(
  lab: LabRecord,
  index: number,
  name: string,
  folder: string,
  registryNames: readonly string[],
): object {
  const registries = [REGISTRY_NAME, gatewayOf(lab.number)].flatMap(host => [
    `${host}:${OPEN_PORT}`,
    `${host}:${PRIVATE_PORT}`,
  ])
  return {
    'data-root': join(folder, 'docker'),
    'exec-root': '/run/docker',
    pidfile: '/run/docker.pid',
    hosts: ['unix:///run/docker.sock', `unix://${join(folder, 'docker.sock')}`],
    // a /22 of its own for each host: room for a thousand containers, and no address twice in a lab
    bip: `10.214.${4 * (index % 64)}.1/22`,
    'cgroup-parent': cgroupOf(lab.number, name),
    'exec-opts': ['native.cgroupdriver=cgroupfs'],
    'insecure-registries': [...registries, ...registryNames],
    // Docker Hub has a name that cannot be given to another: its images are asked for at its mirror first
    ...(registryNames.length > 0 && { 'registry-mirrors': [`http://${REGISTRY_NAME}:${OPEN_PORT}`] }),
  }
}

function sshdConfig(lines: readonly string[]): string {
  // sshd takes the first value that it meets
  const own = [
    ...lines,
    'AuthorizedKeysFile /etc/ssh/authorized_keys',
    'HostKey /etc/ssh/ssh_host_ed25519_key',
    'PidFile /run/sshd.pid',
    'LogLevel VERBOSE',
    'Subsystem sftp internal-sftp',
  ]
  if (dockerFolder() !== undefined) own.push(`SetEnv PATH=${labPath()}`)
  return `${own.join('\n')}\n`
}

/** Sends SIGTERM to what nsenter started and waits for its end. */
async function terminate(nsenter: ChildProcess | undefined, what: string): Promise<void> {
  const daemons = (nsenter?.pid === undefined ? [] : childrenOf(nsenter.pid))
    .map(pid => identify(pid))
    .filter(daemon => daemon !== undefined)
  for (const daemon of daemons) process.kill(daemon.pid, 'SIGTERM')
  await until(what, 60_000, () => !daemons.some(isAlive))
}

function answersPing(socketPath: string): Promise<boolean> {
  return new Promise(resolve => {
    const ping = request({ socketPath, path: '/_ping', timeout: 5000 }, response => {
      response.resume()
      resolve(response.statusCode === 200)
    })
    ping.on('timeout', () => ping.destroy())
    ping.on('error', () => resolve(false))
    ping.end()
  })
}

function countOf(text: string, file: string): number {
  return existsSync(file) ? readFileSync(file, 'utf8').split(text).length - 1 : 0
}

function tail(file: string): string {
  return readFileSync(file, 'utf8').trimEnd().split('\n').slice(-20).join('\n')
}

import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { type AddressInfo, createServer } from 'node:net'
import { tmpdir, userInfo } from 'node:os'
import { join } from 'node:path'
import { until } from './until.ts'

const SSHD = '/usr/sbin/sshd'

/** Whether this machine can run the tests that need a real sshd; where it cannot, vitest lists them as skipped. */
export const hasSshd = existsSync(SSHD) && process.platform === 'linux' && process.getuid?.() === 0

/** A folder with a person's keys, and sshd servers of its own on loopback that let them in. */
export interface SshPlace {
  readonly dir: string
  readonly user: string
  readonly identityFile: string
  readonly knownHosts: string
  startServer(options?: ServerOptions): Promise<SshServer>
  /** Makes a key pair without passphrase unless given; the file of the private one. */
  makeKey(name: string, passphrase?: string, type?: string): string
  stop(): Promise<void>
}

export interface ServerOptions {
  /** More lines of sshd_config. */
  readonly config?: readonly string[]
  /** Options before the key in authorized_keys, such as `restrict`. */
  readonly keyOptions?: string
  /** Default: ed25519 alone. */
  readonly hostKeys?: readonly string[]
  /** Adds its first key to known_hosts. Default: true. */
  readonly trusted?: boolean
}

export interface SshServer {
  readonly port: number
  /** ssh://user@127.0.0.1:port */
  readonly address: string
  /** The file of the keys that may log in. */
  readonly authorizedKeys: string
  /** The files of its host keys, without .pub. */
  readonly hostKeys: readonly string[]
  log(): string
  /** How often somebody connected to it. */
  connections(): number
  /** SIGSTOPs the processes that serve those who are logged in. */
  freeze(): void
  /** Kills the processes that serve those who are logged in. */
  cut(): void
  stop(): Promise<void>
}

/** Makes a place; `stop` ends its servers and removes it. */
export function sshPlace(): SshPlace {
  const dir = mkdtempSync(join(tmpdir(), 'stowage-ssh-'))
  const user = userInfo().username
  const servers: SshServer[] = []
  let count = 0
  const makeKey = (name: string, passphrase = '', type = 'ed25519') => {
    const file = join(dir, name)
    execFileSync('ssh-keygen', ['-q', '-t', type, '-N', passphrase, '-C', name, '-f', file])
    return file
  }
  const identityFile = makeKey('id')
  const knownHosts = join(dir, 'known_hosts')
  return {
    dir,
    user,
    identityFile,
    knownHosts,
    makeKey,
    startServer: async options => {
      count += 1
      const server = await startServer(
        { dir, user, identityFile, knownHosts, makeKey },
        `s${count}`,
        options ?? {},
      )
      servers.push(server)
      return server
    },
    stop: async () => {
      await Promise.all(servers.map(server => server.stop()))
      rmSync(dir, { recursive: true, force: true })
    },
  }
}

type Place = Pick<SshPlace, 'dir' | 'user' | 'identityFile' | 'knownHosts' | 'makeKey'>

async function startServer(place: Place, name: string, options: ServerOptions): Promise<SshServer> {
  const hostKeys = (options.hostKeys ?? ['ed25519']).map(type =>
    place.makeKey(`${name}_host_${type}`, '', type),
  )
  const authorized = join(place.dir, `${name}_authorized_keys`)
  const prefix = options.keyOptions ? `${options.keyOptions} ` : ''
  writeFileSync(authorized, prefix + readFileSync(`${place.identityFile}.pub`, 'utf8'))
  const port = await freePort()
  const config = join(place.dir, `${name}_sshd_config`)
  const lines = [
    ...(options.config ?? []),
    `Port ${port}`,
    'ListenAddress 127.0.0.1',
    ...hostKeys.map(key => `HostKey ${key}`),
    `AuthorizedKeysFile ${authorized}`,
    'PidFile none',
    'StrictModes no',
    'UsePAM no',
    'LogLevel VERBOSE',
  ]
  writeFileSync(config, `${lines.join('\n')}\n`)
  if (userInfo().uid === 0) mkdirSync('/run/sshd', { recursive: true })
  const logFile = join(place.dir, `${name}.log`)
  const output = openSync(logFile, 'a')
  const child = spawn(SSHD, ['-D', '-e', '-f', config], { stdio: ['ignore', output, output] })
  const log = () => readFileSync(logFile, 'utf8')
  await until(() => {
    if (child.exitCode !== null) throw new Error(`sshd ended: ${log()}`)
    return log().includes('Server listening')
  })
  if (options.trusted ?? true) trust(place.knownHosts, port, hostKeys[0] ?? '')
  return {
    port,
    address: `ssh://${place.user}@127.0.0.1:${port}`,
    authorizedKeys: authorized,
    hostKeys,
    log,
    connections: () => log().match(/^Connection from /gm)?.length ?? 0,
    freeze: () => signalAll(descendants(child.pid ?? 0), 'SIGSTOP'),
    cut: () => signalAll(descendants(child.pid ?? 0), 'SIGKILL'),
    stop: () => end(child),
  }
}

/** Adds a server's key to a known_hosts file. */
export function trust(knownHosts: string, port: number, hostKey: string): void {
  const [type, key] = readFileSync(`${hostKey}.pub`, 'utf8').split(' ')
  writeFileSync(knownHosts, `[127.0.0.1]:${port} ${type} ${key}\n`, { flag: 'a' })
}

async function end(child: ChildProcess): Promise<void> {
  const served = descendants(child.pid ?? 0)
  signalAll(served, 'SIGKILL')
  if (child.exitCode === null && child.signalCode === null) {
    const ended = new Promise(resolve => child.once('exit', resolve))
    child.kill('SIGKILL')
    await ended
  }
}

function signalAll(pids: readonly number[], signal: NodeJS.Signals): void {
  for (const pid of pids) {
    try {
      process.kill(pid, signal)
    } catch {
      // It has ended meanwhile.
    }
  }
}

function descendants(pid: number): number[] {
  const parents = new Map<number, number>()
  for (const entry of readdirSync('/proc')) {
    if (!/^\d+$/.test(entry)) continue
    try {
      const stat = readFileSync(`/proc/${entry}/stat`, 'utf8')
      parents.set(Number(entry), Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]))
    } catch {
      // It has ended meanwhile.
    }
  }
  const below = (of: number): number[] =>
    [...parents].filter(([, parent]) => parent === of).flatMap(([child]) => [child, ...below(child)])
  return below(pid)
}

async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  await new Promise(resolve => server.close(resolve))
  return port
}

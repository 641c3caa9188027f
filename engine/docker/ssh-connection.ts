import type { Duplex } from 'node:stream'
import type { AnyAuthMethod, Client, ClientChannel, ServerHostKeyAlgorithm } from 'ssh2'
import { StowageError } from '../errors.ts'
import { type HostKeyPolicy, checkHostKey, readKnownHosts } from './host-key.ts'
import { type Identities, findIdentities } from './identities.ts'
import type { JumpHosts } from './jump-hosts.ts'
import { knownHostName, knownKeyTypes } from './known-hosts.ts'
import { type SshConfig, type SshHome, type SshTarget, resolveSshConfig } from './ssh-config.ts'

export interface SshOptions extends SshHome {
  /** Adds the keys of unknown hosts to known_hosts; a changed key is refused all the same. Default: false. */
  readonly acceptNewHostKeys?: boolean
  /** Instead of the configuration's; new keys go into the first. */
  readonly knownHostsFiles?: readonly string[]
  /** Offered before those of the configuration. */
  readonly identityFiles?: readonly string[]
  /** From the first packet to the login. Default: 10 s. */
  readonly connectTimeoutMs?: number
  /** Ends the attempt with INTERRUPTED; what is connected stays so. */
  readonly signal?: AbortSignal
}

/** One SSH connection to one host, with as many channels as are wanted. */
export interface SshConnection {
  /** user@host:port, for messages. */
  readonly where: string
  /** Opens a channel to a Unix socket on the host. Rejects with ssh2's own error. */
  openSocket(path: string): Promise<Duplex>
  /** Opens a channel to host:port as seen from the host. */
  openTcp(host: string, port: number): Promise<Duplex>
  /** Runs a command. It must be a fixed text: never build it from data. */
  exec(command: string): Promise<ClientChannel>
  /** Calls back once when the connection is gone, for whatever reason; at once if it is already. */
  readonly onLost: (listener: (why: string) => void) => void
  readonly close: () => void
}

export const CONNECT_TIMEOUT_MS = 10_000
// A host that goes dark is given up after about 8 seconds.
const KEEPALIVE_INTERVAL_MS = 2_000
const KEEPALIVE_COUNT = 3

// In ssh's order; without ssh-rsa, whose signatures are SHA-1.
const HOST_KEY_ALGORITHMS: readonly ServerHostKeyAlgorithm[] = [
  'ssh-ed25519',
  'ecdsa-sha2-nistp256',
  'ecdsa-sha2-nistp384',
  'ecdsa-sha2-nistp521',
  'rsa-sha2-512',
  'rsa-sha2-256',
]

/**
 * Connects to a host and logs in, through its jump hosts. `chain` names the connections that wait for this one.
 * Throws HOST_UNREACHABLE, HOST_KEY_UNKNOWN, HOST_KEY_CHANGED, SSH_AUTH_FAILED or INTERRUPTED.
 */
export async function openSsh(
  target: SshTarget,
  options: SshOptions,
  jumpHosts: JumpHosts,
  chain: readonly string[] = [],
  jumps?: readonly string[],
): Promise<SshConnection> {
  const config = await resolveSshConfig(target, options)
  const where = `${config.user}@${config.hostname}:${config.port}`
  const proxyJump = (jumps ?? config.proxyJump).filter(jump => !isItself(jump, target, config))
  if (config.proxyCommand && proxyJump.length === 0) {
    throw new StowageError(
      'HOST_UNREACHABLE',
      `${where} is configured with ProxyCommand, which is not supported.`,
      {
        next: 'Use ProxyJump in ~/.ssh/config instead.',
      },
    )
  }
  const { default: ssh2 } = await import('ssh2')
  const env = options.env ?? process.env
  const identities = await findIdentities(ssh2, config, env, options.identityFiles ?? [])
  const hostKey = await hostKeyPolicy(config, options)
  const via =
    proxyJump.length > 0 ? await jumpHosts.through(proxyJump, config.hostname, config.port, chain) : undefined
  const client = new ssh2.Client()
  try {
    if (options.signal?.aborted) throw interrupted()
    await login(client, config, { where, identities, hostKey, options, socket: via?.socket })
  } catch (error) {
    client.destroy()
    via?.release()
    throw error
  }
  return connection(client, where, () => via?.release())
}

/** `Host *` with a ProxyJump holds for the jump host itself too; ssh then connects to it directly. */
function isItself(jump: string, target: SshTarget, config: SshConfig): boolean {
  const host = jump.replace(/^(?:ssh:\/\/)?(?:[^@]*@)?/, '').toLowerCase()
  return [target.host, config.hostname].some(own => [own, `${own}:${config.port}`].includes(host))
}

async function hostKeyPolicy(config: SshConfig, options: SshOptions): Promise<HostKeyPolicy> {
  const own = options.knownHostsFiles ?? config.userKnownHostsFiles
  return {
    name: config.hostKeyAlias?.toLowerCase() ?? knownHostName(config.hostname, config.port),
    known: await readKnownHosts(options.knownHostsFiles ? own : [...own, ...config.globalKnownHostsFiles]),
    acceptNew: options.acceptNewHostKeys ?? false,
    file: own[0],
    hashNames: config.hashKnownHosts,
  }
}

interface Login {
  readonly where: string
  readonly identities: Identities
  readonly hostKey: HostKeyPolicy
  readonly options: SshOptions
  readonly socket: Duplex | undefined
}

async function login(client: Client, config: SshConfig, login: Login): Promise<void> {
  const { where, identities, hostKey, options, socket } = login
  const timeout = options.connectTimeoutMs ?? CONNECT_TIMEOUT_MS
  const methods = [...identities.methods]
  let wanted: readonly string[] = []
  let refusal: unknown
  let accepted: Buffer | undefined
  await new Promise<void>((resolve, reject) => {
    const interrupt = () => reject(interrupted())
    options.signal?.addEventListener('abort', interrupt, { once: true })
    const done = (error?: Error) => {
      options.signal?.removeEventListener('abort', interrupt)
      if (error) reject(refusal ?? loginError(error, { where, timeout, identities, wanted }))
      else resolve()
    }
    client.once('ready', () => done())
    client.once('close', () => done(new Error('the host closed the connection')))
    client.on('error', error => {
      // An agent that refuses to sign is no end: the next key is tried.
      if (level(error) !== 'agent') done(error)
    })
    client.connect({
      host: config.hostname,
      port: config.port,
      username: config.user,
      ...(socket && { sock: socket }),
      forceIPv4: config.addressFamily === 'inet',
      forceIPv6: config.addressFamily === 'inet6',
      readyTimeout: timeout,
      keepaliveInterval: KEEPALIVE_INTERVAL_MS,
      keepaliveCountMax: KEEPALIVE_COUNT,
      // Other servers than OpenSSH are asked too, and say themselves what they cannot do.
      strictVendor: false,
      algorithms: { serverHostKey: preferredAlgorithms(knownKeyTypes(hostKey.known, hostKey.name)) },
      hostVerifier: (key: Buffer, verify: (good: boolean) => void) => {
        // Keys are exchanged anew every gigabyte or so.
        if (accepted) return verify(accepted.equals(key))
        checkHostKey(key, hostKey).then(
          () => {
            accepted = key
            verify(true)
          },
          (error: unknown) => {
            refusal = error
            verify(false)
          },
        )
      },
      authHandler: (left: readonly string[] | null): AnyAuthMethod | false => {
        wanted = left ?? wanted
        return (left && !left.includes('publickey') ? undefined : methods.shift()) ?? false
      },
    })
  })
}

/** The types that are known for the host first, so that it does not show another of its keys. */
function preferredAlgorithms(types: readonly string[]): ServerHostKeyAlgorithm[] {
  const isKnown = (algorithm: string) => types.includes(algorithm.startsWith('rsa-') ? 'ssh-rsa' : algorithm)
  return [...HOST_KEY_ALGORITHMS.filter(isKnown), ...HOST_KEY_ALGORITHMS.filter(a => !isKnown(a))]
}

function loginError(
  error: Error,
  about: { where: string; timeout: number; identities: Identities; wanted: readonly string[] },
): StowageError {
  const { where, timeout, identities, wanted } = about
  if (level(error) === 'client-authentication' || /authentication failures/i.test(error.message)) {
    const { offered, notes } = identities
    const said = [
      offered.length > 0 ? `Offered: ${offered.join(', ')}` : 'There was no key to offer',
      ...(wanted.length > 0 && !wanted.includes('publickey')
        ? [`The host wants ${wanted.join(' or ')}`]
        : []),
      ...(/authentication failures/i.test(error.message)
        ? ['It was tired of so many; set IdentitiesOnly and IdentityFile']
        : []),
      ...notes,
    ]
    return new StowageError('SSH_AUTH_FAILED', `${where} refuses the login. ${said.join('. ')}.`, {
      cause: error,
    })
  }
  const why = level(error) === 'client-timeout' ? `no answer within ${timeout / 1000} s` : reason(error)
  return new StowageError('HOST_UNREACHABLE', `${where} cannot be reached: ${why}.`, { cause: error })
}

function reason(error: Error): string {
  const code = 'code' in error ? error.code : undefined
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN') return 'the name is unknown'
  if (code === 'ECONNREFUSED') return 'the connection was refused (is sshd running there?)'
  if (code === 'EHOSTUNREACH' || code === 'ENETUNREACH') return 'there is no route'
  return error.message.replace(/\.$/, '')
}

function level(error: Error): unknown {
  return 'level' in error ? error.level : undefined
}

function interrupted(): StowageError {
  return new StowageError('INTERRUPTED', 'Connecting was interrupted.')
}

function connection(client: Client, where: string, release: () => void): SshConnection {
  const listeners: ((why: string) => void)[] = []
  let lost: string | undefined
  const lose = (why: string) => {
    if (lost !== undefined) return
    lost = why
    client.destroy()
    release()
    for (const listener of listeners.splice(0)) listener(why)
  }
  client.on('error', error => {
    if (level(error) !== 'agent')
      lose(level(error) === 'client-timeout' ? 'the host went silent' : reason(error))
  })
  client.on('close', () => lose('the host closed the connection'))

  /** ssh2 throws where the connection is gone, and answers later otherwise. */
  const open = <T>(act: (done: (error: Error | undefined, channel: T) => void) => unknown) =>
    new Promise<T>((resolve, reject) => {
      act((error, channel) => (error ? reject(error) : resolve(channel)))
    })
  return {
    where,
    openSocket: path => open<ClientChannel>(done => client.openssh_forwardOutStreamLocal(path, done)),
    openTcp: (host, port) => open<ClientChannel>(done => client.forwardOut('127.0.0.1', 0, host, port, done)),
    exec: command => open<ClientChannel>(done => client.exec(command, done)),
    onLost: listener => (lost === undefined ? listeners.push(listener) : listener(lost)),
    close: () => {
      client.end()
      lose('it was closed')
    },
  }
}

import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { homedir, userInfo } from 'node:os'
import { join } from 'node:path'
import { StowageError } from '../errors.ts'

/** What ssh would do to reach a host: `ssh -G`, narrowed to what is obeyed. */
export interface SshConfig {
  readonly hostname: string
  readonly port: number
  readonly user: string
  /** In the order in which they are tried. */
  readonly identityFiles: readonly string[]
  readonly identitiesOnly: boolean
  /** undefined: SSH_AUTH_SOCK; `none`: no agent. */
  readonly identityAgent?: string
  /** In order, the hop nearest to us first: `[user@]host[:port]` each. */
  readonly proxyJump: readonly string[]
  readonly proxyCommand?: string
  /** The first is the one that new keys are added to. */
  readonly userKnownHostsFiles: readonly string[]
  readonly globalKnownHostsFiles: readonly string[]
  readonly hashKnownHosts: boolean
  readonly hostKeyAlias?: string
  readonly addressFamily: 'any' | 'inet' | 'inet6'
}

/** What to ask for; `user` and `port` win over the configuration, as ssh's command line does. */
export interface SshTarget {
  readonly host: string
  readonly user?: string
  readonly port?: number
}

/** Where a person's ssh set-up lies. */
export interface SshHome {
  /** Default: the user's home. */
  readonly home?: string
  /** Default: ~/.ssh/config and the system's. */
  readonly sshConfigFile?: string
  /** Default: process.env. */
  readonly env?: NodeJS.ProcessEnv
}

const DEFAULT_IDENTITIES = ['id_rsa', 'id_ecdsa', 'id_ed25519'].map(name => `~/.ssh/${name}`)
const QUERY_TIMEOUT_MS = 10_000

/**
 * Resolves a host through `ssh -G`, which knows Include, Match, tokens and all else that a configuration
 * may hold; where there is no ssh, its defaults. Throws HOST_UNREACHABLE where ssh refuses the configuration.
 */
export async function resolveSshConfig(target: SshTarget, where: SshHome): Promise<SshConfig> {
  const home = where.home ?? homedir()
  const output = await askSsh(target, where, home)
  const user = userInfo().username
  const config = parseSshConfig(output ?? '', { host: target.host, user })
  const expand = (path: string) => expandPath(path, home, config, user)
  const knownHosts = config.userKnownHostsFiles.map(path => rehome(path, home)).map(expand)
  return {
    ...config,
    ...(output === undefined && target.user && { user: target.user }),
    ...(output === undefined && target.port && { port: target.port }),
    identityFiles: config.identityFiles.map(expand),
    ...(config.identityAgent && { identityAgent: expand(config.identityAgent) }),
    userKnownHostsFiles: knownHosts,
  }
}

/** Reads what `ssh -G` printed; what is not there has ssh's default. */
export function parseSshConfig(output: string, fallback: { host: string; user: string }): SshConfig {
  const values = new Map<string, string[]>()
  for (const line of output.split('\n')) {
    const space = line.indexOf(' ')
    if (space < 0) continue
    const key = line.slice(0, space).toLowerCase()
    values.set(key, [...(values.get(key) ?? []), line.slice(space + 1).trim()])
  }
  const one = (key: string) => values.get(key)?.[0]
  const set = (key: string) => (one(key) === 'none' ? undefined : one(key))
  const family = one('addressfamily')
  return {
    hostname: one('hostname') ?? fallback.host,
    port: Number(one('port') ?? 22),
    user: one('user') ?? fallback.user,
    identityFiles: (values.get('identityfile') ?? DEFAULT_IDENTITIES).filter(file => file !== 'none'),
    identitiesOnly: one('identitiesonly') === 'yes',
    identityAgent: one('identityagent'),
    proxyJump: set('proxyjump')?.split(',') ?? [],
    proxyCommand: set('proxycommand'),
    userKnownHostsFiles: files(one('userknownhostsfile') ?? '~/.ssh/known_hosts ~/.ssh/known_hosts2'),
    globalKnownHostsFiles: files(
      one('globalknownhostsfile') ?? '/etc/ssh/ssh_known_hosts /etc/ssh/ssh_known_hosts2',
    ),
    hashKnownHosts: one('hashknownhosts') === 'yes',
    hostKeyAlias: set('hostkeyalias'),
    addressFamily: family === 'inet' || family === 'inet6' ? family : 'any',
  }
}

/** One hop of ProxyJump: `[user@]host[:port]` or `ssh://…`; undefined where it is none. */
export function parseJump(jump: string): SshTarget | undefined {
  const parts = /^(?:ssh:\/\/)?(?:([^@\s]+)@)?(\[[^\]\s]+\]|[^:\s[\]-][^:\s[\]]*)(?::(\d{1,5}))?\/?$/.exec(
    jump,
  )
  const host = parts?.[2]?.replace(/^\[|\]$/g, '')
  if (!parts || !host || parts[1]?.startsWith('-')) return undefined
  return { host, ...(parts[1] && { user: parts[1] }), ...(parts[3] && { port: Number(parts[3]) }) }
}

/** undefined: there is no ssh on this machine. */
async function askSsh(target: SshTarget, where: SshHome, home: string): Promise<string | undefined> {
  const args = [
    '-G',
    ...configFile(where, home),
    ...(target.user ? ['-l', target.user] : []),
    ...(target.port ? ['-p', String(target.port)] : []),
    '--',
    target.host,
  ]
  const options = { timeout: QUERY_TIMEOUT_MS, env: where.env ?? process.env, maxBuffer: 1 << 20 }
  return await new Promise((resolve, reject) => {
    execFile('ssh', args, options, (error, stdout, stderr) => {
      if (!error) return resolve(stdout)
      if (error.code === 'ENOENT') return resolve(undefined)
      const said = stderr.trim().split('\n').at(-1) ?? error.message
      reject(
        new StowageError(
          'HOST_UNREACHABLE',
          `The ssh configuration for ${target.host} cannot be used: ${said}`,
          {
            cause: error,
            next: `Run ssh -G ${target.host} and correct what it says.`,
          },
        ),
      )
    })
  })
}

/** ssh finds its home in the user database, not in HOME: another home's configuration must be named. */
function configFile(where: SshHome, home: string): string[] {
  if (where.sshConfigFile !== undefined) return ['-F', where.sshConfigFile]
  if (home === userInfo().homedir) return []
  const own = join(home, '.ssh', 'config')
  return ['-F', existsSync(own) ? own : 'none']
}

/** `ssh -G` has put the user database's home where `~` was; where we have another, that is meant. */
function rehome(path: string, home: string): string {
  const theirs = `${userInfo().homedir}/.ssh/known_hosts`
  return path === theirs || path === `${theirs}2` ? path.replace(userInfo().homedir, home) : path
}

function files(list: string): string[] {
  return (list.match(/"[^"]*"|\S+/g) ?? [])
    .map(file => file.replaceAll('"', ''))
    .filter(file => file !== 'none')
}

/** `~` and the tokens that `ssh -G` leaves as they are. */
function expandPath(path: string, home: string, config: SshConfig, localUser: string): string {
  const tokens: Record<string, string> = {
    '%': '%',
    d: home,
    h: config.hostname,
    p: String(config.port),
    r: config.user,
    u: localUser,
  }
  return path
    .replace(/^~(?=\/|$)/, home)
    .replace(/%([%dhpru])/g, (whole, token: string) => tokens[token] ?? whole)
}

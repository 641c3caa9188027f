/** Where a container instance's Docker Engine is. */
export type Address = SshAddress | UnixAddress

/** Docker behind sshd. What is undefined is left to ~/.ssh/config and then to the defaults of ssh. */
export interface SshAddress {
  readonly kind: 'ssh'
  readonly user?: string
  /** A name, an alias of ~/.ssh/config, an IPv4 address, or an IPv6 address without its brackets. */
  readonly host: string
  readonly port?: number
  /** The Docker socket on that machine. Default: DEFAULT_SOCKET. */
  readonly socket?: string
}

/** This machine's own Docker. */
export interface UnixAddress {
  readonly kind: 'unix'
  readonly socket: string
}

export type ParsedAddress =
  | { readonly ok: true; readonly address: Address }
  | { readonly ok: false; readonly message: string }

/** Where Docker listens unless the address says otherwise. */
export const DEFAULT_SOCKET = '/var/run/docker.sock'

const USER = /^[A-Za-z0-9_][A-Za-z0-9_.+-]{0,63}$/
const LABEL = /^[A-Za-z0-9_](?:[A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?$/
const ZONE = /^[A-Za-z0-9_.-]{1,32}$/
const SOCKET = /^\/[A-Za-z0-9._+@:~/-]*[A-Za-z0-9._+@:~-]$/
/** sun_path holds 108 bytes, the last of them 0. */
const SOCKET_MAX = 107

/**
 * Reads `ssh://[user@]host[:port][/path/of/docker.sock]` or `unix:///path/of/docker.sock`. Never throws.
 * No part of an address that it accepts begins with `-` or holds a blank, a quote or a control character,
 * so none can be taken for an option of another program.
 */
export function parseAddress(text: string): ParsedAddress {
  if (text.startsWith('ssh://')) return parseSsh(text.slice('ssh://'.length))
  if (text.startsWith('unix://')) return parseUnix(text.slice('unix://'.length))
  return refuse('an address begins with ssh:// or unix://')
}

/** The address as text; parseAddress gives the same address back. */
export function formatAddress(address: Address): string {
  if (address.kind === 'unix') return `unix://${address.socket}`
  const user = address.user === undefined ? '' : `${address.user}@`
  const host = address.host.includes(':') ? `[${address.host}]` : address.host
  const port = address.port === undefined ? '' : `:${address.port}`
  return `ssh://${user}${host}${port}${address.socket ?? ''}`
}

/**
 * Equal for two addresses that reach the same Docker Engine: whoever logs in, with the defaults filled in.
 * It knows nothing of DNS or of ~/.ssh/config.
 */
export function addressIdentity(address: Address): string {
  if (address.kind === 'unix') return formatAddress(address)
  const { host, port = 22, socket = DEFAULT_SOCKET } = address
  return formatAddress({ kind: 'ssh', host: host.toLowerCase(), port, socket })
}

function parseSsh(rest: string): ParsedAddress {
  const slash = rest.indexOf('/')
  const authority = slash < 0 ? rest : rest.slice(0, slash)
  const path = slash < 0 ? '' : rest.slice(slash)

  const at = authority.lastIndexOf('@')
  const user = at < 0 ? undefined : authority.slice(0, at)
  if (user?.includes(':')) return refuse('an address holds no password; keys come from the agent or a file')
  if (user !== undefined && !USER.test(user)) return refuse(`${quote(user)} is not a user name`)

  const split = splitPort(authority.slice(at + 1))
  if (split === undefined) return refuse('an IPv6 address stands in brackets: ssh://[fe80::1%eth0]:22')
  const hostProblem = split.bracketed ? checkIpv6(split.host) : checkHost(split.host)
  if (hostProblem !== undefined) return refuse(hostProblem)
  const port = split.port === undefined ? undefined : readPort(split.port)
  if (port === 'invalid') return refuse(`${quote(split.port ?? '')} is not a port from 1 to 65535`)

  const socket = path === '' || path === '/' ? undefined : path
  const socketProblem = socket === undefined ? undefined : checkSocket(socket)
  if (socketProblem !== undefined) return refuse(socketProblem)
  return {
    ok: true,
    address: {
      kind: 'ssh',
      host: split.host,
      ...(user !== undefined && { user }),
      ...(port !== undefined && { port }),
      ...(socket !== undefined && { socket }),
    },
  }
}

function parseUnix(path: string): ParsedAddress {
  if (!path.startsWith('/'))
    return refuse('a unix:// address has an absolute path: unix:///var/run/docker.sock')
  const socketProblem = checkSocket(path)
  return socketProblem === undefined
    ? { ok: true, address: { kind: 'unix', socket: path } }
    : refuse(socketProblem)
}

/** undefined: several colons outside of brackets. */
function splitPort(text: string): { host: string; port?: string; bracketed: boolean } | undefined {
  const bracketed = /^\[([^\]]*)\](?::(.*))?$/s.exec(text)
  if (bracketed) return { host: bracketed[1] ?? '', port: bracketed[2], bracketed: true }
  const [host = '', port, ...more] = text.split(':')
  return more.length > 0 ? undefined : { host, port, bracketed: false }
}

function checkHost(host: string): string | undefined {
  if (host === '') return 'the host is missing'
  if (host.length > 253 || !host.split('.').every(label => LABEL.test(label)))
    return `${quote(host)} is not a host name`
  const numbers = host.split('.')
  const looksLikeIpv4 = numbers.every(n => /^\d+$/.test(n))
  if (
    looksLikeIpv4 &&
    !(numbers.length === 4 && numbers.every(n => Number(n) <= 255 && String(Number(n)) === n))
  )
    return `${quote(host)} is not an IPv4 address`
  return undefined
}

function checkIpv6(host: string): string | undefined {
  const percent = host.indexOf('%')
  const address = percent < 0 ? host : host.slice(0, percent)
  const zoneFits = percent < 0 || (ZONE.test(host.slice(percent + 1)) && host[percent + 1] !== '-')
  // the characters are checked first, so that the URL parser sees nothing but a would-be IPv6 address
  const fits = /^[0-9A-Fa-f:.]+$/.test(address) && URL.canParse(`ssh://[${address}]`)
  return fits && zoneFits ? undefined : `${quote(host)} is not an IPv6 address`
}

function readPort(text: string): number | 'invalid' {
  const port = /^[1-9]\d{0,4}$/.test(text) ? Number(text) : 0
  return port >= 1 && port <= 65535 ? port : 'invalid'
}

function checkSocket(path: string): string | undefined {
  if (!SOCKET.test(path)) return `${quote(path)} is not a path that a Docker socket can have here`
  return path.length > SOCKET_MAX ? `a socket's path has at most ${SOCKET_MAX} characters` : undefined
}

function quote(text: string): string {
  return JSON.stringify(text.length > 80 ? `${text.slice(0, 77)}...` : text)
}

function refuse(message: string): ParsedAddress {
  return { ok: false, message }
}

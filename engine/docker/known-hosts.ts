import { createHmac } from 'node:crypto'

/** One line of a known_hosts file that holds a key. */
export interface KnownHost {
  readonly marker?: 'revoked' | 'cert-authority'
  /** The host field as written: patterns, or one hash. */
  readonly hosts: string
  /** ssh-ed25519, ecdsa-sha2-nistp256, ssh-rsa … */
  readonly type: string
  /** The public key, in base64. */
  readonly key: string
  /** file:line, for messages. */
  readonly where: string
}

/** What known_hosts says of a key that a host has shown. */
export type KeyVerdict =
  | { readonly is: 'known' }
  /** `authority`: a line for its certificate authority, which is not supported. */
  | { readonly is: 'unknown'; readonly authority?: string }
  | { readonly is: 'revoked'; readonly where: string }
  /** The host is known by other keys. */
  | { readonly is: 'changed'; readonly where: string }

/** The keys in a known_hosts file; a line that is none is passed over, as ssh does. */
export function parseKnownHosts(text: string, file: string): KnownHost[] {
  const known: KnownHost[] = []
  for (const [index, line] of text.split('\n').entries()) {
    const fields = line.trim().split(/\s+/)
    const marked = fields[0]?.startsWith('@') ? fields.shift() : undefined
    const [hosts, type, key] = fields
    if (!hosts || hosts.startsWith('#') || !type || !key || !/^[A-Za-z0-9+/]+=*$/.test(key)) continue
    const where = `${file}:${index + 1}`
    if (marked === undefined) known.push({ hosts, type, key, where })
    else if (marked === '@revoked') known.push({ marker: 'revoked', hosts, type, key, where })
    else if (marked === '@cert-authority') known.push({ marker: 'cert-authority', hosts, type, key, where })
  }
  return known
}

/** The name under which known_hosts keeps a host: `host`, or `[host]:port` where the port is not 22. */
export function knownHostName(host: string, port: number): string {
  return port === 22 ? host.toLowerCase() : `[${host.toLowerCase()}]:${port}`
}

/**
 * Whether a host may show this key (base64). Stricter than ssh: a host that is known by a key of another type
 * only is `changed`, for it was asked for the known types first. Certificates are not supported:
 * a @cert-authority line says nothing here.
 */
export function judgeHostKey(known: readonly KnownHost[], name: string, key: string): KeyVerdict {
  const names = [name, withoutPort(name)]
  const revoked = known.find(
    k => k.marker === 'revoked' && k.key === key && names.some(n => matches(k.hosts, n)),
  )
  if (revoked) return { is: 'revoked', where: revoked.where }

  const plain = known.filter(k => k.marker === undefined)
  const mine = plain.filter(k => matches(k.hosts, name))
  if (mine.some(k => k.key === key)) return { is: 'known' }
  if (mine[0]) return { is: 'changed', where: mine.map(k => k.where).join(', ') }
  // As ssh does: on another port than 22 the key of the host itself will do, and another says nothing.
  if (plain.some(k => k.key === key && matches(k.hosts, withoutPort(name)))) return { is: 'known' }
  const authority = known.find(k => k.marker === 'cert-authority' && names.some(n => matches(k.hosts, n)))
  return { is: 'unknown', ...(authority && { authority: authority.where }) }
}

/** The key types that are known for a host, so that it can be asked for them first. */
export function knownKeyTypes(known: readonly KnownHost[], name: string): string[] {
  const usable = known.filter(k => k.marker === undefined)
  const mine = usable.filter(k => matches(k.hosts, name))
  const found = mine.length > 0 ? mine : usable.filter(k => matches(k.hosts, withoutPort(name)))
  return [...new Set(found.map(k => k.type))]
}

/** A line for known_hosts; with a salt (20 bytes) the name is hashed. */
export function knownHostLine(name: string, type: string, key: string, salt?: Buffer): string {
  const hosts = salt ? `|1|${salt.toString('base64')}|${hash(salt, name)}` : name
  return `${hosts} ${type} ${key}\n`
}

function matches(hosts: string, name: string): boolean {
  if (hosts.startsWith('|')) {
    const [, version, salt, digest] = hosts.split('|')
    return version === '1' && !!salt && hash(Buffer.from(salt, 'base64'), name) === digest
  }
  let found = false
  for (const pattern of hosts.split(',')) {
    const negated = pattern.startsWith('!')
    if (!wildcard(negated ? pattern.slice(1) : pattern).test(name)) continue
    // One negation that matches outweighs all the rest of the line.
    if (negated) return false
    found = true
  }
  return found
}

function wildcard(pattern: string): RegExp {
  const source = pattern
    .toLowerCase()
    .replace(/[.+^${}()|[\]\\]/g, '\\$&')
    .replace(/\*+/g, '.*')
    .replaceAll('?', '.')
  return new RegExp(`^${source}$`)
}

function hash(salt: Buffer, name: string): string {
  return createHmac('sha1', salt).update(name).digest('base64')
}

function withoutPort(name: string): string {
  return /^\[(.*)\]:\d+$/.exec(name)?.[1] ?? name
}

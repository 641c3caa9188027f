import { readFile } from 'node:fs/promises'
import type { AnyAuthMethod, BaseAgent, ParsedKey } from 'ssh2'
import type { SshConfig } from './ssh-config.ts'

/** The keys to offer to one host, in order. */
export interface Identities {
  readonly methods: readonly AnyAuthMethod[]
  /** What was offered, for the message when all were refused. */
  readonly offered: readonly string[]
  /** Why others were not. */
  readonly notes: readonly string[]
}

type Ssh2 = typeof import('ssh2')

const AGENT_TIMEOUT_MS = 5_000

interface IdentityFile {
  readonly file: string
  /** undefined: there is neither a readable key nor its .pub. */
  readonly publicKey?: string
  /** undefined: it is encrypted or cannot be read. */
  readonly key?: ParsedKey
  readonly note?: string
}

/**
 * As ssh does: first the keys of the agent that the configuration names, then the agent's others
 * (not with IdentitiesOnly), then the unencrypted files. Certificates are not supported.
 * `extraFiles` come before those of the configuration; one of them that is not there is noted.
 */
export async function findIdentities(
  ssh2: Ssh2,
  config: SshConfig,
  env: NodeJS.ProcessEnv,
  extraFiles: readonly string[],
): Promise<Identities> {
  const notes: string[] = []
  const files: IdentityFile[] = []
  for (const file of new Set([...extraFiles, ...config.identityFiles])) {
    const found = await readIdentity(ssh2, file)
    if (found) files.push(found)
    else if (extraFiles.includes(file)) notes.push(`${file} is not there`)
  }
  const agent = await readAgent(ssh2, agentSocket(config, env), notes)
  const rank = (key: ParsedKey) => files.findIndex(f => f.publicKey === text(key))
  const named = agent.keys.filter(key => rank(key) >= 0).sort((a, b) => rank(a) - rank(b))
  const others = config.identitiesOnly ? [] : agent.keys.filter(key => rank(key) < 0)
  const inAgent = new Set(agent.keys.map(text))

  const methods: AnyAuthMethod[] = []
  const offered: string[] = []
  for (const key of [...named, ...others]) {
    methods.push({ type: 'agent', username: config.user, agent: oneKeyAgent(ssh2, agent.socket, key) })
    offered.push(`${key.comment || key.type} of the agent`)
  }
  for (const { file, key, publicKey, note } of files) {
    if (publicKey !== undefined && inAgent.has(publicKey)) continue
    if (note) notes.push(note)
    if (!key) continue
    methods.push({ type: 'publickey', username: config.user, key })
    offered.push(file)
  }
  return { methods, offered, notes }
}

/** IdentityAgent of the configuration, else SSH_AUTH_SOCK; undefined: no agent. */
function agentSocket(config: SshConfig, env: NodeJS.ProcessEnv): string | undefined {
  const set = config.identityAgent
  if (set === 'none') return undefined
  if (set === undefined || set === 'SSH_AUTH_SOCK') return env['SSH_AUTH_SOCK'] || undefined
  const variable = /^\$\{?(\w+)\}?$/.exec(set)?.[1]
  return variable === undefined ? set : env[variable]
}

/** undefined: there is no such file. */
async function readIdentity(ssh2: Ssh2, file: string): Promise<IdentityFile | undefined> {
  const [secret, pub] = await Promise.all([readText(file), readText(`${file}.pub`)])
  if (secret === undefined && pub === undefined) return undefined
  const parsedPub = pub === undefined ? undefined : parse(ssh2, pub)
  const publicKey = parsedPub instanceof Error || !parsedPub ? undefined : text(parsedPub)
  if (secret === undefined) return { file, publicKey }
  const key = parse(ssh2, secret)
  if (key instanceof Error) {
    const note = /encrypted/i.test(key.message)
      ? `${file} is encrypted and not in the agent (ssh-add ${file})`
      : `${file} cannot be used: ${key.message}`
    return { file, publicKey, note }
  }
  // The file that IdentityFile names may be a public key: then the agent has the private one.
  if (!key.isPrivateKey()) return { file, publicKey: text(key) }
  return { file, publicKey: text(key), key }
}

async function readText(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, 'utf8')
  } catch {
    return undefined
  }
}

function parse(ssh2: Ssh2, data: string): ParsedKey | Error {
  const parsed = ssh2.utils.parseKey(data)
  return Array.isArray(parsed) ? (parsed[0] ?? new Error('it is empty')) : parsed
}

async function readAgent(
  ssh2: Ssh2,
  socket: string | undefined,
  notes: string[],
): Promise<{ socket: string; keys: ParsedKey[] }> {
  if (socket === undefined) return { socket: '', keys: [] }
  return await new Promise(resolve => {
    const give = (keys: ParsedKey[] | undefined) => {
      clearTimeout(patience)
      if (!keys) notes.push(`the agent at ${socket} does not answer`)
      resolve({ socket, keys: keys ?? [] })
    }
    // The socket of a forwarded agent may outlive its other end.
    const patience = setTimeout(give, AGENT_TIMEOUT_MS, undefined)
    new ssh2.OpenSSHAgent(socket).getIdentities((error, keys) => {
      give(error ? undefined : (keys ?? []).flatMap(key => ('getPublicSSH' in key ? [key] : [])))
    })
  })
}

/** ssh2 offers all that an agent has; this one has a single key. */
function oneKeyAgent(ssh2: Ssh2, socket: string, key: ParsedKey): BaseAgent<ParsedKey> {
  class OneKeyAgent extends ssh2.OpenSSHAgent {
    override getIdentities(done: (error: Error | undefined, keys?: ParsedKey[]) => void): void {
      done(undefined, [key])
    }
  }
  return new OneKeyAgent(socket)
}

function text(key: ParsedKey): string {
  return key.getPublicSSH().toString('base64')
}

import { spawn } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { StowageError } from '../errors.ts'
import type { RegistryAuth } from './docker-host.ts'
import { parseImageReference } from '../image-reference.ts'

/** Where docker's own logins are looked for. */
export interface RegistryAuthOptions {
  /** For DOCKER_AUTH_CONFIG and DOCKER_CONFIG, and what the credential helpers run with. Default: process.env. */
  readonly env?: NodeJS.ProcessEnv
  /** Default: the user's home. */
  readonly home?: string
}

/** The part of docker's config.json that is about logins. */
interface DockerConfig {
  readonly auths?: Readonly<Record<string, StoredAuth>>
  readonly credsStore?: string
  readonly credHelpers?: Readonly<Record<string, string>>
}

interface StoredAuth {
  /** base64 of user:password */
  readonly auth?: string
  readonly username?: string
  readonly password?: string
  readonly identitytoken?: string
}

const HUB_SERVER = 'https://index.docker.io/v1/'
const HELPER_TIMEOUT_MS = 20_000

/**
 * The login for an image's registry that docker has on this machine: the one in DOCKER_AUTH_CONFIG, a credential
 * helper's, else the one that `docker login` has left in config.json; undefined where there is none.
 * Throws IMAGE_UNAUTHORIZED where one of them cannot be read or the helper fails.
 */
export async function registryAuth(
  reference: string,
  options: RegistryAuthOptions = {},
): Promise<RegistryAuth | undefined> {
  const image = parseImageReference(reference)
  const server = serverOf(reference)
  if (!image || server === undefined) return undefined
  const env = options.env ?? process.env
  const given = env['DOCKER_AUTH_CONFIG']
  const fromVariable = given
    ? findStored(parseConfig(given, 'DOCKER_AUTH_CONFIG').auths ?? {}, server)
    : undefined
  if (fromVariable) return fromVariable
  const folder = env['DOCKER_CONFIG'] || join(options.home ?? homedir(), '.docker')
  const config = await readConfig(join(folder, 'config.json'))
  const helper = config.credHelpers?.[server] ?? config.credHelpers?.[image.registry] ?? config.credsStore
  return helper ? await askHelper(helper, server, env) : findStored(config.auths ?? {}, server)
}

/** What a login is for: the registry of an image, under the name that docker has for it. */
export function serverOf(reference: string): string | undefined {
  const registry = parseImageReference(reference)?.registry
  return registry === 'docker.io' ? HUB_SERVER : registry
}

/** The login in config.json for a server; its keys may be URLs, as older versions of docker wrote them. */
export function findStored(
  auths: Readonly<Record<string, StoredAuth>>,
  server: string,
): RegistryAuth | undefined {
  const key = server in auths ? server : Object.keys(auths).find(k => hostOf(k) === hostOf(server))
  const stored = key === undefined ? undefined : auths[key]
  if (!stored) return undefined
  if (stored.identitytoken) return { identitytoken: stored.identitytoken, serveraddress: server }
  const decoded = Buffer.from(stored.auth ?? '', 'base64')
    .toString('utf8')
    .replace(/\0+$/, '')
  const colon = decoded.indexOf(':')
  const username = colon > 0 ? decoded.slice(0, colon) : stored.username
  const password = colon > 0 ? decoded.slice(colon + 1) : stored.password
  // `docker login` leaves an empty entry where a credential store has the login.
  return username ? { username, password: password ?? '', serveraddress: server } : undefined
}

function hostOf(server: string): string {
  return server.replace(/^https?:\/\//, '').replace(/\/.*$/, '')
}

async function readConfig(file: string): Promise<DockerConfig> {
  let text: string
  try {
    text = await readFile(file, 'utf8')
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return {}
    throw noLogin(`${file} cannot be read`, error)
  }
  return parseConfig(text, file)
}

function parseConfig(text: string, from: string): DockerConfig {
  try {
    const config: unknown = JSON.parse(text)
    return typeof config === 'object' && config !== null ? config : {}
  } catch {
    // The parser's own message quotes the text, and with it a secret.
    throw noLogin(`${from} is not JSON`)
  }
}

/** With ECS's name for it. */
function noLogin(why: string, cause?: unknown): StowageError {
  return new StowageError(
    'IMAGE_UNAUTHORIZED',
    `The login for the registry cannot be had (CannotPullContainerAuthError: ${why})`,
    { cause, next: "Correct what is named, or give the login by the image's repositoryCredentials." },
  )
}

/** Runs `docker-credential-NAME get`; undefined where it has no login for the server. */
async function askHelper(
  name: string,
  server: string,
  env: NodeJS.ProcessEnv,
): Promise<RegistryAuth | undefined> {
  const failed = (why: string) =>
    noLogin(`docker-credential-${name}, which docker's config.json names, ${why}`)
  if (!/^[A-Za-z0-9_.-]+$/.test(name)) throw failed('is no name of a program')
  const { code, output } = await runHelper(`docker-credential-${name}`, server, env).catch(() => {
    throw failed('cannot be run')
  })
  if (code !== 0) {
    if (/credentials not found/i.test(output)) return undefined
    throw failed(`ended with ${code}`)
  }
  const found = parseHelperOutput(output)
  if (!found) throw failed('gave no login')
  if (found.Username === '<token>') return { identitytoken: found.Secret, serveraddress: server }
  return { username: found.Username, password: found.Secret, serveraddress: server }
}

async function runHelper(
  program: string,
  server: string,
  env: NodeJS.ProcessEnv,
): Promise<{ code: number | null; output: string }> {
  return await new Promise((resolve, reject) => {
    const child = spawn(program, ['get'], {
      env,
      stdio: ['pipe', 'pipe', 'ignore'],
      timeout: HELPER_TIMEOUT_MS,
    })
    let output = ''
    child.stdout.on('data', (chunk: Buffer) => {
      output += chunk.toString()
    })
    child.once('error', reject)
    child.once('close', code => resolve({ code, output }))
    // A helper that ends without reading breaks the pipe; its exit code says why.
    child.stdin.on('error', () => undefined)
    child.stdin.end(server)
  })
}

function parseHelperOutput(output: string): { Username: string; Secret: string } | undefined {
  try {
    const { Username, Secret } = JSON.parse(output) as { Username?: unknown; Secret?: unknown }
    return typeof Username === 'string' && typeof Secret === 'string' ? { Username, Secret } : undefined
  } catch {
    return undefined
  }
}

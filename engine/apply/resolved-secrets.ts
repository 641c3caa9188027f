import { randomBytes, scrypt } from 'node:crypto'
import { promisify } from 'node:util'
import type { ContainerDefinition, DesiredState } from '../desired-state/desired-state.generated.ts'
import type { RegistryAuth } from '../docker/docker-host.ts'
import { serverOf } from '../docker/registry-auth.ts'
import { type Problem, problem, StowageError } from '../errors.ts'
import { imageRepository } from '../image.ts'
import type { ObservedState } from '../observed-state.ts'
import { parseEnvironmentFile } from '../secrets/environment-file.ts'
import type { Fingerprints } from '../secrets/fingerprints.ts'
import { readLabel } from '../secrets/label.ts'
import { type NeededSource, neededSources } from '../secrets/needed-sources.ts'
import { unfit } from '../secrets/unfit.ts'
import { sourceOfFile } from '../secrets/source.ts'
import { readSource, type SourceOptions, withoutLineEnd } from './read-source.ts'

/** A secret as the file that it becomes. */
export interface SecretFile {
  readonly name: string
  readonly content: Uint8Array
}

type Login = (reference: string) => Promise<RegistryAuth | undefined>

const AT_ONCE = 4
/** scrypt with 32 MiB: a guess takes a tenth of a second, and so does each source once a run. */
const COST = { N: 2 ** 15, r: 8, p: 1, maxmem: 64 * 1024 * 1024 }
const DIGEST_BYTES = 16
/** Labels with more salts than this are not checked: one run leaves one salt, and the next takes it over. */
const MOST_SALTS = 8
/** Shorter values are in too many words to be struck out of them. */
const SHORTEST_REDACTED = 6
const hash = promisify<Buffer, string, number, typeof COST, Buffer>(scrypt)

/**
 * The values of a document's sources, each read once. They are private to this object, in memory alone; what is
 * printed of it, or made JSON of, holds none.
 */
export class ResolvedSecrets {
  /** Sources that could not be read, all of them. */
  readonly problems: readonly Problem[]
  readonly #values: ReadonlyMap<string, Buffer>
  readonly #logins: ReadonlyMap<string, string>
  readonly #digests = new Map<string, Promise<string>>()
  /** The longest first, so that what holds another goes as a whole. */
  readonly #secretTexts: readonly string[]
  #salt: string | undefined

  private constructor(
    values: ReadonlyMap<string, Buffer>,
    logins: ReadonlyMap<string, string>,
    problems: readonly Problem[],
  ) {
    this.#values = values
    this.#logins = logins
    this.problems = problems
    this.#secretTexts = [...new Set([...values].flatMap(textsOf))]
      .filter(text => text.length >= SHORTEST_REDACTED)
      .sort((a, b) => b.length - a.length)
  }

  /**
   * Reads every source that the document's services need. Sources are taken from the document alone, never from
   * labels: whoever can write a label on a host must not choose what runs, or is read, on this machine.
   */
  static async resolve(desired: DesiredState, options: SourceOptions): Promise<ResolvedSecrets> {
    const values = new Map<string, Buffer>()
    const problems: Problem[] = []
    const waiting = neededSources(desired)
    const work = async () => {
      for (let next = waiting.shift(); next; next = waiting.shift()) {
        const answer = await readSource(next.source, options)
        const refusal = 'refusal' in answer ? answer.refusal : unfitValue(next, answer.value)
        if (refusal !== undefined) problems.push(unavailable(next, refusal))
        else if ('value' in answer) values.set(next.source, answer.value)
      }
    }
    await Promise.all(Array.from({ length: AT_ONCE }, work))
    problems.sort((a, b) => (a.message < b.message ? -1 : 1))
    return new ResolvedSecrets(values, loginsOf(desired), problems)
  }

  /** Of a document that needs none. */
  static none(): ResolvedSecrets {
    return new ResolvedSecrets(new Map(), new Map(), [])
  }

  /** NAME=value of every variable whose value is not in the document. @throws SECRET_UNAVAILABLE */
  environmentOf(container: ContainerDefinition): string[] {
    const own = new Set(container.environment.map(e => e.name))
    const variables = new Map<string, string>()
    for (const { value: path } of container.environmentFiles) {
      for (const [name, value] of parseEnvironmentFile(this.#text(sourceOfFile(path)))) {
        // what stands in the document wins, then the file that was first
        if (!own.has(name) && !variables.has(name)) variables.set(name, value)
      }
    }
    for (const { name, valueFrom, deliverAs } of container.secrets) {
      if (deliverAs === 'environment') variables.set(name, withoutEnd(this.#text(valueFrom)))
    }
    return [...variables].map(([name, value]) => `${name}=${value}`)
  }

  /** The secrets that are put into the container. @throws SECRET_UNAVAILABLE */
  filesOf({ secrets }: ContainerDefinition): SecretFile[] {
    return secrets.flatMap(({ name, valueFrom, deliverAs }) =>
      deliverAs === 'file' ? [{ name, content: this.#value(valueFrom) }] : [],
    )
  }

  /** The options of the log driver whose values are not in the document. @throws SECRET_UNAVAILABLE */
  logOptionsOf({ logConfiguration }: ContainerDefinition): Record<string, string> {
    const options = logConfiguration?.secretOptions ?? []
    return Object.fromEntries(options.map(o => [o.name, withoutEnd(this.#text(o.valueFrom))]))
  }

  /** What may be known of the values where it is decided what happens; undefined where there are no secrets. */
  async fingerprints(observed: ObservedState): Promise<Fingerprints | undefined> {
    if (this.#values.size === 0) return undefined
    const found = saltsOf(observed)
    // one salt for all tasks of a cluster is one digest for each source, however often apply has run
    const salt = (this.#salt ??= found[0] ?? randomBytes(DIGEST_BYTES).toString('base64url'))
    const salts = [...new Set([salt, ...found])].slice(0, MOST_SALTS)
    const digests = await Promise.all(
      salts.map(async each => {
        const sources = await Promise.all(
          [...this.#values].map(
            async ([source, value]) => [source, await this.#digest(each, source, value)] as const,
          ),
        )
        return [each, new Map(sources)] as const
      }),
    )
    return { salt, digests: new Map(digests), variables: this.#variables() }
  }

  /** A login that the document names for an image's repository; for all others the one that `otherwise` has. */
  registryAuth(otherwise: Login): Login {
    return async reference => {
      const source = this.#logins.get(imageRepository(reference))
      const value = source === undefined ? undefined : this.#values.get(source)
      const login = value && parseLogin(value)
      return login ? { ...login, serveraddress: serverOf(reference) ?? '' } : await otherwise(reference)
    }
  }

  /** The text with every value struck out of it: for what containers and Docker say. */
  redact(text: string): string {
    return this.#secretTexts.reduce((redacted, secret) => redacted.replaceAll(secret, '***'), text)
  }

  #variables(): ReadonlyMap<string, readonly string[]> {
    return new Map(
      [...this.#values].flatMap(([source, value]) =>
        source.startsWith('file:') && source.endsWith('.env')
          ? [[source, [...parseEnvironmentFile(value.toString('utf8')).keys()]] as const]
          : [],
      ),
    )
  }

  #value(source: string): Buffer {
    const value = this.#values.get(source)
    if (value) return value
    throw new StowageError('SECRET_UNAVAILABLE', `${source} was not read: the document does not name it`)
  }

  #text(source: string): string {
    return this.#value(source).toString('utf8')
  }

  #digest(salt: string, source: string, value: Buffer): Promise<string> {
    const key = `${salt}\0${source}`
    let digest = this.#digests.get(key)
    // with the source in it two secrets of one value do not show that they are equal
    if (!digest) this.#digests.set(key, (digest = hash(value, key, DIGEST_BYTES, COST).then(base64)))
    return digest
  }
}

/** All that would give a value away: the whole, its lines, and what stands after a name in an environment file. */
function textsOf([source, value]: readonly [string, Buffer]): string[] {
  const text = withoutLineEnd(value).toString('utf8')
  const variables = source.endsWith('.env') ? [...parseEnvironmentFile(text).values()] : []
  const login = parseLogin(value)
  return [text, ...text.split(/\r?\n/), ...variables, ...(login ? [login.password] : [])]
}

function base64(digest: Buffer): string {
  return digest.toString('base64url')
}

function withoutEnd(text: string): string {
  return text.replace(/\r?\n$/, '')
}

/** Why a value cannot be what it is to become. */
function unfitValue(needed: NeededSource, value: Buffer): string | undefined {
  if (needed.uses.has('registry login') && !parseLogin(value)) return 'is no JSON with username and password'
  const text = withoutLineEnd(value).toString('utf8')
  const isText = !value.includes(0) && Buffer.from(value.toString('utf8')).equals(value)
  return unfit(needed, isText ? text : undefined)
}

function unavailable({ source, users }: NeededSource, refusal: string): Problem {
  return problem('SECRET_UNAVAILABLE', `${source} ${refusal}; it is for ${users.join(', ')}`)
}

/** The source of the login for each repository; where containers disagree the first family's holds. */
function loginsOf({ taskDefinitions }: DesiredState): Map<string, string> {
  const logins = new Map<string, string>()
  for (const family of Object.keys(taskDefinitions).sort()) {
    for (const { image, repositoryCredentials } of taskDefinitions[family]?.containerDefinitions ?? []) {
      const repository = imageRepository(image)
      if (repositoryCredentials && !logins.has(repository))
        logins.set(repository, repositoryCredentials.credentialsParameter)
    }
  }
  return logins
}

function parseLogin(value: Buffer): { username: string; password: string } | undefined {
  try {
    const login: unknown = JSON.parse(value.toString('utf8'))
    if (typeof login !== 'object' || login === null) return undefined
    const { username, password } = login as { username?: unknown; password?: unknown }
    return typeof username === 'string' && typeof password === 'string' ? { username, password } : undefined
  } catch {
    return undefined
  }
}

/** The salts of the labels that are there, the most frequent first. */
function saltsOf({ instances }: ObservedState): string[] {
  const texts = new Map<string, number>()
  for (const instance of Object.values(instances)) {
    if (!instance.reachable) continue
    for (const { identity } of instance.containers) {
      if (identity.secrets !== undefined) texts.set(identity.secrets, (texts.get(identity.secrets) ?? 0) + 1)
    }
  }
  const counts = new Map<string, number>()
  for (const [text, count] of texts) {
    const salt = readLabel(text)?.salt
    if (salt !== undefined) counts.set(salt, (counts.get(salt) ?? 0) + count)
  }
  return [...counts].sort(([a, n], [b, m]) => m - n || (a < b ? -1 : 1)).map(([salt]) => salt)
}

import type { Secret as SecretJson } from '../engine/desired-state/document.generated.ts'
import { compact } from './document.ts'
import { checked } from './fit.ts'
import { props, text, unquoted, word } from './shape.ts'

/** How a container gets a secret. */
export const SecretDelivery = {
  /** As ECS does. `docker inspect` shows it to whoever may use Docker on the host. */
  ENVIRONMENT: 'environment',
  /** As the file /run/secrets/NAME, which `docker inspect` does not show: the safer one. */
  FILE: 'file',
} as const
export type SecretDelivery = (typeof SecretDelivery)[keyof typeof SecretDelivery]

export interface SecretOptions {
  /** @default SecretDelivery.ENVIRONMENT */
  readonly deliverAs?: SecretDelivery
}

const OPTIONS = unquoted(
  props<SecretOptions>({ deliverAs: word<SecretDelivery>({ environment: true, file: true }) }),
)

/**
 * Where a secret's value comes from. The value itself is read by `stowage apply`, on the machine that it runs on, and
 * stands in no document.
 */
export class Secret {
  /** The source, as the document has it. */
  readonly valueFrom: string
  readonly #deliverAs: SecretDelivery | undefined

  private constructor(valueFrom: string, options: SecretOptions) {
    this.valueFrom = valueFrom
    this.#deliverAs = options.deliverAs
  }

  /** An environment variable of the machine that applies. */
  static fromEnv(name: string, options: SecretOptions = {}): Secret {
    return Secret.#of('env', 'fromEnv', name, options)
  }

  /** A file of the machine that applies; its path is relative to the folder of the document. */
  static fromFile(path: string, options: SecretOptions = {}): Secret {
    return Secret.#of('file', 'fromFile', path, options)
  }

  /**
   * An age-encrypted file, committed with the program; its path is relative to the folder of the document. Whoever
   * applies has the key: STOWAGE_AGE_KEY, STOWAGE_AGE_KEY_FILE, or ageKeyFile in stowage.config.json.
   * @param key a key of the decrypted JSON object or NAME=value lines; without it all of the file is the value
   */
  static fromAge(path: string, key?: string, options: SecretOptions = {}): Secret {
    const source = key === undefined || typeof path !== 'string' ? path : `${path}#${key}`
    return Secret.#of('age', 'fromAge', source, options)
  }

  /**
   * What a command prints, such as a password manager's: `op read "op://vault/db/password"`. Its words are parted by
   * blanks, save in quotes; no shell reads it.
   */
  static fromCommand(command: string, options: SecretOptions = {}): Secret {
    return Secret.#of('exec', 'fromCommand', command, options)
  }

  static #of(kind: string, factory: string, source: string, options: SecretOptions): Secret {
    const made = new Secret(`${kind}:${source}`, options)
    return checked(
      checked(made, source, `what Secret.${factory}() takes`, unquoted(text)),
      options,
      '',
      OPTIONS,
    )
  }

  /** Its place in the document. */
  renderSecret(name: string): SecretJson {
    return compact({ name, valueFrom: this.valueFrom, deliverAs: this.#deliverAs })
  }
}

/** A file of NAME=value lines that a container's environment is filled from when it is created. */
export class EnvironmentFile {
  /** As the document has it. */
  readonly path: string

  private constructor(path: string) {
    this.path = path
  }

  /** A file of the machine that applies: it ends in .env, and is relative to the folder of the document. */
  static fromAsset(path: string): EnvironmentFile {
    return checked(new EnvironmentFile(path), path, 'what EnvironmentFile.fromAsset() takes', unquoted(text))
  }
}

const FILE_NAME = /^[A-Za-z0-9_-][A-Za-z0-9_.-]*$/
const ENVIRONMENT_FILES_MAX = 10

/** What is wrong with the secrets and environment files of a container. Sources are read by nobody here. */
export function checkSecrets(
  secrets: ReadonlyMap<string, Secret>,
  environment: ReadonlyMap<string, string>,
  files: readonly EnvironmentFile[],
): string[] {
  return [
    ...[...secrets].flatMap(([name, secret]) => [
      ...(environment.has(name) && !isFile(secret)
        ? [`${name} is in environment and in secrets: the secret has to be the only one of its name`]
        : []),
      ...(isFile(secret) && !FILE_NAME.test(name)
        ? [`the secret ${name} is a file, and so has a name of letters, digits, -, _ and dots`]
        : []),
      ...checkSource(`the secret ${name}`, secret),
    ]),
    ...(files.length > ENVIRONMENT_FILES_MAX
      ? [`at most ${ENVIRONMENT_FILES_MAX} environment files, not ${files.length}`]
      : []),
    ...files.flatMap(({ path }) =>
      path.endsWith('.env')
        ? []
        : [`the path of an environment file ends in .env, not ${JSON.stringify(path)}`],
    ),
  ]
}

/** What is wrong with where a value comes from. */
export function checkSource(what: string, { valueFrom }: Secret): string[] {
  const [, kind = '', source = ''] = /^(\w+):(.*)$/s.exec(valueFrom) ?? []
  if (valueFrom.includes('\0')) return [`${what} has a source with a NUL character`]
  if (kind === 'env' && source.includes('='))
    return [`${what} is of an environment variable with "=" in its name`]
  if (kind === 'age' && /^#|#$/.test(source)) return [`${what} is of an age file with an empty path or key`]
  if (kind !== 'exec') return source === '' ? [`${what} has an empty source`] : []
  const unquoted = source.replaceAll(/'[^']*'|"[^"]*"/g, 'x')
  if (/['"]/.test(unquoted)) return [`${what} is of a command with a quote that is not closed`]
  return /^\s*(?:''|"")?\s*$/.test(source) || /^\s*(?:''|"")\s/.test(source)
    ? [`${what} is of a command without a program`]
    : []
}

/** Where a container finds secrets that are files: nothing else is mounted there. */
export function takesSecretsFolder(secrets: ReadonlyMap<string, Secret>, containerPath: string): boolean {
  return [...secrets.values()].some(isFile) && containerPath.replace(/\/+$/, '') === '/run/secrets'
}

function isFile(secret: Secret): boolean {
  return secret.renderSecret('').deliverAs === SecretDelivery.FILE
}

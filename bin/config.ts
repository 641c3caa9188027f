import { readFile } from 'node:fs/promises'
import { closest } from '../engine/desired-state/closest.ts'
import { parseJsonText } from '../engine/desired-state/json-text.ts'
import { StowageError } from '../engine/errors.ts'

/** stowage.config.json: a person's defaults for the flags. Paths are relative to the folder that it lies in. */
export interface Config {
  /** A .ts or .js file, or a command. */
  readonly app?: string
  /** Default: stowage.out */
  readonly output?: string
  readonly acceptNewHostKeys?: boolean
  readonly sshConfig?: string
  readonly identity?: readonly string[]
  readonly knownHosts?: readonly string[]
  readonly onUnreachable?: 'fail' | 'skip'
  /** A file of age identities, as age-keygen writes it, for secrets from age:. */
  readonly ageKeyFile?: string
}

/** Each key with what its value is to be, in a person's words. */
const KEYS: Readonly<
  Record<keyof Config, { readonly is: string; readonly test: (value: unknown) => boolean }>
> = {
  app: { is: 'a text', test: isText },
  output: { is: 'a text', test: isText },
  acceptNewHostKeys: { is: 'true or false', test: value => typeof value === 'boolean' },
  sshConfig: { is: 'a text', test: isText },
  identity: { is: 'a list of texts', test: isListOfTexts },
  knownHosts: { is: 'a list of texts', test: isListOfTexts },
  onUnreachable: { is: '"fail" or "skip"', test: value => value === 'fail' || value === 'skip' },
  ageKeyFile: { is: 'a text', test: isText },
}

/** Reads the file; nothing where there is none, unless it was named. @throws CONFIG_INVALID */
export async function readConfig(file: string, named: boolean): Promise<Config> {
  let text: string
  try {
    text = await readFile(file, 'utf8')
  } catch (cause) {
    const missing = cause instanceof Error && 'code' in cause && cause.code === 'ENOENT'
    if (missing && !named) return {}
    throw new StowageError('CONFIG_INVALID', `${file} ${missing ? 'does not exist' : 'cannot be read'}`, {
      cause,
    })
  }
  return parseConfig(text, file)
}

/** @throws CONFIG_INVALID with everything that is wrong */
export function parseConfig(text: string, file: string): Config {
  const json = parseJsonText(text)
  const faults = json.problems.map(p => p.message)
  if (!json.ok) throw invalid(file, faults)
  const { value } = json
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw invalid(file, ['it is no JSON object'])
  for (const [key, member] of Object.entries(value)) {
    const known = Object.hasOwn(KEYS, key) ? KEYS[key as keyof Config] : undefined
    if (known) {
      if (!known.test(member)) faults.push(`${key} is to be ${known.is}, and is ${JSON.stringify(member)}`)
    } else if (key !== '$schema') {
      const meant = closest(key, Object.keys(KEYS))
      faults.push(
        `unknown key ${JSON.stringify(key)}${meant === undefined ? '' : `; did you mean ${meant}?`}`,
      )
    }
  }
  if (faults.length > 0) throw invalid(file, faults)
  return value
}

function invalid(file: string, faults: readonly string[]): StowageError {
  return new StowageError('CONFIG_INVALID', `${file}: ${faults.join('; ')}`)
}

function isText(value: unknown): boolean {
  return typeof value === 'string' && value !== '' && !value.includes('\0')
}

function isListOfTexts(value: unknown): boolean {
  return Array.isArray(value) && value.every(isText)
}

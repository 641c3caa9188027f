import { canonicalJson } from '../desired-state/canonical.ts'

/**
 * What the label stowage.secrets says: what a container's secrets were when it was created. A digest is salted and
 * slow to make, so that a short value is not guessed from it; no value can be had back.
 */
export interface SecretsLabel {
  readonly salt: string
  /** Digests of what was delivered as environment variables, by the variable's name. */
  readonly environment: Readonly<Record<string, string>>
  /** Digests of what was delivered as files, by the file's name. */
  readonly files: Readonly<Record<string, string>>
  /** Digests of secret options of the log driver, by the option's name. */
  readonly logOptions: Readonly<Record<string, string>>
  /** Digests of environment files, by their path in the document. */
  readonly environmentFiles: Readonly<Record<string, string>>
  /** The variables that came from environment files. */
  readonly variables: readonly string[]
}

/** The text of the label. */
export function writeLabel(label: SecretsLabel): string {
  return canonicalJson(label)
}

/** Reads the label back; undefined where there is none, or none that we wrote. */
export function readLabel(text: string | undefined): SecretsLabel | undefined {
  if (text === undefined || text === '') return undefined
  try {
    const value: unknown = JSON.parse(text)
    if (!isObject(value)) return undefined
    // the label of an older version has no logOptions
    const { salt, environment, files, logOptions = {}, environmentFiles, variables } = value
    if (typeof salt !== 'string' || !/^[A-Za-z0-9_-]{22}$/.test(salt)) return undefined
    if (!isTexts(environment) || !isTexts(files) || !isTexts(logOptions)) return undefined
    if (!isTexts(environmentFiles)) return undefined
    if (!Array.isArray(variables) || !variables.every(v => typeof v === 'string')) return undefined
    return { salt, environment, files, logOptions, environmentFiles, variables }
  } catch {
    return undefined
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function isTexts(value: unknown): value is Record<string, string> {
  return isObject(value) && Object.values(value).every(v => typeof v === 'string')
}

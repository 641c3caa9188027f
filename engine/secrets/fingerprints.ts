import type { ContainerDefinition } from '../desired-state/desired-state.generated.ts'
import { readLabel, type SecretsLabel, writeLabel } from './label.ts'
import { sourceOfFile } from './source.ts'

/** All that is known of the secrets' present values where it is decided what happens: digests, never a value. */
export interface Fingerprints {
  /** What is created gets labels with this salt. */
  readonly salt: string
  /** By salt, then by source: the digest of its present value. What is missing could not be read. */
  readonly digests: ReadonlyMap<string, ReadonlyMap<string, string>>
  /** The names of the variables that an environment file sets, by its source. */
  readonly variables: ReadonlyMap<string, readonly string[]>
}

/** Whether a container gets anything whose value is not in the document. */
export function hasSecrets(container: ContainerDefinition): boolean {
  const { secrets, environmentFiles } = container
  return secrets.length > 0 || environmentFiles.length > 0 || secretOptionsOf(container).length > 0
}

/** Whether it gets secrets that are put into it once it is created. */
export function hasSecretFiles({ secrets }: ContainerDefinition): boolean {
  return secrets.some(s => s.deliverAs === 'file')
}

/** What the label stowage.secrets of a new container is to say; undefined: it needs none, or nothing is known. */
export function secretsLabel(
  container: ContainerDefinition,
  fingerprints: Fingerprints | undefined,
): string | undefined {
  if (!fingerprints || !hasSecrets(container)) return undefined
  const { salt, variables } = fingerprints
  const digests = fingerprints.digests.get(salt) ?? new Map<string, string>()
  const secrets = (as: 'environment' | 'file') =>
    known(
      container.secrets.filter(s => s.deliverAs === as).map(s => [s.name, digests.get(s.valueFrom)] as const),
    )
  const own = new Set([...container.environment.map(e => e.name), ...container.secrets.map(s => s.name)])
  const names = container.environmentFiles.flatMap(f => variables.get(sourceOfFile(f.value)) ?? [])
  return writeLabel({
    salt,
    environment: secrets('environment'),
    files: secrets('file'),
    logOptions: known(secretOptionsOf(container).map(o => [o.name, digests.get(o.valueFrom)] as const)),
    environmentFiles: known(
      container.environmentFiles.map(f => [f.value, digests.get(sourceOfFile(f.value))] as const),
    ),
    variables: [...new Set(names)].filter(name => !own.has(name)).sort(),
  })
}

function secretOptionsOf({ logConfiguration }: ContainerDefinition) {
  return logConfiguration?.secretOptions ?? []
}

function known(entries: readonly (readonly [string, string | undefined])[]): Record<string, string> {
  return Object.fromEntries(
    entries.flatMap(([name, digest]) => (digest === undefined ? [] : [[name, digest]])),
  )
}

/** Tells which containers were created with values that are others by now. Remembers its answers. */
export class RotationFinder {
  readonly #fingerprints: Fingerprints | undefined
  readonly #answers = new WeakMap<ContainerDefinition, Map<string, string | undefined>>()

  /** @param fingerprints undefined: the present values are not known, and nothing counts as rotated */
  constructor(fingerprints: Fingerprints | undefined) {
    this.#fingerprints = fingerprints
  }

  /** Whether there is anything that could have been rotated. */
  get knows(): boolean {
    return this.#fingerprints !== undefined
  }

  /** Why the container is out of date: "secret DB_PASSWORD was rotated"; undefined: it is not, or nobody knows. */
  find(container: ContainerDefinition, labelText: string | undefined): string | undefined {
    if (!this.#fingerprints || !hasSecrets(container)) return undefined
    let answers = this.#answers.get(container)
    if (!answers) this.#answers.set(container, (answers = new Map()))
    const key = labelText ?? ''
    if (answers.has(key)) return answers.get(key)
    const answer = rotated(container, readLabel(labelText), this.#fingerprints)
    answers.set(key, answer)
    return answer
  }
}

function rotated(
  container: ContainerDefinition,
  label: SecretsLabel | undefined,
  { salt, digests }: Fingerprints,
): string | undefined {
  const present = digests.get(label?.salt ?? salt)
  if (!present) return undefined
  const differs = (then: string | undefined, source: string) => {
    const now = present.get(source)
    return now !== undefined && then !== now
  }
  const secrets = container.secrets.filter(s => {
    const then = s.deliverAs === 'file' ? label?.files : label?.environment
    return differs(then?.[s.name], s.valueFrom)
  })
  const files = container.environmentFiles.filter(f =>
    differs(label?.environmentFiles[f.value], sourceOfFile(f.value)),
  )
  const options = secretOptionsOf(container).filter(o => differs(label?.logOptions[o.name], o.valueFrom))
  const causes = [
    ...secrets.map(s => `secret ${s.name} was rotated`).sort(),
    ...options.map(o => `secret log option ${o.name} was rotated`).sort(),
    ...files.map(f => `environment file ${f.value} was changed`),
  ]
  return causes.length === 0 ? undefined : causes.join(', ')
}

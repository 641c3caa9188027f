import type { ContainerConfig } from '../container-config.ts'
import { asDesiredRanges } from '../container-config/port-ranges.ts'
import { SETTING_FIELDS } from '../container-config/settings.ts'
import type { ImageConfig, ObservedContainer } from '../observed-state.ts'
import { settingChanges } from './drift-settings.ts'

/** One field that is not as the document wants it, printed for a person. */
export interface FieldChange {
  /** ECS's name: memory, environment.PATH, image. */
  readonly field: string
  readonly from: string
  readonly to: string
}

/** `resources` can be set right in place by `docker update`; anything else needs a new container. */
export interface Drift {
  readonly kind: 'resources' | 'replace'
  readonly fields: readonly FieldChange[]
}

/**
 * Compares what runs with what it should be; undefined where they agree. Remembers its answers, because
 * containers that are configured alike share their config object.
 */
export class DriftFinder {
  readonly #answers = new WeakMap<ContainerConfig, Map<object, Map<ContainerConfig, Drift | undefined>>>()

  find(
    desired: ContainerConfig,
    container: ObservedContainer,
    image: ImageConfig | undefined,
  ): Drift | undefined {
    const known = this.#known(desired, image ?? NO_IMAGE)
    if (known.has(container.config)) return known.get(container.config)
    const brought = isReset(desired) && image ? { ...image, entryPoint: [], command: [] } : image
    const fields = differences(
      withImage(desired, brought),
      withImage(container.config, brought),
      image === undefined,
    )
    const drift: Drift | undefined =
      fields.length === 0
        ? undefined
        : { kind: fields.every(f => isUpdatable(f.field, desired)) ? 'resources' : 'replace', fields }
    known.set(container.config, drift)
    return drift
  }

  #known(desired: ContainerConfig, image: object): Map<ContainerConfig, Drift | undefined> {
    let ofDesired = this.#answers.get(desired)
    if (!ofDesired) this.#answers.set(desired, (ofDesired = new Map()))
    let ofImage = ofDesired.get(image)
    if (!ofImage) ofDesired.set(image, (ofImage = new Map()))
    return ofImage
  }
}

const NO_IMAGE = {}

/** Docker can change these on a running container, but it cannot lift a limit: 0 leaves it as it is. */
function isUpdatable(field: string, desired: ContainerConfig): boolean {
  if (field === 'memory') return desired.memory > 0
  if (field === 'memoryReservation') return desired.memoryReservation > 0
  if (field === SETTING_FIELDS.MemorySwap) return desired.memory > 0
  return field === 'cpu'
}

/** `--entrypoint ""`: the image's entry point and command do not hold. Docker shows such a one as none at all. */
function isReset({ entryPoint }: ContainerConfig): boolean {
  return entryPoint?.length === 1 && entryPoint[0] === ''
}

/** What a container made with this config shows: Docker merges the image's own settings in. */
function withImage(asked: ContainerConfig, image: ImageConfig | undefined): ContainerConfig {
  const config = isReset(asked) ? { ...asked, entryPoint: [] } : asked
  if (!image) return config
  const names = new Set(config.environment.map(nameOf))
  return {
    ...config,
    environment: [...config.environment, ...image.env.filter(e => !names.has(nameOf(e)))].sort(),
    // an entry point of the container's own leaves the image's command out
    command: config.command?.length || config.entryPoint?.length ? config.command : image.command,
    entryPoint: config.entryPoint?.length ? config.entryPoint : image.entryPoint,
    user: config.user || image.user,
    workingDirectory: config.workingDirectory || image.workingDirectory,
    labels: { ...image.labels, ...config.labels },
  }
}

function differences(
  desired: ContainerConfig,
  actual: ContainerConfig,
  imageUnknown: boolean,
): FieldChange[] {
  const changes: FieldChange[] = []
  const compare = (field: string, from: unknown, to: unknown) => {
    if (!same(from, to)) changes.push({ field, from: show(from), to: show(to) })
  }
  // without the image, what we did not set ourselves cannot be told from what it brought
  const known = (value: unknown) => !imageUnknown || value !== undefined
  if (known(desired.command)) compare('command', actual.command ?? [], desired.command ?? [])
  if (known(desired.entryPoint)) compare('entryPoint', actual.entryPoint ?? [], desired.entryPoint ?? [])
  if (known(desired.user)) compare('user', actual.user ?? '', desired.user ?? '')
  if (known(desired.workingDirectory))
    compare('workingDirectory', cleanPath(actual.workingDirectory), cleanPath(desired.workingDirectory))
  const secret = new Set(desired.environment.filter(e => !e.includes('=')))
  compareMaps(
    'environment',
    entries(actual.environment),
    entries(desired.environment),
    imageUnknown,
    changes,
    secret,
  )
  compareMaps('dockerLabels', actual.labels, desired.labels, imageUnknown, changes)
  compare('healthCheck', actual.healthCheck, desired.healthCheck)
  compare('cpu', actual.cpuShares, desired.cpuShares)
  compare('memory', mebibytes(actual.memory), mebibytes(desired.memory))
  compare('memoryReservation', mebibytes(actual.memoryReservation), mebibytes(desired.memoryReservation))
  compare('networkMode', actual.networkMode, desired.networkMode)
  compare('portMappings', asDesiredRanges(actual.ports, desired.ports), desired.ports)
  compare('mountPoints', actual.mounts, desired.mounts)
  compare('restart policy', actual.restartPolicy, desired.restartPolicy)
  compare('stopTimeout', actual.stopTimeout, desired.stopTimeout)
  // how many all are is told when it is placed
  if (desired.gpus !== 'ALL' || actual.gpus === undefined)
    compare('resourceRequirements', actual.gpus, desired.gpus)
  if (desired.log) compare('logConfiguration', shownAs(desired.log, actual.log), desired.log)
  for (const { field, from, to } of settingChanges(actual.settings, desired.settings))
    changes.push({ field, from: show(from), to: show(to) })
  return changes
}

/** As Docker writes it: `/srv/app/`, `/srv//app` and `/srv/lib/../app` are all `/srv/app`. */
function cleanPath(path = ''): string {
  const parts: string[] = []
  for (const part of path.split('/')) {
    if (part === '..') parts.pop()
    else if (part !== '' && part !== '.') parts.push(part)
  }
  return `/${parts.join('/')}`
}

/** Docker adds the options of the daemon's own log-opts that we leave out, where the driver is the daemon's own. */
function shownAs(
  desired: NonNullable<ContainerConfig['log']>,
  actual: ContainerConfig['log'],
): ContainerConfig['log'] {
  if (!actual) return undefined
  const names = Object.keys(desired.options)
  const options = Object.entries(actual.options).filter(([name]) => names.includes(name))
  const secret = actual.secretOptions?.filter(name => desired.secretOptions?.includes(name)) ?? []
  return {
    driver: actual.driver,
    options: Object.fromEntries(options),
    ...(secret.length > 0 && { secretOptions: secret }),
  }
}

function compareMaps(
  field: string,
  actual: Readonly<Record<string, string>>,
  desired: Readonly<Record<string, string>>,
  ignoreMore: boolean,
  changes: FieldChange[],
  secret: ReadonlySet<string> = new Set(),
): void {
  for (const key of [...new Set([...Object.keys(actual), ...Object.keys(desired)])].sort()) {
    if (actual[key] === desired[key] || (ignoreMore && desired[key] === undefined)) continue
    const shown = (value: string | undefined) => (secret.has(key) && value ? '(hidden)' : show(value))
    changes.push({ field: `${field}.${key}`, from: shown(actual[key]), to: shown(desired[key]) })
  }
}

function entries(environment: readonly string[]): Record<string, string> {
  return Object.fromEntries(environment.map(e => [nameOf(e), e.slice(nameOf(e).length + 1)]))
}

function nameOf(entry: string): string {
  const at = entry.indexOf('=')
  return at < 0 ? entry : entry.slice(0, at)
}

function same(a: unknown, b: unknown): boolean {
  return a === b || JSON.stringify(sorted(a)) === JSON.stringify(sorted(b))
}

/** Keys in order; arrays stay as they are. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value) || typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)))
}

function mebibytes(bytes: number): string {
  return bytes === 0 ? '' : `${bytes / (1024 * 1024)} MiB`
}

function show(value: unknown): string {
  if (value === undefined || value === '') return '(none)'
  return typeof value === 'string' ? value : JSON.stringify(value)
}

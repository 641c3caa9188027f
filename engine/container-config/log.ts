import type { LogConfiguration } from '../desired-state/desired-state.generated.ts'
import { DRIVER_OPTIONS } from '../firelens/config.ts'
import { FIRELENS, type RoutedTask, SOCKET_VOLUME, tagOf, templateOfLogOptions } from '../firelens/router.ts'

/** Where a container's output goes, in Docker's terms. */
export interface LogConfig {
  readonly driver: string
  readonly options: Readonly<Record<string, string>>
  /** The names of the options whose values are secrets, which are in no config; sorted. Absent: none. */
  readonly secretOptions?: readonly string[]
}

/** Drivers whose messages leave the host: where the other end is slow, a program would wait for it. */
const REMOTE: ReadonlySet<string> = new Set(['fluentd', 'gcplogs', 'gelf', 'splunk', 'syslog'])
/** ECS's; Docker's own is 1m. */
const BUFFER = '10m'

/** What a container's log configuration is to be, as the document has it. */
export function desiredLog(container: string, configuration: LogConfiguration): LogConfig {
  const { logDriver, options, secretOptions } = configuration
  if (logDriver === FIRELENS) return { driver: 'fluentd', options: routedOptions(container, options) }
  const names = secretOptions.map(o => o.name).sort()
  return {
    driver: logDriver,
    options: Object.fromEntries(Object.entries(options).map(([name, value]) => [present(name), value])),
    ...(names.length > 0 && { secretOptions: names }),
  }
}

/** As ECS's agent has it: the driver does not wait for the router, whose plugin gets the other options. */
function routedOptions(container: string, options: Readonly<Record<string, string>>): Record<string, string> {
  const own = Object.entries(DRIVER_OPTIONS).flatMap(([name, driverName]) => {
    const value = options[name]
    return value === undefined ? [] : [[driverName, value] as const]
  })
  return {
    'fluentd-address': SOCKET_VOLUME,
    'fluentd-async': 'true',
    'fluentd-sub-second-precision': 'true',
    tag: tagOf(container),
    ...Object.fromEntries(own),
  }
}

/** Docker 28 has dropped the old name of this option, and 20.10 has the new one already. */
function present(option: string): string {
  return option === 'fluentd-async-connect' ? 'fluentd-async' : option
}

/**
 * The options that Docker is given: with ECS's defaults, that a program does not wait for a log server. They are no
 * part of what is compared, so that a container without them is as good.
 */
export function withLogDefaults({ driver, options }: LogConfig): Record<string, string> {
  const { mode, 'max-buffer-size': buffer } = options
  const waits = mode === undefined ? buffer === undefined && !REMOTE.has(driver) : mode !== 'non-blocking'
  return waits ? { ...options } : { mode: 'non-blocking', 'max-buffer-size': BUFFER, ...options }
}

/** What `docker inspect` shows, without the values of secret options. */
export function observedLog(
  raw: { readonly Type: string; readonly Config: Readonly<Record<string, string>> | null },
  secret: ReadonlySet<string>,
  task: RoutedTask,
): LogConfig {
  const options = Object.entries(templateOfLogOptions(raw.Config ?? {}, task))
  const names = options.flatMap(([name]) => (secret.has(name) ? [name] : [])).sort()
  return {
    driver: raw.Type,
    options: Object.fromEntries(options.filter(([name]) => !secret.has(name))),
    ...(names.length > 0 && { secretOptions: names }),
  }
}

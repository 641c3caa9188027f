import type { LogConfiguration } from '../engine/desired-state/document.generated.ts'
import { compact, unlessEmpty } from './document.ts'
import { checked } from './fit.ts'
import { FIRELENS_DRIVER, FLUENTD, GELF, GENERIC, JOURNALD, JSON_FILE, SPLUNK, SYSLOG } from './log-shape.ts'
import { note } from './misfits.ts'
import { Secret } from './secret.ts'

/** The driver of containers that send to their task's log router. */
export const FIRELENS = 'awsfirelens'

/** What most drivers of Docker put into each message. Each default is the Docker daemon's. */
export interface BaseLogDriverProps {
  /** A template for the tag of each message. */
  readonly tag?: string
  /** The container's labels that go into each message. */
  readonly labels?: readonly string[]
  /** The container's environment variables that go into each message. */
  readonly env?: readonly string[]
  /** A regular expression for such variables. */
  readonly envRegex?: string
}

/** The options of Docker's json-file driver. */
export interface JsonFileLogDriverProps extends BaseLogDriverProps {
  /** When to begin a new file: `10m`, `500k`. */
  readonly maxSize?: string
  /** How many files are kept. */
  readonly maxFile?: number
  /** Whether files that are full are compressed. */
  readonly compress?: boolean
}

export type JournaldLogDriverProps = BaseLogDriverProps

export interface SyslogLogDriverProps extends BaseLogDriverProps {
  /** `tcp://host:port`, `udp://host:port`, `unix:///path`. @default the container instance's own syslog */
  readonly address?: string
  readonly facility?: string
  readonly format?: string
  readonly tlsCaCert?: string
  readonly tlsCert?: string
  readonly tlsKey?: string
  readonly tlsSkipVerify?: boolean
}

export interface GelfLogDriverProps extends BaseLogDriverProps {
  /** `udp://host:port` or `tcp://host:port`. */
  readonly address: string
  /** gzip, zlib or none. */
  readonly compressionType?: string
  readonly compressionLevel?: number
  readonly tcpMaxReconnect?: number
  readonly tcpReconnectDelay?: number
}

export interface FluentdLogDriverProps extends BaseLogDriverProps {
  /** `host:port` or `unix:///path`. @default localhost:24224 of the container instance */
  readonly address?: string
  readonly async?: boolean
  readonly bufferLimit?: string
  readonly retryWait?: string
  readonly maxRetries?: number
  readonly subSecondPrecision?: boolean
}

export interface SplunkLogDriverProps extends BaseLogDriverProps {
  readonly url: string
  /** Where the token comes from; one of the two is needed. @default token */
  readonly secretToken?: Secret
  /** It stands in the document as it is: better secretToken. @default secretToken */
  readonly token?: string
  readonly source?: string
  readonly sourceType?: string
  readonly index?: string
  readonly caPath?: string
  readonly caName?: string
  readonly insecureSkipVerify?: boolean
  readonly format?: string
  readonly verifyConnection?: boolean
  readonly gzip?: boolean
  readonly gzipLevel?: number
}

export interface FireLensLogDriverProps {
  /** `Name` (Fluent Bit) or `@type` (Fluentd) is the plugin to send by, the others are its own. @default the router's own configuration */
  readonly options?: Readonly<Record<string, string>>
  /** Options whose values stand in no document, and in no `docker inspect`. @default none */
  readonly secretOptions?: Readonly<Record<string, Secret>>
}

export interface GenericLogDriverProps {
  /** A driver of Docker's, or a plugin of the container instances. */
  readonly logDriver: string
  /** @default none */
  readonly options?: Readonly<Record<string, string>>
  /** Options whose values stand in no document; `docker inspect` shows them. @default none */
  readonly secretOptions?: Readonly<Record<string, Secret>>
}

/** Where a container's output goes. */
export class LogDriver {
  readonly #configuration: LogConfiguration

  protected constructor(configuration: LogConfiguration) {
    this.#configuration = configuration
  }

  /** Into files on the container instance, as Docker does of its own; `stowage` can show them. */
  static jsonFile(props: JsonFileLogDriverProps = {}): LogDriver {
    const { maxSize, maxFile, compress, ...base } = { ...props }
    const made = LogDriver.#made('json-file', '', {}, { maxSize, maxFile, compress, ...base })
    return checked(made, props, '', JSON_FILE)
  }

  /** Into the container instance's journal. */
  static journald(props: JournaldLogDriverProps = {}): LogDriver {
    return checked(LogDriver.#made('journald', '', {}, { ...props }), props, '', JOURNALD)
  }

  static syslog(props: SyslogLogDriverProps = {}): LogDriver {
    const { tag, labels, env, envRegex, ...own } = { ...props }
    return checked(
      LogDriver.#made('syslog', 'syslog-', own, { tag, labels, env, envRegex }),
      props,
      '',
      SYSLOG,
    )
  }

  /** To Graylog or Logstash. */
  static gelf(props: GelfLogDriverProps): LogDriver {
    const { tag, labels, env, envRegex, ...own } = { ...props }
    return checked(LogDriver.#made('gelf', 'gelf-', own, { tag, labels, env, envRegex }), props, '', GELF)
  }

  /** To Fluentd or Fluent Bit. */
  static fluentd(props: FluentdLogDriverProps = {}): LogDriver {
    const { tag, labels, env, envRegex, subSecondPrecision, ...own } = { ...props }
    const all = { ...own, 'sub-second-precision': subSecondPrecision }
    return checked(
      LogDriver.#made('fluentd', 'fluentd-', all, { tag, labels, env, envRegex }),
      props,
      '',
      FLUENTD,
    )
  }

  static splunk(props: SplunkLogDriverProps): LogDriver {
    const { tag, labels, env, envRegex, secretToken, ...rest } = { ...props }
    const { sourceType, caPath, caName, insecureSkipVerify, ...own } = rest
    // Docker writes these as one word
    const words = {
      sourcetype: sourceType,
      capath: caPath,
      caname: caName,
      insecureskipverify: insecureSkipVerify,
    }
    const all = { ...own, ...words }
    const secret = secretToken && { 'splunk-token': secretToken }
    const made = LogDriver.#made('splunk', 'splunk-', all, { tag, labels, env, envRegex }, secret)
    return checked(made, props, '', SPLUNK)
  }

  /** To the log router of its task: `TaskDefinition.addFirelensLogRouter`. */
  static firelens(props: FireLensLogDriverProps = {}): LogDriver {
    const { options = {}, secretOptions } = { ...props }
    return checked(new LogDriver(renderLog(FIRELENS, options, secretOptions)), props, '', FIRELENS_DRIVER)
  }

  /** Nowhere. */
  static none(): LogDriver {
    return new LogDriver({ logDriver: 'none' })
  }

  /** Its place in the document. */
  renderLogDriver(): LogConfiguration {
    return this.#configuration
  }

  /** A driver's own options carry its name before them, the ones that all have do not. */
  static #made(
    logDriver: string,
    prefix: string,
    own: object,
    base: object,
    secret?: Readonly<Record<string, Secret>>,
  ): LogDriver {
    const options = Object.fromEntries([...entries(prefix, own), ...entries('', base)])
    return new LogDriver(renderLog(logDriver, options, secret))
  }
}

/** Any other driver, by its name and options. */
export class GenericLogDriver extends LogDriver {
  constructor(props: GenericLogDriverProps) {
    const { logDriver, options = {}, secretOptions } = { ...props }
    super(renderLog(logDriver, options, secretOptions))
    note(this, GENERIC.check(props, ''))
  }
}

/** The log drivers, under the names that aws-cdk-lib has for them. */
export const LogDrivers = {
  jsonFile: (props?: JsonFileLogDriverProps): LogDriver => LogDriver.jsonFile(props),
  journald: (props?: JournaldLogDriverProps): LogDriver => LogDriver.journald(props),
  syslog: (props?: SyslogLogDriverProps): LogDriver => LogDriver.syslog(props),
  gelf: (props: GelfLogDriverProps): LogDriver => LogDriver.gelf(props),
  fluentd: (props?: FluentdLogDriverProps): LogDriver => LogDriver.fluentd(props),
  splunk: (props: SplunkLogDriverProps): LogDriver => LogDriver.splunk(props),
  firelens: (props?: FireLensLogDriverProps): LogDriver => LogDriver.firelens(props),
  none: (): LogDriver => LogDriver.none(),
} as const

/** What is wrong with where a container's output goes. `ignored` is the task definition's ignoreUnsupported. */
export function checkLogConfiguration(
  log: LogConfiguration | undefined,
  ignored: readonly string[],
): string[] {
  const driver = log?.logDriver ?? ''
  const why = ignored.includes(`logConfiguration:${driver}`) ? undefined : AWS_LOG_DRIVERS[driver]
  if (why !== undefined) return [why]
  return log === undefined || /^[A-Za-z0-9][A-Za-z0-9_./:-]{0,254}$/.test(log.logDriver)
    ? []
    : [`${JSON.stringify(log.logDriver)} is no name of a log driver`]
}

/** Log drivers that are of no use outside AWS, and what does the same. */
const AWS_LOG_DRIVERS: Readonly<Record<string, string>> = {
  awslogs:
    'awslogs sends to CloudWatch with an AWS role, which a host of your own has not; use json-file or local, or a driver that your log server takes: fluentd, gelf, syslog, splunk',
}

function renderLog(
  logDriver: string,
  options: Readonly<Record<string, string>>,
  secret: Readonly<Record<string, Secret>> = {},
): LogConfiguration {
  const secretOptions = Object.entries(secret).flatMap(([name, value]) =>
    // any other thing is refused
    value instanceof Secret ? [{ name, valueFrom: value.valueFrom }] : [],
  )
  return compact({
    logDriver,
    options: unlessEmpty({ ...options }),
    secretOptions: unlessEmpty(secretOptions.sort((a, b) => (a.name < b.name ? -1 : 1))),
  })
}

function entries(prefix: string, options: object): [string, string][] {
  return Object.entries(options).flatMap(([name, value]): [string, string][] => {
    if (value === undefined) return []
    const dashed = name.replaceAll(/[A-Z]/g, letter => `-${letter.toLowerCase()}`)
    return [[`${prefix}${dashed}`, Array.isArray(value) ? value.join(',') : String(value)]]
  })
}

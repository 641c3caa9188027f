import type { LogConfiguration } from '../engine/desired-state/document.generated.ts'
import { compact, unlessEmpty } from './document.ts'

/** The options of Docker's json-file driver. Each default is the Docker daemon's. */
export interface JsonFileLogDriverProps {
  /** When to begin a new file: `10m`, `500k`. */
  readonly maxSize?: string
  /** How many files are kept. */
  readonly maxFile?: number
  /** Whether files that are full are compressed. */
  readonly compress?: boolean
  /** A template for the tag of each message. */
  readonly tag?: string
  /** The container's labels that go into each message. */
  readonly labels?: readonly string[]
  /** The container's environment variables that go into each message. */
  readonly env?: readonly string[]
  /** A regular expression for such variables. */
  readonly envRegex?: string
}

/** Where a container's output goes. */
export class LogDriver {
  readonly #configuration: LogConfiguration

  private constructor(configuration: LogConfiguration) {
    this.#configuration = configuration
  }

  /** Into files on the container instance, as Docker does of its own; `stowage` can show them. */
  static jsonFile(props: JsonFileLogDriverProps = {}): LogDriver {
    const options = Object.entries({
      'max-size': props.maxSize,
      'max-file': props.maxFile?.toString(),
      compress: props.compress?.toString(),
      tag: props.tag,
      labels: props.labels?.join(','),
      env: props.env?.join(','),
      'env-regex': props.envRegex,
    }).flatMap(([name, value]): [string, string][] => (value === undefined ? [] : [[name, value]]))
    return new LogDriver(
      compact({ logDriver: 'json-file', options: unlessEmpty(Object.fromEntries(options)) }),
    )
  }

  /** Its place in the document. */
  renderLogDriver(): LogConfiguration {
    return this.#configuration
  }
}

/** The log drivers, under the name that aws-cdk-lib has for them. */
export const LogDrivers = {
  /** As LogDriver.jsonFile. */
  jsonFile: (props?: JsonFileLogDriverProps): LogDriver => LogDriver.jsonFile(props),
} as const

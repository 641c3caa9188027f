import type { HealthCheck as HealthCheckJson } from '../engine/desired-state/document.generated.ts'
import { compact } from './document.ts'
import type { Duration } from './duration.ts'
import { checkWhole } from './limits.ts'

/** How Docker tells whether a container is well. An image's own HEALTHCHECK is not used, as in ECS. */
export interface HealthCheck {
  /**
   * `['CMD-SHELL', 'curl -fs localhost']` or `['CMD', 'curl', '-fs', 'localhost']`. As in aws-cdk-lib a single text
   * is a shell command, and several without CMD or CMD-SHELL before them are a program with its arguments.
   */
  readonly command: readonly string[]
  /** 5 to 300 seconds. @default Duration.seconds(30) */
  readonly interval?: Duration
  /** How often in a row it has to fail, 1 to 10. @default 3 */
  readonly retries?: number
  /** How long failures do not count after the start, up to 300 seconds. @default none */
  readonly startPeriod?: Duration
  /** 2 to 60 seconds. @default Duration.seconds(5) */
  readonly timeout?: Duration
}

/** Its place in the document. */
export function renderHealthCheck(check: HealthCheck): HealthCheckJson {
  return compact({
    command: renderCommand(check.command),
    interval: check.interval?.toSeconds(),
    timeout: check.timeout?.toSeconds(),
    retries: check.retries,
    startPeriod: check.startPeriod?.toSeconds(),
  })
}

/** What is wrong with a health check. */
export function checkHealthCheck({
  command,
  interval,
  timeout,
  retries,
  startPeriod,
}: HealthCheckJson): string[] {
  return [
    ...(command.length < 2 ? ['healthCheck.command is empty'] : []),
    ...(command[0] === 'CMD-SHELL' && command.length > 2
      ? ['healthCheck.command: CMD-SHELL takes one text, the whole shell command']
      : []),
    ...checkWhole('healthCheck.interval in seconds', interval, 5, 300),
    ...checkWhole('healthCheck.timeout in seconds', timeout, 2, 60),
    ...checkWhole('healthCheck.retries', retries, 1, 10),
    ...checkWhole('healthCheck.startPeriod in seconds', startPeriod, 0, 300),
  ]
}

function renderCommand(command: readonly string[]): string[] {
  if (command[0] === 'CMD' || command[0] === 'CMD-SHELL') return [...command]
  return [command.length === 1 ? 'CMD-SHELL' : 'CMD', ...command]
}

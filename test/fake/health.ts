import { passesHealthCheck } from './behaviour.ts'
import type { FakeContainer } from './world.ts'

const NS_PER_MS = 1_000_000
const DEFAULTS = { intervalMs: 30_000, retries: 3 }

/** Begins the health checks of a container that was just started; none where it has no check. */
export function beginHealthChecks(container: FakeContainer): void {
  const interval = intervalMs(container)
  container.health =
    interval === undefined
      ? undefined
      : { status: 'starting', failingStreak: 0, nextAt: container.startedAt + interval, log: [] }
}

/** After an unpause: the checks go on an interval from now, and what they last said stays until then. */
export function resumeHealthChecks(container: FakeContainer, now: number): void {
  const interval = intervalMs(container)
  if (container.health !== undefined && interval !== undefined) container.health.nextAt = now + interval
}

/** A container that does not run is unhealthy. */
export function endHealthChecks(container: FakeContainer): void {
  if (container.health !== undefined) container.health.status = 'unhealthy'
}

/** Makes every check that was due up to now. */
export function settleHealth(container: FakeContainer, now: number): void {
  const { health, behaviour, startedAt } = container
  const interval = intervalMs(container)
  if (health === undefined || interval === undefined) return
  const check = container.config.Healthcheck
  const startPeriod = (check?.StartPeriod ?? 0) / NS_PER_MS
  const retries = check?.Retries || DEFAULTS.retries
  while (health.nextAt <= now) {
    const at = health.nextAt
    health.nextAt += interval
    if (passesHealthCheck(behaviour, at - startedAt)) {
      Object.assign(health, { status: 'healthy', failingStreak: 0 })
      remember(health, { at, exitCode: 0, output: '' })
      continue
    }
    remember(health, { at, exitCode: 1, output: behaviour.healthOutput ?? '' })
    // Failures inside the start period do not count, unless it has been healthy before.
    if (health.status === 'starting' && at - startedAt < startPeriod) continue
    health.failingStreak += 1
    if (health.failingStreak >= retries) health.status = 'unhealthy'
  }
}

function intervalMs(container: FakeContainer): number | undefined {
  const check = container.config.Healthcheck
  const kind = check?.Test?.[0]
  if (check === undefined || kind === undefined || kind === 'NONE') return undefined
  return check.Interval ? check.Interval / NS_PER_MS : DEFAULTS.intervalMs
}

function remember(
  health: NonNullable<FakeContainer['health']>,
  entry: { at: number; exitCode: number; output: string },
): void {
  health.log = [...health.log, entry].slice(-5)
}

import type { DesiredState } from '../../engine/desired-state/desired-state.generated.ts'
import type { ObservedContainer, ObservedState } from '../../engine/observed-state.ts'
import { settle } from '../../engine/settle.ts'
import { imageOf } from '../support/worlds.ts'

/** Versions of the app that end as soon as they are started, or that never pass their health check. */
export const CRASHES = 4
export const NEVER_HEALTHY = 5

/** So many more restarts are seen each time, up to so many. */
const RESTARTS = 2
const MOST_RESTARTS = 10
/** Longer than any rest between two tries, in ms. */
export const LONG = 3600 * 1000

export interface Passed {
  readonly hosts: ObservedState
  /** Something became otherwise by itself. */
  readonly moved: boolean
}

/**
 * The hosts some time later: what was started is in service, what is broken has shown it.
 * @param late containers, by their place among all that run, for which it was not long enough
 */
export function pass(desired: DesiredState, hosts: ObservedState, late: readonly number[]): Passed {
  const later = settle(desired, hosts)
  let at = 0
  let moved = false
  const instances: Record<string, ObservedState['instances'][string]> = {}
  for (const [name, instance] of Object.entries(later.instances)) {
    const before = hosts.instances[name]
    instances[name] = instance
    if (!instance.reachable || !before?.reachable) continue
    const containers = instance.containers.map((c, i) => {
      const was = before.containers[i] ?? c
      const isOn = was.status === 'running' || was.status === 'restarting'
      const isLate = isOn && late.includes(at++)
      // what was too late has only just started, by the clock that went on
      if (isLate) return was === c ? was : { ...was, startedAt: instance.clock }
      // what runs once ends whatever its health check says
      const hasEnded = isNeverHealthy(was) && c.status === 'exited'
      const now = isOn && !hasEnded ? (broken(was, before.clock) ?? c) : c
      if (now !== was) moved = true
      return now
    })
    instances[name] = { ...instance, clock: Math.max(instance.clock, before.clock + LONG), containers }
  }
  return { hosts: { instances }, moved }
}

/** A broken version's container as it shows itself; undefined: it is none, or all of it was seen. */
function broken(c: ObservedContainer, clock: number): ObservedContainer | undefined {
  const { image, config } = c
  if (image === imageOf(`app:${CRASHES}`)) {
    if (config.restartPolicy === 'no') return { ...c, status: 'exited', exitCode: 1, finishedAt: clock }
    if (c.status === 'restarting' && c.restartCount >= MOST_RESTARTS) return c
    const restartCount = Math.min(c.restartCount + RESTARTS, MOST_RESTARTS)
    return { ...c, status: 'restarting', exitCode: 1, restartCount, finishedAt: clock }
  }
  if (!isNeverHealthy(c)) return undefined
  return c.health === 'unhealthy' ? c : { ...c, health: 'unhealthy' }
}

function isNeverHealthy({ image, config }: ObservedContainer): boolean {
  return image === imageOf(`app:${NEVER_HEALTHY}`) && config.healthCheck !== undefined
}

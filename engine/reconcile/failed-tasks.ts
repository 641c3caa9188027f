import type { Service } from '../desired-state/desired-state.generated.ts'
import { type JudgedTask, windowsOf } from './judge.ts'
import { failureThreshold } from './rollout.ts'
import type { Target } from './target.ts'
import { deploymentOf } from './task.ts'
import { failedAgo, healthyFor } from './task-state.ts'

/**
 * What the failed tasks say of a deployment. They stay, stopped, as long as they count: no engine has to remember
 * them, and one that was killed in between is followed by one that counts on.
 */
export interface Failures {
  readonly count: number
  /** So many end the deployment; Infinity: none do. */
  readonly threshold: number
  readonly counted: ReadonlySet<JudgedTask>
}

/**
 * Counts the failures of a deployment, those of the runs before this one too, unless they ended it already: whoever
 * applies once more wants it tried once more.
 * @param run this run of apply
 */
export function countFailures(
  judged: readonly JudgedTask[],
  service: Service,
  target: Target,
  desired: number,
  run: string,
): Failures {
  const threshold = failureThreshold(service, desired)
  const all = judged.filter(t => t.failures > 0 && isSince(t, lastHealthy(judged, service, target)))
  const earlier = all.filter(t => run === '' || deploymentOf(t.task) !== run)
  const counted = sum(earlier) >= threshold ? all.filter(t => !earlier.includes(t)) : all
  return { count: sum(counted), threshold, counted: new Set(counted) }
}

/** How long ago a task of the target became healthy, where that sets the count back; Infinity: never, or it does not. */
function lastHealthy(judged: readonly JudgedTask[], service: Service, target: Target): number {
  if (service.deploymentConfiguration.deploymentCircuitBreaker?.resetOnHealthyTask === false) return Infinity
  const { steadyAfter } = windowsOf(service)
  const healthy = judged.filter(t => t.state === 'HEALTHY' && t.alive && t.task.revision === target.revision)
  return Math.min(Infinity, ...healthy.map(t => healthyFor(t.task, target.taskDefinition, steadyAfter)))
}

/** Each age is taken by its own host's clock, so that clocks which differ do no harm. */
function isSince({ task, state }: JudgedTask, healthyAgo: number): boolean {
  return failedAgo(task, state) <= healthyAgo
}

function sum(tasks: readonly JudgedTask[]): number {
  return tasks.reduce((total, t) => total + t.failures, 0)
}

/** It failed and is stopped: there only to be counted, and to be looked into. */
export function isSpent({ failing, alive }: JudgedTask): boolean {
  return failing !== undefined && !alive
}

/** Between two tries of what no number of failures ends: 1, 2, 4 … seconds after the last failure, at most a minute. */
export function isResting(failed: readonly JudgedTask[]): boolean {
  const spent = failed.filter(isSpent)
  if (spent.length === 0) return false
  const rest = Math.min(2 ** (spent.length - 1), 60) * 1000
  return spent.some(t => failedAgo(t.task, t.state) < rest)
}

import { taskName } from '../identity.ts'
import { isSpent } from './failed-tasks.ts'
import type { JudgedTask } from './judge.ts'
import { makesRoom, type Survey } from './survey.ts'
import { failedAgo } from './task-state.ts'
import type { World } from './world.ts'

/** What a wave has done for the service so far. */
interface Turn {
  /** Tasks that were missing before this wave's starts. */
  readonly missing: number
  readonly roomForStarts: number
  readonly started: number
  readonly stopped: number
  readonly wanted: number
}

/** So many failed tasks are kept where no number of them ends the deployment. */
const MOST_KEPT = 10

/**
 * What becomes of the failing tasks of the wanted revision. One that runs goes when its successor is in service, or
 * when there is no room for one; then one after the other. Those that count stay, stopped, until all is well.
 */
export function retire(
  world: World,
  survey: Survey,
  failing: readonly JudgedTask[],
  { missing, roomForStarts, started, stopped, wanted }: Turn,
): void {
  const { counted, threshold } = survey.failures
  const healthy = survey.judged.filter(t => t.outdated === undefined && t.state === 'HEALTHY').length
  const spent = failing
    .filter(isSpent)
    .sort((a, b) => failedAgo(a.task, a.state) - failedAgo(b.task, b.state))
  const kept = new Set(
    spent.filter(t => counted.has(t)).slice(0, threshold === Infinity ? MOST_KEPT : undefined),
  )
  for (const judged of spent)
    if (healthy >= wanted || !kept.has(judged)) stop(world, survey, judged, judged.failing ?? '')
  const alive = failing.filter(t => t.alive)
  // what does not count goes first: with what counts gone the count would begin anew, for ever
  const up = [...alive.filter(t => !counted.has(t)), ...alive.filter(t => counted.has(t))]
  const succeeded = new Set(up.slice(0, Math.max(0, healthy + up.length - wanted)))
  // what crashes again and again holds a place that another may have
  const looping = up.filter(t => t.state === 'FAILED' && counted.has(t) && !succeeded.has(t))
  for (const judged of succeeded) {
    if (healthy < wanted && counted.has(judged)) halt(world, survey, judged)
    else stop(world, survey, judged, judged.failing ?? '')
  }
  for (const judged of looping) halt(world, survey, judged)
  if (missing <= 0 || started > 0 || stopped > 0 || succeeded.size > 0 || looping.length > 0) return
  const next = up.find(t => roomForStarts <= 0 || makesRoom(world, survey, t.task))
  if (!next) return
  if (counted.has(next)) halt(world, survey, next)
  else stop(world, survey, next, next.failing ?? '')
}

function halt(world: World, survey: Survey, { task, failing = '' }: JudgedTask): void {
  world.steps.halt(task, { cause: failing, subject: taskName(task), service: survey.name })
}

/** Stops and removes a task, after the pulls that its service waits for. */
export function stop(world: World, survey: Survey, { task }: JudgedTask, cause: string): void {
  const reason = { cause, subject: taskName(task), service: survey.name }
  world.steps.takeDown(task, reason, world.steps.pullsOf(survey.name))
}

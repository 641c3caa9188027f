import { taskName } from '../identity.ts'
import { foremost } from './foremost.ts'
import type { JudgedTask } from './judge.ts'
import type { TaskState } from './task-state.ts'

/** The one that is in service stays, else the one that is nearest to it. */
const NEAREST_FIRST: readonly TaskState[] = [
  'HEALTHY',
  'PENDING',
  'INCOMPLETE',
  'UNHEALTHY',
  'FAILED',
  'STOPPED',
]

/**
 * One slot of one revision is one task. Two can be there after all, say after a host came back that was taken for
 * lost, or after Docker gave an old list: then one stays, the one in service first, and the other has to go.
 */
export function withoutDoubles(judged: readonly JudgedTask[]): readonly JudgedTask[] {
  const mayStay = judged.filter(t => t.outdated === undefined)
  const kept = foremost(mayStay, t => t.task.slot, rank)
  return judged.map(task => {
    const stays = kept.get(task.task.slot)
    if (task.outdated !== undefined || !stays || stays === task) return task
    const { failing: _, ...double } = task
    return {
      ...double,
      isDouble: true,
      outdated: `${taskName(task.task)} runs on ${stays.task.instance.name} too`,
    }
  })
}

/**
 * Those of any revision that run although another of their slot and revision runs elsewhere. Where one was renamed, two
 * parts of one task are on one instance: they are no doubles.
 * @param stays whether its instance is one that a task may stay on
 */
export function runningTwice(
  judged: readonly JudgedTask[],
  stays: (task: JudgedTask) => boolean,
): readonly JudgedTask[] {
  const alive = judged.filter(t => t.alive)
  const order = (t: JudgedTask) => (stays(t) ? 0 : NEAREST_FIRST.length) + NEAREST_FIRST.indexOf(t.state)
  const kept = foremost(alive, slotAndRevision, order)
  return alive.filter(t => kept.get(slotAndRevision(t))?.task.instance.name !== t.task.instance.name)
}

function slotAndRevision({ task }: JudgedTask): string {
  return `${task.slot} ${task.revision}`
}

/** Ties go to the first, which is by the name of the instance. */
function rank({ alive, state }: JudgedTask): number {
  if (!alive) return 2
  return state === 'HEALTHY' ? 0 : 1
}

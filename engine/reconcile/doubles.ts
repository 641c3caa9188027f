import { taskName } from '../identity.ts'
import type { JudgedTask } from './judge.ts'

/**
 * One slot of one revision is one task. Two can be there after all, say after a host came back that was taken for
 * lost, or after Docker gave an old list: then one stays, the one in service first, and the other has to go.
 */
export function withoutDoubles(judged: readonly JudgedTask[]): readonly JudgedTask[] {
  const kept = new Map<string, JudgedTask>()
  for (const task of judged) {
    if (task.outdated !== undefined) continue
    const other = kept.get(task.task.slot)
    if (!other || rank(task) < rank(other)) kept.set(task.task.slot, task)
  }
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

/** Ties go to the first, which is by the name of the instance. */
function rank({ alive, state }: JudgedTask): number {
  if (!alive) return 2
  return state === 'HEALTHY' ? 0 : 1
}

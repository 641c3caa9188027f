import type { TaskDefinition } from '../desired-state/desired-state.generated.ts'
import { type Problem, problem } from '../errors.ts'
import { taskKey, taskName } from '../identity.ts'
import { type Lost, lostText } from '../instance-standing.ts'
import { localDataOf } from './local-data.ts'
import { isAlive, type ObservedTask } from './task.ts'
import type { World } from './world.ts'

/**
 * The instances on which tasks of this definition may run out of sight: those that do not answer, unless they are lost.
 * What has local data counts as running on a lost one too, until a person has said that the data is lost as well.
 */
export function darkFor(world: World, task: TaskDefinition): readonly string[] {
  if (world.lost.size === 0 || localDataOf(task).length === 0) return world.silent
  const kept = [...world.lost].filter(([, lost]) => !isLostWithItsData(lost)).map(([name]) => name)
  return [...world.silent, ...kept].sort()
}

/** All instances that do not answer, lost or not, sorted. */
export function unanswered({ silent, lost }: World): readonly string[] {
  return [...silent, ...lost.keys()].sort()
}

function isLostWithItsData(lost: Lost): boolean {
  return lost.kind === 'said' && lost.localData
}

/**
 * Why a task has to go that ran on while its instance was lost, among the tasks of its service: another runs in its
 * place by now. undefined: it has no double.
 */
export function doublesOf(
  world: World,
  tasks: readonly ObservedTask[],
): (task: ObservedTask) => string | undefined {
  const wasLost = ({ instance }: ObservedTask) => world.standings.get(instance.name)?.lost !== undefined
  if (!tasks.some(wasLost)) return () => undefined
  // in a rollout the same slot of another revision is no double, but its predecessor
  const running = new Set(tasks.flatMap(t => (isAlive(t) && !wasLost(t) ? [taskKey(t)] : [])))
  return task =>
    wasLost(task) && running.has(taskKey(task))
      ? `${task.instance.name} was lost, and ${taskName(task)} was started again elsewhere`
      : undefined
}

/** What is said of the instances that are taken for gone. */
export function lostWarnings({ lost }: World): Problem[] {
  return [...lost].map(([instance, why]) =>
    problem('INSTANCE_LOST', `${instance} ${lostText(why)}: its tasks are replaced`, { instance }),
  )
}

import { taskName } from '../identity.ts'
import type { JudgedTask } from './judge.ts'
import { namesAreFree } from './names.ts'
import type { Survey } from './survey.ts'
import type { TaskState } from './task-state.ts'
import type { World } from './world.ts'

/** Sets right what can be set right on a running task that may stay: limits, a missing or paused container. */
export function mend(world: World, survey: Survey, judged: JudgedTask): void {
  const { task, state } = judged
  const isPaused = task.containers.some(c => c.status === 'paused')
  for (const [name, fields] of judged.resources) {
    const container = task.containers.find(c => c.identity.container === name)
    if (!container) continue
    const cause = fields.map(f => `${f.field} ${f.from} → ${f.to}`).join(', ')
    const reason = { cause: `${cause} (changed by hand)`, subject: taskName(task), service: survey.name }
    world.steps.setResources(task.instance, container, survey.target, reason)
  }
  if (isPaused || state === 'INCOMPLETE' || state === 'STOPPED') revive(world, survey, judged)
}

/** Makes and starts what a task lacks. Adds no step where it lacks nothing. */
export function revive(world: World, survey: Survey, judged: JudgedTask): void {
  const { task, state } = judged
  const { cluster, service, slot, revision, instance } = task
  const identity = { cluster, service, slot, revision }
  if (!namesAreFree(world, survey, instance, identity, task.containers)) {
    survey.blocked.add(judged)
    return
  }
  world.steps.bringUp(instance, identity, survey.target, CAUSES[state], task)
}

const CAUSES: Record<TaskState, string> = {
  STOPPED: 'it was stopped or paused',
  INCOMPLETE: 'not all of its containers run yet',
  PENDING: 'a container of it is paused',
  HEALTHY: 'a container of it is paused',
  UNHEALTHY: '',
  FAILED: '',
}

import { problem } from '../errors.ts'
import { taskName } from '../identity.ts'
import { release, reserve } from '../scheduler/fleet.ts'
import type { JudgedTask } from './judge.ts'
import type { Survey } from './survey.ts'
import type { World } from './world.ts'

/**
 * Says which tasks are where the service's constraints would not let them be placed now, say because the constraints
 * were changed. As in ECS a REPLICA service's tasks stay until they are replaced anyway.
 */
export function warnOfMisplaced(world: World, survey: Survey): void {
  const { constraints, service, name } = survey
  const distinct = service.placementConstraints.some(c => c.type === 'distinctInstance')
  if (constraints.length === 0 && !distinct) return
  const taken = new Set<number>()
  const found = new Map<string, string[]>()
  for (const judged of survey.judged) {
    const host = world.fleet.index.get(judged.task.instance.name)
    if (host === undefined || !judged.alive || judged.outdated !== undefined) continue
    const failed = failedConstraint(world, survey, judged, host)
    const why = failed ?? (distinct && taken.has(host) ? 'distinctInstance' : undefined)
    taken.add(host)
    if (why !== undefined)
      found.set(why, [...(found.get(why) ?? []), `${taskName(judged.task)} on ${judged.task.instance.name}`])
  }
  for (const [why, tasks] of found) {
    const more = tasks.length > 4 ? ` and ${tasks.length - 4} more` : ''
    const message = `${name}: ${tasks.slice(0, 4).join(', ')}${more} would not be placed there now: ${why}; as in ECS what runs stays until it is replaced`
    world.warnings.push(problem('TASK_MISPLACED', message, { service: name }))
  }
}

/** The first constraint that does not hold where the task is, were it not there. */
function failedConstraint(
  world: World,
  { constraints }: Survey,
  { task }: JudgedTask,
  host: number,
): string | undefined {
  const demand = world.definitions.demand(task)
  release(world.fleet, host, demand, task.service)
  const failed = constraints.find(c => !c.test(host))
  reserve(world.fleet, host, demand, task.service)
  return failed?.text
}

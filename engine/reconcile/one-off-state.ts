import type { TaskDefinition } from '../desired-state/desired-state.generated.ts'
import { isPause } from '../task-network.ts'
import { isUp, type ObservedTask } from './task.ts'
import { isGivenUp, neverStarted, reachOf } from './dependency-state.ts'
import { couldNotStart } from './task-state.ts'

/**
 * DONE: every essential container has ended with 0. FAILED: one ended otherwise, could not be started, or waits for what
 * failed. INCOMPLETE: containers are missing, were not started yet, or are paused. RUNNING: all others.
 */
export type OneOffState = 'DONE' | 'FAILED' | 'INCOMPLETE' | 'RUNNING'

/** How a task that runs once stands. What its health checks say changes nothing, as in ECS. */
export function oneOffState(task: ObservedTask, definition: TaskDefinition): OneOffState {
  const byName = new Map(task.containers.map(c => [c.identity.container, c]))
  const own = definition.containerDefinitions.filter(c => !isPause(c))
  const essential = own.filter(c => c.essential)
  const hasEnded = (name: string) => {
    const container = byName.get(name)
    return container !== undefined && !neverStarted(container) && !isUp(container)
  }
  const endedWell = (name: string) => hasEnded(name) && byName.get(name)?.exitCode === 0
  if (essential.every(c => endedWell(c.name))) return 'DONE'
  if (essential.some(c => hasEnded(c.name) && !endedWell(c.name))) return 'FAILED'
  const dependents = { definition, containers: byName, clock: task.instance.clock }
  const notStarted = definition.containerDefinitions.filter(({ name }) => {
    const container = byName.get(name)
    const waits = !container || neverStarted(container) || container.status === 'paused'
    return waits && !isGivenUp(name, dependents)
  })
  for (const { name } of notStarted) {
    const container = byName.get(name)
    if (container && couldNotStart(container)) return 'FAILED'
    if (reachOf(name, dependents) === 'failed') return 'FAILED'
  }
  return notStarted.length > 0 ? 'INCOMPLETE' : 'RUNNING'
}

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
  /** Where it has ended: with which code. */
  const exitCodeOf = (name: string) => {
    const container = byName.get(name)
    return container && !neverStarted(container) && !isUp(container) ? container.exitCode : undefined
  }
  if (essential.every(c => exitCodeOf(c.name) === 0)) return 'DONE'
  if (essential.some(c => (exitCodeOf(c.name) ?? 0) !== 0)) return 'FAILED'
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

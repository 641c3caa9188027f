import { dependenciesOf } from '../dependencies.ts'
import type { TaskDefinition } from '../desired-state/desired-state.generated.ts'
import type { ObservedContainer } from '../observed-state.ts'
import { isGivenUp, neverStarted, reachOf } from './dependency-state.ts'
import { isToStartAgain } from './restarts.ts'

/** A container that is started in this wave, and those of its task that are started before it. */
export interface Start {
  readonly name: string
  readonly after: readonly string[]
}

/**
 * The containers of a task that may start now, in their order. One that only needs another to have been started is
 * started in the same wave, after it.
 * @param created the containers that this wave makes, by name
 * @param clock the container instance's, in ms
 */
export function startsNow(
  task: TaskDefinition,
  there: ReadonlyMap<string, ObservedContainer>,
  created: ReadonlyMap<string, unknown>,
  clock: number,
): readonly Start[] {
  const dependents = { definition: task, containers: there, clock }
  const starts = new Map<string, Start>()
  let waiting = task.containerDefinitions.filter(c => {
    const container = there.get(c.name)
    if (!container) return created.has(c.name)
    if (isGivenUp(c.name, dependents)) return false
    return (
      neverStarted(container) || container.status === 'paused' || isToStartAgain(task, c, container, there)
    )
  })
  for (let before = -1; waiting.length !== before; ) {
    before = waiting.length
    const inLine = new Set(waiting.map(c => c.name))
    waiting = waiting.filter(c => {
      const dependencies = dependenciesOf(task, c)
      // what is stopped itself comes up first: Docker links to, and joins, only what runs
      if (dependencies.some(d => d.containerName !== c.name && inLine.has(d.containerName))) return true
      const inThisWave = dependencies.every(
        d => d.condition === 'START' && (starts.has(d.containerName) || there.has(d.containerName)),
      )
      if (!inThisWave && reachOf(c.name, dependents) !== 'reached') return true
      starts.set(c.name, { name: c.name, after: dependencies.map(d => d.containerName) })
      return false
    })
  }
  return [...starts.values()]
}

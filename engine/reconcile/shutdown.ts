import { dependenciesOf } from '../dependencies.ts'
import type { TaskDefinition } from '../desired-state/desired-state.generated.ts'
import type { ObservedContainer } from '../observed-state.ts'

/** A container that is to end, and those that depend on it, which end before. */
export interface Ending {
  readonly container: ObservedContainer
  readonly dependents: readonly ObservedContainer[]
}

/**
 * The containers of a task in the reverse of the order in which they start: each after all that depend on it; else as
 * they stand.
 * @param task what it was made from; undefined where that is not known: then none depends on another
 */
export function inShutdownOrder(
  containers: readonly ObservedContainer[],
  task: TaskDefinition | undefined,
): readonly Ending[] {
  if (!task || containers.length < 2) return containers.map(container => ({ container, dependents: [] }))
  const waitsFor = new Map(
    task.containerDefinitions.map(c => [c.name, new Set(dependenciesOf(task, c).map(d => d.containerName))]),
  )
  const endings = new Map<ObservedContainer, Ending>()
  // a label that was tampered with may have a cycle
  const add = (container: ObservedContainer, above: ReadonlySet<ObservedContainer>): void => {
    if (endings.has(container) || above.has(container)) return
    const path = new Set([...above, container])
    const { container: name } = container.identity
    const dependents = containers.filter(
      c => !path.has(c) && waitsFor.get(c.identity.container)?.has(name) === true,
    )
    for (const dependent of dependents) add(dependent, path)
    endings.set(container, { container, dependents })
  }
  for (const container of containers) add(container, new Set())
  return [...endings.values()]
}

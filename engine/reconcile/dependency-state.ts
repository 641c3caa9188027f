import { dependenciesOf } from '../dependencies.ts'
import type { ContainerDependency, TaskDefinition } from '../desired-state/desired-state.generated.ts'
import type { ObservedContainer } from '../observed-state.ts'

/** A task as far as one container's dependencies on others are concerned. */
export interface Dependents {
  readonly definition: TaskDefinition
  /** By name. */
  readonly containers: ReadonlyMap<string, ObservedContainer>
  /** The container instance's, in ms. */
  readonly clock: number
}

/** `failed`: what it waits for will never come, so it is never started. */
export type Reach = 'reached' | 'waiting' | 'failed'

/** Whether the containers that this one depends on are as far as it asks for. */
export function reachOf(
  name: string,
  task: Dependents,
  /** The containers that wait for this one; a label that was tampered with may have a cycle. */
  above: readonly string[] = [],
): Reach {
  const container = task.definition.containerDefinitions.find(c => c.name === name)
  const dependencies = container ? dependenciesOf(task.definition, container) : []
  const reaches = dependencies
    .filter(d => !above.includes(d.containerName))
    .map(d => reachOfOne(d, task, [...above, name]))
  if (reaches.includes('failed')) return 'failed'
  return reaches.includes('waiting') ? 'waiting' : 'reached'
}

/**
 * As ECS has it: a container that is not essential and whose dependencies failed counts as one that has ended, with an
 * exit code of its own, and its task goes on without it.
 */
export function isGivenUp(name: string, task: Dependents, above: readonly string[] = []): boolean {
  const essential = task.definition.containerDefinitions.find(c => c.name === name)?.essential ?? true
  const container = task.containers.get(name)
  return (
    !essential &&
    container !== undefined &&
    neverStarted(container) &&
    reachOf(name, task, above) === 'failed'
  )
}

/** What of a task is not so far within its startTimeout, as a sentence; undefined where nothing waits in vain. */
export function whatIsLate({ definition, containers, clock }: Dependents): string | undefined {
  for (const container of definition.containerDefinitions) {
    const own = containers.get(container.name)
    if (own && !neverStarted(own)) continue
    for (const { containerName, condition } of dependenciesOf(definition, container)) {
      const on = containers.get(containerName)
      const timeout = startTimeoutOf(definition, containerName)
      if (on && !neverStarted(on) && isLate(on, condition, timeout, clock))
        return `${containerName} is not ${AS_FAR[condition]} within its startTimeout of ${timeout} s`
    }
  }
  return undefined
}

const AS_FAR: Readonly<Record<ContainerDependency['condition'], string>> = {
  START: 'started',
  COMPLETE: 'at its end',
  SUCCESS: 'at its end',
  HEALTHY: 'HEALTHY',
}

export function neverStarted(container: ObservedContainer): boolean {
  return container.status === 'created'
}

function reachOfOne(dependency: ContainerDependency, task: Dependents, above: readonly string[]): Reach {
  const { containerName, condition } = dependency
  const on = task.containers.get(containerName)
  if (!on) return 'waiting'
  if (neverStarted(on)) {
    if (!isGivenUp(containerName, task, above)) return 'waiting'
    return condition === 'START' || condition === 'COMPLETE' ? 'reached' : 'failed'
  }
  if (isLate(on, condition, startTimeoutOf(task.definition, containerName), task.clock)) return 'failed'
  if (isAsFar(on, condition)) return 'reached'
  if (condition === 'SUCCESS') return on.status === 'exited' ? 'failed' : 'waiting'
  return condition === 'HEALTHY' && (on.health === 'unhealthy' || on.status === 'exited')
    ? 'failed'
    : 'waiting'
}

function isAsFar(on: ObservedContainer, condition: ContainerDependency['condition']): boolean {
  switch (condition) {
    case 'START':
      return true
    case 'COMPLETE':
      return on.status === 'exited'
    case 'SUCCESS':
      return on.status === 'exited' && on.exitCode === 0
    case 'HEALTHY':
      return on.status === 'running' && on.health === 'healthy'
  }
}

function startTimeoutOf(definition: TaskDefinition, name: string): number | undefined {
  return definition.containerDefinitions.find(c => c.name === name)?.startTimeout
}

/**
 * As ECS counts: from its start. What has ended in time cannot run out of it any more; what took longer did, whether
 * or not somebody looked in between.
 */
function tookTooLong(on: ObservedContainer, startTimeout: number | undefined, clock: number): boolean {
  if (startTimeout === undefined || (on.status !== 'running' && on.status !== 'exited')) return false
  const until = on.status === 'running' ? clock : on.finishedAt
  return until - on.startedAt > startTimeout * 1000
}

/** Whether it came too late for one that waits for more than its start. */
function isLate(
  on: ObservedContainer,
  condition: ContainerDependency['condition'],
  startTimeout: number | undefined,
  clock: number,
): boolean {
  if (condition === 'START' || (isAsFar(on, condition) && on.status !== 'exited')) return false
  return tookTooLong(on, startTimeout, clock)
}

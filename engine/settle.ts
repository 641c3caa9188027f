import type { DesiredState } from './desired-state/desired-state.generated.ts'
import { taskKey } from './identity.ts'
import type { ContainerIdentity, ObservedContainer, ObservedState } from './observed-state.ts'
import { PAUSE } from './task-network.ts'

/** Longer than any steady window, in ms. */
export const SETTLED = 24 * 3600 * 1000

/**
 * The world some time later: what was started is in service, and what others wait for to end has ended.
 * The same object where nothing changed.
 */
export function settle(desired: DesiredState, observed: ObservedState): ObservedState {
  const inServices = containersThatEnd(desired)
  const ends = ({ identity }: ObservedContainer, others: readonly ObservedContainer[]) => {
    const { service, family, container } = identity
    if (!Object.hasOwn(desired.tasks, service)) return inServices.has(`${family}/${container}`)
    const dependents = dependentsOf(desired, identity)
    const isWaitedFor = (c: ObservedContainer) =>
      dependents.includes(c.identity.container) && taskKey(c.identity) === taskKey(identity)
    return container !== PAUSE && !others.some(c => isWaitedFor(c) && c.finishedAt === 0)
  }
  let changed = false
  const instances: Record<string, ObservedState['instances'][string]> = {}
  for (const [name, instance] of Object.entries(observed.instances)) {
    instances[name] = instance
    if (!instance.reachable) continue
    const clock = instance.clock + SETTLED
    const containers = instance.containers.map(c =>
      settled(c, () => ends(c, instance.containers), instance.clock),
    )
    if (containers.every((c, i) => c === instance.containers[i])) continue
    changed = true
    instances[name] = { ...instance, clock, containers }
  }
  return changed ? { instances } : observed
}

function settled(container: ObservedContainer, ends: () => boolean, clock: number): ObservedContainer {
  if (container.status !== 'running') return container
  if (ends()) return { ...container, status: 'exited', exitCode: 0, finishedAt: clock }
  if (container.health === 'starting') return { ...container, health: 'healthy' }
  // a container without a health check is in service once it is old enough: let time pass, once
  const young = container.health === 'none' && clock - container.startedAt < SETTLED
  return young ? { ...container, startedAt: clock - SETTLED } : container
}

/** What of its task waits until a container is healthy: that one does not end before. */
function dependentsOf({ taskDefinitions }: DesiredState, { family, container }: ContainerIdentity): string[] {
  return (taskDefinitions[family]?.containerDefinitions ?? []).flatMap(({ name, dependsOn }) =>
    dependsOn.some(d => d.containerName === container && d.condition === 'HEALTHY') ? [name] : [],
  )
}

/** Containers that others wait for with COMPLETE or SUCCESS. */
function containersThatEnd(desired: DesiredState): Set<string> {
  const ends = new Set<string>()
  for (const [family, task] of Object.entries(desired.taskDefinitions)) {
    for (const container of task.containerDefinitions) {
      for (const { containerName, condition } of container.dependsOn) {
        if (condition === 'COMPLETE' || condition === 'SUCCESS') ends.add(`${family}/${containerName}`)
      }
    }
  }
  return ends
}

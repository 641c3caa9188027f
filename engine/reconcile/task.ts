import type { ObservedContainer, ObservedState, ReachableInstance } from '../observed-state.ts'
import { shortRevision } from '../identity.ts'
import type { TaskIdentity } from '../plan.ts'

/** The containers of one task as they were observed; all on one container instance. */
export interface ObservedTask extends TaskIdentity {
  readonly instance: ReachableInstance
  readonly containers: readonly ObservedContainer[]
}

/** A task takes up its resources and counts as running while any container of it may run. */
export function isAlive(task: ObservedTask): boolean {
  for (const container of task.containers) if (isUp(container)) return true
  return false
}

export function isUp(container: ObservedContainer): boolean {
  return container.status === 'running' || container.status === 'restarting' || container.status === 'paused'
}

/** The newest container's: which run of apply made this task. */
export function deploymentOf(task: ObservedTask): string {
  let newest: ObservedContainer | undefined
  for (const c of task.containers) if (!newest || c.createdAt > newest.createdAt) newest = c
  return newest?.identity.deployment ?? ''
}

/** Groups the cluster's containers into tasks, by service; in the order of instance and container names. */
export function tasksByService(observed: ObservedState): Map<string, ObservedTask[]> {
  const services = new Map<string, ObservedTask[]>()
  for (const name of Object.keys(observed.instances).sort()) {
    const instance = observed.instances[name]
    if (!instance?.reachable) continue
    for (const task of tasksOf(instance)) {
      const list = services.get(task.service)
      if (list) list.push(task)
      else services.set(task.service, [task])
    }
  }
  return services
}

function tasksOf(instance: ReachableInstance): ObservedTask[] {
  const tasks: ObservedTask[] = []
  // by name the containers of one task are next to one another
  let last: (ObservedTask & { containers: ObservedContainer[] }) | undefined
  for (const container of byName(instance.containers)) {
    const { cluster, service, slot, revision } = container.identity
    const hasItsName = isNamedAsLabelled(container)
    if (hasItsName && last?.slot === slot && last.service === service && last.revision === revision) {
      last.containers.push(container)
      continue
    }
    const task = { cluster, service, slot, revision, instance, containers: [container] }
    tasks.push(task)
    // what does not have the name that its labels give it is none of that task's, however alike it looks
    if (hasItsName) last = task
  }
  return tasks
}

/** Whether its name is the containerName of its labels; makes no string, for there may be a million. */
export function isNamedAsLabelled({ name, identity }: ObservedContainer): boolean {
  const { cluster, service, slot, revision, container } = identity
  const short = shortRevision(revision)
  const slotAt = cluster.length + service.length + 2
  const containerAt = slotAt + slot.length + short.length + 2
  return (
    name.length === containerAt + container.length &&
    name.endsWith(container) &&
    name.startsWith(cluster) &&
    name.startsWith(`.${service}.`, cluster.length) &&
    name.startsWith(slot, slotAt) &&
    name.startsWith(`.${short}.`, slotAt + slot.length)
  )
}

/** Plans do not depend on the order in which Docker lists; a host has each name once. */
function byName(containers: readonly ObservedContainer[]): readonly ObservedContainer[] {
  const isSorted = containers.every((c, i) => i === 0 || (containers[i - 1]?.name ?? '') <= c.name)
  return isSorted ? containers : [...containers].sort((a, b) => (a.name < b.name ? -1 : 1))
}

import { problem } from '../errors.ts'
import { containerName, taskName } from '../identity.ts'
import type { ForeignContainer, ObservedContainer, ReachableInstance } from '../observed-state.ts'
import type { TaskIdentity } from '../plan.ts'
import type { Target } from './target.ts'
import { isInDocument, type World } from './world.ts'

/**
 * Whether the names of a task are free on the instance, but for its own containers that exist. A container that has one
 * is a problem, unless it belongs to nothing in the document and so is removed in this very wave.
 */
export function namesAreFree(
  world: World,
  { name: service, target }: { readonly name: string; readonly target: Target },
  instance: ReachableInstance,
  task: TaskIdentity,
  existing: readonly ObservedContainer[] = [],
): boolean {
  const holder = nameHolder(target, instance, task, existing)
  if (!holder) return true
  const owner = 'identity' in holder ? holder.identity.service : undefined
  if (owner !== undefined && !isInDocument(world.desired, owner)) return false
  const whose = owner === undefined ? "is not this cluster's" : `was renamed and belongs to ${owner}`
  const message = `${taskName(task)} cannot be made on ${instance.name}: the name ${holder.name} belongs to the container ${holder.id.slice(0, 12)}, which ${whose}`
  world.problems.push(problem('NAME_TAKEN', message, { instance: instance.name, service }))
  return false
}

/** Who has a name of a task on the instance, but for its own containers that exist. */
export function nameHolder(
  { taskDefinition }: Target,
  instance: ReachableInstance,
  task: TaskIdentity,
  existing: readonly ObservedContainer[],
): ObservedContainer | ForeignContainer | undefined {
  for (const definition of taskDefinition.containerDefinitions) {
    const holder = holderOf(instance, containerName(task, definition.name))
    if (holder && !existing.some(c => c === holder)) return holder
  }
  return undefined
}

const HOLDERS = new WeakMap<ReachableInstance, Map<string, ObservedContainer | ForeignContainer>>()

function holderOf(
  instance: ReachableInstance,
  name: string,
): ObservedContainer | ForeignContainer | undefined {
  let holders = HOLDERS.get(instance)
  if (!holders) {
    holders = new Map([...instance.foreign, ...instance.containers].map(c => [c.name, c]))
    HOLDERS.set(instance, holders)
  }
  return holders.get(name)
}

import type { DesiredState } from '../desired-state/desired-state.generated.ts'
import { isOneOff } from '../one-off.ts'
import type { StoredDefinitions } from './definitions.ts'
import type { ObservedTask } from './task.ts'

type Tasks = ReadonlyMap<string, readonly ObservedTask[]>

/**
 * The tasks without those that run once and that the document does not have. They are known by the mark in their labels:
 * the document gone back to may have a service of the same name.
 */
export function withoutOneOffs(tasks: Tasks, desired: DesiredState, definitions: StoredDefinitions): Tasks {
  const left = [...tasks].map(([name, list]) => {
    const isWanted = Object.hasOwn(desired.tasks, name)
    return [name, isWanted ? list : list.filter(task => !runsOnce(task, definitions))] as const
  })
  return new Map(left.filter(([, list]) => list.length > 0))
}

/** Whether it was made as a task that runs once; false where that cannot be read. */
export function runsOnce(task: ObservedTask, definitions: StoredDefinitions): boolean {
  const definition = definitions.of(task)
  return definition !== undefined && isOneOff(definition)
}

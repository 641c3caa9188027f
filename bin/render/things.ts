import { count } from './text.ts'

/** How many of each there are: tasks that run once are no services. */
export function thingsText(
  things: readonly { readonly schedulingStrategy: 'REPLICA' | 'DAEMON' | 'TASK' }[],
): string[] {
  const once = things.filter(t => t.schedulingStrategy === 'TASK').length
  return [count(things.length - once, 'service'), ...onceText(once)]
}

/** Left out where there are none. */
export function onceText(tasks: number): string[] {
  if (tasks === 0) return []
  return [tasks === 1 ? '1 task that runs once' : `${tasks} tasks that run once`]
}

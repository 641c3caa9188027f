import type { SynthResult } from '../synthesize.ts'
import type { Style } from './style.ts'
import { count, table } from './text.ts'
import { onceText } from './things.ts'

/** One line a document: its path, what is in it, what became of it. */
export function synthLines(
  results: readonly SynthResult[],
  style: Style,
  show: (path: string) => string,
): string[] {
  const lines = table(
    results.map(r => [
      show(r.path),
      count(r.containerInstances, 'container instance'),
      count(r.taskDefinitions, 'task definition'),
      [count(r.services, 'service'), ...onceText(r.tasks)].join(', '),
      r.status === 'unchanged'
        ? style.quiet(r.status)
        : r.status === 'stale'
          ? style.warn(r.status)
          : style.good(r.status),
    ]),
  )
  const stale = results.filter(r => r.status === 'stale').map(r => show(r.path))
  if (stale.length === 0) return lines
  return [
    ...lines,
    `${style.warn('!')} the app has no such cluster any more: ${stale.join(', ')}`,
    ...stale.map(path => `  next: stowage destroy --document ${path}, then delete the file`),
  ]
}

import type { ClusterDiff, PlannedStep } from '../../engine/diff.ts'
import type { Report } from '../../engine/events.ts'
import { problemLines, warningLines } from './problems.ts'
import { reportLines } from './report.ts'
import type { Style } from './style.ts'
import { count, duration, printable } from './text.ts'
import { thingsText } from './things.ts'

/**
 * What destroy removes, and what it keeps.
 * @param deployments how many the ledger has
 */
export function destroyLines(diff: ClusterDiff, deployments: number, style: Style): string[] {
  const kept = diff.warnings.filter(w => w.code === 'VOLUME_UNUSED')
  const others = diff.warnings.filter(w => w.code !== 'VOLUME_UNUSED')
  const services = diff.services.filter(s => s.kind === 'remove')
  const nothing = diff.waves.length === 0 && deployments === 0
  const instances = count(diff.containerInstances, 'container instance')
  return [
    nothing
      ? `${style.title(diff.cluster)}  nothing to remove: ${instances}, no service runs`
      : `${style.title(diff.cluster)}   ${instances}, ${thingsText(services).join(', ')} and all that belongs to the cluster ${services.length === 0 ? 'goes' : 'go'}`,
    ...services.map(s => {
      const stop = s.stopTimeout > 0 ? ` (up to ${duration(s.stopTimeout)} each)` : ''
      const has = s.schedulingStrategy === 'TASK' && s.stops === 0
      const what = has ? 'has run' : `${count(s.stops, 'task')} ${s.stops === 1 ? 'stops' : 'stop'}${stop}`
      return `${style.bad('-')} ${style.title(printable(s.service))}   ${s.schedulingStrategy}, ${what}`
    }),
    ...diff.leftovers.map(l => `${style.bad('-')} ${printable(l.subject)} on ${l.instance}${dataNote(l)}`),
    ...(deployments === 0
      ? []
      : [`${style.bad('-')} the ledger   with the history of ${count(deployments, 'deployment')}`]),
    ...kept.map(w => `  kept: ${printable(w.message)}`),
    ...(kept.length > 0 ? ['  next: stowage destroy --volumes removes them with their data'] : []),
    ...warningLines(others, style),
    ...problemLines(diff.problems, style),
    ...(nothing ? [] : ['Nothing else is touched.']),
  ]
}

function dataNote({ action, cause }: PlannedStep): string {
  return action === 'remove-volume' && cause !== 'its task is gone' ? '   with its data' : ''
}

export function destroyedLines(report: Report, elapsedMs: number, style: Style): string[] {
  if (report.outcome !== 'steady') {
    return reportLines(report, elapsedMs, style).map(line =>
      line.replace('stowage apply finishes', 'stowage destroy finishes'),
    )
  }
  const what =
    report.done === 0 ? 'the history, which was all that was left' : `${count(report.done, 'step')} done`
  return [`${style.good('✓')} destroyed after ${duration(elapsedMs / 1000)}: ${what}`]
}

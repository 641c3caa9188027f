import type { Event } from '../../engine/events.ts'
import type { ServiceState } from '../../engine/reconcile/service-state.ts'
import { problemLines, warningLines } from './problems.ts'
import { type ProgressState, stepText } from './progress-state.ts'
import type { Style } from './style.ts'
import { count, listed, printable } from './text.ts'

/** The lines that one event adds where nothing can be redrawn. */
export function newLines(before: ProgressState, after: ProgressState, event: Event, style: Style): string[] {
  switch (event.event) {
    case 'apply-started':
      return [`deployment ${event.deployment} on ${count(event.instances.length, 'container instance')}`]
    case 'lock-waiting':
      return [
        `${event.instance}: waiting for the lock of ${printable(event.holder)}, held since ${printable(event.since)}`,
      ]
    case 'lock-taken-over':
      return [`${event.instance}: the lock of ${printable(event.holder)}, who is gone, is taken over`]
    case 'wave-started':
      return [`wave ${event.wave}: ${count(event.steps, 'step')}`]
    case 'step-done':
      return [`  [${after.stepsDone}/${after.steps}] ${event.instance}  ${stepText(event)}`]
    case 'step-failed':
      return [
        `  ${event.instance}  ${stepText(event)}`,
        ...problemLines([event.problem], style).map(line => `  ${line}`),
      ]
    case 'services':
      return event.services.filter(s => isNews(s, before.services)).map(serviceLine)
    case 'warning':
      return warningLines([event.problem], style)
    case 'locked':
    case 'step-started':
    // the report at the end has all failures
    case 'task-failed':
    case 'apply-ended':
      return []
  }
}

/** `web  4 of 6 healthy, 1 starting`; while tasks are replaced `web  6 in service, 1 of 6 new ones healthy, 5 to go` */
export function serviceLine(s: ServiceState): string {
  return `${s.service}  ${serviceText(s)}`
}

export function serviceText(s: ServiceState): string {
  const isTask = s.schedulingStrategy === 'TASK'
  const replaces = !isTask && s.outdated > 0 && s.healthy > s.current
  const parts = replaces
    ? [`${s.healthy} in service`, `${s.current} of ${s.desired} new ones healthy`]
    : [`${s.current} of ${s.desired} ${isTask ? 'ended well' : 'healthy'}`]
  if (s.waitsFor) parts.push(`waits for ${listed(s.waitsFor)}`)
  if (s.pending > 0) parts.push(`${s.pending} ${isTask ? 'running' : 'starting'}`)
  if (s.outdated > 0) parts.push(`${s.outdated} to go`)
  if (s.failures > 0 && isTask) parts.push(`${s.failures} failed`)
  else if (s.failures > 0) {
    const end = s.threshold === undefined ? 'it is tried again' : `${s.threshold} end the deployment`
    parts.push(`${count(s.failures, 'failed start')} (${end})`)
  }
  if (s.presumed > 0) parts.push(`${s.presumed} presumed to run where nobody answers`)
  if (s.rolledBackFrom !== undefined) parts.push(`goes back to ${s.revision.slice(0, 8)}`)
  return parts.join(', ')
}

function isNews(now: ServiceState, before: readonly ServiceState[]): boolean {
  const was = before.find(s => s.service === now.service)
  return was === undefined ? now.rollout !== 'COMPLETED' : serviceText(was) !== serviceText(now)
}

import { type Problem, problem } from '../errors.ts'
import type { Report } from '../events.ts'
import { shortRevision } from '../identity.ts'
import type { Reconciliation } from '../reconcile/reconcile.ts'
import type { FailingTask, ServiceState } from '../reconcile/service-state.ts'

/**
 * What of each service keeps an apply from having ended well.
 * @param undone those that failed, and whose circuit breaker says that they go back
 */
export function endings(
  { services }: Reconciliation,
  how: Report['outcome'],
  undone: ReadonlySet<string>,
): Problem[] {
  if (how === 'interrupted') return [problem('INTERRUPTED', 'interrupted')]
  const failed = services.flatMap(s => [...failureOf(s, undone), ...notBegun(s, services)])
  if (how !== 'timeout') return failed
  const waiting = services.filter(s => s.rollout !== 'COMPLETED')
  const message = `not steady in time: ${waiting.map(s => `${s.service} ${s.current} of ${s.desired} ${s.schedulingStrategy === 'TASK' ? 'ended well' : 'healthy'}`).join(', ')}`
  return [...failed, problem('NOT_STEADY', message)]
}

function failureOf(state: ServiceState, undone: ReadonlySet<string>): Problem[] {
  const { service, rollout, rolledBackFrom } = state
  if (rollout !== 'FAILED' && rolledBackFrom === undefined) return []
  const message =
    rolledBackFrom === undefined ? stays(state, undone) : wentBack(state, rolledBackFrom, undone)
  return [problem('DEPLOYMENT_FAILED', message, { service })]
}

function stays(
  { service, schedulingStrategy, revision, failing }: ServiceState,
  undone: ReadonlySet<string>,
): string {
  const which = failing.length > 0 ? `: ${failing.map(nameOf).join(', ')}` : ''
  if (schedulingStrategy === 'TASK')
    return `${service}: the task of revision ${shortRevision(revision)}, which is to run once, failed${which}; the next apply runs it again`
  const nothing = undone.has(service)
    ? '; no other revision of it has COMPLETED, so there is nothing to go back to'
    : ''
  return `${service}: the deployment of revision ${shortRevision(revision)} failed${which}${nothing}`
}

function wentBack(
  { service, revision, current, desired }: ServiceState,
  from: string,
  undone: ReadonlySet<string>,
): string {
  const now = `${current} of ${desired} tasks run revision ${shortRevision(revision)} again`
  if (undone.has(service))
    return `${service}: the deployment of revision ${shortRevision(from)} failed; ${now}`
  return `${service} went back from revision ${shortRevision(from)}, as another service failed; ${now}`
}

function notBegun({ service, waitsFor }: ServiceState, all: readonly ServiceState[]): Problem[] {
  if (!waitsFor) return []
  const why = waitsFor.map(name => `${name}, which ${standing(all, name)}`).join('; ')
  return [problem('DEPENDENCY_FAILED', `${service} was not begun: it waits for ${why}`, { service })]
}

function standing(services: readonly ServiceState[], name: string): string {
  const state = services.find(s => s.service === name)
  if (state?.waitsFor) return 'was not begun either'
  if (state?.rolledBackFrom !== undefined) return 'went back to the revision before'
  return state?.rollout === 'FAILED' ? 'failed' : 'is not in service yet'
}

function nameOf({ task, instance, late }: FailingTask): string {
  return `${task} on ${instance}${late === undefined ? '' : ` (${late})`}`
}

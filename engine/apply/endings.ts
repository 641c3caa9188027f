import { type Problem, problem } from '../errors.ts'
import type { Report } from '../events.ts'
import type { Reconciliation } from '../reconcile/reconcile.ts'
import type { FailingTask, ServiceState } from '../reconcile/service-state.ts'

/** What of each service keeps an apply from having ended well. */
export function endings({ services }: Reconciliation, how: Report['outcome']): Problem[] {
  if (how === 'interrupted') return [problem('INTERRUPTED', 'interrupted')]
  const failed = services.flatMap(s => [...failureOf(s), ...notBegun(s, services)])
  if (how !== 'timeout') return failed
  const waiting = services.filter(s => s.rollout !== 'COMPLETED')
  const message = `not steady in time: ${waiting.map(s => `${s.service} ${s.current} of ${s.desired} healthy`).join(', ')}`
  return [...failed, problem('NOT_STEADY', message)]
}

function failureOf(s: ServiceState): Problem[] {
  if (s.rollout !== 'FAILED' && s.rolledBackFrom === undefined) return []
  const count = s.failing.length > 0 ? `: ${s.failing.map(nameOf).join(', ')}` : ''
  if (s.schedulingStrategy === 'TASK') {
    const message = `${s.service}: the task of revision ${s.revision.slice(0, 8)}, which is to run once, failed${count}; the next apply runs it again`
    return [problem('DEPLOYMENT_FAILED', message, { service: s.service })]
  }
  const message =
    s.rolledBackFrom === undefined
      ? `${s.service}: the deployment of revision ${s.revision.slice(0, 8)} failed${count}`
      : `${s.service}: the deployment of revision ${s.rolledBackFrom.slice(0, 8)} failed; ${s.current} of ${s.desired} tasks run revision ${s.revision.slice(0, 8)} again`
  return [problem('DEPLOYMENT_FAILED', message, { service: s.service })]
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

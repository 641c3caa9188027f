import type { Event } from '../../engine/events.ts'
import type { ServiceState } from '../../engine/reconcile/service-state.ts'
import { printable, shortDigests } from './text.ts'

/** What has happened so far in one run, as far as it is shown. */
export interface ProgressState {
  /** ms since 1970. */
  readonly started: number
  readonly cluster: string
  readonly instances: readonly string[]
  readonly wave: number
  /** Of this wave. */
  readonly steps: number
  readonly stepsDone: number
  /** What is under way on each instance, the latest last. */
  readonly inHand: ReadonlyMap<string, readonly string[]>
  /** Steps done on each instance. */
  readonly done: ReadonlyMap<string, number>
  readonly services: readonly ServiceState[]
}

export function beginProgress(started: number): ProgressState {
  const none = new Map<string, never>()
  return {
    started,
    cluster: '',
    instances: [],
    wave: 0,
    steps: 0,
    stepsDone: 0,
    inHand: none,
    done: none,
    services: [],
  }
}

/** The state after one more event. */
export function follow(state: ProgressState, event: Event): ProgressState {
  switch (event.event) {
    case 'apply-started':
      return { ...state, cluster: event.cluster, instances: event.instances }
    case 'wave-started':
      return { ...state, wave: event.wave, steps: event.steps, stepsDone: 0 }
    case 'step-started': {
      const now = [...(state.inHand.get(event.instance) ?? []), stepText(event)]
      return { ...state, inHand: new Map(state.inHand).set(event.instance, now) }
    }
    case 'step-done':
    case 'step-failed': {
      const now = [...(state.inHand.get(event.instance) ?? [])]
      const at = now.indexOf(stepText(event))
      if (at >= 0) now.splice(at, 1)
      const done = event.event === 'step-done' ? 1 : 0
      return {
        ...state,
        stepsDone: state.stepsDone + done,
        inHand: new Map(state.inHand).set(event.instance, now),
        done: new Map(state.done).set(event.instance, (state.done.get(event.instance) ?? 0) + done),
      }
    }
    case 'services':
      return { ...state, services: event.services }
    case 'apply-ended':
      return { ...state, services: event.report.services }
    case 'lock-waiting':
    case 'lock-taken-over':
    case 'locked':
    case 'task-failed':
    case 'warning':
      return state
  }
}

/** `create-container web.5 nginx` */
export function stepText(step: {
  readonly action: string
  readonly subject: string
  readonly container?: string
}): string {
  const { action, container } = step
  // the action says that it is one
  const subject = step.subject.replace(/^image /, '')
  return [
    action,
    shortDigests(printable(subject)),
    ...(container === undefined ? [] : [printable(container)]),
  ].join(' ')
}

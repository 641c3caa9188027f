import type { ServiceState } from '../../engine/reconcile/service-state.ts'
import { serviceText } from './progress-lines.ts'
import type { ProgressState } from './progress-state.ts'
import type { Style } from './style.ts'
import { count, cut, duration, some } from './text.ts'

/** Where and when it is shown. */
export interface LiveView {
  /** ms since 1970. */
  readonly now: number
  readonly columns: number
  /** No more lines than these. */
  readonly rows: number
}

/** The run as it stands now: elapsed time, each service, each host with what is in hand there. */
export function liveLines(state: ProgressState, view: LiveView, style: Style): string[] {
  const elapsed = duration((view.now - state.started) / 1000)
  const wave =
    state.wave === 0
      ? 'taking the locks'
      : `wave ${state.wave}, ${state.stepsDone} of ${count(state.steps, 'step')}`
  const title = `${state.cluster}  ${wave}  ${elapsed}`
  const room = Math.max(2, view.rows - 1)
  const forHosts = Math.min(
    state.instances.length,
    Math.max(Math.floor(room / 2), room - state.services.length),
  )
  const services = busyFirst(state.services, room - forHosts, s => !isDone(s))
  const hosts = busyFirst(state.instances, forHosts, host => inHand(state, host).length > 0)
  const rows = [
    ...fit(services.map(serviceRow), room - forHosts, 'service'),
    ...fit(
      hosts.map(host => hostRow(state, host)),
      forHosts,
      'container instance',
    ),
  ]
  return [style.title(cut(title, view.columns - 1)), ...rows.map(row => cut(row, view.columns - 1))].slice(
    0,
    view.rows,
  )
}

function serviceRow(s: ServiceState): string {
  const mark = isDone(s) ? '✓' : s.rollout === 'FAILED' ? '✗' : '·'
  return `  ${mark} ${s.service}  ${serviceText(s)}`
}

function hostRow(state: ProgressState, host: string): string {
  const now = inHand(state, host)
  const done = state.done.get(host) ?? 0
  return `    ${host}  ${now.length > 0 ? some(now, 2) : done > 0 ? `${count(done, 'step')} done` : ''}`.trimEnd()
}

function inHand(state: ProgressState, host: string): readonly string[] {
  return state.inHand.get(host) ?? []
}

function isDone({ rollout }: ServiceState): boolean {
  return rollout === 'COMPLETED'
}

/** Where not all are shown, those on which something happens come first; else they keep their places. */
function busyFirst<T>(items: readonly T[], room: number, isBusy: (item: T) => boolean): readonly T[] {
  return items.length <= room ? items : items.toSorted((a, b) => Number(isBusy(b)) - Number(isBusy(a)))
}

/** As many lines as there is room for; the last one says how many are left out. */
function fit(lines: readonly string[], room: number, one: string): string[] {
  if (lines.length <= room) return [...lines]
  const shown = Math.max(0, room - 1)
  return [...lines.slice(0, shown), `  … and ${count(lines.length - shown, one)}`]
}

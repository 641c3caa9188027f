import type { DesiredState } from './desired-state/desired-state.generated.ts'
import type { InstanceMark, Marks, Said } from './ledger/record.ts'

/** How a container instance counts at one moment, and who says so. */
export interface Standing {
  readonly status: 'ACTIVE' | 'DRAINING'
  /** Whether the document says DRAINING. */
  readonly drainedByDocument: boolean
  /** Who said `stowage drain`, if somebody did. */
  readonly drainedBy?: Said
  /** Set where it is to be taken for gone while it does not answer, and where it was until it came back. */
  readonly lost?: Lost
}

/** Why a container instance is taken for gone. */
export type Lost =
  | ({ readonly kind: 'said' } & NonNullable<InstanceMark['lost']>)
  /** It did not answer for longer than the document waits. Its local data may still be there. */
  | { readonly kind: 'time-out'; readonly since: string; readonly afterSeconds: number }

/** What the document and the marks say of one container instance. `now`: ms since 1970; absent: no time runs out. */
export function standingOf(desired: DesiredState, marks: Marks, name: string, now?: number): Standing {
  const drainedByDocument = desired.containerInstances[name]?.status === 'DRAINING'
  const { draining } = marks[name] ?? {}
  const lost = lostOf(desired, marks[name], name, now)
  return {
    status: drainedByDocument || draining ? 'DRAINING' : 'ACTIVE',
    drainedByDocument,
    ...(draining && { drainedBy: draining }),
    ...(lost && { lost }),
  }
}

/** Those that are drained or lost, by name. */
export function specialStandings(
  desired: DesiredState,
  marks: Marks,
  now?: number,
): readonly (Standing & { readonly instance: string })[] {
  return Object.keys(desired.containerInstances)
    .sort()
    .map(instance => ({ instance, ...standingOf(desired, marks, instance, now) }))
    .filter(({ status, lost }) => status === 'DRAINING' || lost !== undefined)
}

function lostOf(
  desired: DesiredState,
  mark: InstanceMark | undefined,
  name: string,
  now: number | undefined,
): Lost | undefined {
  if (mark?.lost) return { kind: 'said', ...mark.lost }
  const afterSeconds = desired.containerInstances[name]?.lostAfterSeconds ?? desired.lostAfterSeconds
  const since = mark?.silentSince
  if (afterSeconds === undefined || since === undefined || now === undefined) return undefined
  return now - Date.parse(since) >= afterSeconds * 1000
    ? { kind: 'time-out', since, afterSeconds }
    : undefined
}

/** "marked as lost by ann@laptop since 2026-…" */
export function lostText(lost: Lost): string {
  return lost.kind === 'said'
    ? `is marked as lost (${saidText(lost)})`
    : `has not answered since ${lost.since}, longer than the ${lost.afterSeconds} s after which the document takes it for lost`
}

export function saidText({ who, time }: Said): string {
  return `${who}, ${time}`
}

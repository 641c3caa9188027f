import type { LockView } from '../../engine/lock/unlock.ts'
import type { Style } from './style.ts'
import { count, duration, printable, table } from './text.ts'

export interface UnlockView {
  readonly cluster: string
  readonly instances: number
  readonly locks: readonly LockView[]
  /** ms since 1970. */
  readonly now: number
}

/** Who has which lock, since when, and whether they live. */
export function unlockLines({ cluster, instances, locks, now }: UnlockView, style: Style): string[] {
  const of = `of ${count(instances, 'container instance')}`
  if (locks.length === 0) return [`${style.title(cluster)}   none ${of} is locked`]
  const title = `${style.title(cluster)}   ${locks.length} ${of} ${locks.length === 1 ? 'is' : 'are'} locked`
  return [title, ...table(locks.map(lock => row(lock, now, style)))]
}

function row({ instance, owner, heart }: LockView, now: number, style: Style): string[] {
  return [
    instance,
    printable(owner.who),
    printable(owner.command) || '-',
    sinceText(owner.since, now),
    heart === 'beats' ? style.bad(HEART.beats) : HEART[heart],
  ]
}

const HEART: Record<LockView['heart'], string> = {
  ended: 'its process has ended',
  beats: 'its heartbeat moves: somebody works there',
  still: 'its heartbeat stands still',
}

/** By the owner's clock, which may be wrong. */
function sinceText(since: string, now: number): string {
  const time = Date.parse(since)
  if (Number.isNaN(time)) return 'since an unknown time'
  return `since ${new Date(time).toISOString().slice(0, 19)}Z, ${duration(Math.max(0, now - time) / 1000)} ago`
}

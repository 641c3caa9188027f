import { uptime } from 'node:os'

/** A moment by two clocks of this machine, neither of which is right in every case. */
export interface Moment {
  /** ms since 1970. Somebody may set it. */
  readonly wall: number
  /** ms since the machine was started, asleep or not. Stands still while a virtual machine is paused. */
  readonly boot: number
}

export function thisMoment(): Moment {
  return { wall: Date.now(), boot: uptime() * 1000 }
}

/** The most that may have gone by, in ms: what is to be over before too much time has passed goes by this. */
export function mostBetween(from: Moment, to: Moment): number {
  return Math.max(0, to.wall - from.wall, to.boot - from.boot)
}

/** The least that has gone by for certain, in ms: what has to wait for enough time goes by this. */
export function leastBetween(from: Moment, to: Moment): number {
  return Math.max(0, Math.min(to.wall - from.wall, to.boot - from.boot))
}

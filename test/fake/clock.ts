import { setTimeout as sleep } from 'node:timers/promises'

/** The only time that a fake host knows. */
export interface Clock {
  /** ms since 1970. */
  now(): number
  /** Resolves when so many ms have gone by on this clock. */
  wait(ms: number): Promise<void>
}

/** The machine's own time. */
export const realClock: Clock = {
  now: () => Date.now(),
  wait: async ms => {
    await sleep(ms)
  },
}

/** A clock that stands still until it is advanced; to wait on it advances it. */
export interface LogicalClock extends Clock {
  advance(ms: number): void
}

/** A logical clock. `start` is ms since 1970; default: 2026-01-01. */
export function logicalClock(start = Date.UTC(2026, 0, 1)): LogicalClock {
  let time = start
  return {
    now: () => time,
    wait: ms => {
      time += ms
      return Promise.resolve()
    },
    advance: ms => {
      time += ms
    },
  }
}

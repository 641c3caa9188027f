import { setTimeout as sleep } from 'node:timers/promises'

/** What a lock waits and beats by. */
export interface Timers {
  /** Resolves after so many ms, or as soon as the signal is aborted. */
  sleep(ms: number, signal: AbortSignal): Promise<void>
  /** Does it every so many ms, until what it gives is called. */
  every(ms: number, work: () => void): () => void
}

/** This machine's. A heart that beats keeps no process alive. */
export const nodeTimers: Timers = {
  sleep: async (ms, signal) => {
    await sleep(ms, undefined, { signal }).catch(() => {})
  },
  every: (ms, work) => {
    const timer = setInterval(work, ms)
    timer.unref()
    return () => clearInterval(timer)
  },
}

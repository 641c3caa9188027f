/** What Ctrl-C does to the demo: the step in hand ends, all is cleaned up; a second one leaves at once. */
export interface Interrupts {
  readonly signal: AbortSignal
  /** Called for each Ctrl-C until the returned function is. */
  readonly onEach: (listener: () => void) => () => void
}

/** Exit code of what was interrupted, as shells have it. */
export const INTERRUPTED = 130

export function catchInterrupts(say: (line: string) => void): Interrupts {
  const controller = new AbortController()
  const listeners = new Set<() => void>()
  const interrupted = () => {
    for (const listener of listeners) listener()
    if (controller.signal.aborted) process.exit(INTERRUPTED)
    controller.abort(new Error('interrupted'))
    say('\nCtrl-C: ends the step in hand and cleans up; Ctrl-C again leaves at once')
  }
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, interrupted)
  return {
    signal: controller.signal,
    onEach: listener => {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
  }
}

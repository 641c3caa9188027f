import type { Terminal } from './terminal.ts'

/** What the first Ctrl-C asks for; the second leaves at once. */
export interface Interruption {
  readonly signal: AbortSignal
  /** From here on a signal does again what it does by itself. */
  end(): void
}

/** Exit code of a command that was interrupted, as shells have it. */
export const INTERRUPTED = 130

/** `say` is called for the first one, with its name for a person. */
export function catchInterrupts(terminal: Terminal, say: (signal: string) => void): Interruption {
  const controller = new AbortController()
  const end = terminal.onInterrupt(signal => {
    if (controller.signal.aborted) {
      terminal.exit(INTERRUPTED)
      return
    }
    controller.abort()
    say(signal === 'SIGINT' ? 'Ctrl-C' : signal)
  })
  return { signal: controller.signal, end }
}

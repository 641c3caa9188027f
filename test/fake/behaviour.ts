/**
 * What the processes of an image do, as far as Docker can see it. Everything absent: it runs for ever,
 * passes its health check, prints nothing, and ends at once with exit code 0 on SIGTERM.
 */
export interface Behaviour {
  /** It ends by itself so many ms after each start. `runs`: only the first so many runs end; default: all. */
  exit?: { code: number; afterMs: number; oomKilled?: boolean; runs?: number }
  /** ms by which it passes, or begins to fail, its health check, counted from each start. Default: passes. */
  health?: 'passes' | 'fails' | { passesAfterMs: number } | { failsAfterMs: number }
  /** What a failed health check prints. */
  healthOutput?: string
  /** How it takes SIGTERM. `afterMs` is how long it needs to end. Default: at once, exit code 0. */
  stop?: 'ignores-sigterm' | { afterMs: number; code?: number }
  /** Lines that each run prints when it starts; stdout before stderr. */
  stdout?: string[]
  stderr?: string[]
  /** Its command cannot be executed: what runc says. Start is refused with it. */
  startError?: string
  /** It answers HTTP on its published ports, where the host was created with `web`. */
  web?: boolean
}

/** Whether a health check that is made so many ms after the start passes. */
export function passesHealthCheck(behaviour: Behaviour, sinceStartMs: number): boolean {
  const health = behaviour.health ?? 'passes'
  if (health === 'passes' || health === 'fails') return health === 'passes'
  if ('passesAfterMs' in health) return sinceStartMs >= health.passesAfterMs
  return sinceStartMs < health.failsAfterMs
}

import type { Problem } from '../errors.ts'

/** How one service stands: what `ps`, the progress lines and the report are made of. */
export interface ServiceState {
  readonly service: string
  readonly schedulingStrategy: 'REPLICA' | 'DAEMON'
  /** The revision that it moves to. */
  readonly revision: string
  /** Set where it goes back to another revision than the document's. */
  readonly rolledBackFrom?: string
  readonly desired: number
  /** Tasks of any revision that run. */
  readonly running: number
  /** Tasks of any revision that are in service. */
  readonly healthy: number
  /** Tasks of this revision that are in service. */
  readonly current: number
  /** Tasks of any revision that may still become healthy by themselves. */
  readonly pending: number
  /** Tasks that have to go. */
  readonly outdated: number
  /** Tasks that may run on instances that do not answer; they are not started a second time. */
  readonly presumed: number
  /** Failed starts in this deployment, and how many end it; undefined: none do. */
  readonly failures: number
  readonly threshold?: number
  /** Something fails, and is tried again until the time has run out. */
  readonly retries?: true
  readonly rollout: 'COMPLETED' | 'IN_PROGRESS' | 'FAILED'
  /** The tasks, as `SERVICE.SLOT on INSTANCE`, that failed in this deployment. */
  readonly failing: readonly {
    readonly task: string
    readonly instance: string
    readonly containers: readonly string[]
  }[]
  /** Its new revision is not begun before these are as the document says, and healthy. */
  readonly waitsFor?: readonly string[]
  /** What keeps it from going on. */
  readonly problem?: Problem
}

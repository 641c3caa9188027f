import type { Problem } from './errors.ts'
import type { ActionKind } from './plan.ts'
import type { ServiceState } from './reconcile/service-state.ts'

interface StepEvent {
  readonly instance: string
  readonly action: ActionKind
  readonly subject: string
  /** The container's name in the task definition, where it is about one. */
  readonly container?: string
  readonly cause: string
  readonly service?: string
}

/** All that apply tells while it works: the progress view and `--json` (one event a line) are made of these alone. */
export type Event =
  | {
      readonly event: 'apply-started'
      readonly cluster: string
      readonly deployment: string
      readonly instances: readonly string[]
    }
  | {
      readonly event: 'lock-waiting'
      readonly instance: string
      readonly holder: string
      readonly since: string
    }
  | { readonly event: 'lock-taken-over'; readonly instance: string; readonly holder: string }
  | { readonly event: 'locked'; readonly instances: readonly string[] }
  | { readonly event: 'wave-started'; readonly wave: number; readonly steps: number }
  | ({ readonly event: 'step-started' } & StepEvent)
  | ({ readonly event: 'step-done' } & StepEvent)
  | ({ readonly event: 'step-failed'; readonly problem: Problem } & StepEvent)
  | { readonly event: 'services'; readonly services: readonly ServiceState[] }
  | { readonly event: 'task-failed'; readonly failure: TaskFailure }
  | { readonly event: 'warning'; readonly problem: Problem }
  | { readonly event: 'apply-ended'; readonly report: Report }

export type Emit = (event: Event) => void

/** How an apply ended. */
export interface Report {
  /**
   * steady: all is as the document says and healthy. applied: all was begun, and --no-wait did not wait.
   * failed: it cannot go on. timeout: it could, and the time ran out. interrupted: Ctrl-C.
   */
  readonly outcome: 'steady' | 'applied' | 'failed' | 'timeout' | 'interrupted'
  readonly services: readonly ServiceState[]
  readonly failures: readonly TaskFailure[]
  readonly problems: readonly Problem[]
  /** Steps done. */
  readonly done: number
  /** What the removed images took on the disks; less was freed where they shared layers with others. Absent: none went. */
  readonly freedBytes?: number
}

/** Why one container of a task did not stay up. */
export interface TaskFailure {
  readonly service: string
  /** "web.5" */
  readonly task: string
  readonly instance: string
  readonly container: string
  readonly exitCode: number
  /** Whether the kernel killed it for its memory. */
  readonly outOfMemory: boolean
  /** Docker's own words, where it could not be started at all; or ''. */
  readonly error: string
  readonly restarts: number
  /** How long its last run took, in ms; 0: it never ran, or runs. */
  readonly ranMs: number
  /** Its memory limit; 0: none. */
  readonly memoryMiB: number
  readonly health: 'none' | 'starting' | 'healthy' | 'unhealthy'
  /** What the last health check printed, or ''. */
  readonly healthOutput: string
  /** Its last 20 lines. */
  readonly log: readonly string[]
}

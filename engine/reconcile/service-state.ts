import type { TaskDefinition } from '../desired-state/desired-state.generated.ts'
import type { Problem } from '../errors.ts'
import { taskName } from '../identity.ts'
import { whatIsLate } from './dependency-state.ts'
import type { ObservedTask } from './task.ts'

/** How one service stands: what `ps`, the progress lines and the report are made of. */
export interface ServiceState {
  readonly service: string
  /** TASK: it is no service, and runs once. Its tasks that have ended well count as healthy. */
  readonly schedulingStrategy: 'REPLICA' | 'DAEMON' | 'TASK'
  /** The revision that it moves to. */
  readonly revision: string
  /** By container name: the image pinned that the revision's tasks are made of, as far as it is known. */
  readonly images: Readonly<Record<string, string>>
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
  /** Of a DAEMON, those of them that wait to be the last on an instance that is emptied. */
  readonly lingering?: number
  /** Tasks that may run on instances that do not answer; they are not started a second time. */
  readonly presumed: number
  /** Failed starts in this deployment, and how many end it; undefined: none do. */
  readonly failures: number
  readonly threshold?: number
  /** Something fails, and is tried again until the time has run out. */
  readonly retries?: true
  readonly rollout: 'COMPLETED' | 'IN_PROGRESS' | 'FAILED'
  /** The tasks, as `SERVICE.SLOT on INSTANCE`, that failed in this deployment. */
  readonly failing: readonly FailingTask[]
  /** Its new revision is not begun before these are as the document says, and healthy. */
  readonly waitsFor?: readonly string[]
  /** What keeps it from going on. */
  readonly problem?: Problem
}

export interface FailingTask {
  readonly task: string
  readonly instance: string
  readonly containers: readonly string[]
  /** Where no container of it says so itself: what of it came too late for the others. */
  readonly late?: string
}

/** @param definition what it was made from */
export function failingTask(task: ObservedTask, definition: TaskDefinition): FailingTask {
  const { containers, instance } = task
  const byName = new Map(containers.map(c => [c.identity.container, c]))
  const late = whatIsLate({ definition, containers: byName, clock: instance.clock })
  return {
    task: taskName(task),
    instance: instance.name,
    containers: containers.map(c => c.id),
    ...(late !== undefined && { late }),
  }
}

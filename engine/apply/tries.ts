import type { ServiceState } from '../reconcile/service-state.ts'
import type { FailedStep } from './apply.ts'

/** A step that fails so often is given up. */
const MOST_TRIES = 3

/** What has failed in this run, and how often. */
export class Tries {
  /** Services whose old revision could not be made anew. */
  readonly unkept = new Set<string>()
  readonly #failed = new Map<string, number>()

  /**
   * Counts failed steps; whether it is hopeless to go on. A lock that is gone ends it at once; another failed step may
   * succeed when it is planned anew, a few times. That an old revision is not kept up ends nothing.
   */
  areHopeless(failed: readonly FailedStep[], services: readonly ServiceState[]): boolean {
    let hopeless = false
    for (const { step, problem } of failed) {
      const { action, subject } = step
      const key = `${action.instance} ${action.kind} ${subject}`
      const tries = (this.#failed.get(key) ?? 0) + 1
      this.#failed.set(key, tries)
      if (problem.code === 'LOCK_LOST') hopeless = true
      else if (action.kind === 'create-container' && isOld(action.task, services))
        this.unkept.add(action.task.service)
      else if (tries >= MOST_TRIES) hopeless = true
    }
    return hopeless
  }
}

function isOld(
  { service, revision }: { readonly service: string; readonly revision: string },
  services: readonly ServiceState[],
): boolean {
  return services.some(s => s.service === service && s.revision !== revision)
}

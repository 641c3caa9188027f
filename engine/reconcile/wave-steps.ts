import type { ReachableInstance } from '../observed-state.ts'
import type { Action, Step } from '../plan.ts'

/** What a step is done for, and why. */
export interface Reason {
  readonly cause: string
  readonly subject: string
  readonly service?: string
}

interface Made {
  readonly action: Action
  readonly reason: Reason
  /** Default: nothing comes before it. */
  readonly after?: readonly number[]
}

/** The steps of one wave, numbered as they come. */
export class WaveSteps {
  readonly #all: Step[] = []
  /** What several tasks may ask for, pulls and volumes: for each instance what it is to the step that makes it. */
  readonly #once = new Map<ReachableInstance, Map<string, number>>()

  get all(): readonly Step[] {
    return this.#all
  }

  /** Its id. */
  add(action: Action, after: readonly number[], reason: Reason): number {
    const id = this.#all.length
    this.#all.push({ id, action, after, ...reason })
    return id
  }

  /** The id of the one step for this key on this instance, made by the first that asks. */
  addOnce(instance: ReachableInstance, key: string, make: () => Made): number {
    let onInstance = this.#once.get(instance)
    if (!onInstance) this.#once.set(instance, (onInstance = new Map()))
    const known = onInstance.get(key)
    if (known !== undefined) return known
    const { action, reason, after = [] } = make()
    const id = this.add(action, after, reason)
    onInstance.set(key, id)
    return id
  }
}

import type { Refusal } from './errors.ts'

/** Docker answered, and the answer is no. */
export class EngineRefusal extends Error implements Refusal {
  readonly status: number

  constructor(refusal: Refusal) {
    super(refusal.message)
    this.status = refusal.status
  }
}

import { type Problem, problem } from '../errors.ts'
import type { ObservedState } from '../observed-state.ts'
import type { Action, Step } from '../plan.ts'
import { describeAction } from '../print-plan.ts'
import type { Reconciliation } from '../reconcile/reconcile.ts'
import type { Forecast } from '../simulate.ts'

type Creation = Action & { kind: 'create-container' }

/** The tasks themselves are counted. */
const IS_MADE_FOR_A_TASK: ReadonlySet<Action['kind']> = new Set([
  'create-volume',
  'create-network',
  'import-image',
])

/**
 * Holds the waves of a run to the plan that was reviewed. A wave is planned anew from what is seen then, so its steps
 * need not come in the order that was shown; but nothing is touched that was not to be touched, and no more is made.
 * A service whose tasks fail is its circuit breaker's: that it tries again, or goes back, is in the document.
 */
export class Review {
  readonly #instances = new Set<string>()
  /** Containers that were there, and volumes, networks and images that go, by instance and name. */
  readonly #touched = new Set<string>()
  readonly #pulled = new Set<string>()
  /** How many containers each revision of a service may be given. */
  readonly #mayMake = new Map<string, number>()
  /** Those that were made already, or tried: to try again makes no more. */
  readonly #made = new Set<string>()

  constructor({ waves }: Forecast) {
    for (const { action } of waves.flatMap(w => w.plan.steps)) {
      this.#instances.add(action.instance)
      if (action.kind === 'create-container') add(this.#mayMake, revisionKey(action), 1)
      else if (action.kind === 'pull-image') this.#pulled.add(action.image)
      else this.#touched.add(touchKey(action))
    }
  }

  /** What is wrong with a wave that is about to be done; undefined: nothing, and what it makes is counted. */
  check(
    { plan, services }: Reconciliation,
    observed: ObservedState,
    deployment: string,
  ): Problem | undefined {
    const failing = new Set(
      services.flatMap(s => (s.failures > 0 || s.rolledBackFrom !== undefined ? [s.service] : [])),
    )
    const own = ownContainers(observed, deployment)
    const held = plan.steps.filter(s => s.service === undefined || !failing.has(s.service))
    const beyond = held.filter(step => !this.#allows(step, own))
    if (beyond.length === 0) return undefined
    const lines = beyond.map(s => `${s.action.instance}: ${describeAction(s.action)} (${s.cause})`)
    const message = `what would be done next is not in the plan that was reviewed:\n${lines.slice(0, 10).join('\n')}`
    return problem('PLAN_STALE', message)
  }

  #allows({ action }: Step, own: ReadonlySet<string>): boolean {
    if (!this.#instances.has(action.instance)) return false
    if (action.kind === 'create-container') return this.#mayBeMade(action)
    if (action.kind === 'pull-image') return this.#pulled.has(action.image)
    if (IS_MADE_FOR_A_TASK.has(action.kind)) return true
    return isNew(action) || own.has(nameKey(action)) || this.#touched.has(touchKey(action))
  }

  #mayBeMade(action: Creation): boolean {
    const name = `${action.instance} ${action.name}`
    if (this.#made.has(name)) return true
    this.#made.add(name)
    const left = this.#mayMake.get(revisionKey(action)) ?? 0
    add(this.#mayMake, revisionKey(action), -1)
    return left > 0
  }
}

function ownContainers({ instances }: ObservedState, deployment: string): Set<string> {
  return new Set(
    Object.values(instances).flatMap(i =>
      i.reachable
        ? i.containers.filter(c => c.identity.deployment === deployment).map(c => `${i.name} ${c.name}`)
        : [],
    ),
  )
}

/** A container that this very wave makes. */
function isNew(action: Action): boolean {
  return 'container' in action && typeof action.container === 'object' && action.container.id === ''
}

function nameKey(action: Action): string {
  return 'container' in action && typeof action.container === 'object'
    ? `${action.instance} ${action.container.name}`
    : ''
}

/** Which thing, and whether it is to run on or to go. */
function touchKey(action: Action): string {
  const goes = action.kind === 'stop-container' || action.kind === 'remove-container' ? 'goes' : action.kind
  const container = nameKey(action)
  return container === '' ? `${action.instance} ${describeAction(action)}` : `${goes} ${container}`
}

function revisionKey({ task }: Creation): string {
  return `${task.service} ${task.revision}`
}

function add(counts: Map<string, number>, key: string, number: number): void {
  counts.set(key, (counts.get(key) ?? 0) + number)
}

import { taskKey, taskName } from '../identity.ts'
import type { ContainerIdentity, ObservedState } from '../observed-state.ts'
import type { Action, Step, TaskIdentity } from '../plan.ts'
import type { Reconciliation } from '../reconcile/reconcile.ts'

/** What becomes of one task in the whole of a change. */
export interface TaskMove {
  readonly task: string
  readonly instance: string
  readonly service: string
  readonly revision: string
  /** Whether it is there now. */
  readonly existed: boolean
  /** Of its first step. */
  readonly cause: string
  readonly starts: boolean
  readonly stops: boolean
  readonly removed: boolean
  /** Its limits are set while it runs. */
  readonly updated: boolean
  /** Seconds that its containers may take to stop, those one after the other added up. */
  readonly stopTimeout: number
}

type Draft = { -readonly [K in keyof TaskMove]: TaskMove[K] }

/** The tasks that any wave touches, in the order in which they are first touched. */
export function taskMoves(waves: readonly Reconciliation[], observed: ObservedState): TaskMove[] {
  const identities = identitiesOf(observed)
  const there = new Set<string>()
  for (const instance of Object.values(observed.instances)) {
    if (instance.reachable)
      for (const c of instance.containers) there.add(`${instance.name} ${taskKey(c.identity)}`)
  }
  const moves = new Map<string, Draft>()
  for (const { plan } of waves) {
    const stopsTake = new Map<number, number>()
    for (const step of plan.steps) {
      const task = taskOf(step, identities)
      if (!task) continue
      const key = `${step.action.instance} ${taskKey(task)}`
      let move = moves.get(key)
      if (!move) moves.set(key, (move = newMove(step, task, there.has(key))))
      add(move, step.action)
      if (step.action.kind !== 'stop-container') continue
      const before = Math.max(0, ...step.after.map(id => stopsTake.get(id) ?? 0))
      stopsTake.set(step.id, before + step.action.timeout)
      move.stopTimeout = Math.max(move.stopTimeout, before + step.action.timeout)
    }
  }
  return [...moves.values()]
}

/** By Docker id; what the change itself makes is told by its name. */
function identitiesOf(observed: ObservedState): Map<string, ContainerIdentity> {
  const identities = new Map<string, ContainerIdentity>()
  for (const instance of Object.values(observed.instances)) {
    if (instance.reachable) for (const c of instance.containers) identities.set(c.id, c.identity)
  }
  return identities
}

type StepTask = Omit<TaskIdentity, 'cluster'>

function taskOf({ action }: Step, identities: ReadonlyMap<string, ContainerIdentity>): StepTask | undefined {
  if (action.kind === 'create-container') return action.task
  return 'container' in action ? identities.get(action.container.id) : undefined
}

function newMove(
  { action, cause, subject }: Step,
  { service, slot, revision }: StepTask,
  existed: boolean,
): Draft {
  return {
    task: service === '' ? subject : taskName({ service, slot }),
    instance: action.instance,
    service,
    revision,
    existed,
    cause,
    starts: false,
    stops: false,
    removed: false,
    updated: false,
    stopTimeout: 0,
  }
}

function add(move: Draft, action: Action): void {
  if (
    action.kind === 'create-container' ||
    action.kind === 'start-container' ||
    action.kind === 'unpause-container'
  ) {
    move.starts = true
  } else if (action.kind === 'stop-container') move.stops = true
  else if (action.kind === 'remove-container') move.removed = true
  else if (action.kind === 'update-container') move.updated = true
}

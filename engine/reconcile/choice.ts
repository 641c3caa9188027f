import type { Service } from '../desired-state/desired-state.generated.ts'
import { desiredTarget, previousTarget, type Target } from './target.ts'
import type { World } from './world.ts'

/** What a service should run. */
export interface Choice {
  readonly target: Target
  readonly rolledBackFrom?: string
  /** It failed, and there is nothing to go back to. */
  readonly given: boolean
}

/** What the service should run: what the document says, unless that is to be undone in this run. */
export function chooseTarget(world: World, name: string): Choice {
  const { images, failed, undone, history } = world.context
  const tasks = world.tasks.get(name) ?? []
  const wanted = desiredTarget(world.desired, name, serviceOf(world, name), tasks, images)
  if (!failed.has(name) && !undone?.has(name)) return { target: wanted, given: false }
  const previous = previousTarget(wanted, tasks, world.definitions, history?.get(name))
  if (previous) return { target: previous, rolledBackFrom: wanted.revision, given: false }
  // one that did not fail itself may stay at what it is
  return { target: wanted, given: failed.has(name) }
}

export function serviceOf(world: World, name: string): Service {
  const service = world.desired.services[name]
  if (!service) throw new Error(`no service ${name}`)
  return service
}

import type { DesiredState } from '../../engine/desired-state/desired-state.generated.ts'
import type { ObservedState } from '../../engine/observed-state.ts'
import { type Bounds, boundsOf } from '../../engine/reconcile/rollout.ts'
import { serviceTasks } from './counts.ts'

/** How far a service may go from its count, by its document. */
export function boundsAt(desired: DesiredState, world: ObservedState, name: string): Bounds {
  const service = desired.services[name]
  if (!service) throw new Error(`no service ${name}`)
  const places = placesOf(desired, world, name).length
  return boundsOf(service, service.schedulingStrategy === 'DAEMON' ? places : (service.desiredCount ?? 1))
}

/** Where a DAEMON service has its tasks. */
function placesOf(desired: DesiredState, world: ObservedState, name: string): string[] {
  return Object.entries(desired.containerInstances).flatMap(([instance, { status, attributes }]) => {
    const meets = desired.services[name]?.placementConstraints.every(
      c => c.expression === undefined || c.expression === `attribute:zone == ${attributes['zone']}`,
    )
    return status === 'ACTIVE' && meets && world.instances[instance]?.reachable ? [instance] : []
  })
}

/**
 * How many tasks run beyond what is allowed: of a REPLICA service beyond its maximum; of a DAEMON service beyond one
 * on each instance, those that leave their instance left out.
 */
export function tooMany(desired: DesiredState, world: ObservedState, name: string): number {
  const { alive } = serviceTasks(desired, world, name)
  if (desired.services[name]?.schedulingStrategy !== 'DAEMON')
    return Math.max(0, alive.length - boundsAt(desired, world, name).upper)
  const places = placesOf(desired, world, name)
  const there = alive.map(t => t.instance.name).filter(i => places.includes(i))
  return there.length - new Set(there).size
}

/** Healthy tasks; of a DAEMON service only those on an instance that is to have one. */
export function placedWell(desired: DesiredState, world: ObservedState, name: string): number {
  const { healthy } = serviceTasks(desired, world, name)
  if (desired.services[name]?.schedulingStrategy !== 'DAEMON') return healthy.length
  const places = placesOf(desired, world, name)
  return new Set(healthy.map(t => t.instance.name).filter(i => places.includes(i))).size
}

import { reconcile } from '../../engine/reconcile/reconcile.ts'
import type { Reconciliation } from '../../engine/reconcile/reconcile.ts'
import type { History } from './any-history.ts'
import type { Event } from './event.ts'
import { happen, type Watch } from './happen.ts'
import { contextOf, desiredOf, emptyWorld, inSight, startRun, type World } from './world.ts'

/** The world after a history: its services are brought up, then one thing after the other happens. */
export function play({ instances, services, events, ...more }: History, watch: Watch = {}): World {
  const first: Event[] = services.map((to, at) => ({ do: 'change', service: at, to }))
  return [...first, { do: 'apply' } as const, ...events].reduce<World>(
    (world, event) => happen(world, event, watch),
    emptyWorld(instances, more),
  )
}

/** The same world with nothing wrong any more: all hosts answer, nothing of others is in the way, no version is broken. */
export function healed(world: World): World {
  const count = Object.keys(world.hosts.instances).length
  const back: Event[] = Array.from({ length: count }, (_, instance) => ({ do: 'return', instance }))
  const active = Array.from({ length: count }, (_, instance): Event[] => [
    { do: 'activate', instance },
    { do: 'activate', instance, byHand: true },
  ])
  const mended: Event[] = Object.entries(world.document.services).map(([name, shape]) => ({
    do: 'revise',
    service: Number(name.slice(1)),
    version: Math.min(shape?.version ?? 1, 3),
  }))
  const run: Event[] = Object.entries(world.document.tasks ?? {}).flatMap(([name, shape]) =>
    shape
      ? [{ do: 'run', task: Number(name.slice(1)), to: { ...shape, version: Math.min(shape.version, 3) } }]
      : [],
  )
  return [
    ...back,
    ...active.flat(),
    ...mended,
    ...run,
    { do: 'foreign goes' } as const,
    { do: 'kill' } as const,
  ].reduce<World>((w, event) => happen(w, event), world)
}

/** What a new run of apply would do now. */
export function lookAt(world: World): Reconciliation {
  const run = startRun(world)
  const { run: _, ...rest } = world
  return reconcile(desiredOf(world), inSight(rest), contextOf(world, run))
}

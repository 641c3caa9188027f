import { problem } from '../errors.ts'
import { taskKey, taskName } from '../identity.ts'
import type { ReachableInstance } from '../observed-state.ts'
import { AWSVPC, taskNetworkName } from '../task-network.ts'
import { inOrder } from './order.ts'
import { isInDocument, type World } from './world.ts'

const GONE = 'no longer in the document'

/**
 * Removes what carries the cluster's label and nobody wants any more: tasks of services that are gone, containers
 * that belong to no task, networks, the volumes of tasks that are gone. Shared volumes hold data and are kept.
 */
export function removeLeftovers(world: World): void {
  const { desired, tasks, context } = world
  const former = new Map(Object.entries(context.formerDependencies ?? {}))
  const services = [...tasks.keys()].filter(name => !isInDocument(desired, name)).sort()
  const dependentsOf = (name: string) => services.filter(other => former.get(other)?.includes(name))
  for (const service of inOrder(services, dependentsOf)) {
    const dependents = dependentsOf(service).flatMap(other => tasks.get(other) ?? [])
    const gone = dependents.flatMap(t => t.containers.map(c => c.id))
    const after = gone.length === 0 ? [] : world.steps.removalsOf(gone)
    for (const task of tasks.get(service) ?? []) {
      const subject = service === '' ? (task.containers[0]?.name ?? '') : taskName(task)
      world.steps.takeDown(task, { cause: GONE, subject, ...(service !== '' && { service }) }, after)
    }
  }
  for (const name of Object.keys(world.observed.instances).sort()) {
    const instance = world.observed.instances[name]
    if (instance?.reachable) removeFrom(world, instance)
  }
}

function removeFrom(world: World, instance: ReachableInstance): void {
  const { cluster } = world.desired
  const ours = instance.volumes.filter(v => v.cluster === cluster).sort(byName)
  const tasks = new Set(ours.length === 0 ? [] : instance.containers.map(c => taskKey(c.identity)))
  for (const volume of ours) {
    // a volume whose task is there goes, or stays, with that task
    if (volume.task !== undefined && !tasks.has(volume.task)) {
      world.steps.removeVolume(instance, volume.name, {
        cause: 'its task is gone',
        subject: `volume ${volume.name}`,
      })
    }
    if (volume.task !== undefined || isWanted(world, volume.name)) continue
    if (world.context.removeVolumes) {
      const users = instance.containers.filter(c =>
        c.config.mounts.some(m => m.startsWith(`${volume.name}:`)),
      )
      const after = world.steps.removalsOf(users.map(c => c.id))
      world.steps.removeVolume(
        instance,
        volume.name,
        { cause: GONE, subject: `volume ${volume.name}` },
        after,
      )
    } else {
      const message = `the volume ${volume.name} on ${instance.name} holds data and is kept; no task definition uses it any more`
      world.warnings.push(problem('VOLUME_UNUSED', message, { instance: instance.name }))
    }
  }
  const taskNetwork = instance.containers.some(c => c.config.networkMode === AWSVPC)
    ? taskNetworkName(cluster)
    : undefined
  for (const network of [...instance.networks].sort(byName)) {
    if (network.name === taskNetwork) continue
    world.steps.removeNetwork(
      instance,
      network,
      {
        cause: network.name === taskNetworkName(cluster) ? 'no task is on it any more' : GONE,
        subject: `network ${network.name}`,
      },
      [],
    )
  }
}

function byName(a: { readonly name: string }, b: { readonly name: string }): number {
  return a.name < b.name ? -1 : 1
}

function isWanted(world: World, volume: string): boolean {
  return Object.values(world.desired.taskDefinitions).some(t =>
    t.volumes.some(v => v.name === volume && v.dockerVolumeConfiguration?.scope === 'shared'),
  )
}

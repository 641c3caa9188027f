import type { TaskDefinition, Volume } from '../desired-state/desired-state.generated.ts'
import { problem } from '../errors.ts'
import type { Constraint } from '../scheduler/constraint.ts'
import { type Placement, type PlacementRequest, place } from '../scheduler/place.ts'
import { isBoundToInstance } from '../volume-reach.ts'
import type { ObservedTask } from './task.ts'
import { instanceAt, type World } from './world.ts'

/** Where so many tasks may go; the stages are tried in their order. */
export interface Stage {
  readonly atMost: number
  readonly constraints: readonly Constraint[]
}

/** A service that is to have so many tasks. */
export interface DataRequest {
  readonly taskDefinition: TaskDefinition
  readonly desired: number
  /** Those that there are, of any revision. */
  readonly tasks: readonly ObservedTask[]
}

/** A shared volume of a task definition, with the container instances that have its data, by name. */
interface Homes {
  readonly volume: Volume
  /** Where a task of this very service has it. */
  readonly used: ReadonlySet<string>
  /** Where it merely is. */
  readonly others: ReadonlySet<string>
}

export const ANYWHERE: readonly Stage[] = [{ atMost: Infinity, constraints: [] }]

/**
 * Where the tasks of a service may go for the sake of the data in its shared volumes. A task that takes the place of
 * another goes where that data is, and nowhere else. So does one that is started anew, while there is a volume for it;
 * only where the service is to have more tasks than there are volumes may another be made, empty.
 */
export function dataStages(world: World, request: DataRequest): readonly Stage[] {
  const volumes = request.taskDefinition.volumes.filter(isShared)
  const homes = volumes.map(volume => homesOf(world, volume, request.tasks)).filter(h => isHeld(world, h))
  if (homes.length === 0) return ANYWHERE
  const slots = new Set(request.tasks.map(t => t.slot)).size
  const more = Math.max(0, request.desired - slots)
  const mayMake = Math.min(...homes.map(h => newHomes(world, h, request.desired)))
  const made = Math.min(more, mayMake)
  const has = (pick: (h: Homes) => ReadonlySet<string>) => homes.map(h => staysWith(world, h, pick(h)))
  const used = (h: Homes) => (h.used.size > 0 ? h.used : h.others)
  const spare = (h: Homes) => (h.others.size > 0 ? h.others : h.used)
  return [
    { atMost: more - made, constraints: has(spare) },
    { atMost: made, constraints: [] },
    { atMost: Infinity, constraints: has(used) },
  ].filter(s => s.atMost > 0)
}

/** Places tasks stage by stage; hosts that are to be avoided are taken where there is no other. The refusals are those of the stage that refuses least. */
export function placeInStages(
  world: World,
  request: Omit<PlacementRequest, 'count'>,
  stages: readonly Stage[],
  count: number,
): Placement {
  let hosts: readonly number[] = []
  let refusals: Placement['refusals']
  let open: Placement['refusals']
  const avoids = request.avoid?.size ? [request.avoid, undefined] : [undefined]
  for (const { atMost, constraints } of stages) {
    let left = Math.min(atMost, count - hosts.length)
    for (const avoid of avoids) {
      if (left <= 0) break
      const placed = place(world.fleet, {
        ...request,
        avoid,
        constraints: [...request.constraints, ...constraints],
        running: hosts.length === 0 ? request.running : [...Array.from(request.running), ...hosts],
        count: left,
      })
      left -= placed.hosts.length
      hosts = hosts.length === 0 ? placed.hosts : [...hosts, ...placed.hosts]
      refusals = placed.refusals
    }
    if (constraints.length === 0) open = refusals
  }
  const why = open ?? refusals
  return hosts.length < count && why ? { hosts, refusals: why } : { hosts }
}

/** Says that a volume will be made on this instance, empty, although its name has data elsewhere. */
export function warnOfEmptyVolumes(
  world: World,
  service: string,
  { volumes }: TaskDefinition,
  instance: string,
): void {
  for (const volume of volumes.filter(v => isShared(v) && isBound(v))) {
    const homes = [...all(homesOf(world, volume, []))].sort()
    if (homes.length === 0 || homes.includes(instance)) continue
    const message = `${service}: the volume ${volume.name} is made on ${instance}, empty; the data on ${homes.join(', ')} is not in it`
    world.warnings.push(problem('VOLUME_EMPTY', message, { service, instance }))
  }
}

function isShared({ dockerVolumeConfiguration: docker }: Volume): boolean {
  return docker?.scope === 'shared'
}

function homesOf(world: World, volume: Volume, tasks: readonly ObservedTask[]): Homes {
  const { name } = volume
  const homes = new Set<string>()
  for (const host of world.fleet.names.keys()) {
    const instance = instanceAt(world, host)
    if (instance?.volumes.some(v => v.name === name && !v.remote)) homes.add(instance.name)
  }
  if (isBound(volume)) for (const instance of world.steps.makers.get(name) ?? []) homes.add(instance)
  const mounts = (t: ObservedTask) =>
    t.containers.some(c => c.config.mounts.some(m => m.startsWith(`${name}:`)))
  const used = new Set(tasks.filter(mounts).flatMap(t => (homes.has(t.instance.name) ? t.instance.name : [])))
  return { volume, used, others: new Set([...homes].filter(h => !used.has(h))) }
}

/** Whether the volume's data keeps tasks anywhere: it is somewhere, or may be where nobody answers. */
function isHeld(world: World, { volume, used, others }: Homes): boolean {
  return used.size + others.size > 0 || (isBound(volume) && world.silent.length > 0)
}

function isBound({ dockerVolumeConfiguration: docker }: Volume): boolean {
  return isBoundToInstance({ driver: docker?.driver, options: docker?.driverOpts })
}

/** How many more instances may get a volume of this name. While one does not answer its volumes are not known. */
function newHomes(world: World, { volume, used, others }: Homes, desired: number): number {
  if (!volume.dockerVolumeConfiguration?.autoprovision || world.silent.length > 0) return 0
  return Math.max(0, desired - used.size - others.size)
}

function all({ used, others }: Homes): ReadonlySet<string> {
  return new Set([...used, ...others])
}

function staysWith(world: World, { volume }: Homes, on: ReadonlySet<string>): Constraint {
  const where =
    on.size > 0
      ? `its data is on ${[...on].sort().join(', ')}`
      : `its data may be on ${world.silent.join(', ')}, not in sight`
  return { text: `volume ${volume.name} (${where})`, test: host => on.has(world.fleet.names[host] ?? '') }
}

import type { DesiredState } from '../../engine/desired-state/desired-state.generated.ts'
import { revisionOf } from '../../engine/identity.ts'
import type { ObservedContainer, ObservedState, ReachableInstance } from '../../engine/observed-state.ts'
import { isOneOff } from '../../engine/one-off.ts'
import { StoredDefinitions } from '../../engine/reconcile/definitions.ts'
import { isAlive, isUp, type ObservedTask, tasksByService } from '../../engine/reconcile/task.ts'
import { taskState } from '../../engine/reconcile/task-state.ts'
import { portName } from '../../engine/scheduler/demand.ts'
import { asRun, AWSVPC, taskNetworkName } from '../../engine/task-network.ts'

const definitions = new StoredDefinitions()

/** All tasks that run, of any service, also of services that are gone. */
export function aliveTasks(world: ObservedState): ObservedTask[] {
  return [...tasksByService(world).values()].flat().filter(isAlive)
}

/** What the tasks on each instance reserve together. */
export function reservedOn(world: ObservedState): Map<string, { cpu: number; memoryMiB: number }> {
  const sums = new Map<string, { cpu: number; memoryMiB: number }>()
  for (const task of aliveTasks(world)) {
    const { cpu, memoryMiB } = definitions.demand(task)
    const sum = sums.get(task.instance.name) ?? { cpu: 0, memoryMiB: 0 }
    sums.set(task.instance.name, { cpu: sum.cpu + cpu, memoryMiB: sum.memoryMiB + memoryMiB })
  }
  return sums
}

/**
 * How many containers that are up, of ours and of others, hold each port: by "INSTANCE PORT/PROTOCOL". Of a task whose
 * definition is lost nobody knows the ports: there Docker itself refuses.
 */
export function portHolders(world: ObservedState): Map<string, number> {
  const holders = new Map<string, number>()
  const hold = (key: string) => holders.set(key, (holders.get(key) ?? 0) + 1)
  for (const instance of Object.values(world.instances)) {
    if (!instance.reachable) continue
    for (const container of instance.containers) {
      if (!isUp(container) || container.identity.taskDefinition === '') continue
      for (const bound of container.config.ports) {
        const [, protocol, port] = /^\d+\/(\w+)=(\d+)$/.exec(bound) ?? []
        if (port !== undefined) hold(`${instance.name} ${port}/${protocol}`)
      }
    }
    for (const port of instance.foreign.flatMap(c => c.ports)) hold(`${instance.name} ${portName(port)}`)
  }
  return holders
}

/** The tasks of one service that run, and that are in service. */
export function serviceTasks(
  desired: DesiredState,
  world: ObservedState,
  name: string,
): { alive: ObservedTask[]; healthy: ObservedTask[] } {
  const service = desired.services[name]
  const current = service && desired.taskDefinitions[service.taskDefinition]
  const revision = current && revisionOf(service.taskDefinition, current)
  const steadyAfter = (service?.deploymentConfiguration.steadyAfterSeconds ?? 0) * 1000
  const alive = (tasksByService(world).get(name) ?? []).filter(isAlive)
  const healthy = alive.filter(task => {
    const definition = task.revision === revision ? current : definitions.of(task)
    return definition === undefined || taskState(task, asRun(definition), steadyAfter) === 'HEALTHY'
  })
  return { alive, healthy }
}

/** What runs, without where and under which number: "SERVICE REVISION CONTAINER IMAGE" and how often. */
export function inventory(world: ObservedState): Record<string, number> {
  const counts: Record<string, number> = {}
  for (const task of aliveTasks(world)) {
    for (const { image, identity } of task.containers) {
      const key = `${task.service} ${task.revision} ${identity.container} ${image}`
      counts[key] = (counts[key] ?? 0) + 1
    }
  }
  return Object.fromEntries(Object.entries(counts).sort(([a], [b]) => (a < b ? -1 : 1)))
}

/**
 * How many containers there are, those aside that a task that runs once has run to its end without, how many volumes of tasks, and how many networks are left over or lacking: what is
 * left over makes them more. The network of tasks is to be where a task is on it, and there only, wherever that is.
 */
export function belongings(world: ObservedState): { containers: number; volumes: number; networks: number } {
  const reachable = Object.values(world.instances).flatMap(i => (i.reachable ? [i] : []))
  return {
    containers: [...tasksByService(world).values()].flat().flatMap(lasting).length,
    volumes: reachable.flatMap(i => i.volumes.filter(v => v.cluster === 'prod' && v.task !== undefined))
      .length,
    networks: reachable.reduce((sum, i) => sum + misplacedNetworks(i), 0),
  }
}

/** What of a task is there for good. What has run once is not made anew: of it the essential containers tell alone. */
function lasting(task: ObservedTask): readonly ObservedContainer[] {
  const definition = definitions.of(task)
  if (!definition || !isOneOff(definition)) return task.containers
  const essential = definition.containerDefinitions.filter(c => c.essential).map(c => c.name)
  return task.containers.filter(c => essential.includes(c.identity.container))
}

function misplacedNetworks({ containers, networks }: ReachableInstance): number {
  const needed = containers.some(c => c.config.networkMode === AWSVPC) ? [taskNetworkName('prod')] : []
  const names = networks.map(n => n.name)
  const lacking = needed.filter(name => !names.includes(name))
  return lacking.length + names.filter(name => !needed.includes(name)).length
}

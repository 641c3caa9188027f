import type { PlacementStrategy } from '../../../engine/desired-state/desired-state.generated.ts'
import { type Demand, portName } from '../../../engine/scheduler/demand.ts'
import type { FleetInstance } from '../../../engine/scheduler/fleet.ts'
import { draw, hashText } from '../../../engine/scheduler/random.ts'

/**
 * ECS's placement written down as its guide tells it: one task after the other, each time all container
 * instances through the filters, and what is left through the strategies, each of which keeps the best.
 * As slow as it is plain.
 */
export interface NaiveCluster {
  readonly instances: readonly FleetInstance[]
  /** Everything that runs, of this service and of others. */
  readonly tasks: NaiveTask[]
}

export interface NaiveTask {
  readonly instance: string
  readonly service: string
  readonly demand: Demand
}

export interface NaiveRequest {
  readonly service: string
  readonly demand: Demand
  readonly distinctInstance: boolean
  readonly strategies: readonly PlacementStrategy[]
  readonly constraints: readonly NaiveConstraint[]
}

export interface NaiveConstraint {
  readonly text: string
  readonly holds: (instance: FleetInstance, tasksOnIt: readonly NaiveTask[]) => boolean
}

/** Where each task went, by name; adds them to the cluster. */
export function naivePlace(cluster: NaiveCluster, request: NaiveRequest, count: number): string[] {
  const score = scorer(cluster, request)
  const placed: string[] = []
  while (placed.length < count) {
    let left = cluster.instances.filter(i => refusalOf(cluster, request, i) === undefined)
    for (const strategy of score.strategies) left = keepBest(left, i => score.of(strategy, i))
    const chosen = left.map(i => i.name).sort()[0]
    if (chosen === undefined) break
    placed.push(chosen)
    score.advance(chosen)
    cluster.tasks.push({ instance: chosen, service: request.service, demand: request.demand })
  }
  return placed
}

/** Which of the candidates to stop, as indexes; they are tasks of the cluster, and are taken out of it. */
export function naiveStop(
  cluster: NaiveCluster,
  request: NaiveRequest,
  candidates: readonly NaiveTask[],
  count: number,
): number[] {
  const score = scorer(cluster, request)
  const stopped: number[] = []
  while (stopped.length < Math.min(count, candidates.length)) {
    let left = cluster.instances.filter(i =>
      candidates.some((c, n) => c.instance === i.name && !stopped.includes(n)),
    )
    for (const strategy of score.strategies) left = keepBest(left, i => -score.of(strategy, i))
    const names = new Set(left.map(i => i.name))
    const chosen = candidates.findLastIndex((c, n) => names.has(c.instance) && !stopped.includes(n))
    const task = candidates[chosen]
    if (task === undefined) break
    stopped.push(chosen)
    score.retreat(task.instance)
    cluster.tasks.splice(cluster.tasks.indexOf(task), 1)
  }
  return stopped
}

/** The first filter that refuses, as the kind of the refusal and what it is about. */
export function refusalOf(
  cluster: NaiveCluster,
  request: NaiveRequest,
  instance: FleetInstance,
): string | undefined {
  if (instance.state === 'DRAINING') return 'notActive'
  if (instance.state === 'UNREACHABLE') return 'unreachable'
  const tasks = tasksOn(cluster, instance.name)
  if (request.demand.cpu > 0 && request.demand.cpu > freeOf(cluster, instance, 'cpu')) return 'cpu'
  if (request.demand.memoryMiB > 0 && request.demand.memoryMiB > freeOf(cluster, instance, 'memoryMiB'))
    return 'memory'
  const taken = new Set(tasks.flatMap(t => t.demand.ports.map(portName)))
  const port = request.demand.ports.map(portName).find(p => taken.has(p))
  if (port !== undefined) return `port ${port}`
  const failed = request.constraints.find(c => !c.holds(instance, tasks))
  if (failed !== undefined) return `constraint ${failed.text}`
  return request.distinctInstance && tasks.some(t => t.service === request.service)
    ? 'distinctInstance'
    : undefined
}

export function tasksOn(cluster: NaiveCluster, instance: string): NaiveTask[] {
  return cluster.tasks.filter(t => t.instance === instance)
}

export function freeOf(cluster: NaiveCluster, instance: FleetInstance, field: 'cpu' | 'memoryMiB'): number {
  return tasksOn(cluster, instance.name).reduce((free, t) => free - t.demand[field], instance[field])
}

/** The value of an attribute; the zone is the availability zone where no other is set. */
export function attributeOf(instance: FleetInstance, name: string): string | undefined {
  if (name !== 'ecs.availability-zone') return instance.attributes[name]
  return instance.attributes[name] ?? instance.attributes['zone']
}

function keepBest(
  instances: readonly FleetInstance[],
  cost: (instance: FleetInstance) => number,
): FleetInstance[] {
  const best = Math.min(...instances.map(cost))
  return instances.filter(i => cost(i) === best)
}

function scorer(cluster: NaiveCluster, request: NaiveRequest) {
  const seed = hashText(request.service)
  const own = (instance: string) =>
    tasksOn(cluster, instance).filter(t => t.service === request.service).length
  const steps = new Map(
    cluster.instances.map(i => [i.name, draw(seed, hashText(i.name), own(i.name))] as const),
  )
  const byInstance: PlacementStrategy = { type: 'spread', field: 'instanceId' }
  const given =
    request.strategies.length > 0
      ? request.strategies
      : [{ type: 'spread' as const, field: 'attribute:ecs.availability-zone' }, byInstance]
  const strategies = [...given, byInstance]
  return {
    strategies,
    of(strategy: PlacementStrategy, instance: FleetInstance): number {
      if (strategy.type === 'random') return steps.get(instance.name) ?? 0
      if (strategy.type === 'binpack') {
        const field = strategy.field === 'cpu' ? 'cpu' : 'memoryMiB'
        return request.demand[field] === 0 ? 0 : freeOf(cluster, instance, field)
      }
      // a spread is within the groups of the spreads before it
      const spreads = strategies.slice(0, strategies.indexOf(strategy) + 1).filter(s => s.type === 'spread')
      const group = (i: FleetInstance) => JSON.stringify(spreads.map(s => groupOf(i, s)))
      return cluster.instances
        .filter(i => group(i) === group(instance))
        .reduce((sum, i) => sum + own(i.name), 0)
    },
    advance(instance: string): void {
      const step = draw(seed, hashText(instance), own(instance) + 1)
      steps.set(instance, (steps.get(instance) ?? 0) + step)
    },
    retreat(instance: string): void {
      const step = draw(seed, hashText(instance), own(instance) - 1)
      steps.set(instance, (steps.get(instance) ?? 0) - step)
    },
  }
}

function groupOf(instance: FleetInstance, strategy: PlacementStrategy): string | undefined {
  if (strategy.field === 'instanceId') return instance.name
  return attributeOf(instance, strategy.field?.replace('attribute:', '') ?? '')
}

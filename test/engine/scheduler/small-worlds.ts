import * as fc from 'fast-check'
import type { PlacementStrategy } from '../../../engine/desired-state/desired-state.generated.ts'
import type { Demand, HostPort } from '../../../engine/scheduler/demand.ts'
import { createFleet, type Fleet, type FleetInstance, reserve } from '../../../engine/scheduler/fleet.ts'
import type { PlacementRequest } from '../../../engine/scheduler/place.ts'
import { constraint } from './clusters.ts'
import {
  attributeOf,
  type NaiveCluster,
  type NaiveConstraint,
  type NaiveRequest,
  type NaiveTask,
} from './naive.ts'

/** A small cluster in any state, and a service that is to be placed on it. */
export interface SmallWorld {
  readonly instances: readonly FleetInstance[]
  readonly tasks: readonly NaiveTask[]
  readonly request: NaiveRequest
  readonly count: number
}

const SERVICE = 'web'

const names = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i']

const anyInstances = fc.shuffledSubarray(names, { minLength: 0 }).chain(chosen =>
  fc.tuple(
    ...chosen.map(name =>
      fc.record({
        name: fc.constant(name),
        state: fc.oneof(
          { weight: 8, arbitrary: fc.constant('ACTIVE' as const) },
          { weight: 1, arbitrary: fc.constantFrom('DRAINING' as const, 'UNREACHABLE' as const) },
        ),
        cpu: fc.constantFrom(0, 2, 4, 9),
        memoryMiB: fc.constantFrom(0, 2, 4, 9),
        attributes: fc.record(
          {
            zone: fc.constantFrom('u', 'v', 'w', 'x', 'y', 'z'),
            rack: fc.constantFrom('1', '2'),
            'ecs.availability-zone': fc.constantFrom('x', 'w'),
          },
          { requiredKeys: [] },
        ),
      }),
    ),
  ),
)

const anyPort: fc.Arbitrary<HostPort> = fc.record({
  hostPort: fc.constantFrom(80, 81),
  protocol: fc.constantFrom('tcp', 'udp'),
})

const anyDemand: fc.Arbitrary<Demand> = fc.record({
  cpu: fc.nat(3),
  memoryMiB: fc.nat(3),
  ports: fc.oneof(
    { weight: 3, arbitrary: fc.constant([]) },
    {
      weight: 1,
      arbitrary: fc.uniqueArray(anyPort, { maxLength: 2, selector: p => `${p.hostPort}/${p.protocol}` }),
    },
  ),
})

const anyStrategies: fc.Arbitrary<PlacementStrategy[]> = fc.uniqueArray(
  fc.constantFrom<PlacementStrategy>(
    { type: 'spread', field: 'attribute:zone' },
    { type: 'spread', field: 'attribute:rack' },
    { type: 'spread', field: 'attribute:ecs.availability-zone' },
    { type: 'spread', field: 'instanceId' },
    { type: 'binpack', field: 'cpu' },
    { type: 'binpack', field: 'memory' },
    { type: 'random' },
  ),
  { maxLength: 5 },
)

const CONSTRAINTS: readonly NaiveConstraint[] = [
  { text: 'attribute:zone == x', holds: i => i.attributes['zone'] === 'x' },
  { text: 'attribute:zone != x', holds: i => i.attributes['zone'] !== 'x' },
  {
    text: 'attribute:ecs.availability-zone in [x, y] or attribute:rack exists',
    holds: i =>
      ['x', 'y'].includes(attributeOf(i, 'ecs.availability-zone') ?? '') ||
      i.attributes['rack'] !== undefined,
  },
  { text: 'runningTasksCount < 3', holds: (_, tasks) => tasks.length < 3 },
  { text: 'task:group == service:db', holds: (_, tasks) => tasks.some(t => t.service === 'db') },
  {
    text: 'not(task:group == service:web and runningTasksCount > 1)',
    holds: (_, tasks) => !(tasks.some(t => t.service === SERVICE) && tasks.length > 1),
  },
]

/** Small clusters with services in them, full, empty and overfull. */
export const anySmallWorld: fc.Arbitrary<SmallWorld> = anyInstances.chain(instances =>
  fc.record({
    instances: fc.constant(instances),
    tasks:
      instances.length === 0
        ? fc.constant([])
        : fc.array(
            fc.record({
              instance: fc.constantFrom(...instances.map(i => i.name)),
              service: fc.constantFrom(SERVICE, 'db', 'other'),
              demand: anyDemand,
            }),
            { maxLength: 8 },
          ),
    request: fc.record({
      service: fc.constant(SERVICE),
      demand: anyDemand,
      distinctInstance: fc.oneof({ weight: 4, arbitrary: fc.constant(false) }, fc.constant(true)),
      strategies: anyStrategies,
      constraints: fc.oneof(fc.constant([]), fc.shuffledSubarray([...CONSTRAINTS], { maxLength: 2 })),
    }),
    count: fc.nat(20),
  }),
)

/** The world as the naive scheduler takes it. */
export function clusterOf(world: SmallWorld): NaiveCluster {
  return { instances: world.instances, tasks: [...world.tasks] }
}

/** The world as the scheduler takes it. */
export function fleetOf(world: SmallWorld): Fleet {
  const fleet = createFleet(world.instances)
  for (const task of world.tasks) reserve(fleet, hostOf(fleet, task), task.demand, task.service)
  return fleet
}

export function requestOf(world: SmallWorld, fleet: Fleet): PlacementRequest {
  const { request, count } = world
  return {
    ...request,
    count,
    running: ownTasks(world).map(task => hostOf(fleet, task)),
    constraints: request.constraints.map(c => constraint(fleet, c.text)),
  }
}

/** The tasks that run of the service that is to be placed. */
export function ownTasks(world: SmallWorld): NaiveTask[] {
  return world.tasks.filter(task => task.service === world.request.service)
}

export function hostOf(fleet: Fleet, task: NaiveTask): number {
  const host = fleet.index.get(task.instance)
  if (host === undefined) throw new Error(`no ${task.instance}`)
  return host
}

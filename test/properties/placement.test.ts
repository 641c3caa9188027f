import * as fc from 'fast-check'
import { expect, it } from 'vitest'
import { portName } from '../../engine/scheduler/demand.ts'
import { fits } from '../../engine/scheduler/refusal.ts'
import { place } from '../../engine/scheduler/place.ts'
import { chooseToStop } from '../../engine/scheduler/stop.ts'
import {
  attributeOf,
  freeOf,
  naivePlace,
  naiveStop,
  type NaiveTask,
  refusalOf,
  tasksOn,
} from '../engine/scheduler/naive.ts'
import {
  anySmallWorld,
  clusterOf,
  fleetOf,
  hostOf,
  ownTasks,
  requestOf,
  type SmallWorld,
} from '../engine/scheduler/small-worlds.ts'
import { runs } from './runs.ts'

/** Places, and gives the names of the hosts and the cluster as it is then. */
function placed(world: SmallWorld) {
  const fleet = fleetOf(world)
  const { hosts, refusals } = place(fleet, requestOf(world, fleet))
  const instances = hosts.map(host => fleet.names[host] ?? '')
  const cluster = clusterOf(world)
  const { service, demand } = world.request
  for (const instance of instances) cluster.tasks.push({ instance, service, demand })
  return { fleet, instances, refusals, cluster }
}

it('place_agrees_with_placing_task_by_task', () => {
  fc.assert(
    fc.property(anySmallWorld, world => {
      const { instances } = placed(world)
      expect(instances).toEqual(naivePlace(clusterOf(world), world.request, world.count))
    }),
    runs(1000),
  )
}, 60_000)

it('chooseToStop_agrees_with_stopping_task_by_task', () => {
  fc.assert(
    fc.property(anySmallWorld, fc.infiniteStream(fc.boolean()), (world, chosen) => {
      const { demand } = world.request
      // every task of a service reserves the same
      const tasks: NaiveTask[] = world.tasks.map(t =>
        t.service === world.request.service ? { ...t, demand } : t,
      )
      const even = { ...world, tasks }
      const fleet = fleetOf(even)
      const candidates = ownTasks(even).filter(() => chosen.next().value)
      const request = { ...world.request, running: ownTasks(even).map(t => hostOf(fleet, t)) }
      const stopped = chooseToStop(
        fleet,
        request,
        candidates.map(t => ({ host: hostOf(fleet, t) })),
        world.count,
      )
      expect(stopped).toEqual(
        naiveStop({ ...clusterOf(even), tasks }, world.request, candidates, world.count),
      )
    }),
    runs(1000),
  )
}, 60_000)

it('place_fills_no_host_over_its_capacity', () => {
  fc.assert(
    fc.property(anySmallWorld, world => {
      const { instances, cluster } = placed(world)
      const { demand } = world.request
      for (const instance of world.instances.filter(i => instances.includes(i.name))) {
        if (demand.cpu > 0) expect(freeOf(cluster, instance, 'cpu')).toBeGreaterThanOrEqual(0)
        if (demand.memoryMiB > 0) expect(freeOf(cluster, instance, 'memoryMiB')).toBeGreaterThanOrEqual(0)
      }
    }),
    runs(500),
  )
})

it('place_gives_no_port_of_a_host_twice', () => {
  fc.assert(
    fc.property(anySmallWorld, world => {
      const { instances, cluster } = placed(world)
      const ports = world.request.demand.ports.map(portName)
      for (const name of new Set(instances)) {
        const taken = tasksOn(cluster, name).flatMap(t => t.demand.ports.map(portName))
        for (const port of ports) expect(taken.filter(p => p === port)).toHaveLength(1)
      }
    }),
    runs(500),
  )
})

it('place_uses_only_active_hosts_that_satisfied_every_constraint', () => {
  fc.assert(
    fc.property(anySmallWorld, world => {
      const before = clusterOf(world)
      for (const name of placed(world).instances) {
        const instance = world.instances.find(i => i.name === name)
        expect(instance?.state).toBe('ACTIVE')
        const tasks = tasksOn(before, name)
        for (const { holds } of world.request.constraints)
          expect(instance && holds(instance, tasks)).toBe(true)
        before.tasks.push({ instance: name, service: world.request.service, demand: world.request.demand })
      }
    }),
    runs(500),
  )
})

it('place_does_not_depend_on_the_order_of_its_input', () => {
  fc.assert(
    fc.property(anySmallWorld, fc.infiniteStream(fc.nat()), (world, keys) => {
      const shuffled = <T>(items: readonly T[]): T[] =>
        items
          .map(item => ({ item, key: keys.next().value }))
          .sort((a, b) => a.key - b.key)
          .map(({ item }) => item)
      const other = { ...world, instances: shuffled(world.instances), tasks: shuffled(world.tasks) }
      expect(placed(other).instances).toEqual(placed(world).instances)
    }),
    runs(500),
  )
})

it('place_that_places_too_few_leaves_no_host_that_could_take_one_more', () => {
  fc.assert(
    fc.property(anySmallWorld, world => {
      const { instances, refusals, cluster } = placed(world)
      expect(refusals === undefined).toBe(instances.length === world.count)
      if (refusals === undefined) return
      const counts: Record<string, number> = {}
      for (const instance of world.instances) {
        const refusal = refusalOf(cluster, world.request, instance) ?? 'none'
        counts[refusal] = (counts[refusal] ?? 0) + 1
      }
      const { demand, hosts, ports, constraints, ...plain } = refusals
      const said = [
        ...Object.entries(plain),
        ...Object.entries(ports).map(([port, n]) => [`port ${port}`, n] as const),
        ...Object.entries(constraints).map(([text, n]) => [`constraint ${text}`, n] as const),
      ].filter(([, n]) => n > 0)
      expect(Object.fromEntries(said)).toEqual(counts)
      expect(hosts).toBe(world.instances.length)
      expect(demand).toEqual(world.request.demand)
    }),
    runs(500),
  )
})

it('place_spreads_as_evenly_as_can_be', () => {
  fc.assert(
    fc.property(anySmallWorld, world => {
      const even = { ...world, request: { ...world.request, strategies: [] } }
      const { instances, cluster, fleet } = placed(even)
      const own = (zone: string | undefined) =>
        cluster.tasks.filter(t => t.service === even.request.service && zoneOf(t.instance) === zone).length
      const zoneOf = (name: string) => {
        const instance = even.instances.find(i => i.name === name)
        return instance && attributeOf(instance, 'ecs.availability-zone')
      }
      const open = even.instances.filter(i => refusalOf(cluster, even.request, i) === undefined)
      for (const { name } of open) {
        expect(fits(fleet, fleet.index.get(name) ?? -1, even.request.demand)).toBeUndefined()
        // where there was room to the end, no zone that got a task has two more
        for (const used of new Set(instances)) {
          expect(own(zoneOf(used))).toBeLessThanOrEqual(own(zoneOf(name)) + 1)
        }
      }
    }),
    runs(500),
  )
})

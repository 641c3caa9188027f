import { describe, expect, it, test } from 'vitest'
import type { PlacementStrategy } from '../../../engine/desired-state/desired-state.generated.ts'
import { createFleet, type Fleet, reserve } from '../../../engine/scheduler/fleet.ts'
import { place, type PlacementRequest } from '../../../engine/scheduler/place.ts'
import { explain } from '../../../engine/scheduler/refusal.ts'
import { constraint, fleetOf, instance, namesOf, NOTHING, request } from './clusters.ts'

const hosts: PlacementStrategy = { type: 'spread', field: 'host' }
const zones: PlacementStrategy = { type: 'spread', field: 'attribute:zone' }
const racks: PlacementStrategy = { type: 'spread', field: 'attribute:rack' }
const instances: PlacementStrategy = { type: 'spread', field: 'instanceId' }
const byMemory: PlacementStrategy = { type: 'binpack', field: 'memory' }
const byCpu: PlacementStrategy = { type: 'binpack', field: 'cpu' }
const random: PlacementStrategy = { type: 'random' }

function placed(fleet: Fleet, wanted: PlacementRequest): string {
  return namesOf(fleet, place(fleet, wanted).hosts)
}

describe('place_by_strategy', () => {
  const mib = (memoryMiB: number) => ({ ...NOTHING, memoryMiB })
  test.each<[string, string[], PlacementRequest, string]>([
    ['default_is_zones_then_instances', ['a:1', 'b:1', 'c:2'], request(5), 'a c b c a'],
    ['default_counts_what_runs', ['a:1', 'b:1', 'c:2'], request(3, { running: [0, 0] }), 'c c b'],
    ['default_without_zones_is_over_instances', ['a', 'b', 'c'], request(4), 'a b c a'],
    ['hosts_without_a_zone_are_a_zone', ['a', 'b:1', 'c:1'], request(4), 'a b c a'],
    [
      'spread_over_instances_ignores_zones',
      ['a:1', 'b:1', 'c:2'],
      request(4, { strategies: [instances] }),
      'a b c a',
    ],
    [
      'instances_come_before_what_is_spread_inside_them',
      ['a:1', 'b:1', 'c:2'],
      request(3, { strategies: [instances, zones] }),
      'a b c',
    ],
    [
      'host_is_another_word_for_instances',
      ['a:1', 'b:1', 'c:2'],
      request(3, { strategies: [hosts, zones] }),
      'a b c',
    ],
    [
      'spread_over_zones_evens_out_inside',
      ['a:1', 'b:1', 'c:2'],
      request(4, { strategies: [zones] }),
      'a c b c',
    ],
    [
      'binpack_fills_one_host',
      ['a', 'b'],
      request(5, { strategies: [byMemory], demand: mib(256) }),
      'a a a a b',
    ],
    ['binpack_by_what_is_not_needed_spreads', ['a', 'b'], request(3, { strategies: [byCpu] }), 'a b a'],
    [
      'spread_then_binpack_fills_one_host_of_each_zone',
      ['a:1', 'b:1', 'c:2', 'd:2'],
      request(6, { strategies: [zones, byMemory], demand: mib(512) }),
      'a c a c b d',
    ],
    [
      'distinct_instance_stops_at_one_each',
      ['a:1', 'b:1', 'c:2'],
      request(5, { distinctInstance: true, running: [0] }),
      'c b',
    ],
    ['avoided_hosts_get_nothing', ['a', 'b', 'c'], request(3, { avoid: new Set([1]) }), 'a c a'],
    ['none_asked_none_placed', ['a'], request(0), ''],
  ])('%s', (_, hosts, wanted, expected) => {
    expect(placed(fleetOf(...hosts), wanted)).toBe(expected)
  })

  it('binpack_by_what_is_not_needed_does_not_look_at_what_is_free', () => {
    for (const strategies of [[byCpu], [byMemory]]) {
      const fleet = fleetOf('a', 'b')
      reserve(fleet, 1, { cpu: 9, memoryMiB: 9, ports: [] }, 'other')
      expect(placed(fleet, request(3, { strategies }))).toBe('a b a')
    }
  })

  it('binpack_by_cpu_looks_at_cpu', () => {
    const fleet = fleetOf('a', 'b')
    reserve(fleet, 0, { ...NOTHING, memoryMiB: 9 }, 'other')
    reserve(fleet, 1, { ...NOTHING, cpu: 9 }, 'other')
    const demand = { cpu: 1, memoryMiB: 1, ports: [] }
    expect(placed(fleet, request(2, { demand, strategies: [byCpu] }))).toBe('b b')
    expect(placed(fleet, request(2, { demand, strategies: [{ type: 'binpack', field: 'MEMORY' }] }))).toBe(
      'a a',
    )
  })

  it('binpack_takes_the_fullest_that_fits', () => {
    const fleet = fleetOf('a', 'b', 'c')
    reserve(fleet, 1, { ...NOTHING, memoryMiB: 512 }, 'other')
    reserve(fleet, 2, { ...NOTHING, memoryMiB: 900 }, 'other')
    expect(placed(fleet, request(3, { strategies: [byMemory], demand: mib(256) }))).toBe('b b a')
  })

  it('spread_inside_a_spread_counts_inside_it', () => {
    const rack = (name: string, zone: string, rack: string) => instance(name, { attributes: { zone, rack } })
    const fleet = createFleet([
      rack('a', 'x', '1'),
      rack('b', 'x', '2'),
      rack('c', 'y', '1'),
      rack('d', 'y', '1'),
    ])
    expect(placed(fleet, request(6, { strategies: [zones, racks] }))).toBe('a c b d a c')
  })

  it('random_is_the_same_each_time_and_uses_every_host', () => {
    const wanted = request(300, { strategies: [random] })
    const hosts = place(fleetOf('a', 'b', 'c'), wanted).hosts
    expect(place(fleetOf('c', 'b', 'a'), wanted).hosts).toEqual(hosts)
    for (const host of [0, 1, 2]) {
      const share = hosts.filter(h => h === host).length
      expect(share).toBeGreaterThan(70)
      expect(share).toBeLessThan(130)
    }
    expect(placed(fleetOf('a', 'b', 'c'), request(9, { strategies: [random] }))).not.toBe(
      placed(fleetOf('a', 'b', 'c'), request(9, { strategies: [random], service: 'api' })),
    )
  })
})

describe('place_filters', () => {
  it('place_reserves_what_it_chose', () => {
    const fleet = fleetOf('a')
    place(fleet, request(2, { demand: { cpu: 100, memoryMiB: 50, ports: [] } }))
    expect([fleet.freeCpu[0], fleet.freeMemoryMiB[0], fleet.runningTasks[0]]).toEqual([824, 924, 2])
  })

  it('place_gives_a_port_to_one_task_of_a_host', () => {
    const fleet = fleetOf('a', 'b')
    const demand = { ...NOTHING, ports: [{ hostPort: 80, protocol: 'tcp' as const }] }
    reserve(fleet, 0, { ...NOTHING, ports: [{ hostPort: 80, protocol: 'udp' }] }, undefined)
    const { hosts, refusals } = place(fleet, request(3, { demand }))
    expect(hosts).toEqual([0, 1])
    expect(refusals).toMatchObject({ hosts: 2, ports: { '80/tcp': 2 } })
  })

  it('place_on_a_host_with_less_than_nothing_free_takes_what_needs_nothing', () => {
    const fleet = fleetOf('a')
    reserve(fleet, 0, { ...NOTHING, memoryMiB: 4096 }, 'other')
    reserve(fleet, 0, { ...NOTHING, cpu: 4096, gpus: 1 }, 'other')
    expect(place(fleet, request(1)).hosts).toEqual([0])
    for (const more of [{ memoryMiB: 1 }, { cpu: 1 }, { gpus: 1 }])
      expect(place(fleet, request(1, { demand: { ...NOTHING, ...more } })).hosts).toEqual([])
  })

  it('place_fills_a_host_to_its_last_unit', () => {
    const demand = { cpu: 512, memoryMiB: 512, ports: [] }
    expect(place(fleetOf('a'), request(3, { demand }))).toMatchObject({ hosts: [0, 0], refusals: { cpu: 1 } })
  })

  it('place_needs_the_ports_of_a_range_in_a_row', () => {
    const demand = { ...NOTHING, ranges: [{ size: 3, protocol: 'udp' as const }] }
    const fleet = fleetOf('a', 'b')
    const every = (protocol: 'tcp' | 'udp', step: number) =>
      Array.from({ length: Math.floor(65535 / step) }, (_, i) => ({ hostPort: (i + 1) * step, protocol }))
    reserve(fleet, 0, { ...NOTHING, ports: [...every('udp', 4), ...every('tcp', 1)] }, undefined)
    reserve(fleet, 1, { ...NOTHING, ports: every('udp', 3) }, undefined)
    expect(place(fleet, request(2, { demand })).hosts).toEqual([0, 0])
    reserve(fleet, 0, { ...NOTHING, ports: every('udp', 3) }, undefined)
    const { refusals } = place(fleet, request(1, { demand }))
    expect(refusals?.constraints).toEqual({ '3 free udp ports in a row': 2 })
  })

  it('place_sees_its_own_tasks_in_constraints', () => {
    const fleet = fleetOf('a', 'b')
    const constraints = [constraint(fleet, 'runningTasksCount < 2')]
    const { hosts, refusals } = place(fleet, request(9, { constraints }))
    expect(hosts).toEqual([0, 1, 0, 1])
    expect(refusals?.constraints).toEqual({ 'runningTasksCount < 2': 2 })
  })

  it('place_refuses_by_the_first_filter_that_says_no', () => {
    const fleet = createFleet([
      instance('draining', { state: 'DRAINING', cpu: 0 }),
      instance('gone', { state: 'UNREACHABLE', cpu: 0 }),
      instance('avoided', { cpu: 0 }),
      instance('small', { cpu: 1, memoryMiB: 1 }),
      instance('forgetful', { memoryMiB: 1 }),
      instance('taken', { attributes: { zone: 'b' } }),
      instance('wrong', { attributes: { zone: 'b' } }),
      instance('used', { attributes: { zone: 'a' } }),
      instance('used2', { attributes: { zone: 'a' } }),
    ])
    const at = (name: string) => fleet.index.get(name) ?? -1
    const ports = [{ hostPort: 53, protocol: 'udp' as const }]
    reserve(fleet, at('taken'), { ...NOTHING, ports }, undefined)
    const { hosts, refusals } = place(
      fleet,
      request(1, {
        demand: { cpu: 256, memoryMiB: 512, ports },
        constraints: [constraint(fleet, ' attribute:zone == a ')],
        distinctInstance: true,
        avoid: new Set([at('avoided')]),
        running: [at('used'), at('used2'), at('used2')],
      }),
    )
    expect(hosts).toEqual([])
    expect(refusals && explain(refusals, 'web')).toBe(
      'no container instance can take web: 1 does not answer, 1 is draining, 1 is to be avoided, ' +
        '1 lacks cpu (need 256 units), 1 lacks memory (need 512 MiB), 1 has port 53/udp taken, ' +
        '1 fails attribute:zone == a, 2 have a task of web already',
    )
  })

  it('place_on_no_container_instance_says_so', () => {
    const { refusals } = place(createFleet([]), request(1))
    expect(refusals && explain(refusals, 'web')).toBe('no container instance can take web: there is none')
  })
})

import { describe, expect, it, test } from 'vitest'
import type { PlacementStrategy } from '../../../engine/desired-state/desired-state.generated.ts'
import { reserve } from '../../../engine/scheduler/fleet.ts'
import { chooseToStop } from '../../../engine/scheduler/stop.ts'
import { fleetOf, NOTHING } from './clusters.ts'

function stopped(
  hosts: string[],
  running: number[],
  strategies: PlacementStrategy[],
  count: number,
): number[] {
  const fleet = fleetOf(...hosts)
  const demand = { ...NOTHING, memoryMiB: 100 }
  for (const host of running) reserve(fleet, host, demand, 'web')
  const wanted = { service: 'web', demand, strategies, running }
  return chooseToStop(
    fleet,
    wanted,
    running.map(host => ({ host })),
    count,
  )
}

describe('chooseToStop_by_strategy', () => {
  const byMemory: PlacementStrategy = { type: 'binpack', field: 'memory' }
  test.each<[string, string[], number[], PlacementStrategy[], number, number[]]>([
    ['default_takes_from_the_fullest_zone_then_host', ['a:1', 'b:1', 'c:2'], [0, 0, 1, 2, 2], [], 2, [1, 4]],
    ['default_takes_the_last_of_equal_ones', ['a', 'b', 'c'], [0, 1, 2], [], 3, [2, 1, 0]],
    ['binpack_empties_the_emptiest_host', ['a', 'b'], [0, 0, 0, 1, 1], [byMemory], 3, [4, 3, 2]],
    ['each_host_gives_its_last_one_first', ['a', 'b'], [0, 1, 0, 1], [], 4, [3, 2, 1, 0]],
    ['more_than_there_are_stops_all', ['a'], [0, 0], [], 9, [1, 0]],
    ['none_asked_none_stopped', ['a'], [0, 0], [], 0, []],
  ])('%s', (_, hosts, running, strategies, count, expected) => {
    expect(stopped(hosts, running, strategies, count)).toEqual(expected)
  })
})

it('chooseToStop_counts_tasks_that_are_no_candidates', () => {
  const fleet = fleetOf('a:1', 'b:2')
  const wanted = { service: 'web', demand: NOTHING, strategies: [], running: [0, 1, 1, 1] }
  expect(chooseToStop(fleet, wanted, [{ host: 0 }, { host: 1 }], 1)).toEqual([1])
})

it('chooseToStop_by_binpack_sees_what_its_own_choices_free', () => {
  const fleet = fleetOf('a:1', 'b:2')
  const demand = { ...NOTHING, cpu: 100 }
  const running = [0, 1, 1]
  for (const host of running) reserve(fleet, host, demand, 'web')
  reserve(fleet, 0, { ...NOTHING, cpu: 50 }, undefined)
  const strategies: PlacementStrategy[] = [
    { type: 'spread', field: 'attribute:zone' },
    { type: 'binpack', field: 'cpu' },
  ]
  const candidates = running.map(host => ({ host }))
  // at first a has more left; once b has stopped one, both zones have one task and b has more left
  expect(chooseToStop(fleet, { service: 'web', demand, strategies, running }, candidates, 2)).toEqual([2, 1])
})

it('chooseToStop_changes_nothing_on_the_fleet', () => {
  const fleet = fleetOf('a')
  const demand = { cpu: 5, memoryMiB: 6, ports: [] }
  reserve(fleet, 0, demand, 'web')
  const state = () =>
    structuredClone([fleet.freeCpu, fleet.freeMemoryMiB, fleet.runningTasks, fleet.groups.on(0)])
  const before = state()
  chooseToStop(fleet, { service: 'web', demand, strategies: [], running: [0] }, [{ host: 0 }], 1)
  expect(state()).toEqual(before)
})

import { expect, it, test } from 'vitest'
import { matching } from '../../../engine/scheduler/constraint.ts'
import { compileConstraint } from '../../../engine/scheduler/constraint.ts'
import { createFleet, release, reserve } from '../../../engine/scheduler/fleet.ts'
import { countRefusals, explain, fits, type Refusal } from '../../../engine/scheduler/refusal.ts'
import { constraint, fleetOf, instance, namesOf, NOTHING } from './clusters.ts'

it('createFleet_sorts_by_name_in_code_unit_order', () => {
  expect(createFleet(['b', 'a10', 'Z', 'a2'].map(name => instance(name))).names).toEqual([
    'Z',
    'a10',
    'a2',
    'b',
  ])
})

it('release_undoes_reserve', () => {
  const fleet = fleetOf('a', 'b')
  const demand = { cpu: 5, memoryMiB: 6, ports: [{ hostPort: 80, protocol: 'tcp' as const }] }
  reserve(fleet, 1, demand, 'web')
  expect(fits(fleet, 1, demand)).toEqual({ kind: 'port', port: '80/tcp' })
  expect(fits(fleet, 0, demand)).toBeUndefined()
  release(fleet, 1, demand, 'web')
  expect(fits(fleet, 1, demand)).toBeUndefined()
  expect([...fleet.freeCpu, ...fleet.freeMemoryMiB, ...fleet.runningTasks]).toEqual([
    1024, 1024, 1024, 1024, 0, 0,
  ])
})

it('what_is_reserved_leaves_the_capacity_as_it_is', () => {
  const fleet = createFleet([instance('a', { gpus: 4 })])
  reserve(fleet, 0, { cpu: 5, memoryMiB: 6, gpus: 1, ports: [] }, 'web')
  expect([fleet.cpu[0], fleet.memoryMiB[0], fleet.gpus[0]]).toEqual([1024, 1024, 4])
})

it('gpus_are_taken_by_those_that_ask_for_some', () => {
  const fleet = createFleet([instance('a', { gpus: 4 })])
  const free = () => fleet.freeGpus[0]
  reserve(fleet, 0, NOTHING, 'web')
  expect(free()).toBe(4)
  reserve(fleet, 0, { ...NOTHING, gpus: 3 }, 'train')
  expect(free()).toBe(1)
  expect(fits(fleet, 0, { ...NOTHING, gpus: 1 })).toBeUndefined()
  expect(fits(fleet, 0, { ...NOTHING, gpus: 2 })).toEqual({ kind: 'gpus' })
  release(fleet, 0, { ...NOTHING, gpus: 3 }, 'train')
  expect(free()).toBe(4)
})

it('all_gpus_are_those_of_a_host_where_nobody_has_any', () => {
  const all = { ...NOTHING, gpus: 'ALL' as const }
  const fleet = createFleet([instance('a', { gpus: 4 }), instance('b')])
  expect(fits(fleet, 0, all)).toBeUndefined()
  expect(fits(fleet, 1, all)).toEqual({ kind: 'gpus' })
  reserve(fleet, 0, { ...NOTHING, gpus: 1 }, 'train')
  expect(fits(fleet, 0, all)).toEqual({ kind: 'gpus' })
  release(fleet, 0, { ...NOTHING, gpus: 1 }, 'train')
  reserve(fleet, 0, all, 'train')
  expect(fleet.freeGpus[0]).toBe(0)
  release(fleet, 0, all, 'train')
  expect(fleet.freeGpus[0]).toBe(4)
})

it('a_foreign_container_takes_ports_and_is_no_task', () => {
  const fleet = fleetOf('a')
  const demand = { ...NOTHING, ports: [{ hostPort: 80, protocol: 'tcp' as const }] }
  reserve(fleet, 0, demand, undefined)
  expect([fleet.runningTasks[0], fits(fleet, 0, demand)]).toEqual([0, { kind: 'port', port: '80/tcp' }])
  release(fleet, 0, demand, undefined)
  expect([fleet.runningTasks[0], fits(fleet, 0, demand)]).toEqual([0, undefined])
})

it('release_of_one_of_two_takers_leaves_the_port_taken', () => {
  const fleet = fleetOf('a')
  const demand = { ...NOTHING, ports: [{ hostPort: 80, protocol: 'tcp' as const }] }
  reserve(fleet, 0, demand, 'old')
  reserve(fleet, 0, demand, 'new')
  release(fleet, 0, demand, 'old')
  expect(fits(fleet, 0, demand)).toEqual({ kind: 'port', port: '80/tcp' })
})

it('matching_gives_active_hosts_that_satisfy_every_constraint', () => {
  const zone = { attributes: { zone: 'a' } }
  const fleet = createFleet([
    instance('full', { ...zone, cpu: 0 }),
    instance('draining', { ...zone, state: 'DRAINING' }),
    instance('gone', { ...zone, state: 'UNREACHABLE' }),
    instance('other'),
  ])
  expect(namesOf(fleet, matching(fleet, []))).toBe('full other')
  expect(namesOf(fleet, matching(fleet, [constraint(fleet, 'attribute:zone == a')]))).toBe('full')
})

it('compileConstraint_of_what_cannot_be_read_says_where', () => {
  expect(compileConstraint(fleetOf('a'), 'zone == a')).toMatchObject({ ok: false, at: 0 })
})

test.each<[Refusal[], string]>([
  [[{ kind: 'memory' }, { kind: 'memory' }, { kind: 'memory' }], '3 lack memory (need 512 MiB)'],
  [
    [
      { kind: 'constraint', expression: 'a' },
      { kind: 'constraint', expression: '__proto__' },
    ],
    '1 fails a, 1 fails __proto__',
  ],
  [
    [
      { kind: 'port', port: '80/tcp' },
      { kind: 'port', port: '80/tcp' },
    ],
    '2 have port 80/tcp taken',
  ],
  [[{ kind: 'port', port: '80/tcp' }], '1 has port 80/tcp taken'],
  [[{ kind: 'distinctInstance' }], '1 has a task of web already'],
  [
    [
      { kind: 'unreachable' },
      { kind: 'unreachable' },
      { kind: 'draining' },
      { kind: 'draining' },
      { kind: 'avoided' },
      { kind: 'avoided' },
      { kind: 'cpu' },
      { kind: 'cpu' },
    ],
    '2 do not answer, 2 are draining, 2 are to be avoided, 2 lack cpu (need 0 units)',
  ],
])('explain_%j', (refusals, causes) => {
  const counted = countRefusals({ ...NOTHING, memoryMiB: 512 }, refusals)
  expect(counted.hosts).toBe(refusals.length)
  expect(explain(counted, 'web')).toBe(`no container instance can take web: ${causes}`)
})

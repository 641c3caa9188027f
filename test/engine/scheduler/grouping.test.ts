import { expect, it } from 'vitest'
import { createFleet } from '../../../engine/scheduler/fleet.ts'
import { groupBy } from '../../../engine/scheduler/grouping.ts'
import { instance } from './clusters.ts'

it('groupBy_two_attributes_has_a_group_for_each_pair', () => {
  const pairs = ['v', 'w', 'x', 'y', 'z'].flatMap((zone): Record<string, string>[] => [
    { zone },
    { zone, rack: '1' },
    { zone, rack: '2' },
  ])
  const fleet = createFleet(
    ['a', 'b'].flatMap(copy =>
      pairs.map((attributes, i) => instance(`${copy}${String(i).padStart(2, '0')}`, { attributes })),
    ),
  )
  const { ids, size } = groupBy(fleet, ['zone', 'rack'])
  const [first, second] = [ids.slice(0, pairs.length), ids.slice(pairs.length)]
  expect(new Set(first).size).toBe(pairs.length)
  expect(second).toEqual(first)
  expect(Math.max(...ids)).toBeLessThan(size)
})

it('groupBy_names_that_read_alike_is_by_each_of_them', () => {
  const fleet = createFleet([
    instance('x', { attributes: { ab: '1' } }),
    instance('y', { attributes: { a: '1' } }),
    instance('z'),
  ])
  const [x1, y1, z1] = groupBy(fleet, ['ab', 'c']).ids
  expect([x1 === z1, y1 === z1]).toEqual([false, true])
  const [x2, y2, z2] = groupBy(fleet, ['a', 'bc']).ids
  expect([x2 === z2, y2 === z2]).toEqual([true, false])
})

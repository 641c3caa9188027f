import * as fc from 'fast-check'
import { expect, it } from 'vitest'
import { heapOf } from '../../../engine/scheduler/host-heap.ts'
import { orderBy, type Ranking } from '../../../engine/scheduler/ranking.ts'

const SIZE = 30

/** Scores by two groupings, one inside the other, and by host, in any order. */
const anyRanking: fc.Arbitrary<Ranking> = fc
  .record({
    outer: columnOf(3),
    inner: columnOf(1),
    own: columnOf(50),
    byGroup: columnOf(5),
    hostFirst: fc.boolean(),
  })
  .map(({ outer, inner, own, byGroup, hostFirst }) => {
    const groupings = [
      { size: 4, ids: outer },
      { size: 8, ids: outer.map((id, host) => id * 2 + (inner[host] ?? 0)) },
    ]
    const grouped = groupings.map(grouping => ({
      values: Int32Array.from({ length: grouping.size }, (_, id) => byGroup[id % SIZE] ?? 0),
      grouping,
    }))
    const scores = hostFirst ? [{ values: own }, ...grouped] : [...grouped, { values: own }]
    return { scores, groupings, tasks: own, change: () => {} }
  })

it('heapOf_gives_the_hosts_in_the_order_of_their_scores', () => {
  const hosts = Array.from({ length: SIZE }, (_, host) => host)
  fc.assert(
    fc.property(anyRanking, fc.shuffledSubarray(hosts), fc.boolean(), (ranking, members, ascending) => {
      const first = ascending ? 'smallest' : 'largest'
      const before = orderBy(ranking.scores, first)
      const heap = heapOf(members, ranking, first)
      const given: number[] = []
      for (let host = heap.first(); host !== undefined; host = heap.first()) {
        given.push(host)
        heap.settle(false)
      }
      expect(given).toEqual([...members].sort((a, b) => (before(a, b) ? -1 : 1)))
    }),
  )
})

it('heapOf_puts_a_host_whose_score_changed_where_it_belongs', () => {
  const moves = fc.array(fc.integer({ min: -30, max: 30 }), { maxLength: 60 })
  fc.assert(
    fc.property(anyRanking, moves, (ranking, changes) => {
      const hosts = Array.from({ length: SIZE }, (_, host) => host)
      const before = orderBy(ranking.scores, 'smallest')
      const heap = heapOf(hosts, ranking, 'smallest')
      for (const change of changes) {
        const host = heap.first() ?? -1
        expect(host).toBe([...hosts].sort((a, b) => (before(a, b) ? -1 : 1))[0])
        ranking.tasks[host] = (ranking.tasks[host] ?? 0) + change
        heap.settle(true)
      }
    }),
  )
})

function columnOf(max: number): fc.Arbitrary<Int32Array> {
  return fc.array(fc.nat(max), { minLength: SIZE, maxLength: SIZE }).map(values => Int32Array.from(values))
}

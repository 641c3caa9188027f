import { expect, test } from 'vitest'
import { leastBetween, mostBetween } from '../../../engine/lock/moment.ts'
import { Watch } from '../../../engine/lock/seeker.ts'

const at = (wall: number, boot = wall) => ({ wall, boot })

test.each([
  ['both clocks go on', at(0), at(30), 30, 30],
  ['the wall clock is set back', at(3600), at(0, 3630), 30, 0],
  ['the wall clock is set ahead', at(0), at(3600, 30), 3600, 30],
  ['a virtual machine was paused, and its wall clock set right', at(0), at(600, 1), 600, 1],
] as const)('%s: the most and the least that has gone by', (_, from, to, most, least) => {
  expect(mostBetween(from, to)).toBe(most)
  expect(leastBetween(from, to)).toBe(least)
})

test('a heartbeat stands still from when it was seen first to when it was asked for last', () => {
  const watch = new Watch()
  expect(watch.stillFor('id 7', at(0), at(5))).toBe(0)
  expect(watch.stillFor('id 7', at(25), at(40))).toBe(20)
})

test('a taker that sleeps while it looks does not count the sleep', () => {
  const watch = new Watch()
  watch.stillFor('id 7', at(0), at(1))
  expect(watch.stillFor('id 7', at(2), at(3600))).toBe(1)
})

test('a heartbeat that moves, or is another lock’s, is watched anew', () => {
  const watch = new Watch()
  watch.stillFor('id 7', at(0), at(1))
  expect(watch.stillFor('id 8', at(60), at(61))).toBe(0)
  expect(watch.stillFor('other 8', at(120), at(121))).toBe(0)
})

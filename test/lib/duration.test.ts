import { expect, test } from 'vitest'
import { Duration } from '../../lib/index.ts'

test('a duration is the same in every unit', () => {
  const day = Duration.hours(23)
    .plus(Duration.minutes(59))
    .plus(Duration.seconds(59))
    .plus(Duration.millis(1000))
  expect(day.toDays()).toBe(1)
  expect(day.toHours()).toBe(24)
  expect(day.toMinutes()).toBe(1440)
  expect(day.toSeconds()).toBe(86_400)
  expect(day.toMilliseconds()).toBe(Duration.days(1).toMilliseconds())
})

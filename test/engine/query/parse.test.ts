import * as fc from 'fast-check'
import { describe, expect, it, test } from 'vitest'
import { parseExpression } from '../../../engine/query/parse.ts'
import { printExpression } from '../../../engine/query/print.ts'
import { anyExpression } from './expressions.ts'

describe('parseExpression_valid', () => {
  test.each([
    ['attribute:zone == a', 'attribute:zone == a'],
    ['  attribute:zone   equals a ', 'attribute:zone == a'],
    ['attribute:zone==a', 'attribute:zone == a'],
    ['attribute:zone not_equals a', 'attribute:zone != a'],
    ['attribute:n greater_than 4', 'attribute:n > 4'],
    ['attribute:n greater_than_equal 4', 'attribute:n >= 4'],
    ['attribute:n less_than 4', 'attribute:n < 4'],
    ['attribute:n less_than_equal 4', 'attribute:n <= 4'],
    ['attribute:gpu exists', 'attribute:gpu exists'],
    ['attribute:gpu not_exists', 'attribute:gpu !exists'],
    ['attribute:gpu !exists', 'attribute:gpu !exists'],
    ['attribute:zone in [a,b , c]', 'attribute:zone in [a, b, c]'],
    ['attribute:zone not_in [a]', 'attribute:zone !in [a]'],
    ['attribute:zone !in[a]', 'attribute:zone !in [a]'],
    ['attribute:ecs.instance-type =~ t2.*', 'attribute:ecs.instance-type =~ t2.*'],
    ["attribute:type not_matches '(a|b)'", "attribute:type !~ '(a|b)'"],
    ["attribute:name == 'it''s here'", "attribute:name == 'it''s here'"],
    ["attribute:name == ''", "attribute:name == ''"],
    ['attribute:name == and', 'attribute:name == and'],
    ['task:group == service:production', 'task:group == service:production'],
    ['not(task:group == database)', 'not(task:group == database)'],
    ['!task:group == database', 'not(task:group == database)'],
    ['not not attribute:a exists', 'not(not(attribute:a exists))'],
    ['runningTasksCount<10', 'runningTasksCount < 10'],
    ['registeredAt > 2018-06-18T22:28:28+00:00', 'registeredAt > 2018-06-18T22:28:28+00:00'],
    ['agentConnected == true', 'agentConnected == true'],
    ['agentVersion >= 24.0.7', 'agentVersion >= 24.0.7'],
    ['ec2InstanceId in [fra-1, fra-2]', 'ec2InstanceId in [fra-1, fra-2]'],
    ['attribute:a exists && attribute:b exists', 'attribute:a exists and attribute:b exists'],
    [
      'attribute:a exists || attribute:b exists and attribute:c exists',
      'attribute:a exists or (attribute:b exists and attribute:c exists)',
    ],
    [
      '(attribute:a exists or attribute:b exists) and(attribute:c exists)',
      '(attribute:a exists or attribute:b exists) and attribute:c exists',
    ],
    ['not attribute:a exists and attribute:b exists', 'not(attribute:a exists) and attribute:b exists'],
  ])('%s', (text, printed) => {
    const result = parseExpression(text)
    expect(result.ok ? printExpression(result.expression) : result).toBe(printed)
  })
})

describe('parseExpression_invalid', () => {
  test.each([
    ['', 0, 'found the end'],
    ['zone == a', 0, 'expected attribute:NAME'],
    ['attribute: == a', 0, 'an attribute has a name'],
    ['attribute:zone', 14, 'expected an operator'],
    ['attribute:zone = a', 15, 'expected an operator'],
    ['attribute:zone ==', 17, 'expected a value'],
    ['attribute:zone == a b', 20, 'expected "and", "or" or the end'],
    ["attribute:zone == 'a", 18, 'not closed'],
    ['attribute:zone in a', 18, 'expected "["'],
    ['attribute:zone in []', 19, 'expected a value'],
    ['attribute:zone in [a', 20, 'expected "," or "]"'],
    ['(attribute:zone == a', 20, 'expected ")"'],
    ['attribute:zone == a)', 19, 'expected "and"'],
    ['attribute:zone == a and', 23, 'expected attribute:NAME'],
    ['attribute:zone existsnot', 15, 'expected an operator'],
    ['runningTasksCount == many', 21, 'whole number'],
    ['runningTasksCount =~ 1', 18, 'does not take =~'],
    ['registeredAt > yesterday', 15, 'date'],
    ['registeredAt > 2018-02-31', 15, 'date'],
    ['registeredAt > 2018-06-18Z', 15, 'date'],
    ['registeredAt > 2018-06-18+02:00', 15, 'date'],
    ['registeredAt > x2018-06-18', 15, 'date'],
    ['registeredAt > 2018-06-18x', 15, 'date'],
    ['runningTasksCount == x1', 21, 'whole number'],
    ['runningTasksCount == 1x', 21, 'whole number'],
    ["attribute:a !~ '(a'", 15, 'not closed'],
    ["attribute:a == '", 15, 'not closed'],
    ["'", 0, `found "'"`],
    ['attribute:zone == a, and all that comes after it', 19, 'found ", and all that comes"'],
    [
      'zone == a',
      0,
      'expected attribute:NAME, agentConnected, agentVersion, ec2InstanceId, registeredAt, runningTasksCount or task:group, found',
    ],
    ['agentConnected == yes', 18, 'true or false'],
    ['agentConnected > true', 15, 'does not take >'],
    ['task:group > a', 11, 'does not take >'],
    ["attribute:a =~ '(a'", 15, 'not closed'],
    ["attribute:a =~ '(?=a)'", 15, 'look-around'],
    [`${'('.repeat(5000)}attribute:a exists`, 101, 'nested deeper'],
    [`${'!'.repeat(5000)}attribute:a exists`, 101, 'nested deeper'],
  ])('%s', (text, at, message) => {
    expect(parseExpression(text)).toEqual({ ok: false, at, message: expect.stringContaining(message) })
  })
})

it('parseExpression_reads_back_what_is_printed', () => {
  fc.assert(
    fc.property(anyExpression, expression => {
      expect(parseExpression(printExpression(expression))).toEqual({ ok: true, expression })
    }),
  )
})

it('parseExpression_never_throws', () => {
  const token = fc.constantFrom(
    ' ',
    ...`attribute:a task:group runningTasksCount == =~ ! not in [ ] ( ) , and || ' x (? {3 \\`.split(' '),
  )
  const tokens = fc.array(fc.oneof(token, fc.string({ maxLength: 3 }))).map(parts => parts.join(' '))
  fc.assert(
    fc.property(fc.oneof(fc.string({ unit: 'binary' }), tokens), text => {
      const result = parseExpression(text)
      if (!result.ok) expect(result.at).toBeLessThanOrEqual(text.length)
    }),
    { numRuns: 1000 },
  )
})

it('parseExpression_takes_time_in_step_with_the_size_of_a_hostile_text', () => {
  const hostile = [
    'not '.repeat(100_000),
    `attribute:a in [${"'',".repeat(100_000)}`,
    `attribute:a == '${"''".repeat(200_000)}`,
    'attribute:a exists and '.repeat(40_000),
    `attribute:a =~ '${'(a+)+'.repeat(80_000)}'`,
    ' '.repeat(500_000),
  ]
  for (const text of hostile) expect(parseExpression(text).ok).toBe(false)
}, 5_000)

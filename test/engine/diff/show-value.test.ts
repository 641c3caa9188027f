import { expect, it, test } from 'vitest'
import { showChange } from '../../../engine/diff/show-value.ts'

test.each<[string, string | undefined, string | undefined, string, string]>([
  ['DB_PASSWORD', undefined, 'x', '(none)', '(hidden)'],
  ['DB_PASSWORD', 'x', undefined, '(hidden)', '(none)'],
  ['DB_PASSWORD', 'x', 'y', '(hidden)', '(changed)'],
  ['URL', 'https://me:hunter2@db', 'https://db', '(hidden)', '(changed)'],
  ['URL', 'https://db', 'https://me:hunter2@db', '(hidden)', '(changed)'],
  ['URL', undefined, 'https://me:hunter2@db', '(none)', '(hidden)'],
  ['secrets.DB_PASSWORD', 'env:A', 'env:B', 'env:A', 'env:B'],
])('%s from %s to %s shows no secret: %s → %s', (name, from, to, shownFrom, shownTo) => {
  expect(showChange(name, from, to)).toEqual({ from: shownFrom, to: shownTo })
})

test('what is empty, and what is not there, can be told apart', () => {
  expect(showChange('A', '', undefined)).toEqual({ from: '""', to: '(none)' })
})

it('a value of 60 characters is shown whole, a longer one is cut to as many', () => {
  const [whole, long] = ['x'.repeat(60), 'x'.repeat(61)]
  expect(showChange('A', undefined, whole).to).toBe(whole)
  expect(showChange('A', undefined, long).to).toBe(`${'x'.repeat(59)}…`)
})

it('a long value that only goes on is shown around its end', () => {
  const long = `${'a'.repeat(70)}${'b'.repeat(30)}`
  const { from, to } = showChange('A', long, `${long}!`)
  expect([from.endsWith('b'), to.endsWith('b!')]).toEqual([true, true])
  expect(from.length).toBeLessThanOrEqual(61)
})

it('the first difference is in what is shown, wherever it is', () => {
  for (let at = 0; at < 150; at++) {
    const before = Array.from({ length: 150 }, (_, i) => String.fromCharCode(0x4e00 + i))
    const { from, to } = showChange('A', before.join(''), before.with(at, 'X').join(''))
    expect([at, to.includes('X'), from.includes(before[at] ?? '')]).toEqual([at, true, true])
  }
})

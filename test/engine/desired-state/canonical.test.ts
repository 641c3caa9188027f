import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { canonicalJson } from '../../../engine/desired-state/canonical.ts'

test('keys are sorted by UTF-16 code units at every depth', () => {
  const value = { b: [{ z: 1, a: null }], a: true, '\u{1F600}': 1, '\uFB33': 2, 10: 'x', 9: 'y' }
  expect(canonicalJson(value)).toBe(
    '{"10":"x","9":"y","a":true,"b":[{"a":null,"z":1}],"\u{1F600}":1,"\uFB33":2}',
  )
})

test('members that are undefined are absent', () => {
  expect(canonicalJson({ a: undefined, b: 1 })).toBe('{"b":1}')
})

test('the text stands for the value, whatever the order of its keys', () => {
  fc.assert(
    fc.property(fc.jsonValue(), value => {
      const text = canonicalJson(value)
      expect(JSON.parse(text)).toEqual(JSON.parse(JSON.stringify(value)))
      expect(canonicalJson(JSON.parse(text))).toBe(text)
      expect(canonicalJson(reversed(value))).toBe(text)
    }),
  )
})

function reversed(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(reversed)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value)
      .map(([k, v]): [string, unknown] => [k, reversed(v)])
      .reverse(),
  )
}

import * as fc from 'fast-check'
import { describe, expect, it, test } from 'vitest'
import { compilePattern } from '../../../engine/query/pattern.ts'

describe('compilePattern_matches_the_whole_text', () => {
  test.each([
    ['t2.*', 't2.micro', true],
    ['t2', 't2.micro', false],
    ['2.*', 't2.micro', false],
    ['', '', true],
    ['', 'a', false],
    ['a|bc', 'bc', true],
    ['^a$', 'a', true],
    ['a^b', 'ab', false],
    ['(a|b){2,3}', 'abab', false],
    ['(a|b){2,3}', 'aba', true],
    ['(a*)*', 'aaaa', true],
    ['(a*)+b', 'aaaa', false],
    ['[^a-c]+?', 'xyz', true],
    ['[^a-c]+', 'xbz', false],
    ['[\\w.-]+', 'a_1.x-y', true],
    ['[\\D]+', 'a1', false],
    ['[\\D]+', 'a-/:😀', true],
    ['[\\W]+', '-@[^`{é', true],
    ['[\\W]', '_', false],
    ['[\\W]', 'Z', false],
    ['[\\W]', 'a', false],
    ['[\\S\\d]+', '\u0000x1', true],
    ['[\\S]', ' ', false],
    ['[a-a]', 'a', true],
    ['[a-]+', 'a-', true],
    ['\\t\\n\\f\\r', '\t\n\f\r', true],
    ['a{2}', 'aa', true],
    ['a{2}', 'aaa', false],
    ['a{2,}', 'aaaaa', true],
    ['(a{2})(b)', 'aab', true],
    ['x*', '', true],
    ['(a|$)b', 'b', false],
    ['(?:ab){0,1}', 'ab', true],
    ['a{0}', '', true],
    ['a{2,}', 'a', false],
    ['\\.', '.', true],
    ['\\.', 'x', false],
    ['.', '\n', false],
    ['.', '😀', true],
    ['(){1000}', '', true],
  ])('%s on %j', (pattern, text, matches) => {
    const compiled = compilePattern(pattern)
    expect(compiled.ok ? compiled.test(text) : compiled.message).toBe(matches)
  })
})

describe('compilePattern_refuses', () => {
  test.each([
    ['(a)\\1', '\\1 is not taken'],
    ['(?=a)', 'look-around'],
    ['(?i)a', 'look-around, name or flag'],
    ['(?<n>a)', 'name'],
    ['a**', 'repeated already'],
    ['a++', 'repeated already'],
    ['*', 'nothing before it'],
    ['(a', 'not closed'],
    ['a)', 'too many'],
    ['[a', 'not closed'],
    ['[]a]', 'backslash'],
    ['[b-a]', 'range'],
    ['[a-\\d]', 'range'],
    ['[\\d-a]', 'range'],
    ['[\\D-a]', 'range'],
    ['[!-\\W]', 'range'],
    ['[\\w-z]', 'range'],
    ['[a-', 'not closed'],
    ['[[a]', '"[" in "[" needs a backslash'],
    ['[a&&b]', '"&" in "[" needs a backslash'],
    ['a{1', 'not followed by'],
    ['a{x1}', 'not followed by'],
    ['a{1x}', 'not followed by'],
    ['a{1000,1001}', 'more than 1000'],
    ['?', '"?" has nothing before it'],
    ['{2}', '"{" has nothing before it'],
    ['a{x}', 'not followed by'],
    ['a{3,2}', 'ends before it begins'],
    ['a{5000}', 'more than 1000'],
    ['\\', 'ends with a backslash'],
    ['((a{1000}){1000}){1000}', 'too large'],
    ['(((){1000}a{9}){1000}){1000}', 'too large'],
    ['('.repeat(10_000), 'nested deeper'],
  ])('%s', (pattern, message) => {
    expect(compilePattern(pattern)).toEqual({ ok: false, message: expect.stringContaining(message) })
  })
})

it('compilePattern_has_no_pattern_that_explodes', () => {
  // with backtracking each of these runs longer than the universe is old
  for (const pattern of [
    '(a+)+b',
    '(a|a)*b',
    '(a*)*b',
    'a?'.repeat(60) + 'a'.repeat(60) + 'b',
    '(.*)(.*)(.*)(.*)(.*)b',
  ]) {
    const compiled = compilePattern(pattern)
    expect(compiled.ok && compiled.test('a'.repeat(2000))).toBe(false)
  }
})

it('compilePattern_agrees_with_RegExp', () => {
  const atom = fc.constantFrom('a', 'b', '.', '[ab]', '[^a]', '\\d', '\\W', '\\.', '1')
  const { node } = fc.letrec<{ node: string }>(tie => ({
    node: fc.oneof(
      { maxDepth: 4 },
      atom,
      fc.tuple(tie('node'), tie('node')).map(([a, b]) => `${a}${b}`),
      fc.tuple(tie('node'), tie('node')).map(([a, b]) => `(${a}|${b})`),
      fc
        .tuple(tie('node'), fc.constantFrom('*', '+', '?', '{2}', '{1,3}', '{0,}', '*?'))
        .map(([a, repeat]) => `(?:${a})${repeat}`),
    ),
  }))
  const text = fc.string({ unit: fc.constantFrom('a', 'b', '1', '.'), maxLength: 7 })
  fc.assert(
    fc.property(node, fc.array(text, { minLength: 5 }), (pattern, texts) => {
      const compiled = compilePattern(pattern)
      const model = new RegExp(`^(?:${pattern})$`, 'u')
      for (const value of texts) expect(compiled.ok && compiled.test(value)).toBe(model.test(value))
    }),
    { numRuns: 300 },
  )
})

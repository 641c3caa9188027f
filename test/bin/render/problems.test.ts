import { expect, test } from 'vitest'
import { problemLines, warningLines } from '../../../bin/render/problems.ts'
import { PLAIN, styleFor } from '../../../bin/render/style.ts'
import { problem } from '../../../engine/errors.ts'
import { HOSTILE } from '../../support/hostile.ts'

test('one line a problem, with its host; what to do next once where it is the same', () => {
  const problems = [
    problem('HOST_KEY_UNKNOWN', 'the key is not known', { instance: 'a' }),
    problem('HOST_KEY_UNKNOWN', 'b: the key is not known', { instance: 'b' }),
    problem('CONNECTION_LOST', 'the connection broke', { instance: 'c', next: 'x' }),
    problem('DOCKER_ERROR', 'two\nlines\u001B[2J', { next: 'this\nthat' }),
  ]
  expect(problemLines(problems, PLAIN)).toEqual([
    '✗ HOST_KEY_UNKNOWN  a: the key is not known',
    '✗ HOST_KEY_UNKNOWN  b: the key is not known',
    '  next: Compare the fingerprint with the host, then add it by ssh-keyscan or --accept-new-host-keys.',
    '✗ CONNECTION_LOST  c: the connection broke',
    '  next: x',
    '✗ DOCKER_ERROR  two',
    '  lines',
    '  next: this',
    '        that',
  ])
  expect(warningLines(problems.slice(3), PLAIN)[0]).toBe('! DOCKER_ERROR  two')
})

test('colours on a terminal alone, and never with NO_COLOR', () => {
  expect(styleFor({ isTTY: true }, {}).bad('x')).toBe('\u001B[31mx\u001B[39m')
  for (const [isTTY, env] of [
    [false, {}],
    [true, { NO_COLOR: '1' }],
    [true, { TERM: 'dumb' }],
  ] as const) {
    expect(styleFor({ isTTY }, env).bad('x')).toBe('x')
  }
})

test.each(Object.entries(HOSTILE))('%s does nothing to a terminal', (_, text) => {
  const lines = problemLines([problem('DOCKER_ERROR', text, { next: text })], PLAIN)
  // oxlint-disable-next-line no-control-regex -- there is to be none
  expect(lines.join('')).not.toMatch(/[\u0000-\u001F\u007F-\u009F\u2028\u2029\u202A-\u202E\u2066-\u2069]/)
})

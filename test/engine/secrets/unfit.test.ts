import { expect, it } from 'vitest'
import type { SourceUse } from '../../../engine/secrets/needed-sources.ts'
import { unfit } from '../../../engine/secrets/unfit.ts'

const refused = (text: string | undefined, ...uses: SourceUse[]) => unfit({ uses: new Set(uses) }, text)
const MOST = 128 * 1024

it.each<[string, string | undefined, SourceUse]>([
  ['bytes may be a file', undefined, 'file'],
  ['nothing at all may be a file', '', 'file'],
  ['a login is looked at where it is used', '', 'registry login'],
  ['an environment file may be empty', '', 'environment file'],
  ['an environment file may be long', 'A=b\n'.repeat(MOST), 'environment file'],
  ['a variable may have lines', 'a\nb', 'environment'],
  ['a variable may have what a log router would not take', 'a #${b}', 'environment'],
  ['a variable may be as long as the kernel takes it', 'x'.repeat(MOST), 'environment'],
  ['an option may be longer than a variable', 'x'.repeat(MOST + 1), 'log option'],
  ['an option of a log driver may have what a log router would not take', 'a #${b}', 'log option'],
  ['an option of a log router may have a "#" within a word, and a "$"', 'a#b$c', 'router option'],
])('%s', (_, text, use) => {
  expect(refused(text, use)).toBeUndefined()
})

it.each<[string, string | undefined, SourceUse, string]>([
  ['bytes are no variable', undefined, 'environment', 'only a file can take it: "deliverAs": "file"'],
  ['bytes are no environment file', undefined, 'environment file', 'only a file can take it'],
  ['a variable is not empty', '', 'environment', 'is empty'],
  ['a variable is not longer than the kernel takes it', 'x'.repeat(MOST + 1), 'environment', '128 KiB'],
  ['an option is not empty', '', 'log option', 'is empty'],
  ['an option has no second line', 'a\nb', 'log option', 'more than one line'],
  ['an option has no carriage return', 'a\rb', 'log option', 'more than one line'],
  ['a log router’s option is not empty', '', 'router option', 'is empty'],
  ['a log router’s option has no second line', 'a\nb', 'router option', 'more than one line'],
  ['a log router’s option names no variable', 'a${b}', 'router option', '"${"'],
  ['a log router’s option has no comment', 'a #b', 'router option', 'a blank and "#"'],
])('%s', (_, text, use, words) => {
  expect(refused(text, use)).toContain(words)
})

it('bytes are no option, and nothing is said of a file there', () => {
  expect(refused(undefined, 'log option')).toBe('is no text')
  expect(refused(undefined, 'router option')).toBe('is no text')
})

it('a value is held to all that it becomes', () => {
  expect(refused('', 'file', 'environment')).toBe('is empty')
  expect(refused('a\nb', 'environment', 'log option')).toContain('more than one line')
  expect(refused('x'.repeat(MOST + 1), 'router option', 'environment')).toContain('128 KiB')
})

import { expect, test } from 'vitest'
import { inOrder, labelOf, LineReader, logText } from '../../../bin/render/log-lines.ts'
import { PLAIN } from '../../../bin/render/style.ts'
import { taskRow } from './samples.ts'

const T = '2026-11-26T10:00:0'

test('lines are put together from pieces, each stream by itself', () => {
  const reader = new LineReader()
  const bytes = Buffer.from(`${T}1.5Z ä done\r\n`)
  const lines = [
    ...reader.read({ stream: 'stdout', data: bytes.subarray(0, 25) }),
    ...reader.read({ stream: 'stderr', data: Buffer.from(`${T}2Z oops\n${T}3Z half`) }),
    ...reader.read({ stream: 'stdout', data: bytes.subarray(25) }),
    ...reader.end(),
  ]
  expect(lines).toEqual([
    { time: `${T}2Z`, stream: 'stderr', text: 'oops' },
    { time: `${T}1.5Z`, stream: 'stdout', text: 'ä done' },
    { time: `${T}3Z`, stream: 'stderr', text: 'half' },
  ])
})

test('lines of several logs are ordered by time, those of one moment and those without as they came', () => {
  const line = (time: string, text: string) => ({ time, text, stream: 'stdout' }) as const
  const logs = [
    [line(`${T}1.25Z`, 'b'), line(`${T}2Z`, 'd'), line(`${T}2Z`, 'e')],
    [line(`${T}1Z`, 'a'), line(`${T}1.5Z`, 'c'), line(`${T}2Z`, 'f')],
  ]
  expect(
    inOrder(logs)
      .map(l => l.text)
      .join(''),
  ).toBe('abcdef')
})

test('a line says whose it is, as far as that is needed', () => {
  const rows = [
    taskRow({ task: 'web.1' }),
    taskRow({ task: 'web.2' }),
    taskRow({ task: 'web.2', container: 'log' }),
  ]
  expect(rows.map(r => labelOf(r, rows))).toEqual(['web.1', 'web.2 nginx', 'web.2 log'])
})

test('on a terminal colours stay and all else that steers it goes; elsewhere the line is as it is', () => {
  const line = { time: `${T}1Z`, stream: 'stdout', text: '\u001B[31mred\u001B[0m\u001B[2J\u0007 x' } as const
  const view = { label: 'web.1', timestamps: true, terminal: true }
  expect(logText(line, view, PLAIN)).toBe(`web.1 | ${T}1Z \u001B[31mred\u001B[0m\uFFFD x\u001B[0m`)
  expect(logText(line, { label: '', timestamps: false, terminal: false }, PLAIN)).toBe(line.text)
})

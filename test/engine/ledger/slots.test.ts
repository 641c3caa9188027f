import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type Entry, entriesOf, ledgerOf, parseEntry, printEntry } from '../../../engine/ledger/entry.ts'
import { mergeLedgers } from '../../../engine/ledger/merge.ts'
import { type Slots, slotsFor } from '../../../engine/ledger/slots.ts'
import { nextNumber } from '../../../engine/ledger/query.ts'
import { marksOfWord } from '../../../engine/marks.ts'
import { runs } from '../../properties/runs.ts'
import { anyLedger, deployment, ledger } from './records.ts'

describe('an entry', () => {
  it('is read back as it was written', () => {
    fc.assert(
      fc.property(anyLedger, any => {
        for (const entry of entriesOf(any)) expect(parseEntry(printEntry(entry))).toEqual(entry)
      }),
      runs(100),
    )
  })

  it.for([
    '',
    'null',
    '{}',
    '{"ledgerVersion":2,"marks":{}}',
    '{"ledgerVersion":1,"marks":{"a":{"version":"1"}}}',
    '{"ledgerVersion":1,"deployment":{"id":"d1"}}',
  ])('that says %j is none', text => {
    expect(parseEntry(text)).toBeUndefined()
  })

  it('of a document that does not fit is none', () => {
    const text = printEntry({ kind: 'deployment', record: deployment(1) })
    expect(parseEntry(text)).toBeDefined()
    expect(parseEntry(text.replace('"image":"web:1"', '"image":1'))).toBeUndefined()
  })
})

it('what is one more than the largest number that somebody wrote is read back', () => {
  const most = Number.MAX_SAFE_INTEGER
  const said = { time: '2026-01-01T00:00:00.000Z', who: 'ann@desk' }
  const marks = { a: { version: most, ...said } }
  const forged = ledger({ ...deployment(1), number: most })
  const entries: Entry[] = [
    { kind: 'deployment', record: { ...deployment(2), number: nextNumber(forged) } },
    { kind: 'marks', marks: marksOfWord(marks, { kind: 'drain', instance: 'a' }, said) },
  ]
  for (const entry of entries) expect(parseEntry(printEntry(entry))).toEqual(entry)
})

describe('the files that are written', () => {
  const numbers = (slots: Map<number, Entry>) => [...slots.keys()]

  it('are new ones, or such as hold nothing that is wanted any more', () => {
    const [one, two] = entriesOf(ledger(deployment(1), deployment(2)))
    const slots: Slots = new Map([
      [0, one],
      [1, undefined],
    ])
    expect(
      numbers(
        slotsFor(
          slots,
          [two].flatMap(e => e ?? []),
        ),
      ),
    ).toEqual([1])
    expect(
      numbers(
        slotsFor(
          slots,
          [one, two].flatMap(e => e ?? []),
        ),
      ),
    ).toEqual([1])
    expect(numbers(slotsFor(slots, []))).toEqual([])
  })

  it('are first those that cannot be read, wherever they are', () => {
    const [one, two] = [1, 2].map(n => entriesOf(ledger(deployment(n))))
    const slots: Slots = new Map([
      [0, one?.[0]],
      [70, undefined],
    ])
    expect(numbers(slotsFor(slots, two ?? []))).toEqual([70])
  })

  it('are of those the first ones first', () => {
    const entries = entriesOf(ledger(deployment(1), deployment(2)))
    const slots: Slots = new Map([70, 8].map(slot => [slot, undefined]))
    expect(numbers(slotsFor(slots, entries))).toEqual([8, 70])
  })

  it('never hold an earlier state of what is being written', () => {
    const [begun] = entriesOf(ledger(deployment(1, { edition: 1 })))
    const ended = entriesOf(ledger(deployment(1)))
    expect(numbers(slotsFor(new Map([[0, begun]]), ended))).toEqual([1])
  })

  it('leave the copy readable when the writing of any of them is cut', () => {
    fc.assert(
      fc.property(fc.array(anyLedger, { maxLength: 6 }), fc.nat(), (writings, cutAt) => {
        let slots: Slots = new Map()
        let known = mergeLedgers([])
        for (const writing of writings) {
          const before = known
          known = mergeLedgers([known, writing])
          const chosen = slotsFor(slots, entriesOf(known))
          const torn = [...chosen].map(
            ([slot, entry], i) => [slot, i < cutAt % 4 ? entry : undefined] as const,
          )
          const readable = [...new Map([...slots, ...torn]).values()].filter(e => e !== undefined)
          const left = mergeLedgers(ledgerOf(readable))
          expect(mergeLedgers([left, before])).toEqual(left)
          slots = new Map([...slots, ...chosen])
          const all = [...slots.values()].filter(e => e !== undefined)
          expect(mergeLedgers(ledgerOf(all))).toEqual(known)
        }
      }),
      runs(200),
    )
  })
})

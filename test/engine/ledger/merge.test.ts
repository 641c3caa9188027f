import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { mergeLedgers } from '../../../engine/ledger/merge.ts'
import { runs } from '../../properties/runs.ts'
import { anyLedger, deployment, ledger } from './records.ts'

describe('copies of a ledger together', () => {
  it('have every deployment that one of them has, the oldest first', () => {
    const merged = mergeLedgers([ledger(deployment(3), deployment(1)), ledger(deployment(2), deployment(3))])
    expect(merged.deployments.map(d => d.id)).toEqual(['d001', 'd002', 'd003'])
  })

  it('order deployments by their number, whatever the ids and the clocks say', () => {
    const early = deployment(2, { id: 'aaa', started: '1999-01-01T00:00:00.000Z' })
    expect(mergeLedgers([ledger(early), ledger(deployment(1))]).deployments.at(-1)?.id).toBe('aaa')
  })

  it('order deployments that two engines gave the same number by their ids', () => {
    const two = [deployment(1, { id: 'b' }), deployment(1, { id: 'a' })]
    for (const copies of [[ledger(...two)], [ledger(...two.toReversed())]])
      expect(mergeLedgers(copies).deployments.map(d => d.id)).toEqual(['a', 'b'])
  })

  it('take the end of a deployment before the same in progress', () => {
    const begun = deployment(1, { edition: 1, state: 'IN_PROGRESS' })
    const ended = deployment(1, { edition: 2, state: 'FAILED' })
    for (const copies of [
      [ledger(begun), ledger(ended)],
      [ledger(ended), ledger(begun)],
    ])
      expect(mergeLedgers(copies).deployments).toEqual([ended])
  })

  it('take the mark of the highest version, then of the latest time', () => {
    const mark = (version: number, time: string) => ({
      deployments: [],
      marks: { a: { version, time, who: 'ann' } },
    })
    const merged = mergeLedgers([mark(1, '2026-03'), mark(2, '2026-01'), mark(2, '2026-02')])
    expect(merged.marks['a']).toEqual({ version: 2, time: '2026-02', who: 'ann' })
  })

  it('keep the mark of an instance whose name every object has', () => {
    const marks = { constructor: { version: 1, time: '2026-01', who: 'ann' } }
    const copies = [{ deployments: [], marks }, ledger()]
    for (const each of [copies, copies.toReversed()]) expect(mergeLedgers(each).marks).toEqual(marks)
  })

  it('are the same in any order, however they are grouped, and however often they come', () => {
    fc.assert(
      fc.property(anyLedger, anyLedger, anyLedger, (a, b, c) => {
        const all = mergeLedgers([a, b, c])
        expect(mergeLedgers([c, a, b])).toEqual(all)
        expect(mergeLedgers([a, mergeLedgers([b, c])])).toEqual(all)
        expect(mergeLedgers([all, a, all])).toEqual(all)
      }),
      runs(300),
    )
  })
})

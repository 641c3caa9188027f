import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { mergeLedgers } from '../../../engine/ledger/merge.ts'
import { pruned } from '../../../engine/ledger/prune.ts'
import { lastCompleted } from '../../../engine/ledger/query.ts'
import { runs } from '../../properties/runs.ts'
import { anyLedger, deployment, ledger, service } from './records.ts'

const many = Array.from({ length: 40 }, (_, i) => i + 1)

describe('a ledger that is pruned', () => {
  it('keeps the last 30 deployments', () => {
    const { deployments } = pruned(ledger(...many.map(n => deployment(n))))
    expect([deployments.length, deployments[0]?.number]).toEqual([30, 11])
  })

  it('keeps none where none is to be kept', () => {
    expect(pruned(ledger(deployment(1), deployment(2)), 0).deployments).toEqual([])
  })

  it('keeps the last COMPLETED deployment of each service, however long ago that was', () => {
    const failed = many
      .slice(2)
      .map(n => deployment(n, { services: { web: service(n, { state: 'FAILED' }) } }))
    const { deployments } = pruned(ledger(deployment(1), deployment(2), ...failed))
    expect(deployments.map(d => d.number)).toEqual([2, ...many.slice(10)])
  })

  it('forgets a service that is in none of them, so that what comes and goes is not kept for ever', () => {
    const previews = Array.from({ length: 100 }, (_, i) => {
      const services = { [`pr-${i + 1}`]: service(i + 1), web: service(i + 1) }
      return deployment(i + 1, { services })
    })
    expect(pruned(ledger(...previews)).deployments).toHaveLength(30)
  })

  it('keeps what each service in it would go back to, and all marks', () => {
    fc.assert(
      fc.property(anyLedger, fc.integer({ min: 0, max: 3 }), (any, keep) => {
        const whole = mergeLedgers([any])
        const less = pruned(whole, keep)
        const latest = whole.deployments.slice(keep > 0 ? -keep : whole.deployments.length)
        for (const name of new Set(latest.flatMap(d => Object.keys(d.services))))
          expect(lastCompleted(less, name)).toEqual(lastCompleted(whole, name))
        expect(less.marks).toEqual(whole.marks)
        expect(less.deployments.slice(-keep || Infinity)).toEqual(whole.deployments.slice(-keep || Infinity))
        expect(pruned(less, keep)).toEqual(less)
      }),
      runs(300),
    )
  })
})

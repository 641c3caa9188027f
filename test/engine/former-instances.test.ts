import { describe, expect, it } from 'vitest'
import { formerInstances } from '../../engine/former-instances.ts'
import type { Marks } from '../../engine/ledger/record.ts'
import { document, instances } from '../support/worlds.ts'
import { deployment, ledger } from './ledger/records.ts'

const monday = { time: '2026-01-05T00:00:00.000Z', who: 'ann@desk' }
const at = (number: number, addresses: Record<string, { address: string }>) =>
  deployment(number, { document: document({ containerInstances: addresses }) })

function former(
  current: Record<string, { address: string }>,
  marks: Marks,
  ...known: ReturnType<typeof at>[]
) {
  return formerInstances({ ...ledger(...known), marks }, document({ containerInstances: current })).map(
    f => `${f.name} ${f.address} ${f.isRecent ? 'recent' : 'old'}`,
  )
}

describe('a container instance that the document has no more', () => {
  it('is told of, by name, and whether the last deployment had it still', () => {
    const known = [at(1, instances('z', 'a', 'b')), at(2, instances('c', 'b', 'a'))]
    expect(former(instances('a'), {}, ...known)).toEqual([
      'b ssh://b recent',
      'c ssh://c recent',
      'z ssh://z old',
    ])
  })

  it('is where it was last', () => {
    const moved = [at(1, { b: { address: 'ssh://old' } }), at(2, { b: { address: 'ssh://new' } }), at(3, {})]
    expect(former(instances('a'), {}, ...moved)).toEqual(['b ssh://new old'])
  })

  it('is none that has another name now, nor one that has another address', () => {
    const renamed = { x: { address: 'ssh://b' } }
    expect(former(renamed, {}, at(1, instances('b')))).toEqual([])
    expect(former({ b: { address: 'ssh://elsewhere' } }, {}, at(1, instances('b')))).toEqual([])
  })

  it('is none that somebody said is lost', () => {
    const lost = { b: { version: 1, ...monday, lost: { ...monday, localData: false } } }
    const drained = { b: { version: 1, ...monday, draining: monday } }
    expect(former({}, lost, at(1, instances('b')))).toEqual([])
    expect(former({}, drained, at(1, instances('b')))).toEqual(['b ssh://b recent'])
  })

  it('is none where there is no ledger', () => {
    expect(former(instances('a'), {})).toEqual([])
  })
})

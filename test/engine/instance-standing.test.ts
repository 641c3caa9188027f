import { describe, expect, it } from 'vitest'
import { lostText, specialStandings, standingOf } from '../../engine/instance-standing.ts'
import type { Marks } from '../../engine/ledger/record.ts'
import { document } from '../support/worlds.ts'

const monday = { time: '2026-01-05T00:00:00.000Z', who: 'ann@laptop' }
const at = Date.parse(monday.time)
const silent: Marks = { a: { version: 1, ...monday, silentSince: monday.time } }
const address = 'ssh://x'

function cluster(parts: { all?: number; a?: object; others?: object } = {}) {
  const { all, a = {}, others = {} } = parts
  return document({
    ...(all !== undefined && { lostAfterSeconds: all }),
    containerInstances: {
      c: { address: 'ssh://c' },
      b: { address: 'ssh://b', ...others },
      a: { address, ...a },
    },
  })
}

describe('a container instance that does not answer', () => {
  const lost = (of: Parameters<typeof cluster>[0], marks = silent, now: number | undefined = at + 90_000) =>
    standingOf(cluster(of), marks, 'a', now).lost

  it('is taken for lost once the document’s time is over, and not before', () => {
    const timeOut = { kind: 'time-out', since: monday.time, afterSeconds: 90 }
    expect(lost({ all: 90 })).toEqual(timeOut)
    expect(lost({ all: 90 }, silent, at + 89_999)).toBeUndefined()
  })

  it('has its own time where it has one', () => {
    expect(lost({ all: 3600, a: { lostAfterSeconds: 60 } })).toMatchObject({ afterSeconds: 60 })
    expect(lost({ all: 60, a: { lostAfterSeconds: 3600 } })).toBeUndefined()
  })

  it('is never taken for lost where the document has no time, no time is known, or it answers', () => {
    expect(lost({})).toBeUndefined()
    expect(standingOf(cluster({ all: 60 }), silent, 'a').lost).toBeUndefined()
    expect(lost({ all: 60 }, { a: { version: 1, ...monday } })).toBeUndefined()
    expect(lost({ all: 60 }, {})).toBeUndefined()
  })

  it('is lost by a person’s word, whatever the time', () => {
    const marks = { a: { version: 1, ...monday, lost: { ...monday, localData: true } } }
    const said = standingOf(cluster(), marks, 'a').lost
    expect(said).toEqual({ kind: 'said', ...monday, localData: true })
    expect(said && lostText(said)).toBe('is marked as lost (ann@laptop, 2026-01-05T00:00:00.000Z)')
  })
})

describe('where a container instance stands', () => {
  it('is told also of one that the document does not have', () => {
    const marks = { gone: { version: 1, ...monday, draining: monday, silentSince: monday.time } }
    expect(standingOf(cluster({ all: 60 }), marks, 'gone', at + 90_000)).toEqual({
      status: 'DRAINING',
      drainedByDocument: false,
      drainedBy: monday,
      lost: { kind: 'time-out', since: monday.time, afterSeconds: 60 },
    })
  })

  it('is special where it is drained or lost: those are told by name, the others not', () => {
    const desired = cluster({ all: 60, others: { status: 'DRAINING' } })
    const drained = { c: { version: 1, ...monday, draining: monday } }
    const special = (marks: Marks) => specialStandings(desired, marks, at + 90_000).map(s => s.instance)
    expect(special({ ...silent, ...drained })).toEqual(['a', 'b', 'c'])
    expect(special({})).toEqual(['b'])
  })
})

import { describe, expect, it } from 'vitest'
import { documentChanges, historyRows } from '../../../engine/ledger/history.ts'
import { document } from '../../support/worlds.ts'
import { deployment, ledger, service, versions } from './records.ts'

describe('history', () => {
  it('has the last deployment first, with what it changed, and says whose run is gone', () => {
    const begun = deployment(3, { state: 'IN_PROGRESS', ended: undefined, removed: ['old'] })
    const same = deployment(2, { services: { web: service(2, { changed: false }) } })
    const rows = historyRows(ledger(deployment(1), same, begun), new Set())
    expect(rows.map(r => [r.number, r.state, r.changed])).toEqual([
      [3, 'DIED', ['old', 'web']],
      [2, 'COMPLETED', []],
      [1, 'COMPLETED', ['web']],
    ])
    expect(historyRows(ledger(begun), new Set(['d003']))[0]?.state).toBe('IN_PROGRESS')
  })

  it('does not say of a run that did not wait that it died', () => {
    const left = deployment(1, { state: 'IN_PROGRESS' })
    expect(historyRows(ledger(left), new Set())[0]?.state).toBe('IN_PROGRESS')
  })

  it('does not say of a deployment that has settled that it died, though it says of no end', () => {
    const settled = deployment(1, { state: 'INTERRUPTED', ended: undefined })
    expect(historyRows(ledger(settled), new Set())[0]?.state).toBe('INTERRUPTED')
  })

  it('has of a deployment who did it, when, of which commit, and to what it went back', () => {
    const { id, started, who, command, ended } = deployment(2)
    const row = { id, number: 2, started, who, command, state: 'COMPLETED', changed: ['web'] }
    const more = { commit: { id: 'abc', dirty: true }, returnsTo: 'd001' }
    const { ended: _, ...open } = deployment(2)
    expect(historyRows(ledger(deployment(2, more)), new Set())).toStrictEqual([{ ...row, ended, ...more }])
    expect(historyRows(ledger(open), new Set())).toStrictEqual([row])
  })

  it('says what a document has otherwise than the one before', () => {
    const scaled = versions({ web: 2, api: 1 })
    const web = scaled.services['web'] ?? expect.fail()
    const after = { ...scaled, services: { ...scaled.services, web: { ...web, desiredCount: 3 } } }
    expect(documentChanges(versions({ web: 1, old: 1 }), after)).toEqual([
      { service: 'api', kind: 'new', fields: [] },
      { service: 'old', kind: 'gone', fields: [] },
      {
        service: 'web',
        kind: 'changed',
        fields: [
          { field: 'desiredCount', from: '(default)', to: '3' },
          { container: 'app', field: 'image', from: 'web:1', to: 'web:2' },
        ],
      },
    ])
    expect(documentChanges(after, after)).toEqual([])
    expect(documentChanges(undefined, after).map(c => `${c.service} ${c.kind}`)).toEqual([
      'api new',
      'web new',
    ])
  })

  it('says the fields of a service in one order, in the words of the document', () => {
    const base = versions({ web: 1 })
    const of = (service: object) =>
      document({ ...base, services: { web: { taskDefinition: 'web', ...service } } })
    const after = of({
      schedulingStrategy: 'DAEMON',
      placementConstraints: [{ type: 'memberOf', expression: 'attribute:zone == a' }],
    })
    expect(documentChanges(of({ desiredCount: 2 }), after)[0]?.fields).toEqual([
      { field: 'desiredCount', from: '2', to: '(default)' },
      {
        field: 'placementConstraints',
        from: '(default)',
        to: '[{"expression":"attribute:zone == a","type":"memberOf"}]',
      },
      { field: 'schedulingStrategy', from: '(default)', to: 'DAEMON' },
    ])
  })

  it('says nothing of a task definition where that of then is not known', () => {
    const before = { ...versions({ web: 1 }), taskDefinitions: {} }
    expect(documentChanges(before, versions({ web: 1 }))).toEqual([])
  })
})

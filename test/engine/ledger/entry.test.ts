import { describe, expect, it } from 'vitest'
import {
  type Entry,
  entriesOf,
  ledgerOf,
  parseEntry,
  printEntry,
  subjectOf,
} from '../../../engine/ledger/entry.ts'
import { mergeLedgers } from '../../../engine/ledger/merge.ts'
import { document } from '../../support/worlds.ts'
import { deployment, ledger, service, versions } from './records.ts'

const monday = { time: '2026-01-05T00:00:00.000Z', who: 'ann@desk' }
const mark = { version: 2, ...monday, draining: monday, lost: { ...monday, localData: true } }
const marks = { a: { ...mark, silentSince: monday.time }, b: { version: 1, ...monday } }

const record = deployment(2, {
  commit: { id: 'abc', dirty: false },
  returnsTo: 'd001',
  plan: 'digest',
  services: { web: service(2, { from: 'r1', rolledBackTo: 'r1' }), api: service(2) },
  document: versions({ web: 2, api: 2 }),
  removed: ['old'],
  problems: ['it failed'],
})
const written: Entry = { kind: 'deployment', record }

describe('an entry of the ledger', () => {
  it('is read back as it was written', () => {
    for (const entry of [written, { kind: 'marks', marks } as const])
      expect(parseEntry(printEntry(entry))).toEqual(entry)
  })

  it('has of its document what is not as by default, with the tasks that run once', () => {
    const { containerInstances, taskDefinitions, services } = versions({ web: 1 })
    const tasks = { migrate: { taskDefinition: 'web' } }
    const once = document({ containerInstances, taskDefinitions, services, tasks })
    const printed = (of: typeof once) =>
      JSON.parse(printEntry({ kind: 'deployment', record: deployment(1, { document: of }) })).deployment
        .document
    expect(printed(once)).toMatchObject({
      cluster: 'prod',
      containerInstances: { a: { address: 'ssh://a' } },
      taskDefinitions: { web: { containerDefinitions: [{ name: 'app', image: 'web:1' }] } },
      services: { web: { taskDefinition: 'web' } },
      tasks,
    })
    expect(Object.keys(printed(once).services.web)).toEqual(['taskDefinition'])
    expect(Object.keys(printed(once).containerInstances.a)).toEqual(['address'])
    expect(Object.keys(printed(once).taskDefinitions.web)).toEqual(['containerDefinitions'])
    expect(Object.keys(printed(once).tasks.migrate)).toEqual(['taskDefinition'])
    expect(printed(versions({ web: 1 }))).not.toHaveProperty('tasks')
    const again = parseEntry(printEntry({ kind: 'deployment', record: deployment(1, { document: once }) }))
    expect(again).toMatchObject({ record: { document: once } })
  })

  it('is one for each deployment, and one for the marks where there are any', () => {
    const known = ledger(deployment(1), deployment(2))
    expect(entriesOf(known).map(subjectOf)).toEqual(['deployment d001', 'deployment d002'])
    expect(entriesOf({ ...known, marks }).map(subjectOf)).toEqual([
      'marks',
      'deployment d001',
      'deployment d002',
    ])
    expect(mergeLedgers(ledgerOf(entriesOf({ ...known, marks })))).toEqual({ ...known, marks })
  })
})

const text = (deployment: unknown) => JSON.stringify({ ledgerVersion: 1, deployment })
const ofRecord = (parts: object) => text({ ...JSON.parse(printEntry(written)).deployment, ...parts })
const ofService = (parts: object) =>
  ofRecord({ services: { web: service(2), api: { ...service(2), ...parts } } })
const ofMark = (parts: object) =>
  JSON.stringify({ ledgerVersion: 1, marks: { b: marks.b, a: { ...marks.a, ...parts } } })

it('the texts that are made wrong below are read where nothing is wrong', () => {
  for (const right of [ofRecord({}), ofService({}), ofMark({})]) expect(parseEntry(right)).toBeDefined()
  const least = { ended: undefined, commit: undefined, returnsTo: undefined, plan: undefined, problems: [] }
  expect(parseEntry(ofRecord({ ...least, services: {}, removed: [] }))).toBeDefined()
  expect(parseEntry(ofMark({ draining: undefined, lost: undefined, silentSince: undefined }))).toBeDefined()
})

// whoever can write on a host can write there: what is read must be what the rest takes it for, or nothing
describe('what is no entry is none:', () => {
  it.each([
    ['no JSON', '{"ledgerVersion":1'],
    ['nothing', ''],
    ['null', 'null'],
    ['a list', '[]'],
    ['of no version', JSON.stringify({ marks })],
    ['of a version to come', JSON.stringify({ ledgerVersion: 2, marks })],
    ['empty', JSON.stringify({ ledgerVersion: 1 })],
    ['a deployment that is null', text(null)],
    ['a deployment in a list', text([record])],
  ])('%s', (_, wrong) => {
    expect(parseEntry(wrong)).toBeUndefined()
  })

  it.each<[string, unknown]>([
    ...['id', 'cluster', 'started', 'who', 'command'].flatMap((field): [string, unknown][] => [
      [field, undefined],
      [field, 7],
    ]),
    ...['number', 'edition'].flatMap((field): [string, unknown][] => [
      [field, undefined],
      [field, 0],
      [field, 1.5],
      [field, '1'],
    ]),
    ...['ended', 'returnsTo', 'plan'].flatMap((field): [string, unknown][] => [
      [field, 7],
      [field, null],
    ]),
    ['state', undefined],
    ['state', 'DONE'],
    ['commit', 'abc'],
    ['commit', null],
    ['commit', { id: 7, dirty: true }],
    ['commit', { id: 'abc' }],
    ['removed', undefined],
    ['removed', 'old'],
    ['removed', ['old', 7]],
    ['problems', undefined],
    ['problems', {}],
    ['problems', [null]],
    ['services', undefined],
    ['services', []],
    ['services', { web: service(2), api: null }],
    ['document', undefined],
    ['document', {}],
  ])('a deployment whose %s is %j', (field, value) => {
    expect(parseEntry(ofRecord({ [field]: value }))).toBeUndefined()
  })

  it.each([
    ['revision', undefined],
    ['revision', 7],
    ['state', 'INTERRUPTED'],
    ['state', undefined],
    ['images', undefined],
    ['images', ['web']],
    ['images', { app: 'web', side: 7 }],
    ['changed', undefined],
    ['changed', 'yes'],
    ['from', 7],
    ['rolledBackTo', null],
  ] as const)('a service whose %s is %j', (field, value) => {
    expect(parseEntry(ofService({ [field]: value }))).toBeUndefined()
  })

  it.each([
    ['version', undefined],
    ['version', 0],
    ['version', '1'],
    ['time', undefined],
    ['who', 7],
    ['draining', true],
    ['draining', { time: monday.time }],
    ['draining', { who: monday.who }],
    ['draining', null],
    ['lost', monday],
    ['lost', { ...monday, localData: 'yes' }],
    ['lost', { time: monday.time, localData: true }],
    ['lost', null],
    ['silentSince', 7],
  ] as const)('marks with one whose %s is %j', (field, value) => {
    expect(parseEntry(ofMark({ [field]: value }))).toBeUndefined()
  })

  it('marks with one that is none', () => {
    for (const none of [null, 7, []])
      expect(parseEntry(JSON.stringify({ ledgerVersion: 1, marks: { b: marks.b, a: none } }))).toBeUndefined()
  })
})

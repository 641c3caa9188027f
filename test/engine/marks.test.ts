import { describe, expect, test } from 'vitest'
import { standingOf } from '../../engine/instance-standing.ts'
import type { Marks } from '../../engine/ledger/record.ts'
import { marksOfLook, marksOfSteady, marksOfWord, marksWith } from '../../engine/marks.ts'
import { document } from '../support/worlds.ts'

const monday = { time: '2026-01-05T00:00:00.000Z', who: 'ann@laptop' }
const tuesday = { time: '2026-01-06T00:00:00.000Z', who: 'bob@ci' }
const none: Marks = {}
const drained = marksOfWord(none, { kind: 'drain', instance: 'a' }, monday)
const silent = marksOfLook(none, { answered: [], silent: ['a'] }, monday)
const lost = marksOfWord(silent, { kind: 'lost', instance: 'a', localData: false }, tuesday)

describe('a word on a container instance', () => {
  test('is remembered with who said it, and when', () => {
    const marks = marksOfWord(none, { kind: 'drain', instance: 'a' }, monday)
    expect(marks).toStrictEqual({ a: { version: 1, ...monday, draining: monday } })
  })

  test('that was said before changes nothing', () => {
    expect(marksOfWord(drained, { kind: 'drain', instance: 'a' }, tuesday)).toEqual({})
    expect(marksOfWord(none, { kind: 'activate', instance: 'a' }, tuesday)).toEqual({})
    expect(marksOfWord(none, { kind: 'found', instance: 'a' }, tuesday)).toEqual({})
    expect(marksOfWord(lost, { kind: 'lost', instance: 'a', localData: false }, monday)).toEqual({})
  })

  test('is taken back, with a version that wins over it', () => {
    expect(marksOfWord(drained, { kind: 'activate', instance: 'a' }, tuesday)).toEqual({
      a: { version: 2, ...tuesday },
    })
  })

  test('leaves the others as they are', () => {
    const both = marksOfWord(lost, { kind: 'drain', instance: 'a' }, tuesday)
    expect(both['a']).toMatchObject({
      draining: tuesday,
      lost: { localData: false },
      silentSince: monday.time,
    })
    expect(marksOfWord(both, { kind: 'activate', instance: 'a' }, tuesday)['a']).toMatchObject({
      lost: { who: 'bob@ci' },
      silentSince: monday.time,
    })
  })

  test('on local data is one more than that the instance is lost', () => {
    const word = { kind: 'lost', instance: 'a', localData: true } as const
    expect(marksOfWord(lost, word, tuesday)['a']?.lost).toEqual({ ...tuesday, localData: true })
  })

  test('that it is found lets the time begin anew that may take it for lost', () => {
    expect(marksOfWord(lost, { kind: 'found', instance: 'a' }, tuesday)['a']).toEqual({
      version: 3,
      ...tuesday,
      silentSince: tuesday.time,
    })
  })
})

describe('a look', () => {
  test('remembers since when an instance is silent, from the first that saw it', () => {
    expect(silent['a']?.silentSince).toBe(monday.time)
    expect(marksOfLook(silent, { answered: ['b'], silent: ['a'] }, tuesday)).toEqual({})
  })

  test('forgets that once it answers, and not that it was lost: that is over when all is steady', () => {
    const seen = { answered: ['a'], silent: [] }
    const back = marksOfLook(lost, seen, tuesday)
    expect(back['a']).toMatchObject({ lost: { who: 'bob@ci' } })
    expect(back['a']?.silentSince).toBeUndefined()
    expect(marksOfSteady(back, seen, tuesday)).toEqual({ a: { version: 4, ...tuesday } })
  })

  test('is nothing to who answers all the time, and to who is drained', () => {
    const seen = { answered: ['a', 'b'], silent: [] }
    expect(marksOfLook(drained, seen, tuesday)).toEqual({})
    expect(marksOfSteady(drained, seen, tuesday)).toEqual({})
  })
})

describe('all marks, with a word and what a run has seen', () => {
  const seen = { answered: ['a'], silent: [] }
  const drain = { kind: 'drain', instance: 'b' } as const

  test('are those that were, with the word', () => {
    expect(marksWith(lost, seen, drain, tuesday).marks).toEqual({
      ...lost,
      b: { version: 1, ...tuesday, draining: tuesday },
    })
    expect(marksWith(lost, seen, undefined, tuesday).marks).toEqual(lost)
  })

  test('have news where the word is new, or the look, or who was lost answers', () => {
    const isNews = (...of: Parameters<typeof marksWith>) => marksWith(...of).isNews
    expect(isNews(none, seen, drain, tuesday)).toBe(true)
    expect(isNews(none, { answered: [], silent: ['a'] }, undefined, tuesday)).toBe(true)
    expect(isNews(silent, seen, undefined, tuesday)).toBe(true)
    const found = marksOfLook(lost, seen, tuesday)
    expect(isNews(found, seen, undefined, tuesday)).toBe(true)
    expect(isNews(drained, seen, { kind: 'drain', instance: 'a' }, tuesday)).toBe(false)
    expect(isNews(drained, seen, undefined, tuesday)).toBe(false)
    expect(isNews(silent, { answered: ['b'], silent: ['a'] }, undefined, tuesday)).toBe(false)
  })
})

describe('where a container instance stands', () => {
  const desired = document({
    lostAfterSeconds: 3600,
    containerInstances: {
      a: { address: 'ssh://a' },
      b: { address: 'ssh://b', lostAfterSeconds: 60, status: 'DRAINING' },
    },
  })
  const since = Date.parse(monday.time)

  test('DRAINING is what the document or a mark says, and who says it is told apart', () => {
    expect(standingOf(desired, none, 'a')).toEqual({ status: 'ACTIVE', drainedByDocument: false })
    expect(standingOf(desired, drained, 'a')).toEqual({
      status: 'DRAINING',
      drainedByDocument: false,
      drainedBy: monday,
    })
    expect(standingOf(desired, none, 'b')).toEqual({ status: 'DRAINING', drainedByDocument: true })
  })

  test.each([
    ['a', 3599, false],
    ['a', 3600, true],
    ['b', 59, false],
    ['b', 60, true],
  ])('%s is lost %i s after it went silent: %s', (name, seconds, isLost) => {
    const marks = marksOfLook(none, { answered: [], silent: ['a', 'b'] }, monday)
    expect(standingOf(desired, marks, name, since + seconds * 1000).lost !== undefined).toBe(isLost)
  })

  test('without a time in the document, or without a clock, silence alone never makes it lost', () => {
    const forever = document({ containerInstances: { a: { address: 'ssh://a' } } })
    expect(standingOf(forever, silent, 'a', since + 1e12).lost).toBeUndefined()
    expect(standingOf(desired, silent, 'a').lost).toBeUndefined()
  })
})

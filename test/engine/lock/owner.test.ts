import { expect, test } from 'vitest'
import { hasDied, type LockOwner, readOwner, thisOwner } from '../../../engine/lock/owner.ts'

const UNKNOWN = { run: '', who: 'unknown', command: '', since: '' }

test.each(['', 'null', '5', '"x"', '[]', '{"who":{"a":1},"since":7,"run":null,"process":"p"}'])(
  'a label %j names an unknown owner, who is not known to have died',
  label => {
    expect(readOwner(label)).toEqual(UNKNOWN)
    expect(hasDied(readOwner(label))).toBe(false)
  },
)

test('a label with a garbled process is nobody’s death', () => {
  const owner = readOwner('{"who":"eve@elsewhere","process":{"pid":"../1","boot":5}}')
  expect(owner.who).toBe('eve@elsewhere')
  expect(hasDied(owner)).toBe(false)
})

test('a process that is only hidden from us has not died', () => {
  const mine = thisOwner('d1', 'stowage apply', new Date(0))
  const ownedBy = (pid: number): LockOwner => ({
    ...mine,
    ...(mine.process && { process: { ...mine.process, pid, started: '1' } }),
  })
  // as with hidepid
  const hidden = () => undefined
  expect(hasDied(ownedBy(1), hidden)).toBe(false)
  expect(hasDied(ownedBy(2 ** 30), hidden)).toBe(mine.process !== undefined)
})

import ssh2 from 'ssh2'
import { expect, test } from 'vitest'
import { newSshKey } from './ssh-key.ts'

test('every key that is made can be read', () => {
  const keys = Array.from({ length: 1500 }, () => ssh2.utils.parseKey(newSshKey().private))
  expect(keys.filter(key => key instanceof Error)).toEqual([])
})

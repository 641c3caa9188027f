import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type Address, addressIdentity, formatAddress, parseAddress } from '../../engine/address.ts'

describe('an address that fits', () => {
  const table: [string, Address][] = [
    ['ssh://fra-1', { kind: 'ssh', host: 'fra-1' }],
    ['ssh://fra-1/', { kind: 'ssh', host: 'fra-1' }],
    ['ssh://deploy@fra-1.example.net', { kind: 'ssh', user: 'deploy', host: 'fra-1.example.net' }],
    ['ssh://deploy@10.0.0.1:2222', { kind: 'ssh', user: 'deploy', host: '10.0.0.1', port: 2222 }],
    [
      'ssh://pi@edge:22/run/user/1000/docker.sock',
      { kind: 'ssh', user: 'pi', host: 'edge', port: 22, socket: '/run/user/1000/docker.sock' },
    ],
    ['ssh://[2001:db8::1]:22', { kind: 'ssh', host: '2001:db8::1', port: 22 }],
    ['ssh://root@[fe80::1%eth0]', { kind: 'ssh', user: 'root', host: 'fe80::1%eth0' }],
    ['ssh://my_alias', { kind: 'ssh', host: 'my_alias' }],
    ['unix:///var/run/docker.sock', { kind: 'unix', socket: '/var/run/docker.sock' }],
  ]
  test.each(table)('%s', (text, address) => {
    expect(parseAddress(text)).toEqual({ ok: true, address })
    expect(parseAddress(formatAddress(address))).toEqual({ ok: true, address })
  })
})

describe('an address that is refused', () => {
  test.each([
    ['fra-1', 'begins with ssh://'],
    ['tcp://fra-1:2375', 'begins with ssh://'],
    ['ssh://', 'host is missing'],
    ['ssh://@fra-1', 'user name'],
    ['ssh://root:secret@fra-1', 'no password'],
    ['ssh://-oProxyCommand=x', 'host name'],
    ['ssh://-x@fra-1', 'user name'],
    ['ssh://a b', 'host name'],
    ['ssh://fra-1;reboot', 'host name'],
    ['ssh://$(id)', 'host name'],
    ['ssh://fra-1?x', 'host name'],
    ['ssh://fra-1.', 'host name'],
    ['ssh://fra\n1', 'host name'],
    ['ssh://10.0.0.256', 'IPv4'],
    ['ssh://10.0.1', 'IPv4'],
    ['ssh://fra-1:0', 'port'],
    ['ssh://fra-1:65536', 'port'],
    ['ssh://fra-1:', 'port'],
    ['ssh://fra-1:22x', 'port'],
    ['ssh://2001:db8::1', 'brackets'],
    ['ssh://[fra-1]', 'IPv6'],
    ['ssh://[::1', 'brackets'],
    ['ssh://[fe80::1%-x]', 'IPv6'],
    ['ssh://fra-1/a b', 'socket'],
    ['ssh://fra-1/run/', 'socket'],
    ['unix://run/docker.sock', 'absolute'],
    [`unix:///${'a'.repeat(120)}`, 'characters'],
  ])('%j', (text, words) => {
    const parsed = parseAddress(text)
    expect(parsed).toMatchObject({ ok: false, message: expect.stringContaining(words) })
  })
})

test('identity_of_addresses_of_one_engine_is_equal', () => {
  const identity = (text: string) => {
    const parsed = parseAddress(text)
    return parsed.ok ? addressIdentity(parsed.address) : parsed.message
  }
  expect(identity('ssh://root@FRA-1')).toBe(identity('ssh://deploy@fra-1:22/var/run/docker.sock'))
  expect(identity('ssh://fra-1')).not.toBe(identity('ssh://fra-1:2222'))
  expect(identity('ssh://fra-1')).not.toBe(identity('ssh://fra-1/run/user/1000/docker.sock'))
})

test('parseAddress never throws, and what it accepts holds no blank and no leading hyphen', () => {
  const pieces = fc.constantFrom(
    'ssh://',
    'unix://',
    '[',
    ']',
    '::1',
    ':',
    '@',
    '/',
    '-',
    ' ',
    '%',
    'a',
    '1',
    '.',
    '\n',
    'é',
  )
  fc.assert(
    fc.property(fc.array(pieces, { maxLength: 12 }), list => {
      const parsed = parseAddress(list.join(''))
      if (!parsed.ok) return
      for (const part of Object.values(parsed.address)) expect(String(part)).toMatch(/^[^-\s][^\s]*$/)
      expect(parseAddress(formatAddress(parsed.address))).toEqual(parsed)
    }),
  )
})

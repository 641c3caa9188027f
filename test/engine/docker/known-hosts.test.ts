import { describe, expect, test } from 'vitest'
import {
  judgeHostKey,
  knownHostLine,
  knownHostName,
  knownKeyTypes,
  parseKnownHosts,
} from '../../../engine/docker/known-hosts.ts'

const salted = (name: string) => knownHostLine(name, 'ssh-ed25519', 'AAAA', Buffer.alloc(20, 7))

test.each([
  ['web', 22, 'web'],
  ['Web.Example.NET', 22, 'web.example.net'],
  ['web', 2222, '[web]:2222'],
  ['2001:db8::1', 22, '2001:db8::1'],
])('%s on port %i is kept under %s', (host, port, name) => {
  expect(knownHostName(host, port)).toBe(name)
})

test.each([
  ['a plain name', 'web ssh-ed25519 AAAA', 'web', 'known'],
  ['a comment behind the key', 'web ssh-ed25519 AAAA me@laptop', 'web', 'known'],
  ['another name', 'web2 ssh-ed25519 AAAA', 'web', 'unknown'],
  ['another key', 'web ssh-ed25519 BBBB', 'web', 'changed'],
  ['another type of key', 'web ssh-rsa BBBB', 'web', 'changed'],
  ['one of several keys', 'web ssh-rsa BBBB\nweb ssh-ed25519 AAAA', 'web', 'known'],
  ['one of several names', '10.0.0.1,web ssh-ed25519 AAAA', 'web', 'known'],
  ['a wildcard', '*.example.net ssh-ed25519 AAAA', 'a.example.net', 'known'],
  ['a question mark', 'web-? ssh-ed25519 AAAA', 'web-1', 'known'],
  ['a question mark for two characters', 'web-? ssh-ed25519 AAAA', 'web-12', 'unknown'],
  ['a dot is no wildcard', 'a.b ssh-ed25519 AAAA', 'axb', 'unknown'],
  ['a negation', '*.example.net,!a.example.net ssh-ed25519 AAAA', 'a.example.net', 'unknown'],
  ['a negation of another', '*.example.net,!a.example.net ssh-ed25519 AAAA', 'b.example.net', 'known'],
  ['a negation before', '!a.example.net,*.example.net ssh-ed25519 AAAA', 'a.example.net', 'unknown'],
  ['capitals in the file', 'Web.Example.Net ssh-ed25519 AAAA', 'web.example.net', 'known'],
  ['a port', '[web]:2222 ssh-ed25519 AAAA', '[web]:2222', 'known'],
  ['another port', '[web]:2222 ssh-ed25519 AAAA', '[web]:2223', 'unknown'],
  ['a port, known without one', 'web ssh-ed25519 AAAA', '[web]:2222', 'known'],
  ['a port, another key without one', 'web ssh-ed25519 BBBB', '[web]:2222', 'unknown'],
  ['no port, known with one', '[web]:2222 ssh-ed25519 AAAA', 'web', 'unknown'],
  ['a hash', salted('web'), 'web', 'known'],
  ['a hash of another name', salted('web2'), 'web', 'unknown'],
  ['a hash with a port', salted('[web]:2222'), '[web]:2222', 'known'],
  ['a hash of an unknown kind', salted('web').replace('|1|', '|2|'), 'web', 'unknown'],
  ['a revoked key', 'web ssh-ed25519 AAAA\n@revoked web ssh-ed25519 AAAA', 'web', 'revoked'],
  ['a key that is revoked everywhere', 'web ssh-ed25519 AAAA\n@revoked * ssh-ed25519 AAAA', 'web', 'revoked'],
  [
    'a key that is revoked for another',
    'web ssh-ed25519 AAAA\n@revoked web2 ssh-ed25519 AAAA',
    'web',
    'known',
  ],
  ['a certificate authority', '@cert-authority web ssh-ed25519 AAAA', 'web', 'unknown'],
  ['an unknown marker', '@other web ssh-ed25519 AAAA', 'web', 'unknown'],
  [
    'comments, empty and broken lines',
    '# web ssh-ed25519 AAAA\n\nweb\nweb ssh-ed25519\nweb ssh-ed25519 ???',
    'web',
    'unknown',
  ],
  ['blanks and carriage returns', '  web\tssh-ed25519   AAAA \r\n', 'web', 'known'],
])('%s', (_, text, name, verdict) => {
  expect(judgeHostKey(parseKnownHosts(text, 'file'), name, 'AAAA').is).toBe(verdict)
})

test('a changed key says where the known ones are', () => {
  const known = parseKnownHosts('# mine\nweb ssh-rsa BBBB\nother ssh-rsa CCCC\nweb ssh-ed25519 DDDD', '/f')
  expect(judgeHostKey(known, 'web', 'AAAA')).toEqual({ is: 'changed', where: '/f:2, /f:4' })
})

test('a certificate authority that is not supported is named', () => {
  const known = parseKnownHosts('@cert-authority *.net ssh-ed25519 CCCC', '/f')
  expect(judgeHostKey(known, 'web.net', 'AAAA')).toEqual({ is: 'unknown', authority: '/f:1' })
  expect(judgeHostKey(known, 'web.org', 'AAAA')).toEqual({ is: 'unknown' })
})

describe('knownKeyTypes', () => {
  const known = parseKnownHosts(
    'web ssh-rsa AAAA\nweb ssh-ed25519 BBBB\nweb ssh-rsa CCCC\n@revoked web ssh-dss DDDD\n[web]:2222 ecdsa-sha2-nistp256 EEEE',
    'file',
  )
  test.each([
    ['web', ['ssh-rsa', 'ssh-ed25519']],
    ['[web]:2222', ['ecdsa-sha2-nistp256']],
    ['[web]:2223', ['ssh-rsa', 'ssh-ed25519']],
    ['other', []],
  ])('of %s', (name, types) => {
    expect(knownKeyTypes(known, name)).toEqual(types)
  })
})

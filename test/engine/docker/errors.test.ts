import { expect, test } from 'vitest'
import { isReset, translateBreak, translateRefusal } from '../../../engine/docker/errors.ts'

test.each([
  [404, 'No such image: nginx:1', 'DOCKER_NOT_FOUND', 'Docker could not do it: No such image: nginx:1'],
  [
    409,
    'Conflict. The container name "/a" is already in use by container "b".',
    'DOCKER_CONFLICT',
    'already in use',
  ],
  [
    403,
    'error while removing network: network a has active endpoints',
    'DOCKER_CONFLICT',
    'active endpoints',
  ],
  [500, 'mkdir /var/lib/docker/overlay2/a-init: no space left on device', 'DISK_FULL', 'no space left'],
  [500, 'something else', 'DOCKER_ERROR', 'Docker could not do it: something else'],
  [400, 'invalid reference format', 'DOCKER_ERROR', 'invalid reference format'],
])('%i %s is %s', (status, message, code, words) => {
  expect(translateRefusal({ status, message }, { what: 'do it' })).toEqual({
    code,
    message: expect.stringContaining(words),
  })
})

test.each([
  [
    'driver failed programming external connectivity on endpoint a (b): Bind for 0.0.0.0:8080 failed: port is already allocated',
    8080,
  ],
  [
    'driver failed programming external connectivity on endpoint a (b): Error starting userland proxy: listen tcp4 0.0.0.0:443: bind: address already in use',
    443,
  ],
  [
    'failed to set up container networking: driver failed programming external connectivity on endpoint a (b): Bind for :::8080 failed: port is already allocated',
    8080,
  ],
  ['failed to bind host port for 0.0.0.0:8080:172.17.0.2:80/tcp: address already in use', 8080],
  ['failed to bind host port 127.0.0.1:53/udp: address already in use', 53],
  ['listen tcp [::]:9000: bind: address already in use', 9000],
])('%s is PORT_TAKEN', (message, port) => {
  const told = translateRefusal({ status: 500, message }, { what: 'start it' })
  expect(told).toEqual({ code: 'PORT_TAKEN', message: `Host port ${port} is taken: ${message}` })
})

test.each([
  ['ENOENT', 'DOCKER_MISSING'],
  ['EACCES', 'DOCKER_REFUSED'],
  ['ECONNREFUSED', 'DOCKER_NOT_RUNNING'],
  ['ECONNRESET', 'CONNECTION_LOST'],
  ['EPIPE', 'CONNECTION_LOST'],
  ['HPE_INVALID_CONSTANT', 'DOCKER_ERROR'],
])('%s is %s', (code, told) => {
  expect(translateBreak(Object.assign(new Error('x'), { code }), { what: 'do it' })).toMatchObject({
    code: told,
  })
})

test('only a cut connection is worth a repetition', () => {
  expect(isReset(Object.assign(new Error('x'), { code: 'ECONNRESET' }))).toBe(true)
  expect(isReset(Object.assign(new Error('x'), { code: 'ECONNREFUSED' }))).toBe(false)
  expect(isReset('x')).toBe(false)
})

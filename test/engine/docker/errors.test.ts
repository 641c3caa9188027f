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

const image = 'ghcr.io/a/b:1'

test.each([
  [
    404,
    'manifest for ghcr.io/a/b:1 not found: manifest unknown: manifest unknown',
    'IMAGE_NOT_FOUND',
    'no such image or tag',
  ],
  [
    404,
    "pull access denied for a/b, repository does not exist or may require 'docker login': denied: requested access to the resource is denied",
    'IMAGE_NOT_FOUND',
    'it does not exist, or the registry wants a login',
  ],
  [404, 'manifest unknown', 'IMAGE_NOT_FOUND', 'no such image or tag'],
  [404, 'name unknown: repository name not known to registry', 'IMAGE_NOT_FOUND', 'no such image or tag'],
  [404, '', 'IMAGE_NOT_FOUND', 'it does not exist'],
  [
    500,
    'Get "https://ghcr.io/v2/": unauthorized: authentication required',
    'IMAGE_UNAUTHORIZED',
    'the registry wants a login, and there is none',
  ],
  [
    500,
    'Head "https://r/v2/a/manifests/1": no basic auth credentials',
    'IMAGE_UNAUTHORIZED',
    'the registry wants a login',
  ],
  [
    500,
    'Head "https://ghcr.io/v2/a/b/manifests/1": denied: denied',
    'IMAGE_UNAUTHORIZED',
    'the registry wants a login',
  ],
  [401, 'x', 'IMAGE_UNAUTHORIZED', 'the registry wants a login'],
  [
    500,
    'toomanyrequests: You have reached your pull rate limit.',
    'IMAGE_PULL_FAILED',
    'rate limit is reached',
  ],
  [
    200,
    'write /var/lib/docker/tmp/x: no space left on device',
    'IMAGE_PULL_FAILED',
    'disk of the host is full',
  ],
  [
    404,
    'no matching manifest for linux/arm64/v8 in the manifest list entries',
    'IMAGE_PULL_FAILED',
    'platform',
  ],
  [
    500,
    'Get "https://r/v2/": dial tcp: lookup r on 10.0.0.2:53: no such host',
    'IMAGE_PULL_FAILED',
    'does not reach the registry',
  ],
  [
    500,
    'Get "https://r/v2/": http: server gave HTTP response to HTTPS client',
    'IMAGE_PULL_FAILED',
    'insecure-registries',
  ],
  [
    500,
    'Get "https://r/v2/": x509: certificate signed by unknown authority',
    'IMAGE_PULL_FAILED',
    "trust the registry's certificate",
  ],
  [500, 'something else', 'IMAGE_PULL_FAILED', '(something else)'],
])('a pull: %i %s is %s', (status, message, code, words) => {
  const told = translateRefusal({ status, message }, { what: 'pull it', image })
  expect(told).toEqual({ code, message: expect.stringContaining(words) })
  expect(told.message).toContain(image)
})

test.each([
  ['denied: denied', 'the registry refuses the login'],
  [
    "pull access denied for a/b, repository does not exist or may require 'docker login'",
    'this login may not see it',
  ],
])('a pull with a login: %s', (message, words) => {
  const told = translateRefusal({ status: 500, message }, { what: 'pull it', image, loggedIn: true })
  expect(told.message).toContain(words)
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

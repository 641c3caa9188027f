import { describe, expect, it } from 'vitest'
import { translateRefusal } from '../../../engine/docker/errors.ts'

const image = 'ghcr.io/a/b:1'
const translated = (status: number, message: string, more: object = {}) =>
  translateRefusal({ status, message }, { what: 'pull it', image: { image, ...more } })

/** What Docker and registries really say: the engines 20.10 to 29, the later ones also with containerd's image store. */
const SAID: Readonly<Record<string, readonly (readonly [number, string, string])[]>> = {
  IMAGE_NOT_FOUND: [
    [404, 'manifest for ghcr.io/a/b:1 not found: manifest unknown: manifest unknown', 'no such image or tag'],
    [404, 'manifest unknown', 'no such image or tag'],
    [404, 'name unknown: repository name not known to registry', 'no such image or tag'],
    [404, 'failed to resolve reference "ghcr.io/a/b:1": ghcr.io/a/b:1: not found', 'no such image or tag'],
    [
      404,
      "pull access denied for a/b, repository does not exist or may require 'docker login': denied: requested access to the resource is denied",
      'it does not exist, or the registry wants a login',
    ],
    [
      500,
      'failed to resolve reference "docker.io/a/b:1": pull access denied, repository does not exist or may require authorization: server message: insufficient_scope: authorization failed',
      'it does not exist, or the registry wants a login',
    ],
    [404, '', 'it does not exist'],
    [400, 'invalid reference format: repository name must be lowercase', 'it is no name of an image'],
  ],
  IMAGE_UNAUTHORIZED: [
    [
      500,
      'Get "https://ghcr.io/v2/": unauthorized: authentication required',
      'wants a login, and there is none',
    ],
    [500, 'Head "https://r/v2/a/manifests/1": no basic auth credentials', 'wants a login'],
    [
      500,
      'failed to resolve reference "r/a:1": pull access denied, repository does not exist or may require authorization: authorization failed: no basic auth credentials',
      'wants a login',
    ],
    [
      500,
      'Get "https://registry-1.docker.io/v2/": unauthorized: incorrect username or password',
      'wants a login',
    ],
    [500, 'Head "https://ghcr.io/v2/a/b/manifests/1": denied: denied', 'wants a login'],
    [500, 'denied: Your authorization token has expired. Reauthenticate and try again.', 'wants a login'],
    [
      500,
      'denied: Permission "artifactregistry.repositories.downloadArtifacts" denied on resource "projects/p" (or it may not exist)',
      'wants a login',
    ],
    [
      500,
      'unexpected status from HEAD request to https://r/v2/a/manifests/1: 403 Forbidden',
      'wants a login',
    ],
    [
      500,
      'failed to authorize: failed to fetch oauth token: unexpected status from GET request to https://r/token: 401 Unauthorized',
      'wants a login',
    ],
    [401, 'x', 'wants a login'],
  ],
  IMAGE_RATE_LIMITED: [
    [
      500,
      'toomanyrequests: You have reached your pull rate limit. You may increase the limit by authenticating and upgrading: https://www.docker.com/increase-rate-limit',
      'no more pulls',
    ],
    [
      500,
      'toomanyrequests: You have reached your unauthenticated pull rate limit. https://www.docker.com/increase-rate-limit',
      'no more pulls',
    ],
    [
      500,
      'failed to copy: httpReadSeeker: failed open: unexpected status code https://registry-1.docker.io/v2/a/b/manifests/sha256:7a: 429 Too Many Requests - Server message: toomanyrequests: You have reached your unauthenticated pull rate limit. https://www.docker.com/increase-rate-limit',
      'no more pulls',
    ],
    [500, 'toomanyrequests: Rate exceeded', 'no more pulls'],
  ],
  IMAGE_PLATFORM_MISSING: [
    [404, 'no matching manifest for linux/arm64/v8 in the manifest list entries', 'platform'],
    [
      404,
      'no matching manifest for linux/arm64/v8 in the manifest list entries: no match for platform in manifest: not found',
      'platform',
    ],
    [
      200,
      'image with reference a was found but does not match the specified platform: wanted linux/arm64, actual: linux/amd64',
      'platform',
    ],
    [500, 'image operating system "windows" cannot be used on this platform', 'platform'],
    [500, 'cannot download image with operating system "windows" when requesting "linux"', 'platform'],
  ],
  REGISTRY_UNTRUSTED: [
    [500, 'Get "https://r/v2/": http: server gave HTTP response to HTTPS client', 'insecure-registries'],
    [
      500,
      'failed to resolve reference "r:5000/a:1": failed to do request: Head "https://r:5000/v2/a/manifests/1": http: server gave HTTP response to HTTPS client',
      'insecure-registries',
    ],
    [
      500,
      'Get "https://r/v2/": x509: certificate signed by unknown authority',
      "trust the registry's certificate",
    ],
    [
      500,
      'Get "https://r/v2/": tls: failed to verify certificate: x509: certificate is valid for a, not r',
      "trust the registry's certificate",
    ],
    [
      500,
      'Get "https://r/v2/": x509: certificate has expired or is not yet valid: current time 2026-01-01T00:00:00Z is after 2025-01-01T00:00:00Z',
      'has expired, or the clock',
    ],
  ],
  REGISTRY_UNREACHABLE: [
    [500, 'Get "https://r/v2/": dial tcp: lookup r on 10.0.0.2:53: no such host', 'resolve the name'],
    [500, 'Get "https://r/v2/": dial tcp: lookup r on 127.0.0.53:53: server misbehaving', 'resolve the name'],
    [
      500,
      'Get "https://r/v2/": dial tcp 10.0.0.9:443: connect: connection refused',
      'does not reach the registry',
    ],
    [500, 'Get "https://r/v2/": dial tcp 10.0.0.9:443: i/o timeout', 'does not reach the registry'],
    [
      500,
      'Get "https://r/v2/": net/http: request canceled while waiting for connection (Client.Timeout exceeded while awaiting headers)',
      'does not reach the registry',
    ],
    [500, 'Get "https://r/v2/": net/http: TLS handshake timeout', 'does not reach the registry'],
    [500, 'Get "https://r/v2/": context deadline exceeded', 'does not reach the registry'],
    [500, 'dial tcp [2001:db8::1]:443: connect: network is unreachable', 'does not reach the registry'],
    [
      500,
      'failed to resolve reference "docker.io/a/b:1": failed to authorize: failed to fetch anonymous token: Get "https://auth.docker.io/token?service=registry.docker.io": EOF',
      'does not reach the registry',
    ],
    [
      500,
      'read tcp 10.0.0.2:4711->10.0.0.9:443: read: connection reset by peer',
      'does not reach the registry',
    ],
    [
      500,
      'Get "https://r/v2/": proxyconnect tcp: dial tcp 10.0.0.3:3128: connect: connection refused',
      'proxy',
    ],
    [500, 'received unexpected HTTP status: 503 Service Unavailable', 'a fault of its own'],
    [
      500,
      'unexpected status from HEAD request to https://r/v2/a/manifests/1: 502 Bad Gateway',
      'a fault of its own',
    ],
  ],
  DISK_FULL: [
    [200, 'write /var/lib/docker/tmp/GetImageBlob1: no space left on device', 'disk of the host is full'],
    [
      200,
      'failed to register layer: Error processing tar file(exit status 1): write /usr/lib/x: no space left on device',
      'disk of the host is full',
    ],
    [
      200,
      'failed to extract layer sha256:1: write /x: no space left on device: unknown',
      'disk of the host is full',
    ],
  ],
  IMAGE_PULL_FAILED: [
    [
      500,
      'Docker Image Format v1 and Docker Image manifest version 2, schema 1 support has been removed. Suggest the author of ghcr.io/a/b:1 to upgrade the image',
      'too old for this Docker',
    ],
    [200, 'filesystem layer verification failed for digest sha256:1', 'damaged'],
    [200, 'failed to register layer: exit status 1: unpigz: abort: zlib version less than 1.2.3', 'unpack'],
    [500, 'something else', 'something else'],
  ],
}

describe.each(Object.entries(SAID))('%s', (code, messages) => {
  it.each(messages)('is said by %i %s', (status, message, why) => {
    const told = translated(status, message)
    expect(told).toEqual({ code, message: expect.stringContaining(why) })
    expect(told.message).toContain(`Image ${image} cannot be had`)
    expect(told.message).toContain(`(CannotPullContainerError: ${message})`)
  })
})

it('what is asked before a pull has ECS’s name for it', () => {
  expect(translated(404, 'manifest unknown', { lookUp: true }).message).toContain(
    '(CannotPullImageManifestError: manifest unknown)',
  )
})

it.each([
  ['denied: denied', 'the registry refuses the login'],
  [
    "pull access denied for a/b, repository does not exist or may require 'docker login'",
    'this login may not see it',
  ],
])('a pull with a login: %s', (message, words) => {
  expect(translated(500, message, { loggedIn: true }).message).toContain(words)
})

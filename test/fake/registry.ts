import { formatReference, parseReference } from './reference.ts'
import type { Reference } from './reference.ts'
import { Refusal } from './reply.ts'
import type { RegistryImage, World } from './world.ts'
import { sha256 } from './world.ts'

/** An image in the registry, and the digest of its manifest. */
export interface Found {
  image: RegistryImage
  digest: string
}

/**
 * What a reference stands for in the registry now. `auth` is the X-Registry-Auth header: base64url with its
 * padding; a header that cannot be read counts as none, as in Docker.
 */
export function lookUp(world: World, reference: Reference, auth: string | undefined): Found | undefined {
  for (const [name, image] of Object.entries(world.registry)) {
    const entry = parseReference(name)
    if (entry.repository !== reference.repository) continue
    const digest = image.digest ?? entry.digest ?? `sha256:${sha256(name + JSON.stringify(image))}`
    if (reference.digest === undefined ? entry.tag !== reference.tag : digest !== reference.digest) continue
    checkLogin(reference, image, auth)
    return { image, digest }
  }
  return undefined
}

/** GET /distribution/{name}/json. */
export function distributionView(world: World, name: string, auth: string | undefined) {
  const found = lookUp(world, parseReference(name), auth)
  if (found === undefined) throw new Refusal(404, 'manifest unknown: manifest unknown')
  return {
    Descriptor: {
      mediaType: 'application/vnd.docker.distribution.manifest.v2+json',
      digest: found.digest,
      size: 528,
    },
    Platforms: [{ architecture: 'amd64', os: 'linux' }],
  }
}

function checkLogin(reference: Reference, image: RegistryImage, auth: string | undefined): void {
  if (image.needsLogin === undefined) return
  const login = readAuth(auth)
  if (login === undefined) {
    const manifest = reference.digest ?? reference.tag
    throw new Refusal(
      500,
      `Head "https://registry/v2/${reference.repository}/manifests/${manifest}": no basic auth credentials`,
    )
  }
  const { username, password } = image.needsLogin
  if (login.username !== username || login.password !== password) {
    throw new Refusal(401, 'unauthorized: authentication required')
  }
}

function readAuth(header: string | undefined): { username: string; password: string } | undefined {
  if (header === undefined || header.length % 4 !== 0) return undefined
  try {
    const value: unknown = JSON.parse(Buffer.from(header, 'base64url').toString())
    return isLogin(value) ? value : undefined
  } catch {
    return undefined
  }
}

function isLogin(value: unknown): value is { username: string; password: string } {
  return typeof value === 'object' && value !== null && 'username' in value && 'password' in value
}

/** Docker's words for a pull of what is not there. */
export function notFound(reference: Reference): Refusal {
  return new Refusal(
    404,
    `manifest for ${formatReference(reference)} not found: manifest unknown: manifest unknown`,
  )
}

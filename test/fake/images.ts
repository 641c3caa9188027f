import { unpackTar } from 'modern-tar'
import { applyChanges } from './changes.ts'
import { filesOfTar } from './files.ts'
import { isUp } from './lifecycle.ts'
import { formatReference, parseReference, pathOf } from './reference.ts'
import type { Reference } from './reference.ts'
import { lookUp, notFound } from './registry.ts'
import { Refusal } from './reply.ts'
import { rfc3339 } from './time.ts'
import type { FakeImage, Files, ImageSettings, RegistryImage, World } from './world.ts'
import { sha256 } from './world.ts'

/** The image that a tag, a digest, an id or the beginning of an id means; undefined where there is none. */
export function findImage(world: World, text: string): FakeImage | undefined {
  const images = [...world.images.values()]
  const id = text.replace(/^sha256:/, '')
  if (/^[0-9a-f]{4,64}$/.test(id)) {
    const byId = images.find(image => image.id.startsWith(`sha256:${id}`))
    if (byId !== undefined) return byId
  }
  if (text.startsWith('sha256:')) return undefined
  const name = formatReference(parseReference(text))
  return images.find(image => image.tags.includes(name) || image.digests.includes(name))
}

/** The image that a container is to be created from; Docker's 404 where it is not on the host. */
export function requireImage(world: World, text: string): FakeImage {
  const image = findImage(world, text)
  if (image === undefined) throw new Refusal(404, `No such image: ${shown(text)}`)
  return image
}

/** The lines of a pull's progress; the image is on the host when the last one is success. */
export function pullImage(
  world: World,
  fromImage: string,
  tag: string | null,
  auth: string | undefined,
  now: number,
): object[] {
  const reference = pullReference(fromImage, tag)
  const name = formatReference(reference)
  let found: ReturnType<typeof lookUp>
  try {
    found = lookUp(world, reference, auth)
  } catch (error) {
    // A pull says with 500 what a look-up says with 401.
    throw error instanceof Refusal && error.status === 401 ? new Refusal(500, error.message) : error
  }
  if (found === undefined) throw notFound(reference)
  const { image, digest } = found
  const begin = { status: `Pulling from ${pathOf(reference.repository)}`, id: reference.tag ?? name }
  if (image.pullError !== undefined) {
    return [begin, { errorDetail: { message: image.pullError }, error: image.pullError }]
  }
  const isNew = addPulled(world, reference, image, digest, now)
  return [
    begin,
    ...(isNew ? layerProgress(digest.slice(7, 19)) : []),
    { status: `Digest: ${digest}` },
    { status: `Status: ${isNew ? 'Downloaded newer image' : 'Image is up to date'} for ${name}` },
  ]
}

/** POST /images/create?fromSrc=-: a tar as an image of one layer. Gives its id. */
export async function importImage(
  world: World,
  source: { tar: Uint8Array; repository: string; tag: string; changes: readonly string[] },
  now: number,
): Promise<string> {
  const settings = applyChanges(source.changes)
  const files = filesOfTar(await unpackTar(source.tar))
  const id = `sha256:${sha256(sha256(source.tar) + JSON.stringify([settings, now, world.nextId++]))}`
  const image = newImage(id, settings, files, now)
  world.images.set(id, image)
  moveTag(world, image, formatReference(parseReference(`${source.repository}:${source.tag || 'latest'}`)))
  return id
}

/** Puts an image on the host as if it had been pulled long ago. `name` is a key of the registry. */
export function preloadImage(world: World, name: string, now: number): void {
  pullImage(world, name, null, undefined, now)
}

/** POST /images/{name}/tag. */
export function tagImage(world: World, text: string, repository: string, tag: string): void {
  const image = findImage(world, text)
  if (image === undefined) throw new Refusal(404, `No such image: ${shown(text)}`)
  moveTag(world, image, formatReference(parseReference(`${repository}:${tag || 'latest'}`)))
}

/** What DELETE /images/{name} answers; without force only what no container has. */
export function removeImage(world: World, text: string, force: boolean): object[] {
  const image = findImage(world, text)
  if (image === undefined) throw new Refusal(404, `No such image: ${shown(text)}`)
  const byId = text.startsWith('sha256:') || image.id.startsWith(`sha256:${text}`)
  const names = [...image.tags, ...image.digests]
  const users = [...world.containers.values()].filter(c => c.imageId === image.id)
  const user = users.find(isUp) ?? users[0]
  const name = byId ? undefined : formatReference(parseReference(text))
  // A digest is no name of its own while a tag of the same repository is there; the last name is the image.
  const last =
    byId || names.every(n => n === name || (name !== undefined && n.startsWith(`${repository(name)}@`)))
  if (user !== undefined && last && !(force && !isUp(user))) throw inUse(image, user.id, name, isUp(user))
  if (!last) {
    image.tags = image.tags.filter(t => t !== name)
    image.digests = image.digests.filter(d => d !== name)
    return [{ Untagged: name }]
  }
  world.images.delete(image.id)
  return [...names.map(n => ({ Untagged: n })), { Deleted: image.id }]
}

/** One entry of GET /images/json. */
export function imageSummaryView(image: FakeImage) {
  const { tags, digests } = image
  const nameless = tags.length === 0 && digests.length === 0
  return {
    Containers: -1,
    Created: Math.floor(image.createdAt / 1000),
    Id: image.id,
    Labels: image.settings.Labels,
    ParentId: '',
    RepoDigests: nameless ? ['<none>@<none>'] : digests.length > 0 ? digests : null,
    RepoTags: nameless ? ['<none>:<none>'] : tags.length > 0 ? tags : null,
    SharedSize: -1,
    Size: 1_000_000,
    VirtualSize: 1_000_000,
  }
}

/** GET /images/{name}/json. */
export function imageView(world: World, text: string) {
  const image = findImage(world, text)
  if (image === undefined) throw new Refusal(404, `no such image: ${text}: No such image: ${shown(text)}`)
  return {
    Id: image.id,
    RepoTags: image.tags,
    RepoDigests: image.digests,
    Parent: '',
    Created: rfc3339(image.createdAt),
    Config: image.settings,
    Architecture: 'amd64',
    Os: 'linux',
    Size: 1_000_000,
  }
}

function pullReference(fromImage: string, tag: string | null): Reference {
  if (tag === null || tag === '') return parseReference(fromImage)
  return parseReference(tag.startsWith('sha256:') ? `${fromImage}@${tag}` : `${fromImage}:${tag}`)
}

/** Whether anything of it had to be downloaded or named. */
function addPulled(
  world: World,
  reference: Reference,
  from: RegistryImage,
  digest: string,
  now: number,
): boolean {
  const id = `sha256:${sha256(`config of ${digest}`)}`
  const image =
    world.images.get(id) ?? newImage(id, settingsOf(from), filesOf(from, now), now, from.behaviour)
  world.images.set(id, image)
  const name = formatReference(reference)
  const isNew = !image.tags.includes(name) && !image.digests.includes(name)
  const withDigest = `${reference.repository}@${digest}`
  if (!image.digests.includes(withDigest)) image.digests.push(withDigest)
  if (reference.tag !== undefined) moveTag(world, image, name)
  return isNew
}

function moveTag(world: World, image: FakeImage, name: string): void {
  for (const other of world.images.values()) other.tags = other.tags.filter(tag => tag !== name)
  image.tags.push(name)
}

function newImage(id: string, settings: ImageSettings, files: Files, now: number, behaviour = {}): FakeImage {
  return { id, settings, files, behaviour, createdAt: now, tags: [], digests: [] }
}

function settingsOf(from: RegistryImage): ImageSettings {
  return {
    Env: from.env ?? ['PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'],
    Cmd: from.cmd ?? (from.entrypoint ? null : ['/run']),
    Entrypoint: from.entrypoint ?? null,
    User: from.user ?? '',
    WorkingDir: from.workingDir ?? '',
    Labels: from.labels ?? null,
    ...(from.exposedPorts && { ExposedPorts: Object.fromEntries(from.exposedPorts.map(p => [p, {}])) }),
    ...(from.healthcheck && { Healthcheck: from.healthcheck }),
  }
}

function filesOf(from: RegistryImage, now: number): Files {
  const entries = Object.entries(from.files ?? {})
  return new Map(
    entries.map(([path, text]) => [
      path,
      { kind: 'file', mode: 0o644, modifiedAt: now, content: new TextEncoder().encode(text) },
    ]),
  )
}

function layerProgress(id: string): object[] {
  return [
    { status: 'Pulling fs layer', progressDetail: {}, id },
    {
      status: 'Downloading',
      progressDetail: { current: 500_000, total: 1_000_000 },
      progress: '[=====>     ]  500kB/1MB',
      id,
    },
    { status: 'Download complete', progressDetail: {}, id },
    { status: 'Pull complete', progressDetail: {}, id },
  ]
}

function inUse(image: FakeImage, containerId: string, name: string | undefined, isRunning: boolean): Refusal {
  const short = image.id.slice(7, 19)
  const user = containerId.slice(0, 12)
  if (name !== undefined) {
    return new Refusal(
      409,
      `conflict: unable to remove repository reference "${name}" (must force) - container ${user} is using its referenced image ${short}`,
    )
  }
  return isRunning
    ? new Refusal(
        409,
        `conflict: unable to delete ${short} (cannot be forced) - image is being used by running container ${user}`,
      )
    : new Refusal(
        409,
        `conflict: unable to delete ${short} (must be forced) - image is being used by stopped container ${user}`,
      )
}

function repository(name: string): string {
  return parseReference(name).repository
}

function shown(text: string): string {
  return text.startsWith('sha256:') ? text : formatReference(parseReference(text))
}

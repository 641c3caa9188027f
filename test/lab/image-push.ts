import { createHash } from 'node:crypto'

/** An image to push: a config and its layers, as gzipped tars. */
export interface BuiltImage {
  /** "lab/web:1" */
  readonly name: string
  readonly layers: readonly BuiltLayer[]
  /** Docker's own: Cmd, Env, ExposedPorts, Healthcheck… */
  readonly config: Readonly<Record<string, unknown>>
}

/** One layer: its bytes and the digest of the tar inside. */
export interface BuiltLayer {
  readonly gzip: Uint8Array
  readonly diffId: string
}

const MANIFEST = 'application/vnd.docker.distribution.manifest.v2+json'

const LIST = 'application/vnd.docker.distribution.manifest.list.v2+json'

/** "sha256:…" of some bytes. */
export function digestOf(bytes: Uint8Array | string): string {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}`
}

/** Pushes an image to an open registry at host:port; resolves to the manifest's digest, the same for the same content. */
export async function pushImage(registry: string, image: BuiltImage): Promise<string> {
  const [repository = '', tag = ''] = image.name.split(':')
  const config = JSON.stringify({
    architecture: process.arch === 'x64' ? 'amd64' : process.arch,
    os: 'linux',
    created: '2000-01-01T00:00:00Z',
    config: image.config,
    rootfs: { type: 'layers', diff_ids: image.layers.map(layer => layer.diffId) },
    history: image.layers.map(() => ({ created: '2000-01-01T00:00:00Z', created_by: 'stowage lab' })),
  })
  const blobs = [Buffer.from(config), ...image.layers.map(layer => layer.gzip)]
  for (const blob of blobs) await pushBlob(registry, repository, blob)
  const describe = (blob: Uint8Array, mediaType: string) => ({
    mediaType,
    size: blob.length,
    digest: digestOf(blob),
  })
  const [configBlob, ...layerBlobs] = blobs
  if (configBlob === undefined) throw new Error('an image has a config')
  const manifest = JSON.stringify({
    schemaVersion: 2,
    mediaType: MANIFEST,
    config: describe(configBlob, 'application/vnd.docker.container.image.v1+json'),
    layers: layerBlobs.map(blob => describe(blob, 'application/vnd.docker.image.rootfs.diff.tar.gzip')),
  })
  return putManifest(registry, repository, tag, manifest)
}

/** Lets `to` ("lab/web:stable") stand for the image that `from` ("lab/web:2", the same repository) is; resolves to the digest. */
export async function copyTag(registry: string, from: string, to: string): Promise<string> {
  const [fromRepository, fromTag] = from.split(':')
  const [repository = '', tag = ''] = to.split(':')
  if (fromRepository !== repository) throw new Error(`${from} and ${to} are not of one repository`)
  const url = `http://${registry}/v2/${repository}/manifests/${fromTag}`
  const response = await fetch(url, { headers: { accept: MANIFEST } })
  return putManifest(registry, repository, tag, await (await expectOk(response)).text())
}

/** Lets `to` be a list of images with one member alone: what `from` is, said to be for another processor. */
export async function listFor(
  registry: string,
  from: string,
  to: string,
  architecture: string,
): Promise<void> {
  const [repository = '', fromTag] = from.split(':')
  const url = `http://${registry}/v2/${repository}/manifests/${fromTag}`
  const manifest = await (await expectOk(await fetch(url, { headers: { accept: MANIFEST } }))).text()
  const member = {
    mediaType: MANIFEST,
    size: Buffer.byteLength(manifest),
    digest: digestOf(manifest),
    platform: { architecture, os: 'linux' },
  }
  const list = JSON.stringify({ schemaVersion: 2, mediaType: LIST, manifests: [member] })
  await putManifest(registry, repository, to.split(':')[1] ?? '', list, LIST)
}

async function pushBlob(registry: string, repository: string, blob: Uint8Array): Promise<void> {
  const base = `http://${registry}/v2/${repository}/blobs`
  const digest = digestOf(blob)
  const there = await fetch(`${base}/${digest}`, { method: 'HEAD' })
  if (there.ok) return
  // what another image has brought is there without being sent again
  const begun = await expectOk(
    await fetch(`${base}/uploads/?mount=${digest}&from=lab/sleep`, { method: 'POST' }),
  )
  if (begun.status === 201) return
  const upload = new URL(begun.headers.get('location') ?? '', base)
  upload.searchParams.set('digest', digest)
  await expectOk(await fetch(upload, { method: 'PUT', body: new Uint8Array(blob) }))
}

async function putManifest(
  registry: string,
  repository: string,
  tag: string,
  manifest: string,
  mediaType = MANIFEST,
): Promise<string> {
  const url = `http://${registry}/v2/${repository}/manifests/${tag}`
  await expectOk(await fetch(url, { method: 'PUT', body: manifest, headers: { 'content-type': mediaType } }))
  return digestOf(manifest)
}

async function expectOk(response: Response): Promise<Response> {
  if (response.ok) return response
  throw new Error(`the registry answered ${response.status} to ${response.url}: ${await response.text()}`)
}

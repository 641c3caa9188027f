/**
 * What `create` is given for an image: by the reference that a document has, and by `pinKey` for a revision that has
 * its image already.
 */
export type PinnedImages = Readonly<Record<string, string>>

/** The key of one container's image at one revision. No reference has a blank. */
export function pinKey(revision: string, container: string): string {
  return `${revision} ${container}`
}

/** How Docker itself prints a reference: the hub's name left away. */
export function familiarImage(reference: string): string {
  return reference.replace(/^(?:index\.)?docker\.io\//, '').replace(/^library\//, '')
}

/** The repository of a reference, without tag and digest. */
export function imageRepository(reference: string): string {
  const name = reference.split('@')[0] ?? reference
  const colon = name.lastIndexOf(':')
  return familiarImage(colon > name.lastIndexOf('/') ? name.slice(0, colon) : name)
}

/** repository@sha256:…: the very image, whatever becomes of its tag. */
export function pinImage(reference: string, digest: string): string {
  return `${imageRepository(reference)}@${digest}`
}

/** Whether an image that a container was made of may be what a reference once stood for, by its repository. */
export function isVersionOf(image: string, reference: string): boolean {
  return image.startsWith('sha256:') || imageRepository(image) === imageRepository(reference)
}

/** Whether a container takes what its tag means when it is made. */
export function follows({
  image,
  versionConsistency,
}: {
  readonly image: string
  readonly versionConsistency: 'enabled' | 'disabled'
}): boolean {
  return versionConsistency === 'disabled' && digestOf(image) === undefined
}

/** The digest that a reference names itself, if it does: then there is nothing to resolve. */
export function digestOf(reference: string): string | undefined {
  return /@(sha256:[0-9a-f]{64})$/.exec(reference)?.[1]
}

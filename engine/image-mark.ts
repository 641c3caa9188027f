import { createHash } from 'node:crypto'

const REPOSITORY = 'stowage/pulled'

/**
 * The tag by which an image on a host is known as one that this cluster pulled, and so may remove. Dots part it: a
 * cluster's name has none, and none begins another's.
 */
export function pulledMark(cluster: string, image: string): string {
  return `${prefixOf(cluster)}${sha256(image).slice(0, 16)}`
}

/** Whether a tag says that the cluster pulled the image which has it. */
export function isPulledMark(cluster: string, tag: string): boolean {
  return tag.startsWith(prefixOf(cluster))
}

const LONGEST_NAME = 64

/** A tag has 128 characters at most, a cluster's name may have more. */
function prefixOf(cluster: string): string {
  const name = cluster.length > LONGEST_NAME ? sha256(cluster) : cluster
  return `${REPOSITORY}:${name}.`
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}

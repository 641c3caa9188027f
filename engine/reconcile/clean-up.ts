import { isPulledMark } from '../image-mark.ts'
import type { ObservedImage, ReachableInstance } from '../observed-state.ts'
import { shortImage } from '../print-plan.ts'
import type { World } from './world.ts'

/**
 * Removes the images that this cluster pulled, that no container of anybody has, and that going back does not need.
 * An image that somebody has given a name of their own is theirs from then on.
 * @param keep the pinned images that are needed beside those of the revisions that are to run
 */
export function cleanUpImages(world: World, keep: ReadonlySet<string>): void {
  const needed = new Set([...keep, ...Object.values(world.pins)])
  for (const name of Object.keys(world.observed.instances).sort()) {
    const instance = world.observed.instances[name]
    if (!instance?.reachable) continue
    const used = new Set([...instance.containers, ...instance.foreign].map(c => c.imageId))
    const images = Object.values(instance.images).sort((a, b) => (a.id < b.id ? -1 : 1))
    for (const image of images) {
      if (used.has(image.id) || needed.has(image.id) || image.digests.some(d => needed.has(d))) continue
      remove(world, instance, image)
    }
  }
}

function remove(world: World, instance: ReachableInstance, { tags, digests, bytes }: ObservedImage): void {
  const marks = tags.filter(t => isPulledMark(world.desired.cluster, t)).sort()
  if (marks.length === 0) return
  const isTheirs = tags.length > marks.length
  const [first = ''] = [...digests, ...marks]
  const subject = `image ${shortImage(first)}`
  const cause = isTheirs ? 'it has another name by now' : 'no deployment that is kept needs it'
  // the mark goes last: what is left half-way is still known as ours
  const names = isTheirs ? marks : [...[...digests].sort(), ...marks]
  world.steps.removeImage(instance, names, isTheirs ? 0 : bytes, { cause, subject })
}

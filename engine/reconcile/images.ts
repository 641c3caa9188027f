import type { ReachableInstance } from '../observed-state.ts'
import { PAUSE_IMAGE } from '../pause/image.ts'

const IMAGES = new WeakMap<ReachableInstance, Set<string>>()

/** Whether `create` with this pinned image would find it there. */
export function hasImage(instance: ReachableInstance, image: string): boolean {
  let known = IMAGES.get(instance)
  if (!known) {
    known = new Set(
      Object.values(instance.images).flatMap(i => [
        i.id,
        ...i.digests,
        ...i.tags.filter(t => t === PAUSE_IMAGE),
      ]),
    )
    IMAGES.set(instance, known)
  }
  return known.has(image)
}

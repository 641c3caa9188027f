import { pulledMark } from '../image-mark.ts'
import type { ReachableInstance } from '../observed-state.ts'
import { PAUSE_IMAGE } from '../pause/image.ts'
import type { Action } from '../plan.ts'

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

/** What brings a missing image onto an instance: the pause image comes with the program, every other from its registry. */
export function bringImage(
  instance: ReachableInstance,
  image: string,
  cluster: string,
  platform?: string,
): Action {
  const { name, engine } = instance
  if (image === PAUSE_IMAGE)
    return { kind: 'import-image', instance: name, image, architecture: engine.architecture }
  const mark = pulledMark(cluster, image)
  return { kind: 'pull-image', instance: name, image, mark, ...(platform !== undefined && { platform }) }
}

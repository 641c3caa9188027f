import type { World } from '../fake/world.ts'

/** What was on a host at one moment, to be put on another one. */
export interface Picture {
  /** ms since 1970, by the host's clock. */
  readonly now: number
  readonly world: Pick<World, (typeof MAPS)[number] | 'nextPort' | 'nextId'>
}

const MAPS = ['containers', 'images', 'volumes', 'networks'] as const

export function pictureOf(world: World, now: number): Picture {
  const { containers, images, volumes, networks, nextPort, nextId } = world
  return { now, world: structuredClone({ containers, images, volumes, networks, nextPort, nextId }) }
}

export function fillWorld(world: World, picture: Picture): void {
  const from = structuredClone(picture.world)
  for (const kind of MAPS) {
    const [to, entries] = [world[kind] as Map<string, unknown>, from[kind]]
    to.clear()
    for (const [key, value] of entries) to.set(key, value)
  }
  world.nextPort = from.nextPort
  world.nextId = from.nextId
}

import type { ServiceState } from './service-state.ts'
import type { World } from './world.ts'

/**
 * Each name after those that it waits for; else in the order in which they come. Names that wait for each other in a
 * circle, which a document cannot have, come as they are met.
 */
export function inOrder(
  names: readonly string[],
  waitsFor: (name: string) => readonly string[],
): readonly string[] {
  const known = new Set(names)
  const ordered = new Set<string>()
  for (const name of names) {
    const way = [name]
    const met = new Set(way)
    for (let here = way.at(-1); here !== undefined; here = way.at(-1)) {
      const next = waitsFor(here).find(other => known.has(other) && !ordered.has(other) && !met.has(other))
      if (next === undefined) {
        ordered.add(here)
        way.pop()
      } else {
        met.add(next)
        way.push(next)
      }
    }
  }
  return [...ordered]
}

/** Of what it waits for, what is not yet as the document says, and healthy. */
export function waitsFor(world: World, dependsOn: readonly string[]): readonly string[] {
  return dependsOn.filter(name => !isReady(world.states.get(name))).sort()
}

function isReady(state: ServiceState | undefined): boolean {
  if (state === undefined) return true
  // what waits to be the last on an instance waits for the others there, and they would wait for it
  if (state.lingering !== undefined)
    return state.outdated === state.lingering && state.current >= state.desired
  // that a task which is not seen has ended well is not known
  return state.rollout === 'COMPLETED' && (state.schedulingStrategy !== 'TASK' || state.presumed === 0)
}

import type { DesiredState } from '../../engine/desired-state/desired-state.generated.ts'
import type { ObservedContainer, ObservedState } from '../../engine/observed-state.ts'
import { settle } from '../../engine/settle.ts'
import { changeContainers } from '../support/worlds.ts'

/** Lists whose order in the document has a meaning. */
const ORDERED = new Set([
  'containerDefinitions',
  'placementStrategy',
  'placementConstraints',
  'command',
  'entryPoint',
  'dependsOn',
  'environment',
  'mounts',
  'ports',
])

/** The same value with the keys of its objects, and its lists where their order means nothing, in another order. */
export function shuffled<T>(value: T, choices: readonly number[]): T
export function shuffled(value: unknown, choices: readonly number[]): unknown {
  if (Array.isArray(value)) return value.map(item => shuffled(item, choices))
  if (typeof value !== 'object' || value === null) return value
  const entries = Object.entries(value).map(([key, inner]) => {
    const list = Array.isArray(inner) && !ORDERED.has(key) ? reordered(inner, choices) : inner
    return [key, shuffled(list, choices)] as const
  })
  return Object.fromEntries(reordered(entries, choices))
}

function reordered<T>(items: readonly T[], choices: readonly number[]): T[] {
  const left = [...items]
  const result: T[] = []
  while (left.length > 0) {
    const choice = choices[result.length % Math.max(1, choices.length)] ?? 1
    result.push(...left.splice((choice + result.length) % left.length, 1))
  }
  return result
}

/** A container that exited and that Docker, if it may, has restarted so often. */
export function crashed(container: ObservedContainer, restarts: number): ObservedContainer {
  return container.config.restartPolicy === 'no'
    ? { ...container, status: 'exited', exitCode: 1 }
    : { ...container, status: 'restarting', restartCount: restarts }
}

/** The world some time later, with some containers that became healthy, some that did not, and some that crash. */
export function settledInSomeWay(
  desired: DesiredState,
  world: ObservedState,
  choices: readonly number[],
): ObservedState {
  let at = 0
  const next = () => (choices.length === 0 ? 0 : (choices[at++ % choices.length] ?? 0))
  const later = next() < 4 ? settle(desired, world) : world
  return changeContainers(
    later,
    c => c.status === 'running' && next() === 7,
    c => (c.config.healthCheck && next() < 4 ? { ...c, health: 'unhealthy' } : crashed(c, 3 + next())),
  )
}

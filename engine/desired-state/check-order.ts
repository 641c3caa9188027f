import { closest } from './closest.ts'
import type { DesiredState } from './desired-state.generated.ts'
import { type DocumentProblem, documentProblem, pointer, quote } from './problem.ts'

/**
 * What a service or a task waits for is to be in the document, and not to wait for that itself.
 * @param names every name that may be waited for; more than those of `state` where the rest is broken otherwise
 */
export function checkOrder(
  { services, tasks }: Pick<DesiredState, 'services' | 'tasks'>,
  names: ReadonlySet<string>,
): DocumentProblem[] {
  const all = { ...tasks, ...services }
  const waits = new Map(Object.entries(all).map(([name, { dependsOn }]) => [name, dependsOn]))
  const placeOf = (name: string, ...keys: number[]) =>
    pointer(Object.hasOwn(services, name) ? '/services' : '/tasks', name, 'dependsOn', ...keys)
  const unknown = [...waits].flatMap(([name, dependsOn]) =>
    dependsOn.flatMap((other, i) => {
      const message = `no service or task of this document is named ${quote(other)}`
      return names.has(other) ? [] : [documentProblem(placeOf(name, i), message, closest(other, names))]
    }),
  )
  const circular = cyclesOf(waits).map(cycle => {
    const [first = ''] = cycle
    const shown = cycle.length > MOST_SHOWN ? [...cycle.slice(0, MOST_SHOWN), '…'] : cycle
    const message = `${[...shown, first].map(quote).join(' waits for ')}: none of them could ever start`
    return documentProblem(placeOf(first), message)
  })
  return [...unknown, ...circular]
}

const MOST_SHOWN = 8

/** Circles among names that wait for each other: at least one of all that hang together. In time in step with the size. */
export function cyclesOf(waits: ReadonlyMap<string, readonly string[]>): string[][] {
  const cycles: string[][] = []
  const done = new Set<string>()
  for (const start of waits.keys()) {
    const way: { name: string; next: number }[] = [{ name: start, next: 0 }]
    const onWay = new Map([[start, 0]])
    for (let here = way.at(-1); here && !done.has(start); here = way.at(-1)) {
      const other = waits.get(here.name)?.[here.next++]
      if (other === undefined) {
        done.add(here.name)
        onWay.delete(here.name)
        way.pop()
      } else if (onWay.has(other)) cycles.push(way.slice(onWay.get(other)).map(step => step.name))
      else if (!done.has(other) && waits.has(other)) {
        onWay.set(other, way.length)
        way.push({ name: other, next: 0 })
      }
    }
  }
  return cycles
}

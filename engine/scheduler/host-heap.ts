import type { Before, Ranking } from './ranking.ts'
import { orderBy } from './ranking.ts'

/**
 * Hosts of which the first is wanted again and again: a heap of hosts for each innermost group, and a heap of
 * groups by their first hosts for each group around. A task that comes or goes changes the scores of its host
 * and of the groups around it, and inside a group every host's score by as much: so only the path from the
 * first host up has to be put in order again.
 */
export interface HostHeap {
  /** The host that comes first; undefined: none is left. */
  first(): number | undefined
  /** Puts the first host where it belongs now, or takes it away. */
  settle(keep: boolean): void
}

/** A heap of these hosts in the ranking's order. */
export function heapOf(hosts: readonly number[], ranking: Ranking, first: 'smallest' | 'largest'): HostHeap {
  const { scores, groupings } = ranking
  const before = orderBy(scores, first)
  // inside one group what counts by group is equal
  const beforeInGroup = orderBy(
    scores.filter(score => score.grouping === undefined),
    first,
  )
  const root = build(hosts, 0)
  return {
    first: () => root.first,
    settle: keep => settle(root, keep),
  }

  function build(members: readonly number[], depth: number): Group {
    const grouping = groupings[depth]
    if (grouping === undefined) return leafOf([...members], beforeInGroup)
    const byGroup = new Map<number, number[]>()
    for (const host of members) {
      const id = grouping.ids[host] ?? 0
      const list = byGroup.get(id)
      if (list === undefined) byGroup.set(id, [host])
      else list.push(host)
    }
    const groups = Array.from(byGroup.values(), list => build(list, depth + 1))
    heapify(groups, groupBefore)
    return { first: groups[0]?.first, groups, hosts: [] }
  }

  function settle(group: Group, keep: boolean): void {
    const [inner] = group.groups
    if (inner === undefined) {
      if (!keep) dropFirst(group.hosts)
      siftDown(group.hosts, 0, beforeInGroup)
      group.first = group.hosts[0]
      return
    }
    settle(inner, keep)
    if (inner.first === undefined) dropFirst(group.groups)
    siftDown(group.groups, 0, groupBefore)
    group.first = group.groups[0]?.first
  }

  function groupBefore(a: Group, b: Group): boolean {
    return a.first !== undefined && b.first !== undefined && before(a.first, b.first)
  }
}

/** It has either groups or hosts. */
interface Group {
  first: number | undefined
  readonly groups: Group[]
  readonly hosts: number[]
}

function leafOf(hosts: number[], before: Before): Group {
  heapify(hosts, before)
  return { first: hosts[0], groups: [], hosts }
}

function heapify<T>(items: T[], before: (a: T, b: T) => boolean): void {
  for (let i = (items.length >> 1) - 1; i >= 0; i--) siftDown(items, i, before)
}

function dropFirst(items: unknown[]): void {
  const last = items.pop()
  if (items.length > 0) items[0] = last
}

function siftDown<T>(items: T[], from: number, before: (a: T, b: T) => boolean): void {
  const item = items[from]
  if (item === undefined) return
  let at = from
  for (;;) {
    let child = 2 * at + 1
    let best = items[child]
    if (best === undefined) break
    const right = items[child + 1]
    if (right !== undefined && before(right, best)) {
      child++
      best = right
    }
    if (!before(best, item)) break
    items[at] = best
    at = child
  }
  items[at] = item
}

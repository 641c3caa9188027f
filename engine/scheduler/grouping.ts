import type { Fleet } from './fleet.ts'

/** The hosts in groups: those with the same values of some attributes. No value is a value of its own. */
export interface Grouping {
  /** How many groups there may be. */
  readonly size: number
  /** The group of each host. */
  readonly ids: Int32Array
}

const known = new WeakMap<Fleet, Map<string, Grouping>>()

/** The grouping by these attributes; the hosts' attributes never change, so each is made once for a fleet. */
export function groupBy(fleet: Fleet, attributes: readonly string[]): Grouping {
  let groupings = known.get(fleet)
  if (groupings === undefined) {
    groupings = new Map()
    known.set(fleet, groupings)
  }
  // no attribute's name has a space
  const key = attributes.join(' ')
  let grouping = groupings.get(key)
  if (grouping === undefined) {
    grouping = makeGrouping(fleet, attributes)
    groupings.set(key, grouping)
  }
  return grouping
}

function makeGrouping(fleet: Fleet, attributes: readonly string[]): Grouping {
  const last = attributes.at(-1)
  if (last === undefined) return { size: 1, ids: new Int32Array(fleet.size) }
  const outer = groupBy(fleet, attributes.slice(0, -1))
  const column = fleet.attribute(last)
  const ids = new Map<number, number>()
  const own = column.ids.map((value, host) => {
    const pair = (outer.ids[host] ?? 0) * column.values.length + value
    const id = ids.get(pair) ?? ids.size
    ids.set(pair, id)
    return id
  })
  return { size: ids.size, ids: own }
}

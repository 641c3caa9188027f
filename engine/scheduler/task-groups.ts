/** Which task groups have tasks on which hosts. */
export interface TaskGroups {
  /** The number that stands for a task group from now on. */
  id(group: string): number
  /** The inverse of id. */
  name(id: number): string
  /** Records that a host has one task of the group more, or fewer. */
  record(host: number, group: number, by: 1 | -1): void
  /** How many tasks of which groups the host has, by group id; undefined: none. */
  on(host: number): ReadonlyMap<number, number> | undefined
}

/**
 * Groups without tasks. Few clusters have a constraint that asks for them, and a million small changes of
 * maps take longer than all other book-keeping: so what is recorded is only noted, until somebody asks.
 */
export function createTaskGroups(): TaskGroups {
  const ids = new Map<string, number>()
  const names: string[] = []
  const byHost = new Map<number, Map<number, number>>()
  /** Three numbers a change: the host, the group, by how much. */
  const noted: number[] = []
  return {
    id(group) {
      let id = ids.get(group)
      if (id === undefined) {
        id = names.push(group) - 1
        ids.set(group, id)
      }
      return id
    },
    name: id => names[id] ?? '',
    record(host, group, by) {
      noted.push(host, group, by)
    },
    on(host) {
      if (noted.length > 0) carryOut()
      return byHost.get(host)
    },
  }

  function carryOut(): void {
    for (let i = 0; i < noted.length; i += 3) {
      const [host = 0, group = 0, by = 0] = [noted[i], noted[i + 1], noted[i + 2]]
      let groups = byHost.get(host)
      if (groups === undefined) {
        groups = new Map()
        byHost.set(host, groups)
      }
      addTo(groups, group, by)
    }
    noted.length = 0
  }
}

/** Adds to a count; what is 0 is not there. */
export function addTo(counts: Map<number, number>, key: number, by: number): void {
  const now = (counts.get(key) ?? 0) + by
  if (now > 0) counts.set(key, now)
  else counts.delete(key)
}

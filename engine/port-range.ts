/** Ports in a row, both ends counted. */
export interface PortRange {
  readonly first: number
  readonly last: number
}

/** "8000-8009"; undefined: it is none, or goes down, or beyond 65535. */
export function parseRange(text: string): PortRange | undefined {
  const [, a, b] = /^(\d{1,5})-(\d{1,5})$/.exec(text) ?? []
  const range = { first: Number(a), last: Number(b) }
  return range.first >= 1 && range.first < range.last && range.last <= 65535 ? range : undefined
}

/** What a port mapping maps: a range, or its one port. */
export function rangeOf({
  containerPort = 0,
  containerPortRange,
}: {
  readonly containerPort?: number
  readonly containerPortRange?: string
}): PortRange {
  const range = containerPortRange === undefined ? undefined : parseRange(containerPortRange)
  return range ?? { first: containerPort, last: containerPort }
}

export function sizeOf({ first, last }: PortRange): number {
  return last - first + 1
}

export function overlap(a: PortRange, b: PortRange): boolean {
  return a.first <= b.last && b.first <= a.last
}

/** Ports that ECS keeps for ssh, Docker and its agent. */
const RESERVED = new Set([22, 2375, 2376, 51678, 51679, 51680])

/**
 * Where a range of host ports is looked for, in this order: where neither Linux nor Docker hands out ports by itself
 * (ip_local_port_range is 32768 to 60999 unless it was changed), then among those, then anywhere.
 */
const POOLS: readonly PortRange[] = [
  { first: 61000, last: 65535 },
  { first: 10000, last: 32767 },
  { first: 32768, last: 60999 },
  { first: 1024, last: 65535 },
]

/** The first of so many ports in a row that are free; undefined: there are none. */
export function findFreeRange(size: number, isTaken: (port: number) => boolean): number | undefined {
  for (const pool of POOLS) {
    let first = pool.first
    for (let port = first; port <= pool.last && first + size - 1 <= pool.last; port++) {
      if (RESERVED.has(port) || isTaken(port)) first = port + 1
      else if (port - first + 1 === size) return first
    }
  }
  return undefined
}

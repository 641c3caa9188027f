import type { PlacementStrategy } from '../../engine/desired-state/desired-state.generated.ts'
import type { Demand } from '../../engine/scheduler/demand.ts'
import type { FleetInstance } from '../../engine/scheduler/fleet.ts'

/** A service of a generated cluster. */
export interface GeneratedService {
  readonly name: string
  readonly count: number
  readonly demand: Demand
  /** Expressions of the cluster query language. */
  readonly constraints: readonly string[]
  readonly strategies: readonly PlacementStrategy[]
}

export interface GeneratedCluster {
  readonly instances: readonly FleetInstance[]
  readonly services: readonly GeneratedService[]
}

/** Numbers from 0 to below 1, the same for the same seed (mulberry32). */
export function randomFrom(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296
  }
}

/**
 * A cluster of services of mixed sizes that together have so many tasks and fill about two fifths of the container
 * instances.
 */
export function generateCluster(seed: number, hosts: number, tasks: number): GeneratedCluster {
  const random = randomFrom(seed)
  const services: GeneratedService[] = []
  for (let left = tasks; left > 0; ) {
    // many small services and a few large ones, none of more than a twentieth
    const size = Math.ceil(Math.min(2 ** (random() * 14), Math.max(tasks / 20, 1), left))
    services.push(generateService(random, services.length, size, size > tasks / 100))
    left -= size
  }
  const cpu = services.reduce((sum, s) => sum + s.count * s.demand.cpu, 0)
  const memoryMiB = services.reduce((sum, s) => sum + s.count * s.demand.memoryMiB, 0)
  const instances = Array.from({ length: hosts }, (_, i) => ({
    name: `host-${String(i).padStart(5, '0')}`,
    state: 'ACTIVE' as const,
    cpu: Math.ceil((cpu / hosts) * (2 + random())),
    memoryMiB: Math.ceil((memoryMiB / hosts) * (2 + random())),
    attributes: {
      zone: pick(random, ['a', 'b', 'c']),
      rack: `r${Math.floor(random() * Math.ceil(hosts / 40))}`,
      disk: pick(random, ['ssd', 'ssd', 'ssd', 'hdd']),
    },
  }))
  return { instances, services }
}

const STRATEGIES: readonly (readonly PlacementStrategy[])[] = [
  [],
  [],
  [],
  [{ type: 'spread', field: 'instanceId' }],
  [
    { type: 'spread', field: 'attribute:zone' },
    { type: 'spread', field: 'attribute:rack' },
  ],
  [{ type: 'binpack', field: 'memory' }],
  [
    { type: 'spread', field: 'attribute:zone' },
    { type: 'binpack', field: 'cpu' },
  ],
  [{ type: 'random' }],
]

const CONSTRAINTS: readonly (readonly string[])[] = [
  [],
  [],
  ['attribute:disk == ssd'],
  ['attribute:zone in [a, b]'],
  ["attribute:rack =~ 'r.*[02468]' and not(attribute:zone == c)"],
]

function generateService(
  random: () => number,
  index: number,
  count: number,
  isLarge: boolean,
): GeneratedService {
  // a fixed host port allows one task a host, so that only small services have one
  const ports = count <= 100 && random() < 0.1 ? [{ hostPort: 20_000 + index, protocol: 'tcp' as const }] : []
  return {
    name: `service-${String(index).padStart(5, '0')}`,
    count,
    demand: {
      cpu: pick(random, [16, 32, 64, 128, 256]),
      memoryMiB: pick(random, [32, 64, 128, 256, 512]),
      ports,
    },
    // what is large has to fit on the hosts that its constraints leave
    constraints: pick(random, isLarge ? CONSTRAINTS.slice(0, 4) : CONSTRAINTS),
    strategies: pick(random, STRATEGIES),
  }
}

function pick<T>(random: () => number, items: readonly T[]): T {
  const item = items[Math.floor(random() * items.length)]
  if (item === undefined) throw new Error('nothing to pick from')
  return item
}

import { performance } from 'node:perf_hooks'
import { compileConstraint } from '../../engine/scheduler/constraint.ts'
import { createFleet } from '../../engine/scheduler/fleet.ts'
import { place } from '../../engine/scheduler/place.ts'
import { generateCluster } from './fleets.ts'

/** How long the scheduler alone takes to place a whole cluster; one JSON value a line. */
for (const [hosts, tasks] of [
  [1_000, 10_000],
  [10_000, 100_000],
  [10_000, 1_000_000],
] as const) {
  const cluster = generateCluster(1, hosts, tasks)
  const start = performance.now()
  const fleet = createFleet(cluster.instances)
  const created = performance.now()
  let placed = 0
  for (const service of cluster.services) {
    const constraints = service.constraints.map(text => {
      const result = compileConstraint(fleet, text)
      if (!result.ok) throw new Error(result.message)
      return result.constraint
    })
    const request = { ...service, service: service.name, constraints, distinctInstance: false, running: [] }
    placed += place(fleet, request).hosts.length
  }
  const end = performance.now()
  const used = fleet.freeMemoryMiB.reduce(
    (sum, free, host) => sum + (free < (fleet.memoryMiB[host] ?? 0) ? 1 : 0),
    0,
  )
  console.log(
    JSON.stringify({
      hosts,
      tasks,
      services: cluster.services.length,
      placed,
      hostsUsed: used,
      createFleetMs: Math.round(created - start),
      placeMs: Math.round(end - created),
    }),
  )
}

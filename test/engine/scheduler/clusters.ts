import { compileConstraint, type Constraint } from '../../../engine/scheduler/constraint.ts'
import type { Demand } from '../../../engine/scheduler/demand.ts'
import { createFleet, type Fleet, type FleetInstance } from '../../../engine/scheduler/fleet.ts'
import type { PlacementRequest } from '../../../engine/scheduler/place.ts'

/** A task that needs nothing. */
export const NOTHING: Demand = { cpu: 0, memoryMiB: 0, ports: [] }

/** An ACTIVE container instance with 1024 CPU units and 1024 MiB. */
export function instance(name: string, more: Partial<FleetInstance> = {}): FleetInstance {
  return { name, state: 'ACTIVE', cpu: 1024, memoryMiB: 1024, attributes: {}, ...more }
}

/** One ACTIVE container instance for each name:zone. */
export function fleetOf(...hosts: string[]): Fleet {
  return createFleet(
    hosts.map(host => {
      const [name = '', zone] = host.split(':')
      return instance(name, { attributes: zone === undefined ? {} : { zone } })
    }),
  )
}

/** A request for tasks of `web` that need nothing. */
export function request(count: number, more: Partial<PlacementRequest> = {}): PlacementRequest {
  return {
    service: 'web',
    count,
    demand: NOTHING,
    constraints: [],
    distinctInstance: false,
    strategies: [],
    running: [],
    ...more,
  }
}

export function constraint(fleet: Fleet, text: string): Constraint {
  const result = compileConstraint(fleet, text)
  if (!result.ok) throw new Error(`${text}: ${result.message}`)
  return result.constraint
}

/** The names of these hosts. */
export function namesOf(fleet: Fleet, hosts: readonly number[]): string {
  return hosts.map(host => fleet.names[host]).join(' ')
}

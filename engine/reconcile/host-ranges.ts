import type { HostRanges } from '../container-config/port-ranges.ts'
import type { ContainerDefinition, TaskDefinition } from '../desired-state/desired-state.generated.ts'
import type { ReachableInstance } from '../observed-state.ts'
import { findFreeRange, rangeOf, sizeOf } from '../port-range.ts'
import { portKey } from '../scheduler/demand.ts'
import { type Fleet, takersOf } from '../scheduler/fleet.ts'
import { addTo } from '../scheduler/task-groups.ts'

/** Finds the host ports of ranges where a task is made, and keeps them from all else of this wave. */
export class HostPorts {
  readonly #fleet: Fleet

  constructor(fleet: Fleet) {
    this.#fleet = fleet
  }

  /** For each range of a container so many ports in a row; undefined: it has no range, or there are not so many. */
  take(
    instance: ReachableInstance,
    task: TaskDefinition,
    container: ContainerDefinition,
  ): HostRanges | undefined {
    const host = this.#fleet.index.get(instance.name)
    const ranges = rangesToPublish(task, container)
    if (host === undefined || ranges.length === 0) return undefined
    const held = heldByStopped(instance)
    const taken: Record<string, number> = {}
    for (const { range, name, protocol } of ranges) {
      const isTaken = (hostPort: number) => takersOf(this.#fleet, portKey({ hostPort, protocol })).has(host)
      const first =
        // what could not start there may have met a port of somebody who is no container
        findFreeRange(sizeOf(range), port => held.has(`${port}/${protocol}`) || isTaken(port)) ??
        findFreeRange(sizeOf(range), isTaken)
      if (first === undefined) return undefined
      taken[name] = first
      for (let i = 0; i < sizeOf(range); i++)
        addTo(takersOf(this.#fleet, portKey({ hostPort: first + i, protocol })), host, 1)
    }
    return taken
  }
}

/** Whether a container cannot be made without host ports in a row. */
export function needsHostRange(task: TaskDefinition, container: ContainerDefinition): boolean {
  return rangesToPublish(task, container).length > 0
}

function rangesToPublish({ networkMode }: TaskDefinition, { portMappings }: ContainerDefinition) {
  if (networkMode !== 'bridge') return []
  return portMappings.flatMap(p =>
    p.containerPortRange === undefined
      ? []
      : [{ range: rangeOf(p), name: `${p.containerPortRange}/${p.protocol}`, protocol: p.protocol }],
  )
}

function heldByStopped({ containers }: ReachableInstance): Set<string> {
  return new Set(
    containers.flatMap(c =>
      c.config.ports.map(p => `${p.slice(p.indexOf('=') + 1)}/${/\/(\w+)=/.exec(p)?.[1] ?? ''}`),
    ),
  )
}

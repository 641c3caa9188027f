import type { TaskDefinition } from '../desired-state/desired-state.generated.ts'
import { cpuUnits, memoryMiB as taskMemoryMiB } from '../desired-state/task-size.ts'

import { rangeOf, sizeOf } from '../port-range.ts'

/** What one task reserves on its container instance. */
export interface Demand {
  /** CPU units, 1024 a core. */
  readonly cpu: number
  readonly memoryMiB: number
  /** How many GPUs, or ALL of an instance that nobody has any of. Default: none. */
  readonly gpus?: number | 'ALL'
  /** The host ports that it needs for itself; never 0, no port twice. */
  readonly ports: readonly HostPort[]
  /** Host ports in a row, whichever are free. Default: none. */
  readonly ranges?: readonly { readonly size: number; readonly protocol: 'tcp' | 'udp' }[]
}

/** One port of a container instance. */
export interface HostPort {
  readonly hostPort: number
  readonly protocol: 'tcp' | 'udp'
}

/** What a task of this definition reserves, as ECS counts: its own size, else its containers' with the soft memory limit where there is one. */
export function demandOf(task: TaskDefinition): Demand {
  const ports = new Map<number, HostPort>()
  const ranges: { size: number; protocol: 'tcp' | 'udp' }[] = []
  let cpu = 0
  let memoryMiB = 0
  let gpus: number | 'ALL' = 0
  for (const container of task.containerDefinitions) {
    cpu += container.cpu
    memoryMiB += container.memoryReservation ?? container.memory ?? 0
    for (const { value } of container.resourceRequirements)
      gpus = gpus === 'ALL' || value === 'ALL' ? 'ALL' : gpus + Number(value)
    for (const mapping of container.portMappings) {
      if (mapping.containerPortRange !== undefined) {
        const { protocol } = mapping
        if (task.networkMode === 'bridge') ranges.push({ size: sizeOf(rangeOf(mapping)), protocol })
        continue
      }
      const hostPort = mapping.hostPort || (task.networkMode === 'host' ? (mapping.containerPort ?? 0) : 0)
      const port = { hostPort, protocol: mapping.protocol }
      if (hostPort !== 0 && task.networkMode !== 'none') ports.set(portKey(port), port)
    }
  }
  return {
    cpu: (task.cpu === undefined ? undefined : cpuUnits(task.cpu)) ?? cpu,
    memoryMiB: (task.memory === undefined ? undefined : taskMemoryMiB(task.memory)) ?? memoryMiB,
    ...(gpus !== 0 && { gpus }),
    ports: [...ports.values()],
    ...(ranges.length > 0 && { ranges }),
  }
}

/** A port and its protocol as one number. */
export function portKey(port: HostPort): number {
  return port.hostPort * 2 + (port.protocol === 'udp' ? 1 : 0)
}

/** As people write it: 8080/tcp. */
export function portName(port: HostPort): string {
  return `${port.hostPort}/${port.protocol}`
}

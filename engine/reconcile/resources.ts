import type { ContainerConfig } from '../container-config.ts'
import type { Action, ContainerRef } from '../plan.ts'

/** The update that gives a container the CPU shares and the memory that it is to have. */
export function updateOf(instance: string, container: ContainerRef, wanted: ContainerConfig): Action {
  const { cpuShares, memory, memoryReservation, settings } = wanted
  return {
    kind: 'update-container',
    instance,
    container,
    cpuShares,
    memory,
    memoryReservation,
    ...(settings.MemorySwap !== undefined && { memorySwap: settings.MemorySwap }),
  }
}

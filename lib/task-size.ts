import type { ContainerDefinition } from '../engine/desired-state/document.generated.ts'

/** A task's own size, as placement reserves it; no container of it gets more. */
export interface TaskSize {
  /** CPU units, 1024 a core ("512"), or cores ("0.5 vCPU"). @default the sum of the containers', and no limit */
  readonly cpu?: string
  /** MiB ("512"), or GiB ("2 GB"). @default the sum of the containers', and no limit */
  readonly memoryMiB?: string
}

/** What is wrong with a task's size, and with what its containers ask of it. */
export function checkTaskSize(
  { cpu, memoryMiB }: TaskSize,
  containers: readonly ContainerDefinition[],
): string[] {
  return [...checkCpu(cpu, containers), ...checkMemory(memoryMiB, containers)]
}

/** What is wrong with tags. */
export function checkTags(tags: Readonly<Record<string, string>>): string[] {
  const entries = Object.entries(tags)
  return [
    ...(entries.length > 50 ? [`at most 50 tags, not ${entries.length}`] : []),
    ...entries.flatMap(([key, value]) => [
      ...(key === '' || key.length > 128 ? ['the key of a tag must have 1 to 128 characters'] : []),
      ...(/^aws:/i.test(key) ? [`tag ${key}: aws: is reserved for AWS`] : []),
      ...(value.length > 256 ? [`tag ${key} has a value of more than 256 characters`] : []),
    ]),
  ]
}

function checkCpu(cpu: string | undefined, containers: readonly ContainerDefinition[]): string[] {
  if (cpu === undefined) return []
  const units = amount(cpu, /^(\d*\.?\d+) *vcpu$/i)
  if (units === undefined || units < 128 || units > 196_608)
    return [`cpu must be 128 to 196608 units (0.125 to 192 vCPU), not ${JSON.stringify(cpu)}`]
  const sum = containers.reduce((all, c) => all + (c.cpu ?? 0), 0)
  return sum > units ? [`the containers ask for ${sum} units of cpu together, more than ${units}`] : []
}

function checkMemory(memory: string | undefined, containers: readonly ContainerDefinition[]): string[] {
  if (memory === undefined) return []
  const limit = amount(memory, /^(\d*\.?\d+) *gb$/i)
  if (limit === undefined || limit < 6)
    return [`memoryMiB must be at least 6 MiB, not ${JSON.stringify(memory)}`]
  const larger = containers.filter(c => (c.memory ?? c.memoryReservation ?? 0) > limit)
  if (larger.length > 0)
    return larger.map(
      c => `${c.name}: ${c.memory ?? c.memoryReservation} MiB is more than the task's memory, ${limit} MiB`,
    )
  const sum = containers.reduce((all, c) => all + (c.memoryReservation ?? c.memory ?? 0), 0)
  return sum > limit ? [`the containers reserve ${sum} MiB together, more than ${limit} MiB`] : []
}

/** A plain number, or one of the unit that is 1024 of it. */
function amount(text: string, large: RegExp): number | undefined {
  const trimmed = text.trim()
  const found = /^\d+$/.test(trimmed) ? Number(trimmed) : Number(large.exec(trimmed)?.[1]) * 1024
  return Number.isFinite(found) ? Math.round(found) : undefined
}

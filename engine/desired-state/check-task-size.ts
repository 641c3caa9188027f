import type { TaskDefinition } from './desired-state.generated.ts'
import { type DocumentProblem, documentProblem, pointer } from './problem.ts'
import { cpuUnits, memoryMiB } from './task-size.ts'

/** ECS's bounds of a task's cpu outside Fargate. */
const CPU_MIN = 128
const CPU_MAX = 196_608

/** A task's own cpu and memory, against ECS's bounds and what its containers ask for. */
export function checkTaskSize(at: string, task: TaskDefinition): DocumentProblem[] {
  return [...checkCpu(pointer(at, 'cpu'), task), ...checkMemory(at, task)]
}

function checkCpu(at: string, { cpu, containerDefinitions }: TaskDefinition): DocumentProblem[] {
  if (cpu === undefined) return []
  const units = cpuUnits(cpu)
  if (units === undefined || units < CPU_MIN || units > CPU_MAX)
    return [
      documentProblem(at, `must be ${CPU_MIN} to ${CPU_MAX} units (0.125 to 192 vCPU), not ${units ?? cpu}`),
    ]
  const sum = containerDefinitions.reduce((all, c) => all + c.cpu, 0)
  return sum > units
    ? [documentProblem(at, `the containers ask for ${sum} units together, more than ${units}`)]
    : []
}

function checkMemory(at: string, { memory, containerDefinitions }: TaskDefinition): DocumentProblem[] {
  if (memory === undefined) return []
  const here = pointer(at, 'memory')
  const limit = memoryMiB(memory)
  if (limit === undefined || limit < 6)
    return [documentProblem(here, `must be at least 6 MiB, not ${limit ?? memory}`)]
  const larger = containerDefinitions.flatMap((c, i) =>
    (c.memory ?? c.memoryReservation ?? 0) > limit
      ? [
          documentProblem(
            pointer(at, 'containerDefinitions', i, c.memory === undefined ? 'memoryReservation' : 'memory'),
            `${c.memory ?? c.memoryReservation} MiB is more than the task's memory, ${limit} MiB`,
          ),
        ]
      : [],
  )
  if (larger.length > 0) return larger
  const sum = containerDefinitions.reduce((all, c) => all + (c.memoryReservation ?? c.memory ?? 0), 0)
  return sum > limit
    ? [documentProblem(here, `the containers reserve ${sum} MiB together, more than ${limit} MiB`)]
    : []
}

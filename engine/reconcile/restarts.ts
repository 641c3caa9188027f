import { dockerPolicy } from '../container-config.ts'
import type { ContainerDefinition, TaskDefinition } from '../desired-state/desired-state.generated.ts'
import { isOneOff } from '../one-off.ts'
import type { ObservedContainer } from '../observed-state.ts'
import { isUp } from './task.ts'

/** Containers that ended within so long of each other ended together: Docker stops all of them side by side. */
const TOGETHER_MS = 20_000

/**
 * Whether a container that has ended is to be started again by us, because Docker did not: it was stopped by hand,
 * could not start when the host did, or has a policy that Docker cannot hold.
 * @param containers those of its task, by name
 */
export function isToStartAgain(
  task: TaskDefinition,
  wanted: ContainerDefinition,
  container: ObservedContainer,
  containers: ReadonlyMap<string, ObservedContainer>,
): boolean {
  if (isUp(container) || isOneOff(task)) return false
  const policy = dockerPolicy(task, wanted)
  if (policy === 'unless-stopped') return true
  if (policy === 'on-failure') return container.exitCode !== 0
  return mayRestart(wanted, container) || fellWithTheRest(task, wanted, container, containers)
}

/** ECS's rule for a container that ended by itself. */
function mayRestart({ restartPolicy }: ContainerDefinition, container: ObservedContainer): boolean {
  if (!restartPolicy?.enabled || restartPolicy.ignoredExitCodes.includes(container.exitCode)) return false
  return container.finishedAt - container.startedAt >= restartPolicy.restartAttemptPeriod * 1000
}

/**
 * A sidecar with no policy stays down when it ends by itself. When the host went down it ended together with the
 * essential containers, which Docker has started again since.
 */
function fellWithTheRest(
  task: TaskDefinition,
  { name }: ContainerDefinition,
  { finishedAt }: ObservedContainer,
  containers: ReadonlyMap<string, ObservedContainer>,
): boolean {
  if (finishedAt === 0 || isToEnd(task, name)) return false
  return task.containerDefinitions.some(other => {
    const essential = other.essential ? containers.get(other.name) : undefined
    return (
      essential !== undefined &&
      isUp(essential) &&
      essential.finishedAt > 0 &&
      Math.abs(essential.finishedAt - finishedAt) <= TOGETHER_MS &&
      essential.startedAt >= finishedAt
    )
  })
}

/** An init container: others wait for its end. */
function isToEnd(task: TaskDefinition, name: string): boolean {
  return task.containerDefinitions.some(c =>
    c.dependsOn.some(
      d => d.containerName === name && (d.condition === 'COMPLETE' || d.condition === 'SUCCESS'),
    ),
  )
}

/**
 * Whether Docker restarted it although it had not run for its attempt period: ECS would have let it end. So many runs
 * in so short a time cannot all have been long enough.
 */
export function wasRestartedTooSoon(
  { restartPolicy }: ContainerDefinition,
  { restartCount, createdAt, finishedAt }: ObservedContainer,
): boolean {
  if (!restartPolicy?.enabled || restartCount === 0) return false
  return finishedAt - createdAt < restartCount * restartPolicy.restartAttemptPeriod * 1000
}

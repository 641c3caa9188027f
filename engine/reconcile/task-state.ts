import { dependenciesOf } from '../dependencies.ts'
import type { ContainerDependency, TaskDefinition } from '../desired-state/desired-state.generated.ts'
import type { ObservedContainer } from '../observed-state.ts'
import { isGivenUp, neverStarted, reachOf } from './dependency-state.ts'
import { isToStartAgain, wasRestartedTooSoon } from './restarts.ts'
import { PAUSE } from '../task-network.ts'
import { isUp, type ObservedTask } from './task.ts'

/**
 * PENDING: on its way. HEALTHY: in service. UNHEALTHY: its health check fails. FAILED: it exits again and again,
 * ended for good, could not be started, or what it depends on failed. STOPPED: an essential container was stopped or
 * paused and Docker does not start it again. INCOMPLETE: containers of it are missing, were never started, or are to
 * be started again.
 */
export type TaskState = 'PENDING' | 'HEALTHY' | 'UNHEALTHY' | 'FAILED' | 'STOPPED' | 'INCOMPLETE'

/** So many restarts by Docker make a task that is not up for long a failed one. */
const CRASH_LOOP = 3

/**
 * The state of one task.
 * @param steadyAfter how long a task with no health check must have run to count as healthy, in ms
 * @param grace for how long after its start a failing health check is not held against a task, in ms
 */
export function taskState(
  task: ObservedTask,
  definition: TaskDefinition,
  steadyAfter: number,
  grace = 0,
): TaskState {
  if (isPlainlyHealthy(task, definition)) return 'HEALTHY'
  if (lostItsNetwork(task)) return 'STOPPED'
  const byName = new Map(task.containers.map(c => [c.identity.container, c]))
  const dependents = { definition, containers: byName, clock: task.instance.clock }
  const essential = definition.containerDefinitions.filter(c => c.essential)
  let incomplete = false
  let stopped = false
  let pending = false
  for (const wanted of definition.containerDefinitions) {
    const container = byName.get(wanted.name)
    if (!container || neverStarted(container)) {
      if (container && couldNotStart(container)) return 'FAILED'
      if (isGivenUp(wanted.name, dependents)) continue
      if (reachOf(wanted.name, dependents) === 'failed') return 'FAILED'
      incomplete = true
    } else if (wanted.essential) {
      if (isCrashLooping(container, task.instance.clock, steadyAfter)) return 'FAILED'
      if (wasRestartedTooSoon(wanted, container)) return 'FAILED'
      if (!isUp(container) || container.status === 'paused') {
        if (!isUp(container) && !isToStartAgain(definition, wanted, container, byName)) return 'FAILED'
        if (!isUp(container) && container.health === 'unhealthy') return 'FAILED'
        if (cannotStartAgain(definition, wanted.name, byName)) return 'FAILED'
        // while what it waits for is on its way, there is nothing to do but wait
        if (reachOf(wanted.name, dependents) === 'reached') stopped = true
        else incomplete = true
      } else if (container.status !== 'running') pending = true
    } else if (
      isToStartAgain(definition, wanted, container, byName) &&
      !cannotStartAgain(definition, wanted.name, byName)
    ) {
      incomplete = true
    }
  }
  if (stopped) return 'STOPPED'
  const checks = essential.flatMap(c => byName.get(c.name) ?? [])
  const isForgiven = (c: ObservedContainer) => task.instance.clock - c.startedAt < grace
  const unhealthy = checks.filter(c => c.health === 'unhealthy')
  if (unhealthy.some(c => !isForgiven(c))) return 'UNHEALTHY'
  if (incomplete) return 'INCOMPLETE'
  if (pending || unhealthy.length > 0 || checks.some(c => c.health === 'starting')) return 'PENDING'
  if (checks.some(c => c.health === 'healthy')) return 'HEALTHY'
  const age = Math.min(...checks.map(c => task.instance.clock - c.startedAt))
  return age >= steadyAfter ? 'HEALTHY' : 'PENDING'
}

/** The common case, with nothing to weigh: one container, and its health check succeeds. */
function isPlainlyHealthy({ containers }: ObservedTask, definition: TaskDefinition): boolean {
  const [container] = containers
  return (
    container?.status === 'running' &&
    container.health === 'healthy' &&
    containers.length === 1 &&
    definition.containerDefinitions.length === 1 &&
    definition.containerDefinitions[0]?.name === container.identity.container &&
    container.restartCount < CRASH_LOOP
  )
}

/** Docker's words where its own parts were stopped under a start: that says nothing about the task. */
const DOCKER_WENT_DOWN = /transport is closing|code = (?:Unavailable|Canceled)|context canceled/i

export function couldNotStart({ error }: ObservedContainer): boolean {
  return error !== '' && !DOCKER_WENT_DOWN.test(error)
}

/**
 * Whether a container runs in a network namespace that is no more: the pause container that held it has ended, though
 * another may have been started since, in a namespace of its own.
 */
export function lostItsNetwork({ containers }: ObservedTask): boolean {
  if (!containers.some(c => c.config.networkMode.startsWith('container:'))) return false
  const pause = containers.find(c => c.identity.container === PAUSE)
  return containers.some(
    c => c !== pause && c.status !== 'created' && (!pause || (isUp(c) && !isIn(c, pause))),
  )
}

function isIn(container: ObservedContainer, pause: ObservedContainer): boolean {
  return isUp(pause) && container.startedAt >= pause.startedAt
}

/** Starts that came to nothing: what ends a deployment when it is too many. A few restarts by Docker are none. */
export function failuresOf(task: ObservedTask, state: TaskState): number {
  if (state !== 'FAILED' && state !== 'UNHEALTHY') return 0
  return Math.max(1, ...task.containers.map(c => c.restartCount))
}

/** How long ago the last of it failed, in ms; 0 where it fails now. */
export function failedAgo({ containers, instance }: ObservedTask, state: TaskState): number {
  if (state === 'UNHEALTHY') return 0
  const last = containers.map(c => Math.max(c.finishedAt, c.createdAt))
  return Math.max(0, instance.clock - Math.max(...last))
}

/** For how long a healthy task can have been healthy, in ms: from its first health check on, or its steady window. */
export function healthyFor(
  { containers, instance }: ObservedTask,
  definition: TaskDefinition,
  steadyAfter: number,
): number {
  const essential = containers.filter(
    c => definition.containerDefinitions.find(d => d.name === c.identity.container)?.essential,
  )
  const checked = essential.filter(c => c.health === 'healthy')
  const since = (checked.length > 0 ? checked : essential).map(c => {
    const interval = c.config.healthCheck?.interval ?? 0
    return c.startedAt + (c.health === 'healthy' ? interval * 1000 : steadyAfter)
  })
  return Math.max(0, instance.clock - Math.max(...since))
}

/** Nothing starts what it depends on again, so that it can never start either. */
function cannotStartAgain(
  definition: TaskDefinition,
  name: string,
  containers: ReadonlyMap<string, ObservedContainer>,
): boolean {
  return dependencies(definition, name).some(({ containerName, condition }) => {
    const on = containers.get(containerName)
    if (condition === 'SUCCESS') return on?.status === 'exited' && on.exitCode !== 0
    if (condition !== 'HEALTHY') return false
    const essential = definition.containerDefinitions.find(c => c.name === containerName)?.essential
    return on?.health === 'unhealthy' || (on?.status === 'exited' && !essential)
  })
}

function dependencies(definition: TaskDefinition, name: string): readonly ContainerDependency[] {
  const container = definition.containerDefinitions.find(c => c.name === name)
  return container ? dependenciesOf(definition, container) : []
}

function isCrashLooping(container: ObservedContainer, clock: number, steadyAfter: number): boolean {
  if (container.restartCount < CRASH_LOOP) return false
  return container.status !== 'running' || clock - container.startedAt < Math.max(steadyAfter, 1)
}

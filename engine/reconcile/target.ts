import { type ContainerConfig, desiredConfig } from '../container-config.ts'
import type {
  DesiredState,
  RunTask,
  Service,
  TaskDefinition,
} from '../desired-state/desired-state.generated.ts'
import { revisionOf } from '../identity.ts'
import { digestOf, familiarImage, follows, type PinnedImages, pinKey } from '../image.ts'
import { oneOffDefinition, oneOffRevision } from '../one-off.ts'
import type { CompletedRevision, ServiceHistory } from '../ledger/query.ts'
import type { StoredDefinitions } from './definitions.ts'
import type { ObservedTask } from './task.ts'
import { asRun, isPause, ownContainers } from '../task-network.ts'

const UNKNOWN: ServiceHistory = { tried: new Set() }

/** The revision that a service's tasks are to have, with all that is needed to make one. */
export interface Target {
  readonly service: string
  readonly family: string
  readonly revision: string
  /** As it runs, with its pause container. */
  readonly taskDefinition: TaskDefinition
  /** By container name. */
  readonly configs: ReadonlyMap<string, ContainerConfig>
  /** The pinned image of each container; undefined while it is not resolved. */
  readonly images: ReadonlyMap<string, string | undefined>
}

/** What the document says that the service is to run. */
export function desiredTarget(
  desired: DesiredState,
  name: string,
  service: Service,
  running: readonly ObservedTask[],
  resolved: PinnedImages,
): Target {
  const taskDefinition = desired.taskDefinitions[service.taskDefinition]
  if (!taskDefinition) throw new Error(`service ${name}: no task definition ${service.taskDefinition}`)
  const revision = revisionOf(service.taskDefinition, taskDefinition, service.forceNewDeployment)
  return target(name, service.taskDefinition, revision, taskDefinition, running, resolved)
}

/** What a task of the document is to run once. */
export function oneOffTarget(
  desired: DesiredState,
  name: string,
  run: RunTask,
  there: readonly ObservedTask[],
  resolved: PinnedImages,
): Target {
  const plain = desired.taskDefinitions[run.taskDefinition]
  if (!plain) throw new Error(`task ${name}: no task definition ${run.taskDefinition}`)
  const definition = oneOffDefinition(run, plain)
  return target(name, run.taskDefinition, oneOffRevision(run, definition), definition, there, resolved)
}

/**
 * What the service goes back to: the last revision that COMPLETED. Where none is known, what it ran before: the revision
 * with most tasks, as their own labels have it, unless it was tried and did not COMPLETE. undefined where there is nothing.
 */
export function previousTarget(
  current: Target,
  running: readonly ObservedTask[],
  definitions: StoredDefinitions,
  { completed, tried }: ServiceHistory = UNKNOWN,
): Target | undefined {
  if (completed) return completedTarget(current, running, completed)
  const counts = new Map<string, number>()
  for (const task of running) {
    if (task.revision === current.revision || tried.has(task.revision) || !definitions.of(task)) continue
    counts.set(task.revision, (counts.get(task.revision) ?? 0) + 1)
  }
  const revision = mostFrequent(counts)
  const example = running.find(t => t.revision === revision && definitions.of(t))
  const taskDefinition = example && definitions.of(example)
  if (revision === undefined || !taskDefinition) return undefined
  const family = example.containers[0]?.identity.family ?? ''
  return target(current.service, family, revision, taskDefinition, running, {})
}

/** The images that are known, without the pause image. */
export function imagesOf({ taskDefinition, images }: Target): Record<string, string> {
  const own = ownContainers(taskDefinition).map(({ name }) => [name, images.get(name)] as const)
  return Object.fromEntries(own.flatMap(([name, image]) => (image === undefined ? [] : [[name, image]])))
}

function completedTarget(
  current: Target,
  running: readonly ObservedTask[],
  { family, revision, taskDefinition, images }: CompletedRevision,
): Target | undefined {
  if (revision === current.revision) return undefined
  // what still runs of it says best which image that was
  const pins = taskDefinition.containerDefinitions.map(c => [c.image, images[c.name]] as const)
  const known = Object.fromEntries(pins.flatMap(([image, pin]) => (pin === undefined ? [] : [[image, pin]])))
  return target(current.service, family, revision, taskDefinition, running, known)
}

function target(
  service: string,
  family: string,
  revision: string,
  plain: TaskDefinition,
  running: readonly ObservedTask[],
  resolved: PinnedImages,
): Target {
  const taskDefinition = asRun(plain)
  const definitions = taskDefinition.containerDefinitions
  return {
    service,
    family,
    revision,
    taskDefinition,
    configs: new Map(definitions.map(c => [c.name, desiredConfig(taskDefinition, c)])),
    images: new Map(
      definitions.map(c => {
        if (isPause(c)) return [c.name, c.image]
        const pinned = pinnedImage(c.name, c.image, revision, running)
        if (follows(c)) return [c.name, resolved[c.image] ?? pinned]
        return [c.name, resolved[pinKey(revision, c.name)] ?? pinned ?? resolved[c.image]]
      }),
    ),
  }
}

/** A revision keeps the image that its first tasks were started with, though the tag may have moved since. */
function pinnedImage(
  container: string,
  reference: string,
  revision: string,
  running: readonly ObservedTask[],
): string | undefined {
  if (digestOf(reference) !== undefined) return familiarImage(reference)
  const counts = new Map<string, number>()
  for (const task of running) {
    if (task.revision !== revision) continue
    for (const c of task.containers) {
      if (c.identity.container === container) counts.set(c.image, (counts.get(c.image) ?? 0) + 1)
    }
  }
  return mostFrequent(counts)
}

/** Ties go to the smaller key. */
function mostFrequent(counts: ReadonlyMap<string, number>): string | undefined {
  return [...counts].sort(([a, n], [b, m]) => m - n || (a < b ? -1 : 1))[0]?.[0]
}

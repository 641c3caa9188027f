import { createHash } from 'node:crypto'
import { canonicalJson } from './desired-state/canonical.ts'
import type { Service, TaskDefinition } from './desired-state/desired-state.generated.ts'
import { minimal } from './desired-state/minimal.ts'
import type { ContainerIdentity } from './observed-state.ts'
import type { TaskIdentity } from './plan.ts'
import { ownContainers, PAUSE } from './task-network.ts'

/** The labels by which what runs says what it is. There is no other state. */
export const LABEL = {
  cluster: 'stowage.cluster',
  service: 'stowage.service',
  slot: 'stowage.slot',
  revision: 'stowage.revision',
  container: 'stowage.container',
  deployment: 'stowage.deployment',
  taskDefinition: 'stowage.task-definition',
  /** What the secrets were when it was created, as salted digests: see secrets/label.ts. */
  secrets: 'stowage.secrets',
  /** On volumes: the task that it lives and goes with. */
  task: 'stowage.task',
  /** On the lock's container alone. */
  lock: 'stowage.lock',
  /** On the ledger's container and volume alone. */
  ledger: 'stowage.ledger',
} as const

/** Label keys that begin so are ours to write; a person's own may not. */
export const RESERVED_LABEL_PREFIXES = ['stowage.', 'com.amazonaws.ecs.'] as const

export function isReservedLabel(key: string): boolean {
  return RESERVED_LABEL_PREFIXES.some(prefix => key.startsWith(prefix))
}

/**
 * A task definition's revision: 16 hex digits of the SHA-256 of its content without what is default anyway, so
 * that a later version of the schema with more defaults gives the same. A forced deployment's nonce counts too.
 */
export function revisionOf(
  family: string,
  task: TaskDefinition,
  force?: Service['forceNewDeployment'],
): string {
  const content = { family, taskDefinition: storedTaskDefinition(task), nonce: force?.nonce ?? null }
  return createHash('sha256').update(canonicalJson(content)).digest('hex').slice(0, 16)
}

/** As much of a revision as is shown, and stands in names. */
export function shortRevision(revision: string): string {
  return revision.slice(0, 8)
}

const STORED = new WeakMap<TaskDefinition, string>()

/** The task definition without its defaults, as canonical JSON: what the label stowage.task-definition holds. */
export function storedTaskDefinition(task: TaskDefinition): string {
  let text = STORED.get(task)
  if (text === undefined) STORED.set(task, (text = canonicalJson(withoutDefaults(task))))
  return text
}

function withoutDefaults(task: TaskDefinition): object {
  const containerDefinitions = ownContainers(task).map(c => ({
    ...c,
    environment: [...c.environment].sort(byName),
    secrets: [...c.secrets].sort(byName),
  }))
  const { family: _, ...rest } = minimal('TaskDefinition', { ...task, containerDefinitions })
  return rest
}

function byName(a: { readonly name: string }, b: { readonly name: string }): number {
  return a.name < b.name ? -1 : a.name > b.name ? 1 : 0
}

/** "web.5": how a task is spoken of. */
export function taskName(task: { service: string; slot: string }): string {
  return `${task.service}.${task.slot}`
}

/** Deterministic, so that Docker's name conflict makes creation a compare-and-set. Dots part it: no name has one. */
export function containerName(task: TaskIdentity, container: string): string {
  return `${task.cluster}.${task.service}.${task.slot}.${shortRevision(task.revision)}.${container}`
}

/** The name of a volume that lives as long as its task. */
export function taskVolumeName(task: TaskIdentity, volume: string): string {
  return [task.cluster, task.service, task.slot, shortRevision(task.revision), 'volume', volume].join('.')
}

/** What the label stowage.task of a task's volume says; volumes and tasks are matched by it. */
export function taskKey(task: { service: string; slot: string; revision: string }): string {
  return `${task.service}/${task.slot}/${task.revision}`
}

/** What stands in the place of ECS's ARN of a task. */
export function taskArn({ cluster, service, slot, revision }: TaskIdentity): string {
  return `stowage:${cluster}/${service}/${slot}/${shortRevision(revision)}`
}

/** All labels of one container of a task: ours and the ones that ECS's agent writes. */
export function containerLabels(identity: ContainerIdentity): Record<string, string> {
  const { cluster, service, slot, family, revision, container } = identity
  return {
    [LABEL.cluster]: cluster,
    [LABEL.service]: service,
    [LABEL.slot]: slot,
    [LABEL.revision]: revision,
    [LABEL.container]: container,
    [LABEL.deployment]: identity.deployment,
    [LABEL.taskDefinition]: identity.taskDefinition,
    ...(identity.secrets && { [LABEL.secrets]: identity.secrets }),
    'com.amazonaws.ecs.cluster': cluster,
    // as ECS's agent names it, so that monitoring leaves it out
    'com.amazonaws.ecs.container-name': container === PAUSE ? '~internal~ecs~pause' : container,
    'com.amazonaws.ecs.task-arn': taskArn(identity),
    'com.amazonaws.ecs.task-definition-family': family,
    'com.amazonaws.ecs.task-definition-version': shortRevision(revision),
  }
}

/** A task definition's tags, as labels of its containers. */
export function tagLabels({ tags }: TaskDefinition): Record<string, string> {
  return Object.fromEntries(tags.map(({ key, value }) => [`stowage.tag.${key}`, value]))
}

/** Reads containerLabels back. Missing ones read as '': what carries the cluster's label is the cluster's. */
export function readIdentity(labels: Readonly<Record<string, string>>): ContainerIdentity {
  return {
    cluster: labels[LABEL.cluster] ?? '',
    service: labels[LABEL.service] ?? '',
    slot: labels[LABEL.slot] ?? '',
    family: labels['com.amazonaws.ecs.task-definition-family'] ?? '',
    revision: labels[LABEL.revision] ?? '',
    container: labels[LABEL.container] ?? '',
    deployment: labels[LABEL.deployment] ?? '',
    taskDefinition: labels[LABEL.taskDefinition] ?? '',
    ...(labels[LABEL.secrets] !== undefined && { secrets: labels[LABEL.secrets] }),
  }
}

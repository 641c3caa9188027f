import type { DesiredState, Service, TaskDefinition } from '../desired-state/desired-state.generated.ts'
import type { Problem } from '../errors.ts'
import { digestOf, type PinnedImages } from '../image.ts'
import { oneOffDefinition } from '../one-off.ts'
import { StoredDefinitions } from '../reconcile/definitions.ts'
import { runsOnce } from '../reconcile/left-alone.ts'
import { boundsOf } from '../reconcile/rollout.ts'
import type { ServiceState } from '../reconcile/service-state.ts'
import { isAlive, type ObservedTask } from '../reconcile/task.ts'
import { type DefinitionChange, definitionChanges } from './field-change.ts'
import type { PlacementChange } from './placement-change.ts'
import type { TaskMove } from './task-moves.ts'

/**
 * create: it is new. change: another revision or count, or its tasks move. mend: what runs was changed by hand, or
 * died. remove: it is no longer in the document. same: nothing is done.
 */
export type ServiceDiffKind = 'create' | 'change' | 'mend' | 'remove' | 'same'

/** What a change does to one service. */
export interface ServiceDiff {
  readonly service: string
  readonly kind: ServiceDiffKind
  /** TASK: it is no service, and runs once. */
  readonly schedulingStrategy: 'REPLICA' | 'DAEMON' | 'TASK'
  readonly taskDefinition?: string
  /** Tasks that run now; what runs elsewhere is presumed to. */
  readonly running: number
  /** Tasks that are to run. */
  readonly desired: number
  /** The revisions that run now and are to go, the most frequent first. */
  readonly oldRevisions: readonly string[]
  /** '' where it is removed. */
  readonly revision: string
  /** Another revision: every task is replaced. */
  readonly replacesAll: boolean
  /** Why it is another revision; [] where the old one is not known. */
  readonly changes: readonly DefinitionChange[]
  /** What is done to tasks of the wanted revision, and why, alike ones together. */
  readonly reasons: readonly Reason[]
  /** Tasks that start and stop, in all waves. */
  readonly starts: number
  readonly stops: number
  /** Started tasks by container instance. */
  readonly placement: Readonly<Record<string, number>>
  /** What of its placement is another than in the last deployment; it is no part of the revision. */
  readonly placementChanges: readonly PlacementChange[]
  /** Its shared volumes whose data is on the instances that have them. */
  readonly volumes: readonly DataVolume[]
  /** Seconds that a task may take to stop, at most. */
  readonly stopTimeout: number
  /** The waves in which something is done for it, pulls aside. */
  readonly waves: number
  /** Where tasks are replaced: healthy ones are never fewer, running ones never more. */
  readonly bounds?: { readonly lower: number; readonly upper: number }
  /** What it waits for, and this change touches: that comes first. */
  readonly waitsFor: readonly string[]
  readonly problems: readonly Problem[]
  readonly warnings: readonly Problem[]
}

/** A shared volume that keeps tasks where its data is. */
export interface DataVolume {
  readonly volume: string
  /** The container instances that have it now, and those on which it is made, empty. */
  readonly on: readonly string[]
  readonly made: readonly string[]
}

/** One cause with the tasks that it holds for. */
export interface Reason {
  readonly cause: string
  readonly effect: 'replaced' | 'stopped' | 'started' | 'set in place' | 'removed'
  readonly tasks: readonly { readonly task: string; readonly instance: string }[]
}

/** What is known of one service. */
export interface ServiceFacts {
  readonly name: string
  readonly desired: DesiredState
  readonly images: PinnedImages
  readonly observed: readonly ObservedTask[]
  /** As it stands now; undefined where it is not in the document. */
  readonly state?: ServiceState
  readonly moves: readonly TaskMove[]
  readonly waves: number
  readonly volumes: readonly DataVolume[]
  readonly placementChanges: readonly PlacementChange[]
  readonly problems: readonly Problem[]
  readonly warnings: readonly Problem[]
  /** Whether tasks of it may have run on a container instance that is taken for gone. */
  readonly hasLost: boolean
}

export function serviceDiff(facts: ServiceFacts): ServiceDiff {
  const { name, desired, observed, state, moves } = facts
  const service = wantedOf(desired, name)
  const revision = service && state ? state.revision : ''
  const oldRevisions = otherRevisions(observed, revision)
  const running = observed.filter(isAlive).length + (state?.presumed ?? 0)
  const starts = moves.filter(m => m.starts)
  const stops = moves.filter(m => m.stops)
  const replacesAll = service !== undefined && oldRevisions.length > 0
  const present = observed.length + (state?.presumed ?? 0)
  const kind = kindOf(facts, service, replacesAll, present)
  // of a new service it goes without saying why its tasks start
  const tellsStarts = !replacesAll && (kind !== 'create' || facts.hasLost)
  return {
    service: name,
    kind,
    schedulingStrategy: service?.strategy ?? strategyOf(observed),
    ...(service && { taskDefinition: service.family }),
    running,
    desired: service ? (state?.desired ?? 0) : 0,
    oldRevisions,
    revision,
    replacesAll,
    changes: service && replacesAll ? changesOf(facts, service, oldRevisions[0] ?? '') : [],
    reasons: service ? reasonsOf(moves, revision, tellsStarts) : [],
    starts: starts.length,
    stops: stops.length,
    placement: countBy(starts.map(m => m.instance)),
    placementChanges: facts.placementChanges,
    volumes: facts.volumes,
    stopTimeout: Math.max(0, ...stops.map(m => m.stopTimeout)),
    waves: facts.waves,
    ...(service?.service &&
      state &&
      starts.length > 0 &&
      stops.length > 0 && { bounds: boundsOf(service.service, state.desired) }),
    waitsFor: state?.waitsFor ?? [],
    problems: facts.problems,
    warnings: facts.warnings,
  }
}

/** What the document has under a name. */
interface Wanted {
  readonly strategy: ServiceDiff['schedulingStrategy']
  readonly family: string
  readonly definition: TaskDefinition | undefined
  readonly nonce: string | undefined
  /** Undefined: it is a task that runs once. */
  readonly service?: Service
}

function wantedOf({ services, tasks, taskDefinitions }: DesiredState, name: string): Wanted | undefined {
  const service = Object.hasOwn(services, name) ? services[name] : undefined
  if (service) {
    const { schedulingStrategy: strategy, taskDefinition: family, forceNewDeployment } = service
    return {
      strategy,
      family,
      definition: taskDefinitions[family],
      nonce: forceNewDeployment?.nonce,
      service,
    }
  }
  const run = Object.hasOwn(tasks, name) ? tasks[name] : undefined
  const plain = run && taskDefinitions[run.taskDefinition]
  if (!run || !plain) return undefined
  const definition = oneOffDefinition(run, plain)
  return { strategy: 'TASK', family: run.taskDefinition, definition, nonce: run.nonce }
}

function kindOf(
  { observed, state, moves, desired }: ServiceFacts,
  service: Wanted | undefined,
  replacesAll: boolean,
  present: number,
): ServiceDiffKind {
  if (!service) return 'remove'
  if (moves.length === 0) {
    if (observed.length === 0 && (state?.desired ?? 0) > (state?.presumed ?? 0)) return 'create'
    // what stands in the way of it is said elsewhere: that it is to be another one holds all the same
    return replacesAll ? 'change' : 'same'
  }
  if (observed.length === 0) return state?.presumed ? 'change' : 'create'
  const emptied = observed.some(t => desired.containerInstances[t.instance.name]?.status === 'DRAINING')
  return replacesAll || emptied || present !== state?.desired ? 'change' : 'mend'
}

/** What its slots look like: a DAEMON's are named by their instances. */
function strategyOf(observed: readonly ObservedTask[]): ServiceDiff['schedulingStrategy'] {
  const definitions = new StoredDefinitions()
  if (observed.some(task => runsOnce(task, definitions))) return 'TASK'
  return observed.length > 0 && observed.every(t => t.slot === t.instance.name) ? 'DAEMON' : 'REPLICA'
}

function otherRevisions(observed: readonly ObservedTask[], revision: string): string[] {
  const counts = countBy(observed.flatMap(t => (t.revision === revision ? [] : [t.revision])))
  return Object.entries(counts)
    .sort(([a, n], [b, m]) => m - n || (a < b ? -1 : 1))
    .map(([other]) => other)
}

/** Compares the revision that most tasks have, as their labels tell it, with the document's. */
function changesOf(
  { observed, images }: ServiceFacts,
  { family: wanted, definition: after, nonce, strategy }: Wanted,
  from: string,
): DefinitionChange[] {
  const definitions = new StoredDefinitions()
  const example = observed.find(t => t.revision === from && definitions.of(t))
  const before = example && definitions.of(example)
  if (!example || !before || !after) return []
  const changes = definitionChanges(before, after).map(c => withDigest(c, after, images))
  const family = example.containers[0]?.identity.family ?? ''
  if (family !== '' && family !== wanted) {
    changes.unshift({ field: 'taskDefinition', from: family, to: wanted })
  }
  if (changes.length > 0) return changes
  const field = strategy === 'TASK' ? 'nonce' : 'forceNewDeployment'
  return [{ field, from: '(another)', to: nonce ?? '(none)' }]
}

/** What a tag stands for now. */
function withDigest(change: DefinitionChange, task: TaskDefinition, images: PinnedImages): DefinitionChange {
  if (change.field !== 'image') return change
  const reference = task.containerDefinitions.find(c => c.name === change.container)?.image
  const digest =
    reference === undefined || digestOf(reference) !== undefined
      ? undefined
      : digestOf(images[reference] ?? '')
  return digest === undefined ? change : { ...change, to: `${change.to} (${digest.slice(0, 15)}…)` }
}

/**
 * Tasks of the wanted revision that are touched all the same: each tells why. New ones are told of where they take the
 * place of none that goes.
 */
function reasonsOf(moves: readonly TaskMove[], revision: string, tellsStarts: boolean): Reason[] {
  const replaced = moves.some(m => m.starts && !m.existed)
  const goes = moves.some(m => m.existed && (m.stops || m.removed))
  const reasons = new Map<string, Reason & { tasks: { task: string; instance: string }[] }>()
  for (const move of moves) {
    if (move.revision !== revision || (!move.existed && (goes || !tellsStarts))) continue
    const effect = effectOf(move, replaced)
    const key = `${effect} ${move.cause}`
    const reason = reasons.get(key) ?? { cause: move.cause, effect, tasks: [] }
    reasons.set(key, reason)
    reason.tasks.push({ task: move.task, instance: move.instance })
  }
  return [...reasons.values()]
}

function effectOf(move: TaskMove, replaced: boolean): Reason['effect'] {
  if (move.stops) return replaced ? 'replaced' : 'stopped'
  if (move.removed) return 'removed'
  return move.starts ? 'started' : 'set in place'
}

function countBy(keys: readonly string[]): Record<string, number> {
  const counts = new Map<string, number>()
  for (const key of keys) counts.set(key, (counts.get(key) ?? 0) + 1)
  return Object.fromEntries([...counts].sort(([a], [b]) => (a < b ? -1 : 1)))
}

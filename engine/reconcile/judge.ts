import type { Service } from '../desired-state/desired-state.generated.ts'
import { containerName, shortRevision } from '../identity.ts'
import type { StoredDefinitions } from './definitions.ts'
import type { DriftFinder, FieldChange } from './drift.ts'
import type { Target } from './target.ts'
import { deploymentOf, isAlive, type ObservedTask } from './task.ts'
import { failuresOf, type TaskState, taskState } from './task-state.ts'

/** A task with what the reconciler thinks of it. */
export interface JudgedTask {
  readonly task: ObservedTask
  readonly state: TaskState
  readonly alive: boolean
  /** Why it has to go; undefined: it may stay. */
  readonly outdated?: string
  /** It has to go for its health alone: its successor comes first where there is room. */
  readonly ill: boolean
  /** What `docker update` sets right in place, by container name. */
  readonly resources: ReadonlyMap<string, readonly FieldChange[]>
  /** What the circuit breaker counts of it. */
  readonly failures: number
}

export interface Judgement {
  readonly service: Service
  readonly target: Target
  /** The run of apply: failures of its own tasks are counted, ill ones of an earlier run are replaced. */
  readonly deployment: string
  readonly drift: DriftFinder
  readonly definitions: StoredDefinitions
  /** The container instances that are to be emptied. */
  readonly isDraining: (instance: string) => boolean
  /** Some instance does not answer: what is merely ill is left alone until all is in view again. */
  readonly inTheDark: boolean
}

const NOTHING: ReadonlyMap<string, readonly FieldChange[]> = new Map()

/** Judges one task: what state it is in, and whether it may stay. */
export function judge(task: ObservedTask, by: Judgement): JudgedTask {
  const { target } = by
  const steadyAfter = by.service.deploymentConfiguration.steadyAfterSeconds * 1000
  const definition = task.revision === target.revision ? target.taskDefinition : by.definitions.of(task)
  const alive = isAlive(task)
  const state = definition ? taskState(task, definition, steadyAfter) : alive ? 'HEALTHY' : 'STOPPED'
  const own = deploymentOf(task) === by.deployment
  const judged = { task, state, alive, ill: false, resources: NOTHING, failures: 0 }
  if (task.revision !== target.revision) {
    const from = task.revision === '' ? '(none)' : shortRevision(task.revision)
    return { ...judged, outdated: `revision ${from} → ${shortRevision(target.revision)}` }
  }
  const failures = own ? failuresOf(task, state) : 0
  if (by.isDraining(task.instance.name))
    return { ...judged, failures, outdated: `${task.instance.name} is DRAINING` }
  const { cause, resources } = driftOf(task, by)
  if (cause !== undefined) return { ...judged, failures, outdated: cause }
  if ((state === 'FAILED' || state === 'UNHEALTHY') && !own && !by.inTheDark) {
    return { ...judged, outdated: state === 'FAILED' ? 'it keeps failing' : 'it is unhealthy', ill: true }
  }
  return { ...judged, failures, resources }
}

function driftOf(task: ObservedTask, by: Judgement): { cause?: string; resources: JudgedTask['resources'] } {
  let resources: Map<string, readonly FieldChange[]> | undefined
  for (const container of task.containers) {
    const name = container.identity.container
    const desired = by.target.configs.get(name)
    if (!desired) return { cause: `container ${name} is not in its task definition`, resources: NOTHING }
    if (container.name !== containerName(task, name))
      return { cause: `renamed to ${container.name}`, resources: NOTHING }
    const pinned = by.target.images.get(name)
    if (pinned !== undefined && container.image !== pinned) {
      return { cause: `image ${container.image} is not ${pinned}`, resources: NOTHING }
    }
    const drift = by.drift.find(desired, container, task.instance.images[container.imageId]?.config)
    if (!drift) continue
    if (drift.kind === 'replace') {
      return { cause: `${drift.fields.map(f => f.field).join(', ')} changed by hand`, resources: NOTHING }
    }
    resources ??= new Map()
    resources.set(name, drift.fields)
  }
  return { resources: resources ?? NOTHING }
}

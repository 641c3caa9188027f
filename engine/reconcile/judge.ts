import { neededBy } from '../dependencies.ts'
import type { Service, TaskDefinition } from '../desired-state/desired-state.generated.ts'
import { shortRevision } from '../identity.ts'
import { follows, isVersionOf } from '../image.ts'
import type { RotationFinder } from '../secrets/fingerprints.ts'
import type { StoredDefinitions } from './definitions.ts'
import type { DriftFinder, FieldChange } from './drift.ts'
import type { Target } from './target.ts'
import { deploymentOf, isAlive, isNamedAsLabelled, type ObservedTask } from './task.ts'
import type { ObservedContainer } from '../observed-state.ts'
import { asRun, PAUSE } from '../task-network.ts'
import { neverStarted } from './dependency-state.ts'
import { failuresOf, lostItsNetwork, type TaskState, taskState } from './task-state.ts'

/** A task with what the reconciler thinks of it. */
export interface JudgedTask {
  readonly task: ObservedTask
  readonly state: TaskState
  readonly alive: boolean
  /** Why it has to go; undefined: it may stay. */
  readonly outdated?: string
  /** It has to go because another task of its slot and revision runs. */
  readonly isDouble?: true
  /** Why it is to be replaced although it may stay: it fails. Its successor is of the same revision, and comes first. */
  readonly failing?: string
  /** What `docker update` sets right in place, by container name. */
  readonly resources: ReadonlyMap<string, readonly FieldChange[]>
  /** Made in this very run, and Docker shows it otherwise than asked in these fields: made anew it would be the same. */
  readonly misfit?: readonly FieldChange[]
  /** Starts of it that came to nothing; 0 where it does not fail, or is of another revision. */
  readonly failures: number
}

export interface Judgement {
  readonly service: Service
  readonly target: Target
  /** The run of apply: what is not as asked for right after it was made would be the same made anew. */
  readonly deployment: string
  readonly drift: DriftFinder
  /** Absent: tasks stay though their secrets were rotated. */
  readonly rotation?: RotationFinder
  readonly definitions: StoredDefinitions
  /** The container instances that are to be emptied. */
  readonly isDraining: (instance: string) => boolean
  /** It returns to this revision after a failure: what is in service of it stays, whatever else there is to say of it. */
  readonly goesBack: boolean
  /** Why a task has to go that another took the place of. */
  readonly doubleOf: (task: ObservedTask) => string | undefined
}

/** Whether a task may stay, and what is to be set right where it may. */
type Verdict = Pick<JudgedTask, 'outdated' | 'isDouble' | 'failing' | 'resources' | 'misfit'>

const MAY_STAY: Verdict = { resources: new Map() }

/** Judges one task: what state it is in, and whether it may stay. */
export function judge(task: ObservedTask, by: Judgement): JudgedTask {
  const { target } = by
  const { steadyAfter, grace } = windowsOf(by.service)
  const isOfTarget = task.revision === target.revision
  const stored = isOfTarget ? target.taskDefinition : by.definitions.of(task)
  const definition = stored && asRun(stored)
  const alive = isAlive(task)
  const state = definition ? taskState(task, definition, steadyAfter, grace) : alive ? 'HEALTHY' : 'STOPPED'
  const own = by.deployment !== '' && deploymentOf(task) === by.deployment
  const verdict = verdictOn(task, state, own, by)
  return { task, state, alive, ...verdict, failures: isOfTarget ? failuresOf(task, state) : 0 }
}

/** How long a service's tasks take to count as healthy, and how long a failing check is not held against them, in ms. */
export function windowsOf(service: Service): { steadyAfter: number; grace: number } {
  return {
    steadyAfter: service.deploymentConfiguration.steadyAfterSeconds * 1000,
    grace: service.healthCheckGracePeriodSeconds * 1000,
  }
}

function verdictOn(task: ObservedTask, state: TaskState, own: boolean, by: Judgement): Verdict {
  if (task.revision !== by.target.revision) {
    const from = task.revision === '' ? '(none)' : shortRevision(task.revision)
    return hasToGo(`revision ${from} → ${shortRevision(by.target.revision)}`)
  }
  if (by.goesBack && state === 'HEALTHY') return MAY_STAY
  if (task.containers.some(c => c.status === 'dead')) return hasToGo('Docker lost hold of it')
  if (by.isDraining(task.instance.name)) return hasToGo(`${task.instance.name} is DRAINING`)
  const double = by.doubleOf(task)
  if (double !== undefined) return { ...hasToGo(double), isDouble: true }
  if (lostItsNetwork(task)) return hasToGo('its pause container ended, and its network with it')
  const { networks } = task.instance
  const isGone = (id: string | undefined) => id !== undefined && !networks.some(n => n.id === id)
  if (task.containers.some(c => isGone(c.networkId))) return hasToGo('the network that it was on is gone')
  const rotated = rotationOf(task, by)
  if (rotated !== undefined) return hasToGo(rotated)
  const drifted = driftOf(task, own, by)
  if (drifted.outdated !== undefined) return drifted
  const failing = whyItFails(task, state)
  return failing === undefined ? drifted : { ...drifted, failing }
}

function whyItFails({ containers }: ObservedTask, state: TaskState): string | undefined {
  if (state === 'UNHEALTHY') return 'it is unhealthy'
  if (state !== 'FAILED') return undefined
  if (containers.some(c => neverStarted(c) && c.error !== '')) return 'it could not be started'
  return containers.some(c => c.health === 'unhealthy') ? 'it was unhealthy' : 'it keeps failing'
}

function hasToGo(outdated: string): Verdict {
  return { ...MAY_STAY, outdated }
}

/** A container that this one was tied to when it was made, and that was made anew since; Docker ties no second time. */
function madeAfter(
  task: ObservedTask,
  container: ObservedContainer,
  definition: TaskDefinition,
): string | undefined {
  if (task.containers.length < 2) return undefined
  const own = definition.containerDefinitions.find(c => c.name === container.identity.container)
  const needed = own ? neededBy(definition, own) : []
  return needed.find(name =>
    task.containers.some(c => c.identity.container === name && c.createdAt > container.createdAt),
  )
}

function rotationOf({ containers }: ObservedTask, { rotation, target }: Judgement): string | undefined {
  if (!rotation?.knows) return undefined
  const found = target.taskDefinition.containerDefinitions.flatMap(definition => {
    const container = containers.find(c => c.identity.container === definition.name)
    return (container && rotation.find(definition, container.identity.secrets)) ?? []
  })
  return found.length === 0 ? undefined : [...new Set(found)].join(', ')
}

function driftOf(task: ObservedTask, own: boolean, by: Judgement): Verdict {
  let resources: Map<string, readonly FieldChange[]> | undefined
  for (const container of task.containers) {
    const name = container.identity.container
    const desired = by.target.configs.get(name)
    if (!desired) return hasToGo(`container ${name} is not in its task definition`)
    if (!isNamedAsLabelled(container)) return hasToGo(`renamed to ${container.name}`)
    const newer = madeAfter(task, container, by.target.taskDefinition)
    if (newer !== undefined) return hasToGo(`${name} is tied to a ${newer} that is no more`)
    const other = otherImage(container, by.target)
    if (other !== undefined) return hasToGo(other)
    const drift = by.drift.find(desired, container, task.instance.images[container.imageId]?.config)
    if (!drift) continue
    if (drift.kind === 'replace') {
      if (own) return { ...MAY_STAY, misfit: drift.fields }
      return hasToGo(`${drift.fields.map(f => f.field).join(', ')} changed by hand`)
    }
    resources ??= new Map()
    resources.set(name, drift.fields)
  }
  return resources ? { ...MAY_STAY, resources } : MAY_STAY
}

/** Why a container's image is none that the target runs; undefined: it is one. */
function otherImage(container: ObservedContainer, { images, taskDefinition }: Target): string | undefined {
  const { image } = container
  const name = container.identity.container
  const pinned = images.get(name)
  // another version of the pause image does the same
  if (pinned === undefined || image === pinned || name === PAUSE) return undefined
  const definition = taskDefinition.containerDefinitions.find(c => c.name === name)
  if (definition && follows(definition) && isVersionOf(image, definition.image)) return undefined
  return `image ${image} is not ${pinned}`
}

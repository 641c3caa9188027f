import type { RunTask } from '../desired-state/desired-state.generated.ts'
import { problem, type Problem } from '../errors.ts'
import { shortRevision, taskKey, taskName } from '../identity.ts'
import { pinKey } from '../image.ts'
import { groupOf } from '../one-off.ts'
import { reserve } from '../scheduler/fleet.ts'
import {
  countRefusals,
  explain,
  fits,
  nextForRefusals,
  type Refusal,
  type Refusals,
} from '../scheduler/refusal.ts'
import { unanswered } from './lost.ts'
import { dataStages, placeInStages, warnOfEmptyVolumes } from './data-places.ts'
import { type OneOffState, oneOffState } from './one-off-state.ts'
import { foremost } from './foremost.ts'
import { runsOnce } from './left-alone.ts'
import { namesAreFree } from './names.ts'
import { waitsFor } from './order.ts'
import type { ServiceState } from './service-state.ts'
import { imagesOf, oneOffTarget, type Target } from './target.ts'
import { deploymentOf, isAlive, isUp, type ObservedTask } from './task.ts'
import { constraintsOf, instanceAt, volumeConstraints, type World } from './world.ts'

/** A task that runs once, looked at. */
interface Look {
  readonly name: string
  readonly run: RunTask
  readonly target: Target
  /** Of this revision. */
  readonly mine: readonly { readonly task: ObservedTask; readonly state: OneOffState }[]
  /** Of other revisions. */
  readonly others: readonly ObservedTask[]
  /** How many may run, or have run, on instances that do not answer. */
  readonly presumed: number
  /** Nothing, once it is begun. */
  readonly waitsFor: readonly string[]
}

/**
 * A task that runs once for each revision. Its stopped containers are what tells that it has run; they go when
 * another revision is to run, or when it failed and is run again by a later apply.
 */
export function reconcileOneOff(world: World, name: string): ServiceState {
  const look = lookAt(world, name)
  const before = world.steps.length
  const isResolved = [...look.target.images.values()].every(image => image !== undefined)
  const stuck = look.waitsFor.length === 0 && isResolved ? move(world, look) : undefined
  return stateOf(world, look, world.steps.length > before, stuck)
}

function lookAt(world: World, name: string): Look {
  const run = world.desired.tasks[name]
  if (!run) throw new Error(`no task ${name}`)
  const tasks = asLabelled(world.tasks.get(name) ?? [])
  const target = oneOffTarget(world.desired, name, run, tasks, world.context.images)
  const mine = tasks
    .filter(t => t.revision === target.revision)
    .map(task => ({ task, state: oneOffState(task, target.taskDefinition) }))
  // one beyond the count tells nothing of those that are asked for
  const seen = new Set(tasks.map(t => t.slot).filter(slot => Number(slot) <= run.count)).size
  // that an instance is lost tells not that the task has not run there: what runs once is run no second time for it
  const presumed = unanswered(world).length === 0 ? 0 : Math.max(0, run.count - seen)
  const toMake = mine.length < run.count || mine.some(t => t.state === 'INCOMPLETE' || t.state === 'FAILED')
  for (const { name: container, image: reference } of target.taskDefinition.containerDefinitions) {
    const image = target.images.get(container)
    if (image !== undefined) world.pins[pinKey(target.revision, container)] = image
    else if (toMake) world.unresolved.add(reference)
  }
  return {
    name,
    run,
    target,
    mine,
    others: tasks.filter(t => t.revision !== target.revision),
    presumed,
    waitsFor: mine.length > 0 ? [] : waitsFor(world, run.dependsOn),
  }
}

/** Whatever its containers are called by now: what they have run tells, and nothing of it is made anew for a name. */
function asLabelled(tasks: readonly ObservedTask[]): ObservedTask[] {
  const merged = new Map<string, ObservedTask>()
  for (const task of tasks) {
    const key = `${task.instance.name} ${taskKey(task)}`
    const { containers = [] } = merged.get(key) ?? {}
    merged.set(key, { ...task, containers: [...containers, ...task.containers] })
  }
  return [...merged.values()]
}

/** What is to be done now; the problem, where it cannot go on. */
function move(world: World, look: Look): Problem | undefined {
  const { name, run, target, mine, others } = look
  const { cluster } = world.desired
  let noRoom: Refusals | undefined
  const doubles = doublesIn(mine)
  for (const { task, state } of mine) {
    const identity = { cluster, service: name, slot: task.slot, revision: task.revision }
    const reason = { subject: taskName(task), service: name }
    if (Number(task.slot) > run.count) {
      world.steps.takeDown(task, { ...reason, cause: `${run.count} are to run` })
    } else if (doubles.has(task) && !isAlive(task) && state !== 'FAILED') {
      world.steps.takeDown(task, { ...reason, cause: `there is another ${taskName(task)}` })
    } else if (state === 'FAILED' && !isOfThisRun(world, task) && unanswered(world).length === 0) {
      world.steps.takeDown(task, { ...reason, cause: 'it failed, and is run again' })
    } else if ((state === 'DONE' || state === 'FAILED') && isAlive(task)) {
      world.steps.halt(task, {
        ...reason,
        cause: state === 'DONE' ? 'it has ended' : 'a container of it failed',
      })
    } else if (
      state === 'INCOMPLETE' &&
      namesAreFree(world, look, task.instance, identity, task.containers)
    ) {
      const refusal = takesUp(world, run, task)
      if (refusal) noRoom = countRefusals(world.definitions.demand(task), [refusal])
      else
        world.steps.bringUp(task.instance, identity, target, 'not all of its containers have run yet', task)
    }
  }
  if (noRoom) return noPlace(name, noRoom)
  // while an earlier revision runs, this one does not; what somebody paused, or was a service, would be waited for for ever
  if (others.some(t => isRunning(t) && runsOnce(t, world.definitions))) return undefined
  const cause = `revision ${others.map(t => shortRevision(t.revision))[0] ?? ''} → ${shortRevision(target.revision)}`
  for (const task of others) world.steps.takeDown(task, { cause, subject: taskName(task), service: name })
  // what an earlier revision left shows that this one has not begun: it goes first
  const gone = others.flatMap(t => t.containers.map(c => c.id))
  return startMissing(world, look, gone.length === 0 ? [] : world.steps.removalsOf(gone))
}

/**
 * Those whose slot another has too, which tells more: after Docker gave an old list, one may have been started where none
 * was seen. One that failed is told of all the same.
 */
function doublesIn(mine: Look['mine']): ReadonlySet<ObservedTask> {
  const best = foremost(
    mine,
    one => one.task.slot,
    one => TELLS[one.state],
  )
  return new Set(mine.flatMap(one => (best.get(one.task.slot) === one ? [] : [one.task])))
}

const TELLS: Readonly<Record<OneOffState, number>> = { DONE: 0, RUNNING: 1, INCOMPLETE: 2, FAILED: 3 }

/** Reserves again what a task that has not run to its end needs, where none of it runs now; why it cannot, where it cannot. */
function takesUp(world: World, run: RunTask, task: ObservedTask): Refusal | undefined {
  const host = world.fleet.index.get(task.instance.name)
  if (isAlive(task) || host === undefined) return undefined
  const demand = world.definitions.demand(task)
  const refusal = fits(world.fleet, host, demand)
  // what has begun on an instance that is being emptied ends there
  if (refusal && refusal.kind !== 'draining') return refusal
  if (!world.steps.givings.gpus.retake(task.instance, task.containers)) return { kind: 'gpus' }
  reserve(world.fleet, host, demand, groupOf(run))
  return undefined
}

function isRunning({ containers }: ObservedTask): boolean {
  return containers.some(c => isUp(c) && c.status !== 'paused')
}

function isOfThisRun(world: World, task: ObservedTask): boolean {
  return world.context.deployment !== '' && deploymentOf(task) === world.context.deployment
}

function startMissing(world: World, look: Look, after: readonly number[]): Problem | undefined {
  const { name, run, target, mine, presumed } = look
  const taken = new Set(mine.map(t => t.task.slot))
  const slots = Array.from({ length: run.count }, (_, i) => String(i + 1)).filter(slot => !taken.has(slot))
  const count = slots.length - presumed
  if (count <= 0) return undefined
  const distinctInstance = run.placementConstraints.some(c => c.type === 'distinctInstance')
  const running = mine.flatMap(({ task }) =>
    isAlive(task) || distinctInstance ? (world.fleet.index.get(task.instance.name) ?? []) : [],
  )
  const { taskDefinition } = target
  const { hosts, refusals } = placeInStages(
    world,
    {
      service: groupOf(run),
      demand: world.definitions.demandOf(taskDefinition),
      constraints: [...constraintsOf(world, run, target), ...volumeConstraints(world, taskDefinition)],
      distinctInstance,
      strategies: run.placementStrategy,
      running,
    },
    dataStages(world, { taskDefinition, desired: run.count, tasks: mine.map(t => t.task) }),
    count,
  )
  for (const [i, host] of hosts.entries()) {
    const instance = instanceAt(world, host)
    const slot = slots[i]
    if (!instance || slot === undefined) continue
    const task = { cluster: world.desired.cluster, service: name, slot, revision: target.revision }
    if (!namesAreFree(world, look, instance, task)) continue
    warnOfEmptyVolumes(world, name, taskDefinition, instance.name)
    world.steps.bringUp(instance, task, target, 'it is to run once', undefined, after)
  }
  return refusals && noPlace(name, refusals)
}

function stateOf(world: World, look: Look, moves: boolean, stuck: Problem | undefined): ServiceState {
  const { name, run, target, mine, others, presumed } = look
  const failed = mine.filter(t => t.state === 'FAILED')
  const done = mine.filter(t => t.state === 'DONE').length
  const running = [...mine.map(t => t.task), ...others].filter(isAlive).length
  if (presumed > 0) world.warnings.push(unseen(world, look))
  const isComplete = !moves && others.length === 0 && failed.length === 0 && done + presumed >= run.count
  return {
    service: name,
    schedulingStrategy: 'TASK',
    revision: target.revision,
    images: imagesOf(target),
    desired: run.count,
    running,
    healthy: done,
    current: done,
    pending: running,
    outdated: others.length,
    presumed,
    failures: failed.length,
    threshold: 1,
    rollout: isComplete ? 'COMPLETED' : failed.length > 0 && !moves ? 'FAILED' : 'IN_PROGRESS',
    failing: failed.map(({ task }) => ({
      task: taskName(task),
      instance: task.instance.name,
      containers: task.containers.map(c => c.id),
    })),
    ...(look.waitsFor.length > 0 && !isComplete && { waitsFor: look.waitsFor }),
    ...(stuck && { problem: stuck }),
  }
}

function unseen(world: World, { name, presumed, run }: Look): Problem {
  const on = unanswered(world).join(', ')
  const message = `${name}: ${presumed} of ${run.count} tasks that run once are not seen; they may run, or have run, on ${on}, and are not started a second time`
  return problem('HOST_UNREACHABLE', message, {
    service: name,
    next: `Bring ${on} back; or, if it is gone for good, take it out of the document.`,
  })
}

function noPlace(name: string, refusals: Refusals): Problem {
  return problem('PLACEMENT_FAILED', explain(refusals, name), {
    service: name,
    ...nextForRefusals(refusals),
  })
}

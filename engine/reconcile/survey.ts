import type { Service } from '../desired-state/desired-state.generated.ts'
import { type Problem, problem } from '../errors.ts'
import { shortRevision, taskName } from '../identity.ts'
import { follows, pinKey } from '../image.ts'
import type { Constraint } from '../scheduler/constraint.ts'
import type { Demand } from '../scheduler/demand.ts'
import { fits } from '../scheduler/refusal.ts'
import { release, reserve } from '../scheduler/fleet.ts'
import { ANYWHERE, dataStages, type Stage } from './data-places.ts'
import { withoutDoubles } from './doubles.ts'
import type { FieldChange } from './drift.ts'
import { type JudgedTask, judge } from './judge.ts'
import { countFailures, type Failures, isSpent } from './failed-tasks.ts'
import { type Bounds, boundsOf } from './rollout.ts'
import { type Choice, chooseTarget, serviceOf } from './choice.ts'
import { waitsFor } from './order.ts'
import { failingTask, type ServiceState } from './service-state.ts'
import { lostText } from '../instance-standing.ts'
import { doublesOf } from './lost.ts'
import { imagesOf, type Target } from './target.ts'
import { deploymentOf, type ObservedTask } from './task.ts'
import { constraintsOf, isDraining, routerConstraints, volumeConstraints, type World } from './world.ts'

/** One service, looked at: what it should run, and what runs. */
export interface Survey {
  readonly name: string
  readonly service: Service
  readonly desired: number
  readonly target: Target
  readonly rolledBackFrom?: string
  readonly demand: Demand
  readonly constraints: readonly Constraint[]
  /** Where the data of its shared volumes lets its tasks go. */
  readonly stages: readonly Stage[]
  readonly bounds: Bounds
  readonly judged: readonly JudgedTask[]
  /** Tasks that lack a container whose name another has: nothing comes of waiting for them. */
  readonly blocked: Set<JudgedTask>
  readonly failures: Failures
  /** What its new revision, which is not begun, waits for. */
  readonly waitsFor: readonly string[]
  /** Too much failed: nothing more is started or stopped in this run. */
  readonly givenUp: boolean
}

export function surveyService(
  world: World,
  name: string,
  desired: number,
  { target, rolledBackFrom, given }: Choice = chooseTarget(world, name),
): Survey {
  const service = serviceOf(world, name)
  const tasks = world.tasks.get(name) ?? []
  const by = {
    service,
    target,
    deployment: world.context.deployment,
    drift: world.drift,
    goesBack: rolledBackFrom !== undefined,
    // what it goes back to is to stay as it is: the new values may be why it goes back
    ...(rolledBackFrom === undefined && { rotation: world.rotation }),
    definitions: world.definitions,
    isDraining: (instance: string) => isDraining(world, instance),
    doubleOf: doublesOf(world, tasks),
  }
  const judged = withoutDoubles(tasks.map(task => judge(task, by)))
  for (const { task, misfit } of judged) if (misfit) world.problems.push(misfitProblem(name, task, misfit))
  const { deployment } = world.context
  // a DAEMON's task has the name that its successor is to have: what failed in an earlier run makes room for it
  const isDaemon = service.schedulingStrategy === 'DAEMON'
  const mayCount = isDaemon ? judged.filter(t => deploymentOf(t.task) === deployment) : judged
  const failures = countFailures(mayCount, service, target, desired, deployment)
  noteImages(world, target, desired, rolledBackFrom === undefined ? judged : undefined)
  return {
    name,
    service,
    desired,
    target,
    ...(rolledBackFrom !== undefined && { rolledBackFrom }),
    demand: world.definitions.demandOf(target.taskDefinition),
    constraints: [
      ...constraintsOf(world, service, target),
      ...volumeConstraints(world, target.taskDefinition),
      ...routerConstraints(world, target.taskDefinition),
    ],
    stages:
      service.schedulingStrategy === 'DAEMON'
        ? ANYWHERE
        : dataStages(world, { taskDefinition: target.taskDefinition, desired, tasks }),
    bounds: boundsOf(service, desired),
    judged,
    blocked: new Set(),
    failures,
    waitsFor:
      rolledBackFrom !== undefined || hasBegun(tasks, target, desired)
        ? []
        : waitsFor(world, service.dependsOn),
    givenUp: given || failures.count >= failures.threshold,
  }
}

/**
 * Notes the images that are known, and the references that are to be resolved before tasks are made.
 * @param judged undefined: it goes back to what it ran, and no tag is asked for anew
 */
function noteImages(
  world: World,
  target: Target,
  desired: number,
  judged: readonly JudgedTask[] | undefined,
): void {
  const whole = judged?.filter(t => t.alive && t.outdated === undefined && t.state !== 'INCOMPLETE')
  const makesTasks = whole !== undefined && desired > whole.length
  for (const definition of target.taskDefinition.containerDefinitions) {
    const image = target.images.get(definition.name)
    if (image === undefined) {
      if (desired > 0) world.unresolved.add(definition.image)
    } else if (!follows(definition)) world.pins[pinKey(target.revision, definition.name)] = image
    else if (makesTasks && world.context.images[definition.image] === undefined)
      world.unresolved.add(definition.image)
  }
}

/** A revision that was begun goes on, and what stays at its revision is scaled and mended, whatever becomes of others. */
function hasBegun(tasks: readonly ObservedTask[], { revision }: Target, desired: number): boolean {
  return desired === 0 || tasks.some(t => t.revision === revision)
}

function misfitProblem(service: string, task: ObservedTask, fields: readonly FieldChange[]): Problem {
  const { name } = task.instance
  const which = fields.map(f => f.field).join(', ')
  const message = `${taskName(task)} on ${name} was made in this run, and Docker shows another ${which} than was asked for`
  return problem('DRIFT_REMAINS', message, { instance: name, service })
}

/** Whether it is time to plan for it, and all is known that it takes: what is to run nowhere needs no images. */
export function mayMove({ desired, target, givenUp, waitsFor }: Survey): boolean {
  if (givenUp || waitsFor.length > 0) return false
  return desired === 0 || [...target.images.values()].every(image => image !== undefined)
}

/** Whether a task of the target would fit where this one runs, once this one is gone. Changes nothing. */
export function makesRoom(world: World, survey: Survey, task: ObservedTask): boolean {
  const host = world.fleet.index.get(task.instance.name)
  if (host === undefined || !survey.constraints.every(c => c.test(host))) return false
  if (!survey.stages.some(s => s.constraints.every(c => c.test(host)))) return false
  const demand = world.definitions.demand(task)
  release(world.fleet, host, demand, task.service)
  const refusal = fits(world.fleet, host, survey.demand)
  reserve(world.fleet, host, demand, task.service)
  return refusal === undefined
}

/**
 * The slots that tasks of any revision have. A task that moves on to another revision keeps its slot; the successor of
 * a failed one has another, so that what failed and is stopped counts for none.
 */
export function seenSlots(survey: Survey): Set<string> {
  return new Set(survey.judged.flatMap(t => (isSpent(t) ? [] : [t.task.slot])))
}

/** What a REPLICA's slot looks like: not a DAEMON's, nor what somebody else wrote into the label. */
const IS_NUMBER = /^[1-9]\d{0,6}$/

/**
 * Hands out slots that no task of this revision has: those of the tasks that are replaced first, so that the number
 * of slots in sight tells how many tasks there are also in the middle of a rollout; then the smallest numbers.
 */
export function freeSlots(survey: Survey): () => string {
  const mine = survey.judged.filter(t => t.task.revision === survey.target.revision)
  const taken = new Set(mine.map(t => t.task.slot))
  // a container that was renamed may have the name that another slot's would have
  for (const { task, outdated } of mine) {
    if (outdated !== undefined) for (const { name } of task.containers) taken.add(name.split('.')[2] ?? '')
  }
  const inherited = [...seenSlots(survey)]
    .filter(s => IS_NUMBER.test(s) && !taken.has(s))
    .sort((a, b) => Number(a) - Number(b))
  let next = 0
  return () => {
    let slot = inherited.shift()
    while (slot === undefined || taken.has(slot)) slot = String(++next)
    taken.add(slot)
    return slot
  }
}

/** The cause that stands on a step which makes a task. */
export function startCause(world: World, survey: Survey): string {
  const replaced = survey.judged.find(t => t.outdated !== undefined && t.alive)
  const failing = survey.judged.find(t => t.outdated === undefined && t.failing !== undefined)
  if (survey.rolledBackFrom !== undefined) return `rolled back from ${shortRevision(survey.rolledBackFrom)}`
  if (replaced?.outdated !== undefined) return replaced.outdated
  if (failing?.failing !== undefined) return failing.failing
  const up = survey.judged.filter(t => t.alive).length
  const counts = up === 0 ? `${survey.desired} desired, none runs` : `${survey.desired} desired, ${up} run`
  return [counts, ...[...world.lost].map(([instance, why]) => `${instance} ${lostText(why)}`)].join('; ')
}

export interface Progress {
  readonly presumed: number
  /** Steps were planned for it in this wave. */
  readonly moves: boolean
  readonly problem?: ServiceState['problem']
}

export function serviceState(survey: Survey, progress: Progress): ServiceState {
  const { judged, service, bounds: _, target } = survey
  const alive = judged.filter(t => t.alive)
  const mine = judged.filter(t => t.outdated === undefined)
  const failing = judged.filter(t => t.failures > 0)
  const { count, threshold } = survey.failures
  const retries = threshold === Infinity && failing.length > 0 && !survey.givenUp
  const current = mine.filter(t => t.state === 'HEALTHY').length
  const pending = survey.givenUp ? 0 : alive.filter(t => mayYetBeInService(survey, t)).length
  const outdated = judged.filter(t => t.outdated !== undefined).length
  const complete =
    !progress.moves &&
    outdated === 0 &&
    survey.rolledBackFrom === undefined &&
    current + progress.presumed >= survey.desired &&
    current === mine.length
  const stalled = failing.length > 0 && !progress.moves && pending === 0 && !complete && !retries
  const failed = survey.givenUp || stalled
  return {
    service: survey.name,
    schedulingStrategy: service.schedulingStrategy,
    revision: target.revision,
    images: imagesOf(target),
    ...(survey.rolledBackFrom !== undefined && { rolledBackFrom: survey.rolledBackFrom }),
    desired: survey.desired,
    running: alive.length,
    healthy: alive.filter(t => t.state === 'HEALTHY').length,
    current,
    pending,
    outdated,
    presumed: progress.presumed,
    failures: count,
    ...(threshold !== Infinity && { threshold }),
    ...(retries && { retries }),
    rollout: complete ? 'COMPLETED' : failed ? 'FAILED' : 'IN_PROGRESS',
    failing: failing.map(({ task }) => failingTask(task, target.taskDefinition)),
    ...(survey.waitsFor.length > 0 && { waitsFor: survey.waitsFor }),
    ...(progress.problem && { problem: progress.problem }),
  }
}

/** What an outdated task lacks nobody gives it any more. */
function mayYetBeInService({ blocked }: Survey, judged: JudgedTask): boolean {
  const { state, outdated } = judged
  return state === 'PENDING' || (state === 'INCOMPLETE' && outdated === undefined && !blocked.has(judged))
}

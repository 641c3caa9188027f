import { type Problem, problem } from '../errors.ts'
import { taskName } from '../identity.ts'
import type { ReachableInstance } from '../observed-state.ts'
import { matching } from '../scheduler/constraint.ts'
import { reserve } from '../scheduler/fleet.ts'
import { countRefusals, explain, fits, nextForRefusals, type Refusal } from '../scheduler/refusal.ts'
import { chooseTarget, serviceOf } from './choice.ts'
import type { JudgedTask } from './judge.ts'
import { namesAreFree } from './names.ts'
import { mend, revive } from './mend.ts'
import type { ServiceState } from './service-state.ts'
import { mayMove, serviceState, startCause, type Survey, surveyService } from './survey.ts'
import { isAlive } from './task.ts'
import { constraintsOf, instanceAt, isDraining, type World } from './world.ts'

/** One instance's part of a DAEMON service. */
interface Place {
  readonly host: number
  readonly instance: ReachableInstance
  readonly there: readonly JudgedTask[]
}

/** One task on each ACTIVE instance that meets the constraints: the old one is stopped, then the new one started. */
export function reconcileDaemon(world: World, name: string): ServiceState {
  const choice = chooseTarget(world, name)
  const hosts = matching(world.fleet, constraintsOf(world, serviceOf(world, name), choice.target))
  const survey = surveyService(world, name, hosts.length, choice)
  if (!mayMove(survey)) return serviceState(survey, { presumed: 0, moves: false })
  const before = world.steps.length
  const byInstance = groupByInstance(survey.judged)
  const places = new Set(hosts.map(host => world.fleet.names[host]))
  // those that leave their instance anyway serve nobody's minimum
  const healthy = survey.judged.filter(t => isInService(t) && places.has(t.task.instance.name)).length
  const budget = { stops: healthy - survey.bounds.lower }
  const refused: Problem[] = []
  for (const host of hosts) {
    const instance = instanceAt(world, host)
    if (!instance) continue
    const there = byInstance.get(instance.name) ?? []
    byInstance.delete(instance.name)
    const refusal = reconcileInstance(world, survey, { host, instance, there }, budget)
    if (refusal) refused.push(refusal)
  }
  let lingering = 0
  for (const there of byInstance.values()) lingering += leave(world, survey, there)
  const moves = world.steps.length > before
  const stuck = moves ? undefined : (refused[0] ?? whyStuck(survey, places))
  const state = serviceState(survey, { presumed: 0, moves, ...(stuck && { problem: stuck }) })
  return lingering > 0 ? { ...state, lingering } : state
}

function reconcileInstance(
  world: World,
  survey: Survey,
  place: Place,
  budget: { stops: number },
): Problem | undefined {
  const mine = place.there.filter(t => whyItGoes(world, survey, t) === undefined)
  const [kept, ...more] = [
    ...mine.filter(isInService),
    ...mine.filter(t => t.alive && !isInService(t)),
    ...mine.filter(t => !t.alive),
  ]
  for (const judged of more)
    if (!isKept(survey, judged)) takeDown(world, survey, judged, 'one task on each container instance')
  const outdated = place.there.filter(t => whyItGoes(world, survey, t) !== undefined)
  // what runs holds its room, and what has the same revision its name
  const waits = outdated.some(t => t.alive || t.task.revision === survey.target.revision)
  for (const judged of outdated) {
    if (isInService(judged) && budget.stops-- <= 0) continue
    const cause = whyItGoes(world, survey, judged) ?? ''
    world.steps.pullAll(place.instance, survey.target, cause)
    takeDown(world, survey, judged, cause)
  }
  if (kept?.alive) mend(world, survey, kept)
  else if (kept?.state !== 'FAILED' && !waits) return start(world, survey, place, kept)
  return undefined
}

/** What failed in an earlier run is made anew, unless an instance does not answer: then all that merely fails stays. */
function whyItGoes({ silent }: World, { failures }: Survey, judged: JudgedTask): string | undefined {
  const isLeft = silent.length > 0 || failures.counted.has(judged)
  return judged.outdated ?? (isLeft ? undefined : judged.failing)
}

/** Makes the task of an instance, or starts again the one that is there and stopped. */
function start(
  world: World,
  survey: Survey,
  { host, instance }: Place,
  stopped?: JudgedTask,
): Problem | undefined {
  const { cluster } = world.desired
  const task = { cluster, service: survey.name, slot: instance.name, revision: survey.target.revision }
  const refusal = fits(world.fleet, host, survey.demand) ?? lacksVolume(survey, host)
  if (refusal) {
    const refusals = countRefusals(survey.demand, [refusal])
    const why = explain(refusals, survey.name)
    const message = `${instance.name} cannot take ${survey.name}, which is to run on each instance: ${why}`
    const about = { service: survey.name, instance: instance.name, ...nextForRefusals(refusals) }
    return problem('PLACEMENT_FAILED', message, about)
  }
  if (!stopped && !namesAreFree(world, survey, instance, task)) return undefined
  if (stopped && !world.steps.givings.gpus.retake(instance, stopped.task.containers)) {
    takeDown(world, survey, stopped, 'another task has its GPUs by now')
    return undefined
  }
  reserve(world.fleet, host, survey.demand, survey.name)
  if (stopped) revive(world, survey, stopped)
  else world.steps.bringUp(instance, task, survey.target, startCause(world, survey))
  return undefined
}

function lacksVolume({ constraints }: Survey, host: number): Refusal | undefined {
  const failed = constraints.find(c => !c.test(host))
  return failed && { kind: 'constraint', expression: failed.text }
}

/** Nothing moves, nothing is on its way, and what is outdated may not stop: the minimum leaves no room. */
function whyStuck(
  { name, service, judged, desired, bounds }: Survey,
  places: ReadonlySet<string | undefined>,
): Problem | undefined {
  const waiting = judged.some(t => t.outdated === undefined && !isInService(t))
  // one that waits to be the last on its instance is none of the minimum's
  const held = judged.some(
    t => t.outdated !== undefined && isInService(t) && places.has(t.task.instance.name),
  )
  if (waiting || !held) return undefined
  const { minimumHealthyPercent = 0 } = service.deploymentConfiguration
  const message = `${name} cannot stop a task: minimumHealthyPercent ${minimumHealthyPercent} of ${desired} keeps ${bounds.lower} in service`
  return problem('DEPLOYMENT_STUCK', message, { service: name })
}

/** Where the service is not to be any more. On an instance that is emptied a daemon is the last to go; how many wait. */
function leave(world: World, survey: Survey, there: readonly JudgedTask[]): number {
  let lingering = 0
  for (const judged of there) {
    if (isKept(survey, judged)) continue
    const { name } = judged.task.instance
    if (!isDraining(world, name)) takeDown(world, survey, judged, `${name} no longer meets the constraints`)
    else if (!hasReplicas(world, name)) takeDown(world, survey, judged, `${name} is DRAINING`)
    else lingering++
  }
  return lingering
}

/** Where it goes back nothing in service of that revision is stopped. */
function isKept({ rolledBackFrom, target }: Survey, judged: JudgedTask): boolean {
  return rolledBackFrom !== undefined && isInService(judged) && judged.task.revision === target.revision
}

function isDaemon({ desired: { services } }: World, service: string): boolean {
  return Object.hasOwn(services, service) && services[service]?.schedulingStrategy === 'DAEMON'
}

function hasReplicas(world: World, instance: string): boolean {
  for (const [service, tasks] of world.tasks) {
    if (isDaemon(world, service)) continue
    if (tasks.some(t => t.instance.name === instance && isAlive(t))) return true
  }
  return false
}

function isInService({ alive, state }: JudgedTask): boolean {
  return alive && state === 'HEALTHY'
}

function takeDown(world: World, survey: Survey, { task }: JudgedTask, cause: string): void {
  const reason = { cause, subject: taskName(task), service: survey.name }
  world.steps.takeDown(task, reason, world.steps.pullsOf(survey.name))
}

function groupByInstance(judged: readonly JudgedTask[]): Map<string, JudgedTask[]> {
  const groups = new Map<string, JudgedTask[]>()
  for (const task of judged) {
    const group = groups.get(task.task.instance.name)
    if (group) group.push(task)
    else groups.set(task.task.instance.name, [task])
  }
  return groups
}

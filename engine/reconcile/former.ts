import { shortRevision, taskName } from '../identity.ts'
import type { Constraint } from '../scheduler/constraint.ts'
import { neededSources } from '../secrets/needed-sources.ts'
import { dataStages, placeInStages, warnOfEmptyVolumes } from './data-places.ts'
import { hasImage } from './images-there.ts'
import type { JudgedTask } from './judge.ts'
import { revive } from './mend.ts'
import { nameHolder } from './names.ts'
import { stop } from './retire.ts'
import { requestOf, takesUp } from './start.ts'
import { freeSlots, type Survey } from './survey.ts'
import { previousTarget, type Target } from './target.ts'
import { deploymentOf, type ObservedTask } from './task.ts'
import {
  constraintsOf,
  instanceAt,
  isDraining,
  routerConstraints,
  volumeConstraints,
  type World,
} from './world.ts'

/**
 * The old revision of a service while its new one is not proven: some of the new one is there, and nothing of it is in
 * service. Until something is, what dies of the old one is made anew, as far as the minimum asks for it, and never more
 * than there were. It is then as if nothing had died: a rollout ends in that world as it would have.
 */
export interface Former {
  /** The service as it is looked at where it is to run its old revision. */
  readonly survey: Survey
  /** Not in service, and on their way to be. */
  readonly coming: readonly JudgedTask[]
  /** Made anew in this very run, and dead again: they stay, stopped, and tell that to do it once more is of no use. */
  readonly vain: readonly JudgedTask[]
  /** The others that will not be in service again. */
  readonly dead: readonly JudgedTask[]
  /** How many are to be made anew. */
  readonly missing: number
}

/** Looks whether the old revision of a service is to be kept up, where all that runs of it is in view. Plans nothing. */
export function formerOf(world: World, survey: Survey): Former | undefined {
  const { name, judged, bounds } = survey
  const { asReviewed, unkept, inServiceAtFirst } = world.context
  if (asReviewed || unkept?.has(name) || survey.rolledBackFrom !== undefined) return undefined
  const ofNew = judged.filter(t => t.task.revision === survey.target.revision)
  if (ofNew.length === 0 || ofNew.some(isInService)) return undefined
  const target = oldTarget(world, survey)
  if (!target || !mayBeMade(world, survey, target)) return undefined
  const mine = judged.filter(t => t.task.revision === target.revision)
  // what ran long ago does not come back: only what is there is kept up
  if (mine.length === 0) return undefined
  const atFirst = inServiceAtFirst ? (inServiceAtFirst[name] ?? 0) : Infinity
  const least = Math.min(bounds.lower, countOf(world, name, target) ?? mine.length, atFirst)
  const short = Math.max(0, least - judged.filter(isInService).length)
  const coming = mine.filter(t => isComing(world, target, t)).slice(0, short)
  const gone = mine.filter(t => !coming.includes(t) && t.state !== 'HEALTHY' && t.state !== 'PENDING')
  const { deployment } = world.context
  const vain = gone.filter(t => deployment !== '' && deploymentOf(t.task) === deployment)
  const dead = gone.filter(t => !vain.includes(t))
  return {
    survey: surveyOf(world, survey, target, dead),
    coming,
    vain,
    dead,
    missing: vain.length > 0 ? 0 : short - coming.length,
  }
}

/**
 * Brings tasks of the old revision up: at most so many more than are there, besides the successors of those that were
 * ended in this wave, which wait until those are gone. How many more it were.
 */
export function keepFormer(
  world: World,
  survey: Survey,
  former: Former,
  { room, ended }: { readonly room: number; readonly ended: number },
): number {
  let used = 0
  for (const judged of former.coming) {
    if (!judged.alive && (used >= room || !takesUp(world, former.survey, judged))) continue
    if (!judged.alive) used++
    revive(world, former.survey, judged)
  }
  const left = Math.max(0, room - used) + ended
  const hosts = placeOf(world, former, Math.min(former.missing, left))
  let made = 0
  const nextSlot = freeSlots(former.survey)
  const { target } = former.survey
  // a successor may have the name of what is dead, and no more run than may: that goes first
  const goes = former.dead.flatMap(t => t.task.containers)
  const after = world.steps.removalsOf(goes.map(c => c.id))
  for (const host of hosts) {
    const instance = instanceAt(world, host)
    const { cluster } = world.desired
    const task = { cluster, service: survey.name, slot: nextSlot(), revision: target.revision }
    if (!instance || nameHolder(target, instance, task, goes)) continue
    warnOfEmptyVolumes(world, survey.name, target.taskDefinition, instance.name)
    world.steps.bringUp(instance, task, target, causeOf(survey), undefined, after)
    made++
  }
  return used + Math.max(0, made - ended)
}

/** Stops what is dead of the old revision and still runs, and what was made anew in vain; how many it were. */
export function endDead(world: World, survey: Survey, { dead, vain }: Former): number {
  const alive = dead.filter(t => t.alive)
  for (const judged of alive) stop(world, survey, judged, judged.outdated ?? '')
  for (const { task, outdated = '' } of vain)
    world.steps.halt(task, { cause: outdated, subject: taskName(task), service: survey.name })
  return alive.length
}

function causeOf({ target }: Survey): string {
  return `too few are healthy, and none of ${shortRevision(target.revision)} is yet`
}

/** How many tasks of its old revision the service had, where the ledger knows; it may be that more are wanted now. */
function countOf({ context }: World, service: string, { revision }: Target): number | undefined {
  const completed = context.history?.get(service)?.completed
  return completed?.revision === revision ? (completed.desiredCount ?? 1) : undefined
}

function isInService({ alive, state }: JudgedTask): boolean {
  return alive && state === 'HEALTHY'
}

/** What the service would go back to, by what is in service of it or else by all that is there, and by the ledger. */
function oldTarget(world: World, { name, target, judged }: Survey): Target | undefined {
  const healthy = judged.filter(isInService)
  const tasks = (healthy.length > 0 ? healthy : judged).map(t => t.task)
  return previousTarget(target, tasks, world.definitions, world.context.history?.get(name))
}

/** Whether all is known that it takes. A source is read only where the document names it. */
function mayBeMade({ desired }: World, { name, service }: Survey, target: Target): boolean {
  if ([...target.images.values()].some(image => image === undefined)) return false
  const known = new Set(neededSources(desired).map(s => s.source))
  const needed = neededSources({
    ...desired,
    tasks: {},
    services: { [name]: { ...service, taskDefinition: target.family } },
    taskDefinitions: { [target.family]: target.taskDefinition },
  })
  return needed.every(s => known.has(s.source))
}

function isComing(world: World, target: Target, { task, state, alive }: JudgedTask): boolean {
  if (isDraining(world, task.instance.name)) return false
  if (state === 'PENDING') return alive
  if (state !== 'INCOMPLETE' || !hasImages(target, task)) return false
  return nameHolder(target, task.instance, task, task.containers) === undefined
}

/** Nothing is pulled in the middle of a deployment. */
function hasImages({ images }: Target, { instance }: Pick<ObservedTask, 'instance'>): boolean {
  return [...images.values()].every(image => image !== undefined && hasImage(instance, image))
}

/** @param without whose slots their successors have */
function surveyOf(world: World, survey: Survey, target: Target, without: readonly JudgedTask[]): Survey {
  const { service, desired, judged } = survey
  const { taskDefinition } = target
  const imagesAreThere: Constraint = {
    text: 'its images are there',
    test: host => {
      const instance = instanceAt(world, host)
      return instance !== undefined && hasImages(target, { instance })
    },
  }
  return {
    ...survey,
    target,
    demand: world.definitions.demandOf(taskDefinition),
    constraints: [
      imagesAreThere,
      ...constraintsOf(world, service, target),
      ...volumeConstraints(world, taskDefinition),
      ...routerConstraints(world, taskDefinition),
    ],
    stages: dataStages(world, { taskDefinition, desired, tasks: judged.map(t => t.task) }),
    judged: judged.filter(t => !without.includes(t)).map(t => asOf(target, t)),
  }
}

function asOf({ revision }: Target, judged: JudgedTask): JudgedTask {
  const { outdated: _, ...mayStay } = judged
  return judged.task.revision === revision ? mayStay : { ...judged, outdated: 'of another revision' }
}

function placeOf(world: World, { survey }: Former, count: number): readonly number[] {
  if (count <= 0) return []
  return placeInStages(world, requestOf(world, survey), survey.stages, count).hosts
}

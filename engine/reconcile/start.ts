import type { Placement } from '../scheduler/place.ts'
import { release, reserve } from '../scheduler/fleet.ts'
import { fits } from '../scheduler/refusal.ts'
import { placeInStages, warnOfEmptyVolumes } from './data-places.ts'
import { isResting } from './failed-tasks.ts'
import type { JudgedTask } from './judge.ts'
import { namesAreFree } from './names.ts'
import { freeSlots, startCause, type Survey } from './survey.ts'
import { instanceAt, type World } from './world.ts'

/** Starts so many tasks, as far as there is room; how many it were. */
export function startMissing(world: World, survey: Survey, count: number): number {
  if (count <= 0 || (survey.failures.threshold === Infinity && isResting(survey.judged))) return 0
  const hosts = placeSome(world, survey, count)
  const cause = startCause(world, survey)
  const nextSlot = freeSlots(survey)
  let started = 0
  for (const host of hosts) {
    const instance = instanceAt(world, host)
    const { cluster } = world.desired
    const task = { cluster, service: survey.name, slot: nextSlot(), revision: survey.target.revision }
    if (!instance || !namesAreFree(world, survey, instance, task)) continue
    warnOfEmptyVolumes(world, survey.name, survey.target.taskDefinition, instance.name)
    world.steps.bringUp(instance, task, survey.target, cause)
    started++
  }
  return started
}

/** Hosts for so many tasks: those where none has failed in this deployment, as far as there is room, then the others. */
function placeSome(world: World, survey: Survey, count: number): readonly number[] {
  const request = requestOf(world, survey)
  const failed = [...survey.failures.counted].filter(t => t.state === 'FAILED')
  const failedOn = new Set(hostsOf(world, failed))
  return placeInStages(world, { ...request, avoid: failedOn }, survey.stages, count).hosts
}

/** The tasks of the new revision are spread among themselves, so that the layout is even once the old are gone. */
export function requestOf(world: World, survey: Survey) {
  const distinctInstance = survey.service.placementConstraints.some(c => c.type === 'distinctInstance')
  // one that is started again in this wave, say because its maker was killed, counts where it is
  const counts = (t: JudgedTask) => t.alive || world.revived.has(t)
  const stays = (t: JudgedTask) => t.outdated === undefined && t.failing === undefined
  const counted = survey.judged.filter(t => counts(t) && (distinctInstance || stays(t)))
  return {
    service: survey.name,
    demand: survey.demand,
    constraints: survey.constraints,
    distinctInstance,
    strategies: survey.service.placementStrategy,
    running: hostsOf(world, counted),
  }
}

/** Reserves again what a stopped task needs; false: it is taken by now. */
export function takesUp(world: World, survey: Survey, { task }: JudgedTask): boolean {
  const host = world.fleet.index.get(task.instance.name)
  // of its ranges of host ports it has its own
  const demand = survey.demand.ranges ? world.definitions.demand(task) : survey.demand
  if (host === undefined || fits(world.fleet, host, demand) !== undefined) return false
  if (!world.steps.givings.gpus.retake(task.instance, task.containers)) return false
  reserve(world.fleet, host, demand, survey.name)
  return true
}

/** Whether a task of the new revision finds a place as things are. */
export function couldPlaceOne(world: World, survey: Survey): boolean {
  return tryOne(world, survey).hosts.length > 0
}

/** Where one more task would go, or why nowhere. Changes nothing. */
export function tryOne(world: World, survey: Survey): Placement {
  const placement = placeInStages(world, requestOf(world, survey), survey.stages, 1)
  for (const host of placement.hosts) release(world.fleet, host, survey.demand, survey.name)
  return placement
}

export function hostsOf(world: World, tasks: readonly JudgedTask[]): number[] {
  return tasks.flatMap(t => world.fleet.index.get(t.task.instance.name) ?? [])
}

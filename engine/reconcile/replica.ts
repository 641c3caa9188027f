import { problem, type Problem } from '../errors.ts'
import { taskName } from '../identity.ts'
import { explain, fits, nextForRefusals } from '../scheduler/refusal.ts'
import { chooseToStop } from '../scheduler/stop.ts'
import { ANYWHERE } from './data-places.ts'
import { isPause } from '../task-network.ts'
import { runningTwice } from './doubles.ts'
import { endDead, formerOf, keepFormer } from './former.ts'
import type { JudgedTask } from './judge.ts'
import { darkFor } from './lost.ts'
import { mend, revive } from './mend.ts'
import { warnOfMisplaced } from './misplaced.ts'
import { presumedElsewhere } from './presumed.ts'
import { retire, stop } from './retire.ts'
import type { ServiceState } from './service-state.ts'
import { couldPlaceOne, hostsOf, startMissing, takesUp, tryOne } from './start.ts'
import { mayMove, makesRoom, serviceState, type Survey, surveyService } from './survey.ts'
import { isDraining, type World } from './world.ts'

/** What is left to spend in this wave. */
interface Budget {
  /** Healthy tasks that may be stopped. */
  stops: number
  /** Tasks that may be started. */
  starts: number
}

/** A service with a desired count: starts what is missing, replaces what is outdated, stops what is too much. */
export function reconcileReplica(world: World, name: string): ServiceState {
  const survey = surveyService(world, name, world.desired.services[name]?.desiredCount ?? 1)
  const { presumed, held } = presumedElsewhere(world, survey)
  const before = world.steps.length
  warnOfMisplaced(world, survey)
  if (!mayMove(survey)) return serviceState(survey, { presumed, moves: endDoubles(world, survey) })
  // a successor of the same revision would take another slot, and one hidden task less would be presumed
  const waiting = presumed === 0 ? [] : [...held].filter(t => t.alive && isOfTarget(survey, t))
  const wanted = survey.desired - presumed - waiting.length
  const mine = survey.judged.filter(t => t.outdated === undefined)
  const failing = mine.filter(t => t.failing !== undefined)
  const sound = mine.filter(t => t.failing === undefined)
  const outdated = survey.judged.filter(t => t.outdated !== undefined && t.alive && !held.has(t))
  const alive = survey.judged.filter(t => t.alive).length
  const healthy = survey.judged.filter(t => t.alive && t.state === 'HEALTHY').length
  const budget: Budget = {
    starts: survey.bounds.upper - alive - presumed,
    stops: healthy - survey.bounds.lower,
  }
  // until all is in view again what merely fails is left alone, for its successor would take the slot of one out of
  // sight, and the old revision is not kept up, for how many run of it is not known
  const isDark = darkFor(world, survey.target.taskDefinition).length > 0
  const former = isDark ? undefined : formerOf(world, survey)
  const spared = new Set([...held, ...(former?.vain ?? []), ...(former?.coming ?? [])])
  removeDead(world, survey, spared)
  const ended = former ? endDead(world, survey, former) : 0
  const left = isDark ? failing.filter(t => t.alive).length : 0
  const kept = left + keepUp(world, survey, sound, { wanted, presumed, budget })
  const missing = wanted - kept
  if (former && kept > 0) budget.starts -= keepFormer(world, survey, former, { room: budget.starts, ended })
  const roomForStarts = budget.starts
  // while nothing of the new revision is on its way it comes first: it is to prove itself
  const old = former ? former.missing + former.coming.filter(t => !t.alive).length : 0
  const most = former && kept === 0 ? Math.max(1, budget.starts - old) : missing
  const started = startMissing(world, survey, Math.min(missing, most, budget.starts))
  if (former && kept === 0) keepFormer(world, survey, former, { room: budget.starts - started, ended })
  const turn = { budget, missing, roomForStarts, started, wanted }
  const mayGo = outdated.filter(t => !spared.has(t) && !former?.dead.includes(t))
  const stopped = ended + stopOutdated(world, survey, mayGo, turn)
  if (!isDark) retire(world, survey, failing, { ...turn, stopped })
  const surplus = scaleIn(world, survey, sound, wanted, budget)
  for (const judged of sound) if (judged.alive && !surplus.has(judged)) mend(world, survey, judged)
  const moves = world.steps.length > before
  const pending = sound.some(t => t.alive && t.state !== 'HEALTHY')
  const stuck =
    moves || pending || stopped > 0 || missing <= 0 ? undefined : whyStuck(world, survey, roomForStarts)
  return serviceState(survey, { presumed, moves, ...(stuck && { problem: stuck }) })
}

/**
 * While it waits for others nothing of it moves, but for one of two that think they are the same task: its instance came
 * back, and it may hold the very port that they wait for. Whether any goes.
 */
function endDoubles(world: World, survey: Survey): boolean {
  if (survey.waitsFor.length === 0 || survey.givenUp) return false
  const isHealthy = (t: JudgedTask) => t.state === 'HEALTHY'
  const healthy = survey.judged.filter(t => t.alive && isHealthy(t)).length
  const mayStayOn = (instance: string) =>
    !isDraining(world, instance) && world.standings.get(instance)?.lost === undefined
  const doubles = runningTwice(survey.judged, t => mayStayOn(t.task.instance.name))
  const idle = doubles.filter(t => !isHealthy(t))
  const spare = leastMissed(world, survey, doubles.filter(isHealthy), healthy - survey.bounds.lower)
  const goes = [...idle, ...spare]
  for (const judged of goes) stop(world, survey, judged, `another ${taskName(judged.task)} runs elsewhere`)
  return goes.length > 0
}

function isOfTarget(survey: Survey, { task }: JudgedTask): boolean {
  return task.revision === survey.target.revision
}

function removeDead(world: World, survey: Survey, held: ReadonlySet<JudgedTask>): void {
  for (const judged of survey.judged) {
    const { task, outdated, alive } = judged
    if (outdated === undefined || alive || held.has(judged)) continue
    world.steps.takeDown(task, { cause: outdated, subject: taskName(task), service: survey.name })
  }
}

/** Starts stopped tasks again and clears the others away; how many of the tasks that may stay there will be. */
function keepUp(
  world: World,
  survey: Survey,
  sound: readonly JudgedTask[],
  { wanted, presumed, budget }: { wanted: number; presumed: number; budget: Budget },
): number {
  let kept = sound.filter(t => t.alive).length
  for (const judged of sound) {
    const { task, alive } = judged
    const reason = { subject: taskName(task), service: survey.name }
    if (alive) continue
    if (kept < wanted && budget.starts > 0 && takesUp(world, survey, judged)) {
      kept++
      world.revived.add(judged)
      budget.starts--
      revive(world, survey, judged)
    } else if (kept >= wanted || presumed === 0)
      world.steps.takeDown(task, { ...reason, cause: `${survey.desired} desired; this one does not run` })
  }
  return kept
}

interface Turn {
  readonly budget: Budget
  /** Tasks of the new revision that were still missing before this wave's starts. */
  readonly missing: number
  readonly roomForStarts: number
  readonly started: number
  readonly wanted: number
}

function stopOutdated(world: World, survey: Survey, outdated: readonly JudgedTask[], turn: Turn): number {
  const { budget } = turn
  const blocked = turn.missing > 0 && turn.started === 0 && !couldPlaceOne(world, survey)
  const mayGo = (t: JudgedTask) => !blocked || makesRoom(world, survey, t.task)
  // one that is about to be in service, after a reboot say, is not given away while too few are; ECS drains it at once
  const isSpared = (t: JudgedTask) => budget.stops < 0 && !isDraining(world, t.task.instance.name)
  const idle = outdated.filter(t => t.state !== 'HEALTHY' && (t.state !== 'PENDING' || !isSpared(t)))
  const inService = outdated.filter(t => t.state === 'HEALTHY' && mayGo(t))
  // two that think they are the same task do harm, and where only one may be stopped it is one of them
  const doubles = leastMissed(world, survey, inService.filter(isDouble), budget.stops)
  const others = inService.filter(t => !isDouble(t))
  const rest = leastMissed(world, survey, others, budget.stops - doubles.length)
  const chosen = [...idle, ...doubles, ...rest]
  budget.stops -= chosen.filter(t => t.state === 'HEALTHY').length
  for (const judged of chosen) stop(world, survey, judged, judged.outdated ?? '')
  if (chosen.length > 0) return chosen.length
  return blocked ? stopForItsPort(world, survey, outdated) : 0
}

function isDouble(judged: JudgedTask): boolean {
  return judged.isDouble === true
}

/**
 * Where every place for the new revision is held by a host port of the old one, no percentage helps: one old task
 * goes first, the next when its successor is in service. The only way below the lower bound, and it is said.
 */
function stopForItsPort(world: World, survey: Survey, outdated: readonly JudgedTask[]): number {
  // not while one of the new revision is on its way, and never for a revision that is seen to fail
  const { revision } = survey.target
  if (survey.judged.some(t => t.task.revision === revision && t.state !== 'HEALTHY')) return 0
  for (const judged of outdated) {
    const host = world.fleet.index.get(judged.task.instance.name)
    const refusal = host === undefined ? undefined : fits(world.fleet, host, survey.demand)
    if (refusal?.kind !== 'port' || !makesRoom(world, survey, judged.task)) continue
    const where = judged.task.instance.name
    const cause = `stopped before started on ${where}: host port ${refusal.port} is taken by the task that it replaces`
    world.warnings.push(
      problem(
        'PORT_TAKEN',
        `${survey.name}: ${cause}; it falls below its minimum for about ${secondsToHealthy(survey)} s, until the new task is healthy`,
        {
          service: survey.name,
          instance: where,
          next: 'Add a container instance that has the port free, to start before stopping.',
        },
      ),
    )
    stop(world, survey, judged, `${judged.outdated}; ${cause}`)
    return 1
  }
  return 0
}

/** How long a new task most likely takes: until its first health check has passed, or its steady window. */
function secondsToHealthy({ service, target }: Survey): number {
  const { steadyAfterSeconds } = service.deploymentConfiguration
  const essential = target.taskDefinition.containerDefinitions.filter(c => c.essential && !isPause(c))
  const intervals = essential.flatMap(c => c.healthCheck?.interval ?? [])
  // and a second to stop the one and to start the other
  return 1 + (intervals.length > 0 ? Math.max(...intervals) : steadyAfterSeconds)
}

/** Stops tasks of the wanted revision that are too many: those not in service first, then as ECS's scale-in chooses. */
function scaleIn(
  world: World,
  survey: Survey,
  mine: readonly JudgedTask[],
  wanted: number,
  budget: Budget,
): Set<JudgedTask> {
  const alive = mine.filter(t => t.alive)
  const excess = alive.length - wanted
  if (excess <= 0) return new Set()
  const idle = alive.filter(t => t.state !== 'HEALTHY').slice(0, excess)
  // where it goes back nothing in service of that revision is stopped
  const inService = survey.rolledBackFrom === undefined ? alive.filter(t => t.state === 'HEALTHY') : []
  const rest = Math.min(excess - idle.length, Math.max(0, budget.stops))
  const surplus = new Set([...idle, ...leastMissed(world, survey, inService, rest)])
  for (const judged of surplus) stop(world, survey, judged, `${survey.desired} desired, ${alive.length} run`)
  return surplus
}

/** Of these, the ones that leave the best layout when they go. */
function leastMissed(
  world: World,
  survey: Survey,
  tasks: readonly JudgedTask[],
  count: number,
): JudgedTask[] {
  if (count <= 0) return []
  const hosts = hostsOf(world, tasks)
  const running = hostsOf(
    world,
    survey.judged.filter(t => t.alive),
  )
  const request = {
    service: survey.name,
    demand: survey.demand,
    strategies: survey.service.placementStrategy,
    running,
  }
  const candidates = hosts.map(host => ({ host }))
  return chooseToStop(world.fleet, request, candidates, count).flatMap(i => tasks[i] ?? [])
}

function whyStuck(world: World, survey: Survey, room: number): Problem | undefined {
  const { name, desired, judged, bounds, service } = survey
  const { hosts, refusals } = tryOne(world, survey)
  if (hosts.length === 0 && refusals) {
    const up = judged.filter(t => t.alive && t.outdated === undefined).length
    const message = `${explain(refusals, name)}; there is room for ${up} of ${desired} tasks`
    return problem('PLACEMENT_FAILED', message, {
      service: name,
      ...nextForRefusals(refusals),
      ...nextStep(world, survey),
    })
  }
  if (room > 0) return undefined
  const { minimumHealthyPercent = 100, maximumPercent = 200 } = service.deploymentConfiguration
  const message = `${name} can neither stop nor start a task: minimumHealthyPercent ${minimumHealthyPercent} and maximumPercent ${maximumPercent} of ${desired} leave between ${bounds.lower} and ${bounds.upper}`
  return problem('DEPLOYMENT_STUCK', message, { service: name })
}

/** An instance that does not answer may be what the placement waits for, or one that has the data. */
function nextStep({ silent }: World, { stages }: Survey): { next?: string } {
  if (silent.length === 0 && stages !== ANYWHERE)
    return {
      next: 'Make the instance that has the data ACTIVE, or give it room. To move the data: docs/task-definitions.md, "Where data stays".',
    }
  if (silent.length === 0) return {}
  return {
    next: `Bring ${silent.join(', ')} back, or stowage instance lost ${silent[0]} if it is gone for good; or add container instances.`,
  }
}

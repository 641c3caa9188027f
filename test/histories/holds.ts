import { expect } from 'vitest'
import type { DesiredState } from '../../engine/desired-state/desired-state.generated.ts'
import { revisionOf, taskKey, taskName } from '../../engine/identity.ts'
import { standingOf } from '../../engine/instance-standing.ts'
import type { ObservedContainer, ObservedState } from '../../engine/observed-state.ts'
import type { Action } from '../../engine/plan.ts'
import { oneOffDefinition, oneOffRevision } from '../../engine/one-off.ts'
import { localDataOf } from '../../engine/reconcile/local-data.ts'
import type { Reconciliation } from '../../engine/reconcile/reconcile.ts'
import { isUp } from '../../engine/reconcile/task.ts'
import { boundsAt, placedWell, tooMany } from '../properties/bounds.ts'
import { darkened } from '../properties/clusters.ts'
import { aliveTasks, portHolders, reservedOn, serviceTasks } from '../properties/counts.ts'
import type { Moment } from './happen.ts'
import { desiredOf, unseen, type World } from './world.ts'

/**
 * What must hold at each step that an engine makes. Where it was shown an old picture, bounds and capacity are beyond
 * what it can know; names, ids and what is not ours are not.
 */
export function holdsAt(moment: Moment): void {
  foreignUntouched(moment)
  nobodyElseIsHit(moment)
  nothingOfAFailedRevision(moment)
  onlyTheMinimumIsMadeAnew(moment)
  if (moment.isStale) return
  neverMadeTwice(moment)
  runsOnceOnly(moment)
  localDataOnce(moment)
  nothingNewWhereDraining(moment)
  nothingIsRefused(moment)
  withinCapacity(moment)
  portsHeldOnce(moment)
  atMostUpper(moment)
  atLeastLower(moment)
  stoppedBeforeRemoved(moment)
  rollbackKeepsTheHealthy(moment)
}

/** What must hold of each decision. */
export function holdsOf(world: World, wave: Reconciliation): void {
  const done = wave.plan.steps.length === 0 && wave.services.every(s => s.rollout === 'COMPLETED')
  expect(wave.converged, 'converged exactly where nothing is planned and all is COMPLETED').toBe(done)
  for (const step of wave.plan.steps)
    expect(Object.keys(world.silent), 'no step on a host that does not answer').not.toContain(
      step.action.instance,
    )
}

function foreignUntouched({ before, after }: Moment): void {
  for (const [name, instance] of Object.entries(before.instances)) {
    const now = after.instances[name]
    if (instance.reachable && now?.reachable) expect(now.foreign, 'foreign containers').toBe(instance.foreign)
  }
}

/** An id that the engine saw means that container and no other: what is gone since is not replaced by its namesake. */
function nobodyElseIsHit({ step: { action }, observed, before, after }: Moment): void {
  if (!('container' in action) || typeof action.container === 'string' || action.container.id === '') return
  const seen = observed.instances[action.instance]
  const ids = seen?.reachable ? seen.containers.map(c => c.id) : []
  expect(ids, 'a container is meant by an id that was seen').toContain(action.container.id)
  const changed = containersOf(before).filter(c => !containersOf(after).includes(c))
  expect(
    changed
      .filter(c => c.id !== (typeof action.container === 'string' ? '' : action.container.id))
      .map(c => c.name),
    'only what is meant changes',
  ).toEqual([])
}

/** A task is begun on one host only. What is hidden nobody can know of; what is there twice already is completed. */
function neverMadeTwice({ step: { action }, before, observed }: Moment): void {
  if (action.kind !== 'create-container') return
  const where = Object.values(before.instances).flatMap(i =>
    i.reachable && (observed.instances[i.name]?.reachable ?? false)
      ? i.containers.filter(c => taskKey(c.identity) === taskKey(action.task)).map(() => i.name)
      : [],
  )
  if (where.includes(action.instance)) return
  expect(where, `${action.name} is made while it is elsewhere`).toEqual([])
}

/**
 * What runs once is begun nowhere while anything of it is on another instance, seen or not, lost or not; what has run
 * to success is not started again, and what tells of it stays for as long as it is asked for.
 */
function runsOnceOnly({ world, step: { action }, before, observed }: Moment): void {
  const desired = desiredOf(world)
  if (action.kind === 'create-container') {
    const { service, revision } = action.task
    if (!Object.hasOwn(desired.tasks, service)) return
    // what another revision left tells that it is the turn of this one, also where it had its turn before that
    const isAnother = (c: ObservedContainer) =>
      c.identity.service === service && c.identity.revision !== revision
    if (Object.values(observed.instances).some(i => i.reachable && i.containers.some(isAnother))) return
    const others = Object.values(before.instances).filter(i => i.name !== action.instance)
    const there = others.filter(i => i.reachable && i.containers.some(c => isTheTask(c, action.task)))
    expect(
      there.map(i => i.name),
      `${action.name} runs once, and is there`,
    ).toEqual([])
    return
  }
  if (!('container' in action) || typeof action.container === 'string') return
  const { id, name } = action.container
  const container = containersOf(before).find(c => c.id === id)
  const run = container && desired.tasks[container.identity.service]
  const plain = run && desired.taskDefinitions[run.taskDefinition]
  if (!container || !plain) return
  const isDone = container.status === 'exited' && container.exitCode === 0 && container.finishedAt > 0
  if (action.kind === 'start-container')
    expect(isDone, `${name} has run to its end, and is started again`).toBe(false)
  if (action.kind !== 'remove-container') return
  const task = containersOf(before).filter(c => isTheTask(c, container.identity))
  const essential = plain.containerDefinitions.filter(c => c.essential).map(c => c.name)
  const hasEnded = (one: string) =>
    task.some(
      c => c.identity.container === one && c.status === 'exited' && c.exitCode === 0 && c.finishedAt > 0,
    )
  const isWanted =
    container.identity.revision === oneOffRevision(run, oneOffDefinition(run, plain)) &&
    Number(container.identity.slot) <= run.count
  expect(isWanted && essential.every(hasEnded), `${name} tells that it has run, and is removed`).toBe(false)
}

/** A task whose data is on an instance that does not answer is begun nowhere else, until a person says that it is lost. */
function localDataOnce({ world, step: { action }, before }: Moment): void {
  if (action.kind !== 'create-container') return
  const desired = desiredOf(world)
  const { service, slot } = action.task
  const family = desired.services[service]?.taskDefinition
  const definition = family === undefined ? undefined : desired.taskDefinitions[family]
  if (!definition || localDataOf(definition).length === 0) return
  if (desired.services[service]?.schedulingStrategy === 'DAEMON') return
  const kept = unseen(world).filter(name => !world.run.marks[name]?.lost?.localData)
  for (const name of kept) {
    const host = before.instances[name]
    const there = host?.reachable
      ? host.containers.filter(
          c => isUp(c) && isTheTask(c, { ...action.task, revision: c.identity.revision }),
        )
      : []
    expect(
      there.map(c => c.name),
      `${service}.${slot} is begun though its data is on ${name}`,
    ).toEqual([])
  }
}

/** On an instance that is emptied what is there is ended, and nothing is begun. */
function nothingNewWhereDraining({ world, step: { action }, before }: Moment): void {
  if (action.kind !== 'create-container') return
  const { status } = standingOf(desiredOf(world), world.run.marks, action.instance, world.run.now)
  if (status === 'ACTIVE') return
  const host = before.instances[action.instance]
  const there = host?.reachable ? host.containers.filter(c => isTheTask(c, action.task)) : []
  expect(there.length, `${action.name} is begun on ${action.instance}, which is DRAINING`).toBeGreaterThan(0)
}

function isTheTask({ identity }: ObservedContainer, task: Parameters<typeof taskKey>[0]): boolean {
  return taskKey(identity) === taskKey(task)
}

/** A deployment that failed in this run is not tried again in it: a rollback is not rolled back. */
function nothingOfAFailedRevision({ world, step: { action } }: Moment): void {
  if (action.kind !== 'create-container' || !world.run.failed.has(action.task.service)) return
  const desired = desiredOf(world)
  const service = desired.services[action.task.service]
  const task = service && desired.taskDefinitions[service.taskDefinition]
  if (!task) return
  expect(action.task.revision, 'nothing is made of the revision that failed').not.toBe(
    revisionOf(service.taskDefinition, task),
  )
}

/**
 * What is made of another revision than the service moves to is of one that is there, and is made only while too few are
 * healthy and nothing of the new revision is in service.
 */
function onlyTheMinimumIsMadeAnew({ world, observed, wave, step: { action } }: Moment): void {
  if (!isMadeAnew(wave, action)) return
  const { service, revision } = action.task
  const state = wave.services.find(s => s.service === service)
  expect(state, 'no old task is made of a service that goes back').not.toHaveProperty('rolledBackFrom')
  const { healthy } = serviceTasks(desiredOf(world), observed, service)
  expect(healthy.length, 'too few are healthy').toBeLessThan(
    boundsAt(desiredOf(world), observed, service).lower,
  )
  expect(healthy.map(t => t.revision)).not.toContain(state?.revision)
  const there = containersOf(observed).filter(c => c.identity.service === service)
  expect(there.map(c => c.identity.revision)).toEqual(expect.arrayContaining([revision, state?.revision]))
}

/** Whether a step makes a task of another revision than its service moves to. */
export function isMadeAnew(
  { services }: Reconciliation,
  action: Action,
): action is Action & { kind: 'create-container' } {
  if (action.kind !== 'create-container') return false
  return services.some(s => s.service === action.task.service && s.revision !== action.task.revision)
}

function nothingIsRefused({ refused, step }: Moment): void {
  expect(refused, `${step.action.kind} ${step.subject}`).toBeUndefined()
}

function withinCapacity({ before, after, step }: Moment): void {
  const reserved = reservedOn(before)
  const name = step.action.instance
  const instance = after.instances[name]
  const sum = reservedOn(after).get(name)
  if (!instance?.reachable || !sum) return
  const was = reserved.get(name) ?? { cpu: 0, memoryMiB: 0 }
  expect(sum.cpu, `CPU of ${name}`).toBeLessThanOrEqual(Math.max(instance.engine.cpu, was.cpu))
  expect(sum.memoryMiB, `memory of ${name}`).toBeLessThanOrEqual(
    Math.max(instance.engine.memoryMiB, was.memoryMiB),
  )
}

function portsHeldOnce({ before, after }: Moment): void {
  const was = portHolders(before)
  for (const [port, holders] of portHolders(after)) {
    if (holders > 1 && holders > (was.get(port) ?? 0)) expect.fail(`port ${port} is held ${holders} times`)
  }
}

/** The document, with what persons said beside it. */
function asSaid(world: Moment['world']): DesiredState {
  const desired = desiredOf(world)
  const drained = Object.entries(desired.containerInstances).map(([name, instance]) => {
    const { status } = standingOf(desired, world.run.marks, name, world.run.now)
    return [name, { ...instance, status }] as const
  })
  return { ...desired, containerInstances: Object.fromEntries(drained) }
}

function atMostUpper({ world, observed, before, after }: Moment): void {
  const desired = asSaid(world)
  for (const name of Object.keys(desired.services)) {
    const was = tooMany(desired, seen(before, observed), name)
    const now = tooMany(desired, seen(after, observed), name)
    expect(now, `${name} has too many`).toBeLessThanOrEqual(was)
  }
}

function atLeastLower({ world, observed, wave, step, before, after }: Moment): void {
  const desired = asSaid(world)
  for (const name of Object.keys(desired.services)) {
    // a task that is being taken apart does not get better by that
    const was = Math.min(
      placedWell(desired, seen(before, observed), name),
      placedWell(desired, seen(world.hosts, observed), name),
    )
    const now = placedWell(desired, seen(after, observed), name)
    const isSaid =
      step.cause.includes('stopped before started') &&
      wave.warnings.some(w => w.code === 'PORT_TAKEN' && w.service === name)
    if (now < was && !isSaid)
      expect(now, `${name} at least`).toBeGreaterThanOrEqual(boundsAt(desired, observed, name).lower)
  }
}

function stoppedBeforeRemoved({ before, step: { action } }: Moment): void {
  if (action.kind !== 'remove-container') return
  const container = containersOf(before).find(c => c.id === action.container.id)
  expect(['running', 'paused', 'restarting'], `${action.container.name} is killed`).not.toContain(
    container?.status,
  )
}

/** Those of the revision that it returns to stay, as far as so many are wanted. */
function rollbackKeepsTheHealthy({ world, wave, step, before, observed }: Moment): void {
  const { action } = step
  if (action.kind !== 'stop-container') return
  const state = wave.services.find(s => s.service === step.service)
  if (state?.rolledBackFrom === undefined || state.schedulingStrategy === 'DAEMON') return
  const { healthy } = serviceTasks(desiredOf(world), seen(before, observed), state.service)
  const good = healthy.filter(t => t.revision === state.revision)
  const hit = good.find(t => t.containers.some(c => c.id === action.container.id))
  // what was changed by hand, or is to leave its host, goes in a rollback too
  if (!hit || /by hand|DRAINING|renamed/.test(step.cause)) return
  expect(good.length, `${taskName(hit)} is stopped by a rollback to its own revision`).toBeGreaterThan(
    state.desired,
  )
}

/** These hosts, as far as the engine can see. */
function seen(hosts: ObservedState, observed: ObservedState): ObservedState {
  let world = hosts
  for (const instance of Object.values(observed.instances))
    if (!instance.reachable) world = darkened(world, instance.name)
  return world
}

function containersOf({ instances }: ObservedState): ObservedContainer[] {
  return Object.values(instances).flatMap(i => (i.reachable ? i.containers : []))
}

/** Containers of tasks of one service, slot and revision that run more than once. */
export function doubles(hosts: ObservedState): string[] {
  // a task with a renamed container looks like two and is one: no container of it is there twice
  const keys = aliveTasks(hosts).flatMap(t =>
    t.containers.flatMap(c => (isUp(c) ? [`${taskKey(t)} ${c.identity.container}`] : [])),
  )
  return keys.filter((key, at) => keys.indexOf(key) !== at)
}

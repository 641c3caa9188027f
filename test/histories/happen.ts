import type { ObservedState } from '../../engine/observed-state.ts'
import type { Step } from '../../engine/plan.ts'
import { type Reconciliation, reconcile } from '../../engine/reconcile/reconcile.ts'
import type { ServiceShape } from '../properties/documents.ts'
import { inSomeOrder } from '../properties/wave.ts'
import { call } from './docker.ts'
import type { Event, Wave } from './event.ts'
import {
  backAgain,
  cutOff,
  hurt,
  looked,
  said,
  saidSteady,
  wentDown,
  withForeign,
  withoutForeign,
} from './outside.ts'
import { begun, ended } from './remembered.ts'
import { LONG, pass } from './time.ts'
import {
  contextOf,
  desiredOf,
  inSight,
  NAMES,
  type Run,
  startRun,
  unseen,
  withService,
  withTask,
  type World,
} from './world.ts'

/** One step of a wave, with the hosts on both sides of it as they really are. */
export interface Moment {
  /** When the engine looked; with the run under way. */
  readonly world: World & { readonly run: Run }
  readonly observed: ObservedState
  readonly wave: Reconciliation
  /** The engine was shown an old picture. */
  readonly isStale: boolean
  readonly step: Step
  readonly before: ObservedState
  readonly after: ObservedState
  readonly refused?: string
}

/** Those who look on. */
export interface Watch {
  readonly moment?: (moment: Moment) => void
  /** A wave was decided; perhaps it has no steps. */
  readonly wave?: (world: World & { readonly run: Run }, wave: Reconciliation, isStale: boolean) => void
}

/** More waves than any change of these worlds takes. */
export const MOST_WAVES = 100
/** As converge has it: a step that fails so often is given up; its patience is time, and here so many waves. */
const MOST_TRIES = 3
const PATIENCE = 6

/** The world after an event. */
export function happen(world: World, event: Event, watch: Watch = {}): World {
  switch (event.do) {
    case 'change':
      return anew(changed(world, `s${event.service}`, event.to))
    case 'scale':
      return revised(world, event.service, { count: event.count })
    case 'revise':
      return revised(world, event.service, { version: event.version })
    case 'run':
      return anew(withTask(world, `t${event.task}`, event.to))
    case 'run again':
      return again(world, `t${event.task}`)
    case 'drain':
    case 'activate': {
      const instance = nameOf(world, event.instance)
      if (event.byHand) return anew(said(world, { kind: event.do, instance }))
      return anew(withDraining(world, instance, event.do === 'drain'))
    }
    case 'cut':
      return cutOff(world, nameOf(world, event.instance))
    case 'down':
      return wentDown(world, nameOf(world, event.instance))
    case 'lost':
      return anew(
        said(world, { kind: 'lost', instance: nameOf(world, event.instance), localData: event.data }),
      )
    case 'found':
      return anew(said(world, { kind: 'found', instance: nameOf(world, event.instance) }))
    case 'return':
      return backAgain(world, nameOf(world, event.instance))
    case 'hurt':
      return { ...world, hosts: hurt(world, event.container, event.how) }
    case 'rotate':
      return anew({ ...world, rotated: world.rotated + 1 })
    case 'foreign':
      return { ...world, hosts: withForeign(world, nameOf(world, event.instance), event.takes) }
    case 'foreign goes':
      return { ...world, hosts: withoutForeign(world.hosts) }
    case 'time':
      return later(world, pass(desiredOf(world), world.hosts, event.late).hosts)
    case 'wave':
      return wave(world, event, watch).world
    case 'kill':
      return anew(world)
    case 'apply':
      return applied(world, watch)
  }
}

/** Waves and time until the run ends, as `converge` has it. */
function applied(begun: World, watch: Watch): World {
  let world = begun
  const tries = new Map<string, number>()
  let retries = 0
  let still = 0
  for (let waves = 0; ; waves++) {
    if (waves > MOST_WAVES) throw new Error(`no end after ${MOST_WAVES} waves`)
    const next = wave(world, { do: 'wave', order: [] }, watch)
    for (const key of next.failed) tries.set(key, (tries.get(key) ?? 0) + 1)
    world = next.world
    if (!world.run) return world
    if ([...tries.values()].some(n => n >= MOST_TRIES)) return anew(world)
    retries = next.isRetry ? retries + 1 : 0
    if (retries > PATIENCE) return anew(world)
    const { hosts, moved } = pass(desiredOf(world), world.hosts, [])
    // a grace period or a steady window ends without anything else becoming otherwise
    still = next.isWaiting && !moved && !next.isRetry ? still + 1 : 0
    if (still > 1) throw new Error('it waits, and nothing is on its way')
    world = later(world, hosts)
  }
}

export interface WaveEnd {
  readonly world: World
  /** What failed, as "INSTANCE KIND SUBJECT". */
  readonly failed: readonly string[]
  /** There was nothing to do, and something to wait for. */
  readonly isWaiting: boolean
  /** All that was done, if anything, was to try again what failed. */
  readonly isRetry: boolean
}

const ENDED = { failed: [], isWaiting: false, isRetry: false }

/** Looks, decides, does the steps of one wave. The run is over where there is nothing to do and nothing to wait for. */
function wave(start: World, event: Wave, watch: Watch): WaveEnd {
  const decision = decide(start, event.stale, watch)
  return decision ? carryOut(decision, event, watch) : { ...ENDED, world: anew(start) }
}

/** What an engine makes of what it sees. */
export interface Decision extends Pick<Moment, 'world' | 'observed' | 'wave' | 'isStale'> {}

/** What the run under way, or a new one, does next; undefined: it lost sight of a host, and ends. */
export function decide(start: World, staleInstance?: number, watch: Watch = {}): Decision | undefined {
  const run = start.run ?? startRun(start)
  if (Object.keys(start.silent).some(name => !run.skipped.includes(name))) return undefined
  const world = start.run ? { ...start, run } : started(start, run)
  const stale = staleInstance === undefined ? undefined : nameOf(world, staleInstance)
  const isStale = stale !== undefined && world.past.instances[stale] !== world.hosts.instances[stale]
  const observed = inSight(world, stale)
  const decided = reconcile(desiredOf(world), observed, contextOf(world, run))
  watch.wave?.(world, decided, isStale)
  return { world, observed, wave: decided, isStale }
}

/** The world of a run that begins, which writes down what it sees and is about to do. */
function started(start: World, run: Run): Decision['world'] {
  return begun({ ...looked(start, run.skipped), run, runs: start.runs + 1 })
}

/** Does a wave that was decided, with what befalls it on the way. */
export function carryOut(decision: Decision, event: Wave, watch: Watch = {}): WaveEnd {
  const { world, wave: decided } = decision
  const images = { ...world.run.images, ...decided.pins }
  const run = { ...world.run, images }
  if (decided.plan.steps.length === 0) return rested(world, run, decided)
  let { hosts, made } = world
  const failed = new Map<number, string>()
  const skipped = new Set<number>()
  for (const [at, step] of inSomeOrder(decided.plan, event.order).entries()) {
    if (event.dies !== undefined && at >= event.dies) break
    if (step.after.some(id => failed.has(id) || skipped.has(id))) {
      skipped.add(step.id)
      continue
    }
    const key = `${step.action.instance} ${step.action.kind} ${step.subject}`
    if (event.lost?.includes(at)) {
      failed.set(step.id, key)
      continue
    }
    const done = call(hosts, step.action, `${step.action.instance}-${++made}`)
    if (done.refused !== undefined || event.unanswered?.includes(at)) failed.set(step.id, key)
    const { refused } = done
    watch.moment?.({
      ...decision,
      step,
      before: hosts,
      after: done.hosts,
      ...(refused !== undefined && { refused }),
    })
    hosts = done.hosts
  }
  const after = { ...world, hosts, made, past: world.hosts, run }
  const end = event.dies === undefined ? after : anew(after)
  return { ...ENDED, world: end, failed: [...failed.values()], isRetry: isRetry(decided) }
}

/** Nothing is to be done: the run goes back where its circuit breakers say so, waits, or ends. */
function rested(looked: World, run: Run, decided: Reconciliation): WaveEnd {
  const { services, converged, waiting } = decided
  const desired = desiredOf(looked)
  const world = { ...looked, past: looked.hosts, run }
  const failing = services.filter(s => {
    const breaker = desired.services[s.service]?.deploymentConfiguration.deploymentCircuitBreaker
    const goesBack = run.failed.has(s.service) || run.undone.has(s.service)
    return s.rollout === 'FAILED' && breaker?.enable && breaker.rollback && !goesBack
  })
  if (converged) {
    const hidden = unseen(world)
    const answered = Object.keys(world.hosts.instances).filter(name => !hidden.includes(name))
    const steady = run.failed.size === 0 ? saidSteady(world, answered) : world
    return { ...ENDED, world: anew(ended(steady, run, decided)) }
  }
  if (failing.length > 0)
    return { ...ENDED, world: { ...world, run: goingBack(world, run, decided, failing) } }
  if (!waiting) return { ...ENDED, world: anew(ended(world, run, decided)) }
  return { ...ENDED, world, isWaiting: true, isRetry: services.some(s => s.retries) }
}

/** With the ledger all that the deployment moves goes back; without one, as `--rollback service` has it, what fails alone. */
function goingBack(
  { ledger }: World,
  run: Run,
  { services }: Reconciliation,
  failing: Reconciliation['services'],
): Run {
  const failed = new Set([...run.failed, ...failing.map(s => s.service)])
  const others = services.map(s => s.service).filter(name => !failed.has(name))
  return { ...run, failed, undone: ledger ? new Set([...run.undone, ...others]) : run.undone }
}

function isRetry({ plan, services }: Reconciliation): boolean {
  return plan.steps.every(step => services.some(s => s.service === step.service && s.retries))
}

function later(world: World, hosts: ObservedState): World {
  return { ...world, hosts, now: world.now + LONG }
}

/** Without a run: the next wave is another's. */
function anew(world: World): World {
  const { run: _, ...rest } = world
  return rest
}

function nameOf({ hosts }: World, instance: number): string {
  const count = Object.keys(hosts.instances).length
  return NAMES[instance % count] ?? ''
}

/** What a service is, REPLICA or DAEMON, it is for its life. */
function changed(world: World, name: string, to: ServiceShape | undefined): World {
  const daemon = world.document.services[name]?.daemon ?? to?.daemon ?? false
  if (to === undefined || daemon === to.daemon) return withService(world, name, to)
  return withService(world, name, { ...to, daemon, minimum: daemon ? 0 : to.minimum })
}

function revised(world: World, service: number, change: { count?: number; version?: number }): World {
  const name = `s${service}`
  const shape = world.document.services[name]
  return shape ? anew(withService(world, name, { ...shape, ...change })) : world
}

function again(world: World, name: string): World {
  const shape = world.document.tasks?.[name]
  return shape ? anew(withTask(world, name, { ...shape, nonce: shape.nonce + 1 })) : world
}

function withDraining(world: World, name: string, draining: boolean): World {
  const { instances } = world.document
  const shape = instances[name]
  if (!shape) return world
  return {
    ...world,
    document: { ...world.document, instances: { ...instances, [name]: { ...shape, draining } } },
  }
}

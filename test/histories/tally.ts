import { specialStandings } from '../../engine/instance-standing.ts'
import type { Reconciliation } from '../../engine/reconcile/reconcile.ts'
import type { Moment, Watch } from './happen.ts'
import { holdsAt, holdsOf, isMadeAnew } from './holds.ts'
import { desiredOf, type Run, type World } from './world.ts'

/** How often each case came up that a property is about: one that never comes up holds nothing. */
export class Tally {
  readonly #counts = new Map<string, number>()

  /** Holds what must hold, and counts. */
  readonly watch: Watch = {
    wave: (world, wave, isStale) => {
      holdsOf(world, wave)
      for (const what of casesOfWave(world, wave, isStale)) this.#add(what)
    },
    moment: moment => {
      holdsAt(moment)
      for (const what of casesOfStep(moment)) this.#add(what)
    },
  }

  of(what: Case): number {
    return this.#counts.get(what) ?? 0
  }

  #add(what: Case): void {
    this.#counts.set(what, this.of(what) + 1)
  }
}

export type Case =
  | 'converged'
  | 'an old picture'
  | 'a silent host'
  | 'presumed elsewhere'
  | 'a lost host'
  | 'a double is removed'
  | 'rolls back'
  | 'given up'
  | 'a name is taken'
  | 'no place'
  | 'refused after an old picture'
  | 'a port is freed first'
  | 'a drain'
  | 'an old task is made anew'
  | 'a rotated secret'
  | 'a change by hand'
  | 'a task is stopped by a rollback'
  | 'goes back to what COMPLETED'
  | 'goes back along with another'
  | 'a drain by a person'
  | 'lost by a time-out'
  | 'data on a lost host is waited for'
  | 'runs once'
  | 'runs once, of another revision'
  | 'runs once, again after it failed'
  | 'runs once, perhaps out of sight'

function* casesOfWave(
  world: World & { readonly run: Run },
  wave: Reconciliation,
  isStale: boolean,
): Generator<Case> {
  const { services, problems, warnings, converged } = wave
  const { run } = world
  if (converged) yield 'converged'
  if (isStale) yield 'an old picture'
  if (Object.keys(world.silent).length > 0) yield 'a silent host'
  if (Object.values(world.marks).some(m => m.lost)) yield 'a lost host'
  if (services.some(s => s.presumed > 0)) yield 'presumed elsewhere'
  if (services.some(s => s.rolledBackFrom !== undefined)) yield 'rolls back'
  if (services.some(s => s.rollout === 'FAILED')) yield 'given up'
  const back = services.filter(s => s.rolledBackFrom !== undefined)
  if (back.some(s => run.history.get(s.service)?.completed?.revision === s.revision))
    yield 'goes back to what COMPLETED'
  if (back.some(s => run.undone.has(s.service))) yield 'goes back along with another'
  const standings = specialStandings(desiredOf(world), run.marks, run.now)
  if (standings.some(s => s.drainedBy && !s.drainedByDocument)) yield 'a drain by a person'
  if (standings.some(s => s.lost?.kind === 'time-out')) yield 'lost by a time-out'
  if (warnings.some(w => w.code === 'INSTANCE_LOST' && w.service !== undefined))
    yield 'data on a lost host is waited for'
  if (services.some(s => s.schedulingStrategy === 'TASK' && s.presumed > 0))
    yield 'runs once, perhaps out of sight'
  if (services.some(s => s.schedulingStrategy === 'TASK' && s.rollout === 'COMPLETED')) yield 'runs once'
  if (problems.some(p => p.code === 'NAME_TAKEN')) yield 'a name is taken'
  if (problems.some(p => p.code === 'PLACEMENT_FAILED')) yield 'no place'
}

function* casesOfStep({ step, refused, isStale, wave }: Moment): Generator<Case> {
  const { cause, action, service } = step
  if (refused !== undefined && isStale) yield 'refused after an old picture'
  if (isMadeAnew(wave, action)) yield 'an old task is made anew'
  if (cause === 'it failed, and is run again') yield 'runs once, again after it failed'
  if (wave.services.some(s => s.service === service && s.schedulingStrategy === 'TASK' && s.outdated > 0))
    yield 'runs once, of another revision'
  if (action.kind !== 'stop-container') return
  if (cause.includes('stopped before started')) yield 'a port is freed first'
  if (cause.includes('DRAINING')) yield 'a drain'
  if (/ too$|started again elsewhere/.test(cause)) yield 'a double is removed'
  if (cause.includes('rotated')) yield 'a rotated secret'
  if (cause.includes('by hand')) yield 'a change by hand'
  const state = wave.services.find(s => s.service === service)
  if (state?.rolledBackFrom !== undefined) yield 'a task is stopped by a rollback'
}

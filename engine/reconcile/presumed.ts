import { type Problem, problem } from '../errors.ts'
import type { JudgedTask } from './judge.ts'
import { darkFor } from './lost.ts'
import { localDataOf } from './local-data.ts'
import { seenSlots, type Survey } from './survey.ts'
import type { World } from './world.ts'

/** What is done of a service while instances do not answer. Unreachable is not dead. */
export interface Presumption {
  /** Tasks that are not seen and may run there: none is started a second time on a guess. */
  readonly presumed: number
  /**
   * Outdated tasks that have to wait. The number of slots in sight tells how many tasks are hidden, so none may
   * vanish before another has its slot, or there are slots to spare.
   */
  readonly held: ReadonlySet<JudgedTask>
}

const NOTHING: Presumption = { presumed: 0, held: new Set() }

/** How many tasks may run out of sight, and what must wait for that; says so in a warning. */
export function presumedElsewhere(world: World, survey: Survey): Presumption {
  const { desired, judged } = survey
  const dark = darkFor(world, survey.target.taskDefinition)
  if (dark.length === 0) return NOTHING
  const seen = seenSlots(survey).size
  const succeeded = new Set(judged.flatMap(t => (t.alive && t.outdated === undefined ? [t.task.slot] : [])))
  const alone = judged.filter(t => t.outdated !== undefined && !succeeded.has(t.task.slot))
  const presumed = Math.max(0, desired - seen)
  const held = new Set(alone.slice(Math.max(0, seen - desired)))
  if (presumed === 0) return { presumed, held }
  world.warnings.push(presumedWarning(world, survey, presumed, dark))
  return { presumed, held }
}

function presumedWarning(
  world: World,
  { name, desired, target }: Survey,
  presumed: number,
  dark: readonly string[],
): Problem {
  const on = dark.join(', ')
  const silent = dark.find(instance => world.silent.includes(instance))
  if (silent !== undefined) {
    const message = `${name}: ${presumed} of ${desired} tasks are not seen and may run on ${on}; they are not started again elsewhere`
    const next = `Bring ${on} back; or, if it is gone for good, stowage instance lost ${silent}.`
    return problem('HOST_UNREACHABLE', message, { service: name, next })
  }
  const volumes = localDataOf(target.taskDefinition).join(', ')
  const message = `${name}: ${presumed} of ${desired} tasks are not seen, and their data (volume ${volumes}) was on ${on} alone; they are not started again elsewhere`
  const next = `Bring ${on} back; or, to start anew without that data, stowage instance lost ${dark[0]} --local-data.`
  return problem('INSTANCE_LOST', message, { service: name, next })
}

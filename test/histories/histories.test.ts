import { describe, expect, it } from 'vitest'
import { belongings, inventory } from '../properties/counts.ts'
import { hold } from '../properties/hold.ts'
import { anyEasyHistory, anyHistory, type History } from './any-history.ts'
import { happen } from './happen.ts'
import { doubles } from './holds.ts'
import { healed, lookAt, play } from './play.ts'
import { type Case, Tally } from './tally.ts'
import { emptyWorld, type World } from './world.ts'

describe('whatever happens', { timeout: 3_600_000 }, () => {
  const tally = new Tally()

  it('every step holds what must always hold', ({ task }) => {
    hold(`whatever happens, ${task.name}`, 150, anyHistory, history => {
      play(history, tally.watch)
    })
  })

  it('an apply with nothing in its way converges, or says why not', ({ task }) => {
    hold(`whatever happens, ${task.name}`, 120, anyHistory, history => {
      const world = happen(healed(play(history)), { do: 'apply' }, tally.watch)
      const end = lookAt(world)
      const isSaid = end.problems.length > 0 || end.services.some(s => s.rollout === 'FAILED')
      expect({ converged: end.converged, isSaid }).not.toEqual({ converged: false, isSaid: false })
      // where the percentages let none go, or it waits for another that is stuck, it is not said to be COMPLETED
      const done = end.services.flatMap(s => (s.rollout === 'COMPLETED' ? [`${s.service}/`] : []))
      const wrong = doubles(world.hosts).filter(key => done.some(service => key.startsWith(service)))
      expect(wrong).toEqual([])
    })
  })

  it('an apply ends where a first apply of its document would, while there is room', ({ task }) => {
    hold(`whatever happens, ${task.name}`, 150, anyEasyHistory, history => {
      const world = happen(healed(play(history)), { do: 'apply' }, tally.watch)
      const end = lookAt(world)
      expect(end.problems).toEqual([])
      expect(end.converged).toBe(true)
      expect(end.plan.steps).toEqual([])
      expect(inventory(world.hosts)).toEqual(inventory(fresh(history, world).hosts))
      expect(belongings(world.hosts)).toEqual(belongings(fresh(history, world).hosts))
    })
  })

  it('the histories come to all that they are about', () => {
    const tooFew = Object.entries(OFTEN).filter(([what, least]) => tally.of(what as Case) < least)
    expect(tooFew.map(([what]) => `${what}: ${tally.of(what as Case)}`)).toEqual([])
  })
})

/** Each at least so often, far from what comes up by the fixed seed. */
const OFTEN: Record<Case, number> = {
  converged: 300,
  'an old picture': 50,
  'a silent host': 40,
  'presumed elsewhere': 15,
  'a lost host': 40,
  'a double is removed': 2,
  'rolls back': 20,
  'given up': 25,
  'a name is taken': 5,
  'no place': 100,
  'refused after an old picture': 1,
  'a port is freed first': 10,
  'a drain': 3,
  'an old task is made anew': 2,
  'a rotated secret': 3,
  'a change by hand': 3,
  'a task is stopped by a rollback': 15,
  'goes back to what COMPLETED': 4,
  'goes back along with another': 2,
  'a drain by a person': 20,
  'lost by a time-out': 50,
  'data on a lost host is waited for': 5,
  'runs once': 300,
  'runs once, of another revision': 100,
  'runs once, again after it failed': 15,
  'runs once, perhaps out of sight': 50,
}

/** The document of a world on hosts with nothing on them. */
function fresh({ instances }: History, { document }: World): World {
  return happen({ ...emptyWorld(instances), document }, { do: 'apply' })
}

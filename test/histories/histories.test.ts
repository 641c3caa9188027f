import { describe, expect, it } from 'vitest'
import { belongings, inventory } from '../properties/counts.ts'
import { hold } from '../properties/hold.ts'
import { anyEasyHistory, anyHistory, type History } from './any-history.ts'
import { happen } from './happen.ts'
import { doubles, holdsAt, holdsOf } from './holds.ts'
import { healed, lookAt, play } from './play.ts'
import { emptyWorld, type World } from './world.ts'

describe('whatever happens', { timeout: 600_000 }, () => {
  it('every step holds what must always hold', ({ task }) => {
    hold(`whatever happens, ${task.name}`, 400, anyHistory, history => {
      play(history, { moment: holdsAt, wave: holdsOf })
    })
  })

  it('an apply with nothing in its way converges, or says why not', ({ task }) => {
    hold(`whatever happens, ${task.name}`, 300, anyHistory, history => {
      const world = happen(healed(play(history)), { do: 'apply' }, { moment: holdsAt, wave: holdsOf })
      const end = lookAt(world)
      const isSaid = end.problems.length > 0 || end.services.some(s => s.rollout === 'FAILED')
      expect({ converged: end.converged, isSaid }).not.toEqual({ converged: false, isSaid: false })
      expect(doubles(world.hosts)).toEqual([])
    })
  })

  it('an apply ends where a first apply of its document would, while there is room', ({ task }) => {
    hold(`whatever happens, ${task.name}`, 400, anyEasyHistory, history => {
      const world = happen(healed(play(history)), { do: 'apply' }, { moment: holdsAt, wave: holdsOf })
      const end = lookAt(world)
      expect(end.problems).toEqual([])
      expect(end.converged).toBe(true)
      expect(end.plan.steps).toEqual([])
      expect(inventory(world.hosts)).toEqual(inventory(fresh(history, world).hosts))
      expect(belongings(world.hosts)).toEqual(belongings(fresh(history, world).hosts))
    })
  })
})

/** The document of a world on hosts with nothing on them. */
function fresh({ instances }: History, { document }: World): World {
  return happen({ ...emptyWorld(instances), document }, { do: 'apply' })
}

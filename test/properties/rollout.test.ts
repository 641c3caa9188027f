import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { DesiredState } from '../../engine/desired-state/desired-state.generated.ts'
import type { ObservedState } from '../../engine/observed-state.ts'
import type { Step } from '../../engine/plan.ts'
import { type Reconciliation, reconcile } from '../../engine/reconcile/reconcile.ts'
import { simulate } from '../../engine/simulate.ts'
import { context } from '../support/worlds.ts'
import { anyCase, anyOrder, caseOf } from './clusters.ts'
import { boundsAt, placedWell, tooMany } from './bounds.ts'
import { portHolders, reservedOn } from './counts.ts'
import { hold } from './hold.ts'
import { settledInSomeWay } from './vary.ts'
import { inSomeOrder, statesOf } from './wave.ts'

/** One step of a run, with the worlds on both sides of it. */
interface Moment {
  readonly desired: DesiredState
  readonly wave: Reconciliation
  readonly start: ObservedState
  readonly step: Step
  readonly before: ObservedState
  readonly after: ObservedState
}

const MOST_WAVES = 12

/** Holds a property to every state on the way of many runs: any order that the plan allows, any outcome. */
function throughout(property: string, numRuns: number, holds: (moment: Moment) => void): void {
  hold(`on the way: ${property}`, numRuns, fc.tuple(anyCase, anyOrder), ([shape, order]) => {
    const { desired, observed } = caseOf(shape)
    let start = observed
    for (let n = 0; n < MOST_WAVES; n++) {
      const wave = reconcile(desired, start, context(desired))
      const steps = inSomeOrder(wave.plan, order)
      for (const moment of statesOf(start, steps)) holds({ desired, wave, start, ...moment })
      const next = settledInSomeWay(desired, simulate(start, { steps }), order)
      if (steps.length === 0 && !wave.waiting) break
      start = next
    }
  })
}

describe('in every state on the way', { timeout: 3_600_000 }, () => {
  it('no instance is filled over its capacity', ({ task }) => {
    throughout(task.name, 150, ({ before, after, step }) => {
      const reserved = reservedOn(before)
      for (const [name, sum] of reservedOn(after)) {
        const instance = after.instances[name]
        if (!instance?.reachable || step.action.instance !== name) continue
        const was = reserved.get(name) ?? { cpu: 0, memoryMiB: 0 }
        expect(sum.cpu).toBeLessThanOrEqual(Math.max(instance.engine.cpu, was.cpu))
        expect(sum.memoryMiB).toBeLessThanOrEqual(Math.max(instance.engine.memoryMiB, was.memoryMiB))
      }
    })
  })

  it('no host port is held twice', ({ task }) => {
    throughout(task.name, 150, ({ before, after }) => {
      const was = portHolders(before)
      for (const [port, holders] of portHolders(after)) {
        expect(`${port}: ${Math.max(holders, was.get(port) ?? 0, 1)}`).toBe(
          `${port}: ${Math.max(was.get(port) ?? 0, 1)}`,
        )
      }
    })
  })

  it('no service has more tasks than its maximum allows', ({ task }) => {
    throughout(task.name, 150, ({ desired, before, after }) => {
      for (const name of Object.keys(desired.services)) {
        expect(tooMany(desired, after, name)).toBeLessThanOrEqual(tooMany(desired, before, name))
      }
    })
  })

  it('no service has fewer healthy tasks than its minimum allows, but where a port must be freed first and this is said', ({
    task,
  }) => {
    throughout(task.name, 150, ({ desired, wave, before, after, start, step }) => {
      for (const name of Object.keys(desired.services)) {
        // a task that is being taken apart does not get better by that
        const was = Math.min(placedWell(desired, before, name), placedWell(desired, start, name))
        const now = placedWell(desired, after, name)
        if (now >= was) continue
        const isSaid =
          step.cause.includes('stopped before started') &&
          wave.warnings.some(w => w.code === 'PORT_TAKEN' && w.service === name)
        if (!isSaid) expect(now).toBeGreaterThanOrEqual(boundsAt(desired, start, name).lower)
      }
    })
  })

  it('a step comes only after earlier ones', ({ task }) => {
    throughout(task.name, 100, ({ wave: { plan }, step }) => {
      expect(plan.steps[step.id]).toBe(step)
      for (const id of step.after) {
        expect(id).toBeLessThan(step.id)
        expect(plan.steps[id]?.id).toBe(id)
      }
    })
  })

  it('no container is made under a name that is taken, and none is meant that is not there', ({ task }) => {
    throughout(task.name, 150, ({ before, step: { action } }) => {
      const instance = before.instances[action.instance]
      if (!instance?.reachable) throw new Error(`a step on ${action.instance}`)
      const all = [...instance.containers, ...instance.foreign].map(c => c.name)
      if (action.kind === 'create-container') expect(all).not.toContain(action.name)
      else if (action.kind === 'create-volume') {
        expect(instance.volumes.map(v => v.name)).not.toContain(action.name)
      } else if ('container' in action) {
        const meant = instance.containers.find(c => c.name === action.container.name)
        expect(meant).toBeDefined()
        if (action.container.id !== '') expect(meant?.id).toBe(action.container.id)
      }
    })
  })

  it('nothing of others is touched', ({ task }) => {
    throughout(task.name, 150, ({ before, after, step: { action } }) => {
      for (const [name, instance] of Object.entries(before.instances)) {
        const now = after.instances[name]
        if (!instance.reachable || !now?.reachable) continue
        expect(now.foreign).toBe(instance.foreign)
        const others = instance.volumes.filter(v => v.cluster !== 'prod')
        expect(now.volumes.filter(v => v.cluster !== 'prod' && others.some(o => o.name === v.name))).toEqual(
          others,
        )
        if (name === action.instance && action.kind === 'remove-container') {
          expect(instance.containers.map(c => c.id)).toContain(action.container.id)
        }
      }
    })
  })
})

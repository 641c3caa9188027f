import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { DesiredState } from '../../engine/desired-state/desired-state.generated.ts'
import type { ObservedState } from '../../engine/observed-state.ts'
import { taskKey } from '../../engine/identity.ts'
import type { Marks } from '../../engine/ledger/record.ts'
import { localDataOf } from '../../engine/reconcile/local-data.ts'
import { reconcile } from '../../engine/reconcile/reconcile.ts'
import { forecast, simulate } from '../../engine/simulate.ts'
import { changeContainers, context, look } from '../support/worlds.ts'
import { anyCase, anyEasyCase, anyOrder, type Case, type CaseShape, caseOf, darkened } from './clusters.ts'
import { aliveTasks, belongings, inventory } from './counts.ts'
import { hold } from './hold.ts'
import { settledInSomeWay, shuffled } from './vary.ts'
import { inSomeOrder } from './wave.ts'

/** Holds a property to many states of a cluster. */
function always(
  property: string,
  shapes: fc.Arbitrary<CaseShape>,
  numRuns: number,
  holds: (given: Case, order: readonly number[]) => void,
): void {
  hold(`reconcile ${property}`, numRuns, fc.tuple(shapes, anyOrder), ([shape, order]) =>
    holds(caseOf(shape), order),
  )
}

function fold({ desired, observed }: Case, deployment = 'd1') {
  return forecast(desired, observed, context(desired, { deployment }))
}

describe('reconcile', { timeout: 3_600_000 }, () => {
  it('gives the same for the same input, in whatever order its parts are', ({ task }) => {
    always(task.name, anyCase, 150, ({ desired, observed }, order) => {
      const other = { desired: shuffled(desired, order), observed: shuffled(observed, order) }
      expect(look(other.desired, other.observed)).toEqual(look(desired, observed))
    })
  })

  it('has converged exactly where it plans nothing and every service is COMPLETED', ({ task }) => {
    always(task.name, anyCase, 150, given => {
      for (const { plan, services, converged } of fold(given).waves) {
        const done = plan.steps.length === 0 && services.every(s => s.rollout === 'COMPLETED')
        expect(converged).toBe(done)
      }
    })
  })

  it('plans nothing in a later run either, once it has converged', ({ task }) => {
    always(task.name, anyCase, 150, given => {
      const { end, world } = fold(given)
      if (!end.converged) return
      const again = reconcile(given.desired, world, context(given.desired, { deployment: 'd2' }))
      expect(again.plan.steps).toEqual([])
      expect(again.converged).toBe(true)
    })
  })

  it('never stops without having converged or saying why not', ({ task }) => {
    always(task.name, anyCase, 300, given => {
      const { end } = fold(given)
      const isSaid =
        end.problems.length > 0 ||
        end.unresolved.length > 0 ||
        end.services.some(s => s.rollout === 'FAILED') ||
        end.warnings.some(w => w.code === 'HOST_UNREACHABLE')
      expect({ converged: end.converged, isSaid }).not.toEqual({ converged: false, isSaid: false })
    })
  })

  it('converges from any state where there is room for all', ({ task }) => {
    always(task.name, anyEasyCase, 300, given => {
      const { end, world } = fold(given)
      expect(end.problems).toEqual([])
      expect(end.services.filter(s => s.rollout !== 'COMPLETED')).toEqual([])
      expect(end.converged).toBe(true)
      expect(belongings(world).networks).toBe(0)
    })
  })

  it('that was interrupted anywhere ends where it would have ended', ({ task }) => {
    always(task.name, anyEasyCase, 300, (given, order) => {
      const whole = fold(given).world
      const { desired } = given
      let world = given.observed
      for (const choice of order.slice(0, 4)) {
        const { plan } = reconcile(desired, world, context(desired))
        const begun = inSomeOrder(plan, order).slice(0, Math.floor((plan.steps.length * (choice + 1)) / 8))
        world = settledInSomeWay(desired, simulate(world, { steps: begun }), order)
      }
      const resumed = fold({ desired, observed: world }, 'd2')
      expect(resumed.end.converged).toBe(true)
      expect(inventory(resumed.world)).toEqual(inventory(whole))
      expect(belongings(resumed.world)).toEqual(belongings(whole))
      expect(belongings(whole).networks).toBe(0)
    })
  })

  it('starts nothing twice for tasks that may run on an instance that does not answer', ({ task }) => {
    always(task.name, anyEasyCase, 300, (given, order) => {
      const settled = fold(given).world
      const [dark, other] = Object.keys(given.desired.containerInstances)
      if (dark === undefined || other === undefined) return
      const hidden = aliveTasks(settled).filter(t => t.instance.name === dark)
      let desired = given.desired
      if ((order[0] ?? 0) > 3) desired = draining(desired, other)
      if ((order[1] ?? 0) > 3) desired = withNewRevisions(desired)
      const seen = changeContainers(
        darkened(settled, dark),
        c => (order[c.name.length % Math.max(1, order.length)] ?? 0) > 5,
        c => ({ ...c, config: { ...c.config, stopTimeout: 77 } }),
      )
      const { world } = fold({ desired, observed: seen }, 'd2')
      for (const [name, { schedulingStrategy, desiredCount = 1 }] of Object.entries(desired.services)) {
        if (schedulingStrategy === 'DAEMON') continue
        // an old task and its successor have one slot
        const slots = (of: ObservedState) =>
          new Set(aliveTasks(of).flatMap(t => (t.service === name ? [t.slot] : []))).size
        const now = slots(world)
        const before = slots(seen)
        const out = hidden.filter(t => t.service === name).length
        expect(now + out).toBeLessThanOrEqual(desiredCount)
        expect(now).toBeGreaterThanOrEqual(before)
      }
    })
  })

  it('replaces the tasks of a lost instance but those with local data, and leaves no doubles once it is back', ({
    task,
  }) => {
    always(task.name, anyEasyCase, 100, (given, order) => {
      const { desired } = given
      const settled = fold(given).world
      const [dark] = Object.keys(desired.containerInstances)
      const others = Object.entries(desired.containerInstances).slice(1)
      if (dark === undefined || !others.some(([, { status }]) => status === 'ACTIVE')) return
      const said = { time: '2026-01-05T00:00:00.000Z', who: 'ann' }
      const localData = (order[0] ?? 0) > 3
      const marks: Marks = { [dark]: { version: 1, ...said, lost: { ...said, localData } } }
      const go = (observed: ObservedState, deployment: string) =>
        forecast(desired, observed, context(desired, { deployment, marks }))
      const alive = (of: ObservedState, name: string) => aliveTasks(of).filter(t => t.service === name)
      const hidden = aliveTasks(settled).filter(t => t.instance.name === dark)
      const { world, end } = go(darkened(settled, dark), 'd2')
      for (const [name, service] of Object.entries(desired.services)) {
        if (service.schedulingStrategy === 'DAEMON') continue
        const definition = desired.taskDefinitions[service.taskDefinition]
        const isHeld = !localData && definition && localDataOf(definition).length > 0
        const out = isHeld ? hidden.filter(t => t.service === name).length : 0
        expect(alive(world, name).length + out).toBeLessThanOrEqual(service.desiredCount ?? 1)
        if (end.converged) expect(alive(world, name).length + out).toBe(service.desiredCount ?? 1)
      }
      const instance = settled.instances[dark]
      if (!instance) return
      const back = go({ instances: { ...world.instances, [dark]: instance } }, 'd3')
      for (const [name, service] of Object.entries(desired.services)) {
        if (service.schedulingStrategy === 'DAEMON') continue
        const slots = alive(back.world, name).map(t => t.slot)
        expect(new Set(slots).size).toBe(slots.length)
        expect(slots.length).toBe(service.desiredCount ?? 1)
      }
    })
  })

  it('makes tasks only on ACTIVE instances that answer and meet the constraints', ({ task }) => {
    always(task.name, anyCase, 200, given => {
      const { desired, observed } = given
      const there = new Set(taskKeys(given))
      for (const { action } of look(desired, observed).plan.steps) {
        if (action.kind !== 'create-container') continue
        const instance = desired.containerInstances[action.instance]
        expect(observed.instances[action.instance]?.reachable).toBe(true)
        if (there.has(`${action.instance} ${taskKey(action.task)}`)) continue
        expect(instance?.status).toBe('ACTIVE')
        for (const { expression } of desired.services[action.task.service]?.placementConstraints ?? []) {
          if (expression) expect(`attribute:zone == ${instance?.attributes['zone']}`).toBe(expression)
        }
      }
    })
  })
})

function draining(desired: DesiredState, name: string): DesiredState {
  const instance = desired.containerInstances[name]
  if (!instance) return desired
  const drained = { ...instance, status: 'DRAINING' as const }
  return { ...desired, containerInstances: { ...desired.containerInstances, [name]: drained } }
}

function withNewRevisions(desired: DesiredState): DesiredState {
  const taskDefinitions = Object.entries(desired.taskDefinitions).map(([family, definition]) => {
    const containerDefinitions = definition.containerDefinitions.map(c => ({ ...c, stopTimeout: 31 }))
    return [family, { ...definition, containerDefinitions }] as const
  })
  return { ...desired, taskDefinitions: Object.fromEntries(taskDefinitions) }
}

function taskKeys({ observed }: Case): string[] {
  return Object.values(observed.instances).flatMap(i =>
    i.reachable ? i.containers.map(c => `${i.name} ${taskKey(c.identity)}`) : [],
  )
}

import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { TaskDefinition } from '../../engine/desired-state/desired-state.generated.ts'
import type { ObservedState } from '../../engine/observed-state.ts'
import { settle } from '../../engine/settle.ts'
import { forecast, simulate } from '../../engine/simulate.ts'
import { context } from '../support/worlds.ts'
import { anyCase, caseOf } from './clusters.ts'
import { runs } from './runs.ts'

describe('the data of shared volumes', () => {
  it('is there for every task that takes the place of another', () => {
    const property = fc.property(anyCase, shape => {
      const { desired, observed } = caseOf(shape)
      let before = observed
      for (const { plan } of forecast(desired, observed, context(desired)).waves) {
        const homes = instancesWith(before, 'data')
        for (const [name, { desiredCount = 1, schedulingStrategy }] of Object.entries(desired.services)) {
          // where there is no data yet there is none to be without
          if (schedulingStrategy === 'DAEMON' || homes.size === 0) continue
          const without = plan.steps.flatMap(({ action }) =>
            action.kind === 'create-container' &&
            action.task.service === name &&
            isShared(action.taskDefinition) &&
            !homes.has(action.instance)
              ? [`${action.task.slot} ${action.task.revision}`]
              : [],
          )
          const more = Math.min(desiredCount - slotsOf(before, name), desiredCount - homes.size)
          expect(new Set(without).size, name).toBeLessThanOrEqual(Math.max(0, more))
        }
        before = settle(desired, simulate(before, plan))
      }
    })
    fc.assert(property, runs(300))
  }, 600_000)
})

function isShared({ volumes }: TaskDefinition): boolean {
  return volumes.some(v => v.name === 'data' && v.dockerVolumeConfiguration?.scope === 'shared')
}

/** The names of the instances that have a volume of this name, and answer. */
function instancesWith({ instances }: ObservedState, volume: string): Set<string> {
  const there = Object.values(instances).filter(i => i.reachable && i.volumes.some(v => v.name === volume))
  return new Set(there.map(i => i.name))
}

function slotsOf({ instances }: ObservedState, service: string): number {
  const all = Object.values(instances).flatMap(i => (i.reachable ? i.containers : []))
  return new Set(all.flatMap(c => (c.identity.service === service ? [c.identity.slot] : []))).size
}

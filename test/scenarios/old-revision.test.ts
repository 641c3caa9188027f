import { describe, expect, it } from 'vitest'
import type { Event } from '../../engine/events.ts'
import type { FakeHost } from '../fake/fake-host.ts'
import { watchBounds } from './bounds.ts'
import { closeClustersAfterEach, FakeCluster } from './cluster.ts'
import { images } from './images.ts'
import { tasksOf } from './state.ts'

closeClustersAfterEach()

/** A version that takes a while to be in service, and one that never is. */
const REGISTRY = {
  ...images(),
  'slow:1': { behaviour: { health: { passesAfterMs: 60_000 } } },
}

function documentOf(cluster: FakeCluster, image: string) {
  const healthCheck = { command: ['CMD', 'check'], interval: 10, retries: 10 }
  return cluster.document({
    taskDefinitions: { web: { containerDefinitions: [{ name: 'app', image, healthCheck, stopTimeout: 0 }] } },
    services: { web: { taskDefinition: 'web', desiredCount: 2 } },
  })
}

/** Removes the container of the old revision from a host, once the new one is on its way; a friend of nobody. */
function removesOld(host: FakeHost): (event: Event) => void {
  let isDone = false
  return event => {
    const service = event.event === 'services' ? event.services[0] : undefined
    if (isDone || service?.running !== 4) return
    isDone = true
    for (const { id, config } of host.world.containers.values())
      if (config.Image.startsWith('app')) host.world.containers.delete(id)
  }
}

const MADE_ANEW = 'too few are healthy'

describe('a task of the old revision that somebody removes in the middle of a deployment', () => {
  it('is back, and in service, before the new revision is; then it goes with the rest', async () => {
    const cluster = await FakeCluster.start({ images: REGISTRY })
    await cluster.applyWell(documentOf(cluster, 'app:1'))
    const desired = documentOf(cluster, 'slow:1')
    const removes = removesOld(cluster.host(1))
    const breaches = watchBounds(cluster, desired)
    const healthy: number[] = []
    const { events } = await cluster.applyWell(desired, {
      onEvent: event => {
        if (event.event === 'services') healthy.push(event.services[0]?.healthy ?? 0)
        removes(event)
      },
    })
    const made = events.filter(e => e.event === 'step-done' && e.cause.includes(MADE_ANEW))
    expect(made.map(e => 'action' in e && e.action)).toEqual(['create-container', 'start-container'])
    // down by the one, up again by its successor, and only then does the new revision begin to count
    const told = healthy.join(' ').replaceAll(/\b(\d)(?: \1)+/g, '$1')
    expect(told).toMatch(/^2 1 2( [34])+( 2)?$/)
    // that somebody else removed one is not the engine's doing
    expect(breaches.filter(b => !b.startsWith('web: 1 healthy'))).toEqual([])
    expect(tasksOf(cluster, desired, 'web').map(t => t.healthy)).toEqual([true, true])
  })

  it('and cannot be made anew ends nothing: the deployment goes on without it', async () => {
    const cluster = await FakeCluster.start({ images: REGISTRY })
    await cluster.applyWell(documentOf(cluster, 'app:1'))
    const removes = removesOld(cluster.host(1))
    const { events } = await cluster.applyWell(documentOf(cluster, 'slow:1'), {
      onEvent: event => {
        removes(event)
        if (event.event === 'step-started' && event.cause.includes(MADE_ANEW))
          for (const host of cluster.hosts)
            host.faults.add({ kind: 'error-500', method: 'POST', path: /^\/containers\/create/, times: 9 })
      },
    })
    const failed = events.filter(e => e.event === 'step-failed')
    expect(failed).toHaveLength(1)
    expect(failed.every(e => e.cause.includes(MADE_ANEW))).toBe(true)
  })
})

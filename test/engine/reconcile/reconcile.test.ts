import { describe, expect, it } from 'vitest'
import { pulledMark } from '../../../engine/image-mark.ts'
import type { ObservedState, ReachableInstance } from '../../../engine/observed-state.ts'
import { printPlan } from '../../../engine/print-plan.ts'
import { document, emptyHosts, instances, look, settledWorld, withoutAnswer } from '../../support/worlds.ts'

const web = { containerDefinitions: [{ name: 'web', image: 'web:1', stopTimeout: 0 }] }
const two = emptyHosts('a', 'b')

function desired(parts: object = { services: { web: { taskDefinition: 'web' } } }) {
  return document({ containerInstances: instances('a', 'b'), taskDefinitions: { web }, ...parts })
}

function plan(...args: Parameters<typeof look>): string[] {
  return printPlan(look(...args).plan).map(l => l.replace(/(?<=[. ])[0-9a-f]{8}(?=[. )])/g, 'REV').trim())
}

function onA(world: ObservedState): ReachableInstance {
  const { a } = world.instances
  if (!a?.reachable) throw new Error('a is there')
  return a
}

describe('what is decided', () => {
  it('comes in the order of the names, DAEMONs first, then tasks that run once', () => {
    const all = desired({
      services: {
        z: { taskDefinition: 'web', schedulingStrategy: 'DAEMON' },
        b: { taskDefinition: 'web' },
        a: { taskDefinition: 'web' },
      },
      tasks: { y: { taskDefinition: 'web' }, x: { taskDefinition: 'web' } },
    })
    const made = plan(all, two).filter(l => l.includes('create'))
    expect(made).toEqual([
      '1 a create z.a web of REV after 0 (2 desired, none runs)',
      '4 b create z.b web of REV after 3 (2 desired, none runs)',
      '6 a create x.1 web of REV after 0 (it is to run once)',
      '8 a create y.1 web of REV after 0 (it is to run once)',
      '10 a create a.1 web of REV after 0 (1 desired, none runs)',
      '12 a create b.1 web of REV after 0 (1 desired, none runs)',
    ])
    expect(look(all, two).services.map(s => s.service)).toEqual(['a', 'b', 'x', 'y', 'z'])
  })

  it('is told with the instances that do not answer, by their names and with what is known of them', () => {
    const silent = withoutAnswer(withoutAnswer(two, 'c'), 'b', 'a')
    const { warnings } = look(desired({ containerInstances: instances('a', 'b', 'c') }), {
      instances: Object.fromEntries(Object.entries(silent.instances).toReversed()),
    })
    expect(warnings).toMatchObject([
      { code: 'HOST_UNREACHABLE', instance: 'a', message: 'a does not answer' },
      { code: 'HOST_UNREACHABLE', instance: 'b', message: 'b does not answer' },
      { code: 'HOST_UNREACHABLE', instance: 'c', message: 'c does not answer' },
    ])
  })
})

describe('a cluster is at its end', () => {
  const old = `old@sha256:${'1'.repeat(64)}`
  const image = { id: 'sha256:old', digests: [old], tags: [pulledMark('prod', old)], bytes: 7 }
  const keepImages = new Set<string>()
  const settled = settledWorld(desired(), two)
  const withOld = (world: ObservedState) => {
    const a = onA(world)
    return {
      instances: { ...world.instances, a: { ...a, images: { ...a.images, [image.id]: image } } },
    }
  }

  it('once no image is there that has to go', () => {
    expect(look(desired(), settled, { keepImages }).converged).toBe(true)
    expect(look(desired(), withOld(settled), { keepImages }).converged).toBe(false)
  })

  it('and images go only once nothing else is to go', () => {
    const more = desired({ services: { web: { taskDefinition: 'web' }, gone: { taskDefinition: 'web' } } })
    const world = withOld(settledWorld(more, two))
    expect(plan(desired(), world, { keepImages })).toEqual([
      '0 a stop prod.gone.1.REV.web (up to 0 s) (no longer in the document)',
      '1 a remove prod.gone.1.REV.web after 0 (no longer in the document)',
    ])
  })
})

import { describe, expect, it } from 'vitest'
import { pulledMark } from '../../../engine/image-mark.ts'
import type { ObservedImage, ObservedState, ReachableInstance } from '../../../engine/observed-state.ts'
import { printPlan } from '../../../engine/print-plan.ts'
import { document, emptyHosts, instances, look, settledWorld, withoutAnswer } from '../../support/worlds.ts'

const desired = document({
  containerInstances: instances('a', 'b'),
  taskDefinitions: { web: { containerDefinitions: [{ name: 'web', image: 'web:2', memory: 64 }] } },
  services: { web: { taskDefinition: 'web', desiredCount: 2 } },
})
const steady = settledWorld(desired, emptyHosts('a', 'b'))

const OLD = `web@sha256:${'1'.repeat(64)}`

function image(parts: Partial<ObservedImage> = {}): ObservedImage {
  return {
    id: 'sha256:old',
    digests: [OLD],
    tags: [pulledMark('prod', OLD)],
    bytes: 50_000_000,
    ...parts,
  }
}

function withImage(extra: ObservedImage, more: Partial<ReachableInstance> = {}): ObservedState {
  const { a } = steady.instances
  if (!a?.reachable) throw new Error('a does not answer')
  return {
    instances: {
      ...steady.instances,
      a: { ...a, ...more, images: { ...a.images, [extra.id]: extra } },
    },
  }
}

function plan(world = withImage(image()), keep: readonly string[] = []) {
  return printPlan(look(desired, world, { keepImages: new Set(keep) }).plan)
}

describe('images that this cluster pulled', () => {
  it('go once no deployment that is kept needs them, the mark last', () => {
    expect(plan()).toEqual(
      [
        '0 a remove image web@sha256:11111111… (no deployment that is kept needs it)',
        `1 a remove image ${pulledMark('prod', OLD)} after 0 (no deployment that is kept needs it)`,
      ].map(line => ` ${line}`),
    )
  })

  it('go too where only the mark is left of what was begun', () => {
    expect(plan(withImage(image({ digests: [] })))).toHaveLength(1)
  })

  it('are named by a digest, or by the mark where there is none', () => {
    const subjects = (extra: ObservedImage) =>
      look(desired, withImage(extra), { keepImages: new Set() }).plan.steps.map(s => s.subject)
    expect(subjects(image())).toEqual(['image web@sha256:11111111…', 'image web@sha256:11111111…'])
    expect(subjects(image({ digests: [] }))).toEqual([`image ${pulledMark('prod', OLD)}`])
  })

  it('go in one order, whatever Docker lists first, and no instance that is silent matters', () => {
    const digest = (n: string) => `web@sha256:${n.repeat(64)}`
    const several = (id: string, ...numbers: string[]) =>
      image({
        id: `sha256:${id}`,
        digests: numbers.map(digest),
        tags: numbers.map(n => pulledMark('prod', digest(n))),
      })
    const all = [several('x', '3', '1', '2'), several('y', '4'), several('w', '5')]
    const with3 = all.reduce<ObservedState>(
      (world, each) => {
        const { a, b } = world.instances
        if (!a?.reachable || !b) throw new Error('a and b are there')
        return { instances: { b, a: { ...a, images: { [each.id]: each, ...a.images } } } }
      },
      { instances: { b: steady.instances['b'] ?? expect.fail(), a: steady.instances['a'] ?? expect.fail() } },
    )
    const { a, b } = with3.instances
    if (!a?.reachable || !b?.reachable) throw new Error('they are there')
    const both = {
      instances: { b: { ...b, images: { ...b.images, [all[1]?.id ?? '']: several('y', '4') } }, a },
    }
    const turned = {
      instances: {
        a: { ...a, images: Object.fromEntries(Object.entries(a.images).toReversed()) },
        b: both.instances.b,
      },
    }
    expect(plan(both)).toEqual(plan(turned))
    const names = plan(both).map(l => l.trim().split(' ').slice(1, 5).join(' '))
    expect(names[0]).toBe('a remove image web@sha256:55555555…')
    expect(names.slice(2, 5)).toEqual(['1', '2', '3'].map(n => `a remove image web@sha256:${n.repeat(8)}…`))
    expect(names.slice(5, 8)).toEqual(names.slice(5, 8).toSorted())
    expect(
      names
        .slice(8, 10)
        .concat(names.slice(10))
        .map(n => n.slice(0, 1)),
    ).toEqual(['a', 'a', 'b', 'b'])
    expect(plan(withoutAnswer(both, 'b')).map(l => l.trim().split(' ')[1])).toEqual(Array(10).fill('a'))
  })

  it('stay while a deployment that is kept needs them', () => {
    expect(plan(withImage(image()), [OLD])).toEqual([])
    expect(plan(withImage(image({ id: 'sha256:kept' })), ['sha256:kept'])).toEqual([])
  })

  it('stay while any container has them, ours or not', () => {
    const foreign = [{ id: 'f', name: 'theirs', ports: [], imageId: 'sha256:old' }]
    expect(plan(withImage(image(), { foreign }))).toEqual([])
  })

  it('of the revision that runs stay', () => {
    expect(plan(steady)).toEqual([])
  })

  it('lose no more than the mark once somebody has given them a name', () => {
    const named = image({ tags: [pulledMark('prod', OLD), 'mine:1'] })
    expect(plan(withImage(named))).toEqual([
      ` 0 a remove image ${pulledMark('prod', OLD)} (it has another name by now)`,
    ])
  })
})

it.each([
  ['pulled by nobody of ours', image({ tags: [] })],
  ['with a tag of its own', image({ tags: ['web:1'] })],
  ['pulled by another cluster', image({ tags: [pulledMark('prod-2', OLD)] })],
])('an image %s is left alone', (_, other) => {
  expect(plan(withImage(other))).toEqual([])
})

it('nothing is removed while anything else is to be done', () => {
  const more = document({
    ...desired,
    services: { web: { taskDefinition: 'web', desiredCount: 3 } },
  })
  const { plan: now } = look(more, withImage(image()), { keepImages: new Set() })
  expect(now.steps.some(s => s.action.kind === 'remove-image')).toBe(false)
})

it('nothing is removed where it is not known what is needed', () => {
  expect(look(desired, withImage(image())).plan.steps).toEqual([])
})

it('a mark is the image of one cluster, however its name begins, and fits into a tag', () => {
  const long = 'x'.repeat(255)
  expect(pulledMark('prod', OLD)).toMatch(/^stowage\/pulled:prod\.[0-9a-f]{16}$/)
  expect(pulledMark(long, OLD).split(':')[1]?.length).toBeLessThanOrEqual(128)
})

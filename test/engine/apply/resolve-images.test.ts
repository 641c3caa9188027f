import { describe, expect, it } from 'vitest'
import { resolveImages } from '../../../engine/apply/resolve-images.ts'
import type { DockerHost } from '../../../engine/docker/docker-host.ts'
import { StowageError } from '../../../engine/errors.ts'
import type { ObservedState } from '../../../engine/observed-state.ts'
import { document, emptyHosts, host, instances, settledWorld } from '../../support/worlds.ts'

const NOW = `sha256:${'b'.repeat(64)}`
const CACHED = `nginx@sha256:${'c'.repeat(64)}`
const cached: ObservedState = {
  instances: {
    a: host('a'),
    b: host('b', { images: { x: { id: 'x', bytes: 0, digests: [CACHED], tags: ['nginx:1'] } } }),
  },
}
const web = (tag: string) =>
  document({
    containerInstances: instances('a', 'b'),
    taskDefinitions: { web: { containerDefinitions: [{ name: 'nginx', image: `nginx:${tag}` }] } },
    services: { web: { taskDefinition: 'web', desiredCount: 1 } },
  })
/** Hosts that run the tag, pulled by its digest. */
const running = settledWorld(web('1'), emptyHosts('a', 'b'))

type Behavior = 'default' | 'always' | 'once' | 'prefer-cached'

/** What nginx:1 becomes, and how often the registry was asked; `answer` undefined: it does not answer. */
async function resolved(behavior: Behavior, observed: ObservedState, answer?: string) {
  let asked = 0
  const resolveDigest = async () => {
    asked++
    if (answer !== undefined) return answer
    throw new StowageError('REGISTRY_UNREACHABLE', 'no answer')
  }
  // of a host nothing else is asked here
  const one = { resolveDigest } as unknown as DockerHost
  const { images, problems, warnings } = await resolveImages(['nginx:1'], observed, {
    behavior,
    hosts: new Map([['a', one]]),
    registryAuth: async () => undefined,
  })
  return {
    image: images['nginx:1'],
    asked,
    problems: problems.map(p => p.code),
    warnings: warnings.map(w => w.code),
  }
}

const fine = { problems: [], warnings: [] }

describe('a tag that the hosts have an image for', () => {
  it.each<[Behavior, string | undefined, object]>([
    ['default', NOW, { image: `nginx@${NOW}`, asked: 1, ...fine }],
    ['default', undefined, { image: CACHED, asked: 1, problems: [], warnings: ['REGISTRY_UNREACHABLE'] }],
    ['always', NOW, { image: `nginx@${NOW}`, asked: 1, ...fine }],
    ['always', undefined, { image: undefined, asked: 1, problems: ['REGISTRY_UNREACHABLE'], warnings: [] }],
    ['once', NOW, { image: CACHED, asked: 0, ...fine }],
    ['prefer-cached', NOW, { image: CACHED, asked: 0, ...fine }],
  ])('with %s, and the registry saying %s', async (behavior, answer, expected) => {
    expect(await resolved(behavior, cached, answer)).toEqual(expected)
  })
})

describe('a tag that no host has an image for', () => {
  it.each<Behavior>(['default', 'always', 'once', 'prefer-cached'])(
    'is asked for with %s',
    async behavior => {
      expect(await resolved(behavior, emptyHosts('a', 'b'), NOW)).toEqual({
        image: `nginx@${NOW}`,
        asked: 1,
        ...fine,
      })
    },
  )
})

it('what runs was pulled by its digest, and is found by the tag in its task definition', async () => {
  const { image, asked } = await resolved('prefer-cached', running)
  expect(asked).toBe(0)
  expect(image).toMatch(/^nginx@sha256:/)
  const other = settledWorld(web('2'), emptyHosts('a', 'b'))
  expect(await resolved('prefer-cached', other, NOW)).toMatchObject({ image: `nginx@${NOW}`, asked: 1 })
})

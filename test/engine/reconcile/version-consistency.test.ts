import { describe, expect, it } from 'vitest'
import {
  changeContainers,
  document,
  emptyHosts,
  instances,
  look,
  settledWorld,
} from '../../support/worlds.ts'

const hosts = emptyHosts('a', 'b')
const OLD = { 'nginx:1': `nginx@sha256:${'a'.repeat(64)}` }
const MOVED = { 'nginx:1': `nginx@sha256:${'f'.repeat(64)}` }

function web(count: number, container: object = { versionConsistency: 'disabled' }, service: object = {}) {
  return document({
    containerInstances: instances('a', 'b'),
    taskDefinitions: { web: { containerDefinitions: [{ name: 'nginx', image: 'nginx:1', ...container }] } },
    services: { web: { taskDefinition: 'web', desiredCount: count, ...service } },
  })
}

const settled = () => settledWorld(web(2), hosts)

describe('a service whose containers follow their tag', () => {
  it('that is as it should be stays, asks for no tag, and takes a moved one for no difference', () => {
    for (const images of [{}, MOVED])
      expect(look(web(2), settled(), { images })).toMatchObject({
        converged: true,
        unresolved: [],
        plan: { steps: [] },
      })
  })

  it('makes a further task of what the tag means now, and leaves the others', () => {
    expect(look(web(3), settled(), { images: {} }).unresolved).toEqual(['nginx:1'])
    const { plan, unresolved } = look(web(3), settled(), { images: MOVED })
    expect(unresolved).toEqual([])
    const images = plan.steps.flatMap(({ action }) => ('image' in action ? [action.image] : []))
    expect(new Set(images)).toEqual(new Set([MOVED['nginx:1']]))
    expect(plan.steps.some(s => s.action.kind === 'stop-container')).toBe(false)
  })

  it('asks for the tag anew where a task has to be replaced', () => {
    const broken = changeContainers(
      settled(),
      c => c.identity.slot === '1',
      c => ({ ...c, config: { ...c.config, networkMode: 'host' } }),
    )
    expect(look(web(2), broken, { images: {} }).unresolved).toEqual(['nginx:1'])
  })

  it('replaces a container that somebody made of another image', () => {
    const other = changeContainers(
      settled(),
      c => c.identity.slot === '1',
      c => ({ ...c, image: `httpd@sha256:${'a'.repeat(64)}` }),
    )
    const { plan } = look(web(2), other, { images: OLD })
    expect(plan.steps[0]?.cause).toMatch(/^image httpd@sha256:a+ is not nginx@sha256:a+$/)
  })

  it('needs no tag where its image has a digest', () => {
    const image = `nginx@sha256:${'a'.repeat(64)}`
    const desired = web(2, { image, versionConsistency: 'disabled' })
    expect(look(desired, hosts, { images: {} }).unresolved).toEqual([])
  })

  it('that goes back to what it ran asks for no tag', () => {
    const deploymentConfiguration = { deploymentCircuitBreaker: { enable: true, rollback: true } }
    const next = web(2, { image: 'nginx:2', versionConsistency: 'disabled' }, { deploymentConfiguration })
    const { unresolved, services } = look(next, settled(), { failed: new Set(['web']), images: {} })
    expect(services[0]).toMatchObject({ current: 2, outdated: 0 })
    expect(unresolved).toEqual([])
  })
})

it('is another revision, as it is another task definition', () => {
  expect(look(web(2, {}), settled(), {}).plan.steps[0]?.cause).toMatch(/^revision /)
})

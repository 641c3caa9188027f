import { describe, expect, it } from 'vitest'
import type { DesiredState } from '../../../engine/desired-state/desired-state.generated.ts'
import type { ObservedContainer, ObservedState } from '../../../engine/observed-state.ts'
import { printPlan } from '../../../engine/print-plan.ts'
import {
  changeContainers,
  document,
  emptyHosts,
  host,
  instances,
  look,
  settledWorld,
} from '../../support/worlds.ts'

interface Parts {
  readonly image?: string
  readonly app?: object
  readonly more?: readonly object[]
  readonly task?: object
  readonly service?: object
  readonly hosts?: object
}

/** A service of one task with an app and what stands beside it. */
function web({ image = 'web:1', more = [], hosts = instances('a'), ...parts }: Parts = {}): DesiredState {
  return document({
    containerInstances: hosts,
    taskDefinitions: {
      web: {
        containerDefinitions: [{ name: 'app', image, stopTimeout: 0, ...parts.app }, ...more],
        ...parts.task,
      },
    },
    services: { web: { taskDefinition: 'web', ...parts.service } },
  })
}

const one = emptyHosts('a')
const LOG = { name: 'log', image: 'log:1', essential: false, stopTimeout: 0 }
const PROXY = { name: 'proxy', image: 'proxy:1', stopTimeout: 0 }
const NOW = host('a').clock

type Change = Partial<ObservedContainer> | ((c: ObservedContainer) => ObservedContainer | undefined)

function change(world: ObservedState, name: string, parts: Change, run = 'd0'): ObservedState {
  return changeContainers(
    world,
    c => c.identity.container === name,
    c => {
      const changed = typeof parts === 'function' ? parts(c) : { ...c, ...parts }
      return changed && { ...changed, identity: { ...changed.identity, deployment: run } }
    },
  )
}

const config = (parts: Partial<ObservedContainer['config']>) => (c: ObservedContainer) => ({
  ...c,
  config: { ...c.config, ...parts },
})

/** Why the one task is replaced; undefined: it is not. */
function why(desired: DesiredState, world: ObservedState, parts: Parameters<typeof look>[2] = {}) {
  return look(desired, world, parts).plan.steps.find(s => s.action.kind === 'create-container')?.cause
}

function lines(desired: DesiredState, world: ObservedState): string[] {
  return printPlan(look(desired, world).plan).map(l =>
    l.replace(/(?<=[. ])[0-9a-f]{8}(?=[. )])/g, 'REV').trim(),
  )
}

describe('a task is replaced', () => {
  const both = web({ more: [LOG] })
  const world = settledWorld(both, one)

  it.each<[string, string, Change]>([
    ['Docker lost hold of it', 'log', { status: 'dead' }],
    ['container ghost is not in its task definition', 'log', c => ghost(c)],
    ['networkMode, stopTimeout changed by hand', 'app', config({ networkMode: 'none', stopTimeout: 7 })],
    ['the network that it was on is gone', 'app', { networkId: 'gone' }],
    ['it could not be started', 'app', { status: 'created', startedAt: 0, error: 'exec: not found' }],
    ['it keeps failing', 'app', { status: 'restarting', restartCount: 3 }],
    ['it is unhealthy', 'app', { health: 'unhealthy' }],
    ['it was unhealthy', 'app', { health: 'unhealthy', status: 'exited', exitCode: 1 }],
  ])('where %s', (cause, which, parts) => {
    expect(why(both, change(world, which, parts))).toBe(cause)
    expect(why(both, world)).toBe(undefined)
  })

  it('where its revision is none, as somebody took the label away', () => {
    const none = changeContainers(
      world,
      () => true,
      c => ({ ...c, identity: { ...c.identity, revision: '' } }),
    )
    expect(look(both, none).plan.steps[0]?.cause).toMatch(/^revision \(none\) → [0-9a-f]{8}$/)
  })

  it('not where its network is one of several that are there', () => {
    const { a } = change(world, 'app', { networkId: 'n2' }).instances
    if (!a?.reachable) throw new Error('a is there')
    const networks = ['n1', 'n2'].map(id => ({ id, name: id }))
    expect(why(both, { instances: { a: { ...a, networks } } })).toBe(undefined)
  })

  it('in a diff too where its containers do not say which run made it', () => {
    const edited = change(world, 'app', config({ stopTimeout: 7 }), '')
    expect(why(both, edited, { deployment: '' })).toBe('stopTimeout changed by hand')
  })

  it('where it has another image of the same name than most of its revision, unless it follows its tag', () => {
    const of = (parts: object) =>
      web({ hosts: instances('a', 'b', 'c'), service: { desiredCount: 3 }, app: parts, more: [PROXY] })
    const other = (desired: DesiredState, name: string) => {
      const all = settledWorld(desired, emptyHosts('a', 'b', 'c'))
      return changeContainers(
        all,
        (c, on) => on === 'a' && c.identity.container === name,
        c => ({ ...c, image: c.image.replace(/sha256:.*/, `sha256:${'0'.repeat(64)}`) }),
      )
    }
    const fixed = of({})
    expect(why(fixed, other(fixed, 'app'))).toMatch(/^image web@sha256:0+ is not web@sha256:[0-9a-f]+$/)
    const follows = of({ versionConsistency: 'disabled' })
    expect(why(follows, other(follows, 'app'))).toBe(undefined)
    expect(why(follows, other(follows, 'proxy'))).toMatch(/^image proxy@sha256:0+ is not /)
  })

  it('where what it is tied to was made anew since, and not for another container', () => {
    const tied = web({ app: { links: ['log'] }, more: [LOG, PROXY], task: { networkMode: 'bridge' } })
    const made = changeContainers(
      settledWorld(tied, one),
      () => true,
      c => ({ ...c, createdAt: NOW }),
    )
    const newer = { createdAt: NOW + 1 }
    expect(why(tied, change(made, 'log', newer))).toBe('app is tied to a log that is no more')
    expect(why(tied, change(made, 'proxy', newer))).toBe(undefined)
    expect(why(tied, change(made, 'app', newer))).toBe(undefined)
  })

  it('not for another version of the pause image', () => {
    const awsvpc = web({ more: [LOG], task: { networkMode: 'awsvpc' } })
    const settled = settledWorld(awsvpc, one)
    expect(why(awsvpc, change(settled, 'internal.pause', { image: 'stowage/pause:0' }))).toBe(undefined)
  })

  it('only once its successors are in service where nobody can read any more what it is', () => {
    const unreadable = changeContainers(
      world,
      () => true,
      c => ({
        ...c,
        identity: { ...c.identity, taskDefinition: 'null' },
      }),
    )
    const next = web({ image: 'web:2', more: [LOG] })
    expect(lines(next, unreadable).filter(l => l.includes(' stop '))).toEqual([])
    expect(look(next, unreadable).services[0]).toMatchObject({ healthy: 1 })
  })
})

/** The same container, told to be another of its task. */
function ghost(c: ObservedContainer): ObservedContainer {
  return { ...c, name: c.name.replace(/\.log$/, '.ghost'), identity: { ...c.identity, container: 'ghost' } }
}

describe('a task without a health check', () => {
  it.each([
    [4999, 0],
    [5000, 1],
  ])('is in service once it has run for its steady window: %i ms, %i', (ms, healthy) => {
    const world = change(settledWorld(web(), one), 'app', c => ({
      ...c,
      startedAt: clockOf(settledWorld(web(), one)) - ms,
    }))
    expect(look(web(), world).services[0]).toMatchObject({ healthy })
  })
})

function clockOf({ instances: { a } }: ObservedState): number {
  return a?.reachable ? a.clock : 0
}

describe('a task that may stay', () => {
  const both = web({ app: { memory: 64, cpu: 10 }, more: [{ ...LOG, memory: 32 }] })
  const world = settledWorld(both, one)

  it('gets its limits back in place, each container its own', () => {
    const edited = change(
      change(world, 'app', c => config({ cpuShares: 99, memory: 2 ** 30 })(c)),
      'log',
      config({ memory: 2 ** 30 }),
    )
    expect(lines(both, edited)).toEqual([
      '0 a set the resources of prod.web.1.REV.app (cpu 99 → 10, memory 1024 MiB → 64 MiB (changed by hand))',
      '1 a set the resources of prod.web.1.REV.log (memory 1024 MiB → 32 MiB (changed by hand))',
    ])
    const containers = look(both, edited).plan.steps.flatMap(s =>
      s.action.kind === 'update-container'
        ? [[s.action.container.name.split('.').at(-1), s.action.memory]]
        : [],
    )
    expect(containers).toEqual([
      ['app', 64 * 2 ** 20],
      ['log', 32 * 2 ** 20],
    ])
  })

  it('has a paused sidecar going again, in service or on its way', () => {
    const paused = change(world, 'log', { status: 'paused' })
    const line = '0 a unpause prod.web.1.REV.log (a container of it is paused)'
    expect(lines(both, paused)).toEqual([line])
    expect(lines(both, change(paused, 'app', { startedAt: clockOf(world) }))).toEqual([line])
  })

  it('is not waited for where somebody else has the name of what it lacks', () => {
    const { a } = change(world, 'log', () => undefined).instances
    const [log] = world.instances['a']?.reachable ? world.instances['a'].containers.slice(-1) : []
    if (!a?.reachable || !log) throw new Error('a is there')
    const foreign = [{ id: 'f', name: log.name, ports: [], imageId: '' }]
    const now = look(both, { instances: { a: { ...a, foreign } } })
    expect(now).toMatchObject({ plan: { steps: [] }, waiting: false, services: [{ pending: 0 }] })
    expect(now.problems.map(p => p.code)).toEqual(['NAME_TAKEN'])
  })
})

import { describe, expect, it } from 'vitest'
import type { DesiredState } from '../../../engine/desired-state/desired-state.generated.ts'
import type { ObservedContainer, ObservedState } from '../../../engine/observed-state.ts'
import { printPlan } from '../../../engine/print-plan.ts'
import {
  changeContainers,
  document,
  emptyHosts,
  host,
  imageOf,
  instances,
  look,
  settledWorld,
  withoutAnswer,
} from '../../support/worlds.ts'

interface Parts {
  readonly image?: string
  readonly count?: number
  readonly app?: object
  readonly more?: readonly object[]
  readonly service?: object
  readonly others?: Record<string, object>
}

function web({ image = 'web:1', count = 2, more = [], ...parts }: Parts = {}): DesiredState {
  return document({
    containerInstances: instances('a', 'b'),
    taskDefinitions: {
      web: { containerDefinitions: [{ name: 'app', image, stopTimeout: 0, ...parts.app }, ...more] },
      db: { containerDefinitions: [{ name: 'db', image: 'db:1' }] },
    },
    services: { web: { taskDefinition: 'web', desiredCount: count, ...parts.service }, ...parts.others },
  })
}

const two = emptyHosts('a', 'b')
const LOG = { name: 'log', image: 'log:1', essential: false }
const checked = { healthCheck: { command: ['CMD', 'true'] } }
const UNHEALTHY = { health: 'unhealthy' } as const
const YOUNG = { startedAt: host('a').clock + 10 ** 12 }
const STOPPED = { status: 'exited', exitCode: 0 } as const

function slot(world: ObservedState, which: string, parts: Partial<ObservedContainer>, run = 'd0') {
  return changeContainers(
    world,
    c => c.identity.slot === which || c.identity.container === which,
    c => ({ ...c, ...parts, identity: { ...c.identity, deployment: run } }),
  )
}

const state = (...args: Parameters<typeof look>) => look(...args).services.find(s => s.service === 'web')

describe('how a service stands', () => {
  it('counts what runs, what is in service, and what may yet be', () => {
    const world = slot(slot(settledWorld(web({ count: 4 }), two), '1', STOPPED), '2', YOUNG)
    expect(state(web({ count: 4 }), world)).toMatchObject({ running: 3, healthy: 2, current: 2, pending: 1 })
  })

  it('is IN_PROGRESS while anything moves, though all are in service', () => {
    const edited = changeContainers(
      settledWorld(web({ app: { memory: 64 } }), two),
      () => true,
      c => ({ ...c, config: { ...c.config, memory: 2 ** 30 } }),
    )
    const now = look(web({ app: { memory: 64 } }), edited)
    expect(now.plan.steps).toHaveLength(2)
    expect(now.services[0]).toMatchObject({ current: 2, outdated: 0, rollout: 'IN_PROGRESS' })
  })

  it('is IN_PROGRESS where nothing moves and what has to go is still there', () => {
    const hosts = { ...instances('a'), b: { address: 'ssh://b', status: 'DRAINING' } }
    const both = web({ others: { agent: { taskDefinition: 'db', schedulingStrategy: 'DAEMON' } } })
    const now = look(document({ ...both, containerInstances: hosts }), settledWorld(both, two))
    expect(now.services.find(s => s.service === 'agent')).toMatchObject({
      current: 1,
      outdated: 1,
      lingering: 1,
      rollout: 'IN_PROGRESS',
    })
  })

  it('is FAILED where a task more than wanted fails and is left alone, as an instance does not answer', () => {
    const world = slot(settledWorld(web({ count: 3, app: checked }), two), '3', UNHEALTHY)
    const desired = document({ ...web({ app: checked }), containerInstances: instances('a', 'b', 'c') })
    const now = look(desired, withoutAnswer(world, 'c'))
    expect(now.plan.steps).toEqual([])
    expect(now.services[0]).toMatchObject({ current: 2, presumed: 0, rollout: 'FAILED' })
  })

  it('is IN_PROGRESS while the successor of what failed is on its way', () => {
    const three = settledWorld(web({ count: 3, app: checked }), two)
    const world = slot(slot(three, '1', UNHEALTHY, 'd1'), '3', { ...YOUNG, health: 'starting' })
    const now = look(web({ app: checked }), world)
    expect(now.plan.steps).toEqual([])
    expect(now.services[0]).toMatchObject({ failures: 1, pending: 1, rollout: 'IN_PROGRESS' })
  })

  it('retries nothing where nothing fails, though no number of failures ends it', () => {
    const service = {
      deploymentConfiguration: { deploymentCircuitBreaker: { enable: false, rollback: false } },
    }
    const now = state(web({ service }), settledWorld(web({ service }), two))
    expect(now).not.toHaveProperty('retries')
    expect(now).not.toHaveProperty('threshold')
  })

  it('waits for nothing that an old task lacks: nobody makes it', () => {
    const old = changeContainers(
      settledWorld(web({ count: 1, more: [{ ...LOG, essential: true }] }), two),
      c => c.identity.container === 'log',
      () => undefined,
    )
    const next = web({ count: 1, image: 'web:2', app: { memory: 9000 } })
    expect(state(next, old)).toMatchObject({ pending: 0, outdated: 1 })
  })
})

describe('the images that a service needs', () => {
  it('are asked for before anything of it is made, all of them', () => {
    const desired = web({ more: [LOG] })
    const now = look(desired, two, { images: { 'web:1': imageOf('web:1') } })
    expect(now).toMatchObject({ plan: { steps: [] }, unresolved: ['log:1'] })
  })

  const follows = (parts: Parts = {}) =>
    web({
      ...parts,
      app: { versionConsistency: 'disabled' },
      more: [{ ...LOG, versionConsistency: 'disabled' }],
    })

  it('are asked for anew where a container is missing of a task that follows its tags', () => {
    const lost = changeContainers(
      settledWorld(follows(), two),
      c => c.identity.container === 'app' && c.identity.slot === '1',
      () => undefined,
    )
    expect(look(follows(), lost, { images: {} }).unresolved).toEqual(['log:1', 'web:1'])
  })

  it('are not asked for where it goes back, though tasks are to be made', () => {
    const now = look(follows({ count: 3, image: 'web:2' }), settledWorld(follows(), two), {
      failed: new Set(['web']),
      images: {},
    })
    expect(now.unresolved).toEqual([])
    expect(now.services[0]).toMatchObject({ current: 2, desired: 3 })
  })
})

it('what is scaled to nothing waits for nothing, though its revision is new', () => {
  const others = { db: { taskDefinition: 'db' } }
  const service = { dependsOn: ['db'] }
  const world = changeContainers(
    settledWorld(web({ others, service }), two),
    c => c.identity.service === 'db',
    c => ({ ...c, ...YOUNG }),
  )
  const now = state(web({ others, service, image: 'web:2', count: 0 }), world)
  expect(now).not.toHaveProperty('waitsFor')
  expect(state(web({ others, service, image: 'web:2', count: 1 }), world)).toMatchObject({ waitsFor: ['db'] })
})

it('a task that Docker shows otherwise than it was asked for is told of with all that differs', () => {
  const made = slot(settledWorld(web({ count: 1 }), two), 'app', {}, 'd1')
  const other = changeContainers(
    made,
    () => true,
    c => ({ ...c, config: { ...c.config, stopTimeout: 77, networkMode: 'none' } }),
  )
  const { problems } = look(web({ count: 1 }), other)
  expect(problems).toMatchObject([{ code: 'DRIFT_REMAINS', service: 'web', instance: 'a' }])
  expect(problems[0]?.message).toContain('shows another networkMode, stopTimeout than')
})

describe('the slot of a task that is made', () => {
  it('is that of one which it replaces, as long as there is any', () => {
    const old = changeContainers(
      settledWorld(web({ count: 12 }), two),
      c => !['3', '10', '12'].includes(c.identity.slot),
      () => undefined,
    )
    const slots = printPlan(look(web({ count: 4, image: 'web:2' }), old).plan).flatMap(
      l => / create web\.(\d+) /.exec(l)?.[1] ?? [],
    )
    expect(slots).toEqual(['3', '10', '12', '1'])
  })
})

it('the cause of a start counts what runs, not what does not', () => {
  const heavy = web({ count: 3, app: { memory: 512 } })
  const world = slot(settledWorld(heavy, two), '2', STOPPED)
  const { b } = world.instances
  if (!b?.reachable) throw new Error('b is there')
  const small = { instances: { ...world.instances, b: { ...b, engine: { ...b.engine, memoryMiB: 256 } } } }
  const started = look(heavy, small).plan.steps.find(s => s.action.kind === 'create-container')
  expect(started?.cause).toBe('3 desired, 2 run')
})

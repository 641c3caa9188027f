import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { DesiredState } from '../../../engine/desired-state/desired-state.generated.ts'
import { revisionOf } from '../../../engine/identity.ts'
import { pinKey } from '../../../engine/image.ts'
import type { ObservedState } from '../../../engine/observed-state.ts'
import type { ServiceHistory } from '../../../engine/ledger/query.ts'
import { reconcile } from '../../../engine/reconcile/reconcile.ts'
import { simulate } from '../../../engine/simulate.ts'
import { anyCase, anyOrder, caseOf } from '../../properties/clusters.ts'
import { serviceTasks } from '../../properties/counts.ts'
import { runs } from '../../properties/runs.ts'
import { settledInSomeWay } from '../../properties/vary.ts'
import { statesOf } from '../../properties/wave.ts'
import {
  changeContainers,
  context,
  document,
  emptyHosts,
  instances,
  look,
  printWaves,
  settledWorld,
} from '../../support/worlds.ts'

const three = emptyHosts('a', 'b', 'c')

function web(version: number, { count = 3, hosts = instances('a', 'b', 'c'), service = {}, task = {} } = {}) {
  return document({
    containerInstances: hosts,
    taskDefinitions: { web: { containerDefinitions: [{ name: 'app', image: `app:${version}` }], ...task } },
    services: { web: { taskDefinition: 'web', desiredCount: count, ...service } },
  })
}

/** The ledger's word on a service whose version COMPLETED with this image. */
function completed(version: number, image = `app@sha256:${'c'.repeat(64)}`): ServiceHistory {
  const taskDefinition = web(version).taskDefinitions['web'] ?? expect.fail()
  const revision = revisionOf('web', taskDefinition)
  return {
    completed: { deployment: 'd0', family: 'web', revision, taskDefinition, images: { app: image } },
    tried: new Set([revision]),
  }
}

const failed = new Set(['web'])
const history = (of: ServiceHistory) => new Map([['web', of]])

/** Where every task of the document, made in this run, exits again and again. */
function crashing(desired: DesiredState) {
  return changeContainers(
    settledWorld(desired, three),
    () => true,
    c => ({ ...c, status: 'restarting', restartCount: 9, identity: { ...c.identity, deployment: 'd1' } }),
  )
}

describe('a service whose deployment failed', () => {
  it('goes back to the last COMPLETED revision with its image, also where nothing of it runs any more', () => {
    const world = settledWorld(web(2), three)
    expect(printWaves(web(2), world, { failed, history: history(completed(1)) })).toMatchInlineSnapshot(`
      [
        "wave 1",
        " 0 a pull app@sha256:cccccccc… (rolled back from 7950aeab)",
        " 1 b pull app@sha256:cccccccc… (rolled back from 7950aeab)",
        " 2 c pull app@sha256:cccccccc… (rolled back from 7950aeab)",
        "wave 2",
        " 0 a create web.1 app of e7c1a75a (rolled back from 7950aeab)",
        " 1 a start prod.web.1.e7c1a75a.app after 0 (rolled back from 7950aeab)",
        " 2 b create web.2 app of e7c1a75a (rolled back from 7950aeab)",
        " 3 b start prod.web.2.e7c1a75a.app after 2 (rolled back from 7950aeab)",
        " 4 c create web.3 app of e7c1a75a (rolled back from 7950aeab)",
        " 5 c start prod.web.3.e7c1a75a.app after 4 (rolled back from 7950aeab)",
        "wave 3",
        " 0 c stop prod.web.3.7950aeab.app (up to 30 s) (revision 7950aeab → e7c1a75a)",
        " 1 c remove prod.web.3.7950aeab.app after 0 (revision 7950aeab → e7c1a75a)",
        " 2 b stop prod.web.2.7950aeab.app (up to 30 s) (revision 7950aeab → e7c1a75a)",
        " 3 b remove prod.web.2.7950aeab.app after 2 (revision 7950aeab → e7c1a75a)",
        " 4 a stop prod.web.1.7950aeab.app (up to 30 s) (revision 7950aeab → e7c1a75a)",
        " 5 a remove prod.web.1.7950aeab.app after 4 (revision 7950aeab → e7c1a75a)",
      ]
    `)
    expect(look(web(2), world, { failed, history: history(completed(1)) }).services[0]).toMatchObject({
      revision: completed(1).completed?.revision,
      rolledBackFrom: revisionOf('web', web(2).taskDefinitions['web'] ?? expect.fail()),
      rollout: 'IN_PROGRESS',
    })
  })

  it('goes back to what ran before where the ledger knows nothing', () => {
    const world = settledWorld(web(1), three)
    expect(look(web(2), world, { failed }).services[0]?.revision).toBe(completed(1).completed?.revision)
    expect(look(web(2), world, { failed, history: new Map() }).plan.steps).toEqual([])
  })

  it('goes back to COMPLETED, not to what most tasks run', () => {
    const world = settledWorld(web(2), three)
    const service = look(web(3), world, { failed, history: history(completed(1)) }).services[0]
    expect(service?.revision).toBe(completed(1).completed?.revision)
  })

  it('goes back to nothing that was tried and did not COMPLETE', () => {
    const world = settledWorld(web(1), three)
    const tried = completed(1).tried
    expect(look(web(2), world, { failed, history: history({ tried }) })).toMatchObject({
      plan: { steps: [] },
      services: [{ rollout: 'FAILED' }],
    })
    expect(look(web(2), world, { failed, history: history({ tried }) }).services[0]?.rolledBackFrom).toBe(
      undefined,
    )
  })

  it('stays given up where the very revision that failed is the last that COMPLETED', () => {
    const back = { failed, history: history(completed(1)) }
    expect(look(web(1), crashing(web(1)), back)).toMatchObject({
      plan: { steps: [] },
      services: [{ rollout: 'FAILED' }],
    })
    expect(look(web(1), crashing(web(1)), back).services[0]?.rolledBackFrom).toBe(undefined)
  })

  it('is given up for good where the revision that it goes back to fails as well', () => {
    const back = { failed, history: history(completed(1)) }
    expect(look(web(2), crashing(web(1)), back)).toMatchObject({
      plan: { steps: [] },
      services: [{ rollout: 'FAILED', rolledBackFrom: expect.any(String) }],
    })
  })

  it('keeps every healthy task of that revision: on an instance that drains, changed by hand, or too many', () => {
    const world = settledWorld(web(1, { count: 5 }), three)
    const changed = changeContainers(
      world,
      (_, instance) => instance === 'a',
      c => ({ ...c, config: { ...c.config, user: 'somebody' } }),
    )
    const hosts = { ...instances('a', 'b'), c: { address: 'ssh://c', status: 'DRAINING' } }
    const desired = web(2, { count: 3, hosts })
    expect(printWaves(desired, changed, { failed })).toEqual([])
    expect(printWaves(desired, changed)).not.toEqual([])
  })

  it.for([{ schedulingStrategy: 'DAEMON' }, { desiredCount: 2 }])(
    'runs by the constraints of what it goes back to: %j',
    more => {
      const desired = document({
        containerInstances: {
          a: { address: 'ssh://a', attributes: { zone: 'x' } },
          b: { address: 'ssh://b' },
        },
        taskDefinitions: {
          web: {
            containerDefinitions: [{ name: 'app', image: 'app:2' }],
            placementConstraints: [{ type: 'memberOf', expression: 'attribute:zone == x' }],
          },
        },
        services: { web: { taskDefinition: 'web', ...more } },
      })
      const started = (parts: object) =>
        look(desired, emptyHosts('a', 'b'), parts)
          .plan.steps.filter(s => s.action.kind === 'create-container')
          .map(s => s.action.instance)
      expect(new Set(started({}))).toEqual(new Set(['a']))
      expect(started({ failed, history: history(completed(1)) })).toEqual(['a', 'b'])
    },
  )
})

describe('what a service goes back to where the ledger knows nothing', () => {
  /** On these instances one task each of this version. */
  const mixed = (versions: Record<string, number>): ObservedState => ({
    instances: Object.fromEntries(
      Object.entries(versions).flatMap(([name, version]) =>
        Object.entries(
          settledWorld(web(version, { count: 1, hosts: instances(name) }), emptyHosts(name)).instances,
        ),
      ),
    ),
  })
  const of = (version: number) => completed(version).completed?.revision ?? expect.fail()
  const unreadable = (world: ObservedState, on: string) =>
    changeContainers(
      world,
      (_, instance) => instance === on,
      c => ({ ...c, identity: { ...c.identity, taskDefinition: 'null' } }),
    )

  it('is what most tasks run, and is made from their labels', () => {
    const world = mixed({ a: 1, b: 2, c: 2 })
    const { services, plan } = look(web(3), world, { failed })
    expect(services[0]?.revision).toBe(of(2))
    const made = plan.steps.flatMap(s => (s.action.kind === 'create-container' ? [s.action] : []))
    expect(made[0]).toMatchObject({
      family: 'web',
      image: context(web(2)).images['app:2'],
      taskDefinition: { containerDefinitions: [{ image: 'app:2' }] },
    })
  })

  it('is by its name where as many tasks run several', () => {
    const first = [of(1), of(2)].sort()[0]
    for (const versions of [
      { a: 1, b: 2 },
      { a: 2, b: 1 },
    ])
      expect(look(web(3), mixed(versions), { failed }).services[0]?.revision).toBe(first)
  })

  it('is read from whichever task can be read', () => {
    const world = mixed({ a: 2, b: 2, c: 1 })
    expect(look(web(3), unreadable(world, 'a'), { failed }).services[0]?.revision).toBe(
      [of(1), of(2)].sort()[0],
    )
    const one = mixed({ a: 2, b: 2 })
    expect(look(web(3), unreadable(one, 'a'), { failed }).services[0]?.revision).toBe(of(2))
    expect(look(web(3), unreadable(unreadable(one, 'a'), 'b'), { failed }).services[0]).toMatchObject({
      rollout: 'FAILED',
    })
  })
})

describe('a service that goes back', () => {
  it('waits for nothing that it depends on', () => {
    const both = (version: number) => {
      const { taskDefinitions, services, containerInstances } = web(version)
      return document({
        containerInstances,
        taskDefinitions: {
          ...taskDefinitions,
          db: { containerDefinitions: [{ name: 'db', image: 'db:1' }] },
        },
        services: {
          web: { ...services['web'], dependsOn: ['db'] },
          db: { taskDefinition: 'db' },
        },
      })
    }
    const world = changeContainers(
      settledWorld(both(2), three),
      c => c.identity.service === 'db',
      c => ({ ...c, status: 'restarting' }),
    )
    const { services, plan } = look(both(2), world, { failed, history: history(completed(1)) })
    expect(services.find(s => s.service === 'web')?.waitsFor).toBe(undefined)
    expect(plan.steps.some(s => s.service === 'web')).toBe(true)
  })

  it('is not COMPLETED once it is back, nor has the world converged', () => {
    const now = look(web(2), settledWorld(web(1), three), { failed })
    expect(now).toMatchObject({ plan: { steps: [] }, converged: false })
    expect(now.services[0]).toMatchObject({ current: 3, rollout: 'IN_PROGRESS' })
  })

  it('judges those of that revision which are not in service as ever', () => {
    const world = changeContainers(
      settledWorld(web(1), three),
      (_, on) => on === 'c',
      c => ({ ...c, status: 'exited', exitCode: 0 }),
    )
    const hosts = { ...instances('a', 'b'), c: { address: 'ssh://c', status: 'DRAINING' } }
    const { plan } = look(web(2, { hosts }), world, { failed })
    expect(plan.steps.map(s => `${s.action.kind} on ${s.action.instance} (${s.cause})`)[0]).toBe(
      'remove-container on c (c is DRAINING)',
    )
  })
})

describe('the image of a revision', () => {
  const other = `app@sha256:${'0'.repeat(64)}`
  const pins = (images: readonly string[]) => {
    const world = changeContainers(
      settledWorld(web(1), three),
      () => true,
      c => ({ ...c, image: images[['1', '2', '3'].indexOf(c.identity.slot)] ?? c.image }),
    )
    return Object.values(look(web(1), world, { images: {} }).pins)
  }
  const own = context(web(1)).images['app:1'] ?? ''

  it('is what most of its tasks have, and by its name where as many have several', () => {
    expect(pins([other, own, own])).toEqual([own])
    expect(pins([own, other, other])).toEqual([other])
    const third = `app@sha256:${'9'.repeat(64)}`
    expect(pins([third, other, own])).toEqual([[third, other, own].sort()[0]])
    expect(pins([other, third, own])).toEqual([[third, other, own].sort()[0]])
  })

  it('is none while nobody knows it', () => {
    const now = look(web(1), three, { images: {} })
    expect(Object.entries(now.services[0]?.images ?? {})).toEqual([])
  })
})

describe('a service that goes back along with another', () => {
  const undone = new Set(['web'])

  it('goes back although it did not fail', () => {
    const world = settledWorld(web(2), three)
    const { services } = look(web(2), world, { undone, history: history(completed(1)) })
    expect(services[0]?.revision).toBe(completed(1).completed?.revision)
  })

  it('goes on as it is where it has never COMPLETED anything else', () => {
    const world = settledWorld(web(2), three)
    expect(look(web(2), world, { undone, history: history({ tried: new Set() }) }).converged).toBe(true)
    expect(look(web(2), world, { undone, history: history(completed(2)) }).converged).toBe(true)
    expect(look(web(2), three, { undone }).plan.steps).not.toEqual([])
  })
})

it('what still runs of a revision says which image it has, before the ledger does', () => {
  const world = settledWorld(web(1), three)
  const pin = context(web(1)).images['app:1'] ?? ''
  const { pins } = look(web(2), world, { failed, history: history(completed(1)) })
  expect(pins[pinKey(completed(1).completed?.revision ?? '', 'app')]).toBe(pin)
})

it('whatever goes back, no healthy task of the revision that it goes back to is stopped', () => {
  const property = fc.property(anyCase, anyOrder, (shape, order) => {
    const { desired, observed } = caseOf(shape)
    const all = new Set(Object.keys(desired.services))
    let world = observed
    for (let wave = 0; wave < 6; wave++) {
      const now = reconcile(desired, world, context(desired, { failed: all }))
      for (const { step, before } of statesOf(world, now.plan.steps)) {
        if (step.action.kind !== 'stop-container') continue
        const { id } = step.action.container
        const state = now.services.find(s => s.service === step.service)
        if (state?.rolledBackFrom === undefined) continue
        const healthy = serviceTasks(desired, before, state.service).healthy.filter(
          // what has lost its definition counts as healthy only there where that is not known from elsewhere
          t => t.revision === state.revision && t.containers.some(c => c.identity.taskDefinition !== ''),
        )
        // another container of it may be one that was renamed, and is made anew
        const apps = healthy.flatMap(t => t.containers.filter(c => c.identity.container === 'app'))
        expect(apps.map(c => c.id)).not.toContain(id)
      }
      world = settledInSomeWay(desired, simulate(world, now.plan), order)
    }
  })
  fc.assert(property, runs(200))
})

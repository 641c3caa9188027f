import { describe, expect, it } from 'vitest'
import { revisionOf } from '../../../engine/identity.ts'
import type { ObservedContainer, ObservedState } from '../../../engine/observed-state.ts'
import { describeAction, printPlan } from '../../../engine/print-plan.ts'
import type { ReconcileContext } from '../../../engine/reconcile/reconcile.ts'
import { settle } from '../../../engine/settle.ts'
import { forecast, simulate } from '../../../engine/simulate.ts'
import {
  changeContainers,
  context,
  document,
  emptyHosts,
  imageOf,
  instances,
  look,
  printWaves,
  settledWorld,
} from '../../support/worlds.ts'

const hosts = emptyHosts('a', 'b', 'c')

interface Parts {
  readonly count?: number
  readonly service?: object
  readonly container?: object
  readonly more?: readonly object[]
  readonly hosts?: object
}

/** A service of one host each, at this version of its image. */
function web(version: number, { count = 3, service = {}, container = {}, more = [], ...parts }: Parts = {}) {
  const image = `app:${version}`
  const app = { name: 'app', image, stopTimeout: 0, ...container }
  return document({
    containerInstances: parts.hosts ?? instances('a', 'b', 'c'),
    taskDefinitions: { web: { containerDefinitions: [app, ...more.map(c => ({ image, ...c }))] } },
    services: { web: { taskDefinition: 'web', desiredCount: count, ...service } },
  })
}

/** In the middle of a deployment: as many of the new revision as may be were started, and none is in service yet. */
function underWay(parts: Parts = {}): ObservedState {
  return twoWaves(web(2, parts), settledWorld(web(1, parts), hosts))
}

/** The pulls, and what comes next. */
function twoWaves(desired: ReturnType<typeof web>, world: ObservedState): ObservedState {
  const pulled = simulate(world, forecast(desired, world, context(desired)).now.plan)
  return simulate(pulled, look(desired, pulled).plan)
}

/** What becomes of the tasks of the old revision on one instance; `undefined`: they are removed by hand. */
function hurt(world: ObservedState, on: string, how?: Partial<ObservedContainer>): ObservedState {
  return changeContainers(
    world,
    (c, instance) => instance === on && c.identity.deployment === 'd0',
    c => how && { ...c, ...how },
  )
}

/** The ledger's word that the first version COMPLETED. */
function ledger(parts: Parts = {}): Pick<ReconcileContext, 'history'> {
  const { taskDefinitions, services } = web(1, parts)
  const taskDefinition = taskDefinitions['web'] ?? expect.fail()
  const revision = revisionOf('web', taskDefinition)
  const names = taskDefinition.containerDefinitions.map(c => c.name)
  const images = Object.fromEntries(names.map(name => [name, imageOf('app:1')]))
  const { desiredCount } = services['web'] ?? expect.fail()
  const count = desiredCount === undefined ? {} : { desiredCount }
  const completed = { deployment: 'd0', family: 'web', revision, taskDefinition, images, ...count }
  return { history: new Map([['web', { completed, tried: new Set([revision]) }]]) }
}

function lines(world: ObservedState, desired = web(2), more: Partial<ReconcileContext> = {}): string[] {
  const text = printPlan(look(desired, world, { ...ledger(), ...more }).plan)
  return text.map(l => l.replaceAll('083360b6', 'OLD').replaceAll('fc1aec44', 'NEW'))
}

const GONE = undefined
const CRASHES = { status: 'restarting', restartCount: 7 } as const
const ENDED = { status: 'exited', exitCode: 1 } as const
const UNHEALTHY = { health: 'unhealthy' } as const

describe('a task of the old revision that dies while nothing of the new one is in service', () => {
  it('is made anew of its revision, by its digest and in its slot', () => {
    const world = hurt(underWay(), 'b', GONE)
    expect(lines(world)).toEqual([
      ' 0 b create web.2 app of OLD (too few are healthy, and none of NEW is yet)',
      ' 1 b start prod.web.2.OLD.app after 0 (too few are healthy, and none of NEW is yet)',
    ])
    const [create] = look(web(2), world, ledger()).plan.steps
    const still = look(web(1), settledWorld(web(1), hosts))
    expect(create?.action).toMatchObject({ image: Object.values(still.services[0]?.images ?? {})[0] })
  })

  it('goes first where it is still there, so that no more run than may', () => {
    expect(lines(hurt(underWay(), 'b', ENDED))).toEqual([
      ' 0 b remove prod.web.2.OLD.app (revision OLD → NEW)',
      ' 1 b create web.2 app of OLD after 0 (too few are healthy, and none of NEW is yet)',
      ' 2 b start prod.web.2.OLD.app after 1 (too few are healthy, and none of NEW is yet)',
    ])
    for (const how of [CRASHES, UNHEALTHY]) {
      expect(
        lines(hurt(underWay({ count: 1 }), 'a', how), web(2, { count: 1 }), ledger({ count: 1 })),
      ).toEqual([
        ' 0 a stop prod.web.1.OLD.app (up to 0 s) (revision OLD → NEW)',
        ' 1 a remove prod.web.1.OLD.app after 0 (revision OLD → NEW)',
        ' 2 a create web.1 app of OLD after 1 (too few are healthy, and none of NEW is yet)',
        ' 3 a start prod.web.1.OLD.app after 2 (too few are healthy, and none of NEW is yet)',
      ])
    }
  })

  it('is made anew elsewhere where its host is lost, and not while it may run there', () => {
    const world = underWay()
    const { b: _, ...others } = world.instances
    const problem = { code: 'HOST_UNREACHABLE', message: 'no answer', next: '' } as const
    const silent = { instances: { ...others, b: { name: 'b', reachable: false as const, problem } } }
    expect(lines(silent)).toEqual([])
    const said = { time: '2026-01-01T00:00:00Z', who: 'ann' }
    const marks = { b: { version: 1, ...said, lost: { ...said, localData: true } } }
    expect(lines(silent, web(2), { marks }).filter(l => l.includes('create'))).toEqual([
      expect.stringContaining('create web.2 app of OLD'),
      expect.stringContaining('create web.2 app of NEW'),
    ])
  })

  it('goes like the others once the new revision is in service', () => {
    const world = hurt(underWay(), 'b', GONE)
    const desired = web(2)
    const mended = simulate(world, look(desired, world, ledger()).plan)
    expect(lines(mended)).toEqual([])
    const { end, waves } = forecast(desired, mended, context(desired))
    expect(end.converged).toBe(true)
    expect(waves.flatMap(w => w.plan.steps).filter(s => s.action.kind === 'create-container')).toEqual([])
    expect(end.services[0]).toMatchObject({ current: 3, outdated: 0 })
  })

  it('is not made anew beyond the minimum, nor beyond the maximum', () => {
    const service = (minimumHealthyPercent: number, maximumPercent: number) => ({
      service: { deploymentConfiguration: { minimumHealthyPercent, maximumPercent } },
    })
    const all = underWay()
    expect(lines(hurt(all, 'b', GONE), web(2, service(60, 200)))).toEqual([])
    expect(lines(hurt(all, 'b', GONE), web(2, service(100, 167)))).toEqual([])
    expect(lines(hurt(all, 'b', GONE), web(2, service(100, 200)))).toHaveLength(2)
  })

  it('is not made where nothing died, and the new revision only comes with a greater count', () => {
    const desired = web(2, { count: 5 })
    const world = twoWaves(desired, settledWorld(web(1), hosts))
    expect(lines(world, desired)).toEqual([])
    expect(lines(hurt(world, 'b', GONE), desired).filter(l => l.includes('create'))).toEqual([
      expect.stringContaining('create web.2 app of OLD'),
    ])
  })

  it('is made anew without the ledger too, where it is still in sight: then none was more than there is', () => {
    const without = { history: new Map() }
    expect(lines(hurt(underWay(), 'b', ENDED), web(2), without).at(-1)).toContain('start prod.web.2.OLD.app')
    expect(lines(hurt(underWay(), 'b', GONE), web(2), without)).toEqual([])
  })

  it('waits while nothing of the new revision is on its way: that has the first place', () => {
    const allFailed = changeContainers(
      underWay(),
      c => c.identity.deployment === 'd1',
      (c): ObservedContainer => ({ ...c, status: 'exited', exitCode: 137, health: 'unhealthy' }),
    )
    const desired = (maximumPercent: number) =>
      web(2, {
        service: {
          deploymentConfiguration: {
            maximumPercent,
            deploymentCircuitBreaker: {
              enable: true,
              rollback: false,
              thresholdConfiguration: { type: 'COUNT', value: 9 },
            },
          },
        },
      })
    const made = (maximumPercent: number) =>
      lines(hurt(allFailed, 'b', GONE), desired(maximumPercent)).filter(l => l.includes('create'))
    expect(made(101)).toEqual([expect.stringContaining('app of NEW')])
    expect(made(134)).toEqual([expect.stringContaining('app of NEW'), expect.stringContaining('app of OLD')])
    expect(made(200).map(l => l.replace(/.*? of (\w+) .*/, '$1'))).toEqual(['NEW', 'NEW', 'NEW', 'OLD'])
  })

  it('that was made anew and died again stays, stopped, and is not made anew once more', () => {
    const desired = web(2)
    const world = hurt(underWay(), 'b', GONE)
    const mended = simulate(world, look(desired, world, ledger()).plan)
    const again = changeContainers(
      mended,
      (c, i) => i === 'b' && c.image.startsWith('app@') && c.name.includes('083360b6'),
      c => ({ ...c, ...CRASHES }),
    )
    expect(lines(again)).toEqual([' 0 b stop prod.web.2.OLD.app (up to 0 s) (revision OLD → NEW)'])
    const stopped = simulate(again, look(desired, again, ledger()).plan)
    expect(lines(stopped)).toEqual([])
    expect(lines(hurt(stopped, 'a', GONE))).toEqual([])
    // the next run tries it again, and once the new revision is in service it goes
    expect(lines(stopped, desired, { deployment: 'd2' }).at(-1)).toContain('start prod.web.2.OLD.app')
    expect(lines(settle(desired, stopped))).toContain(' 0 b remove prod.web.2.OLD.app (revision OLD → NEW)')
  })

  it('is brought up to its end where its containers wait for one another', () => {
    const more = [{ name: 'init', essential: false, command: ['true'] }]
    const parts = { more, container: { dependsOn: [{ containerName: 'init', condition: 'SUCCESS' }] } }
    const desired = web(2, parts)
    // those of the new revision wait longer
    let world = hurt(underWay(parts), 'b', GONE)
    const done: string[][] = []
    for (let wave = 0; wave < 3; wave++) {
      const { plan } = look(desired, world, ledger(parts))
      done.push(plan.steps.filter(s => s.subject === 'web.2').map(s => describeAction(s.action)))
      world = changeContainers(
        simulate(world, plan),
        c => c.identity.container === 'init' && c.image === imageOf('app:1'),
        c => ({ ...c, status: 'exited', exitCode: 0, finishedAt: c.startedAt + 1 }),
      )
    }
    expect(done).toEqual([
      ['create web.2 app of 46f388f2', 'create web.2 init of 46f388f2', 'start prod.web.2.46f388f2.init'],
      ['start prod.web.2.46f388f2.app'],
      [],
    ])
  })
})

describe('the old revision is left to die', () => {
  const world = hurt(underWay(), 'b', GONE)

  it.for<[string, Partial<ReconcileContext>]>([
    ['where a reviewed plan is carried out', { asReviewed: true }],
    ['where it could not be made in this run', { unkept: new Set(['web']) }],
    [
      'where the service goes back to it anyway',
      { failed: new Set(['web']), history: new Map([['web', { tried: new Set<string>() }]]) },
    ],
  ])('%s', ([, more]) => {
    expect(lines(world, web(2), more).filter(l => l.includes('too few'))).toEqual([])
  })

  it('where its image is on no host any more', () => {
    const bare = {
      instances: Object.fromEntries(
        Object.entries(world.instances).map(([name, i]) => [name, i.reachable ? { ...i, images: {} } : i]),
      ),
    }
    expect(lines(bare).filter(l => l.includes('OLD'))).toEqual([])
  })

  it('where it has a secret from a source that the document does not name', () => {
    const secret = { container: { secrets: [{ name: 'KEY', valueFrom: 'env:KEY' }] } }
    const before = hurt(twoWaves(web(2), settledWorld(web(1, secret), hosts)), 'b', GONE)
    expect(lines(before, web(2), ledger(secret))).toEqual([])
    const named = hurt(twoWaves(web(2, secret), settledWorld(web(1, secret), hosts)), 'b', GONE)
    expect(lines(named, web(2, secret), ledger(secret)).filter(l => l.includes('create'))).toHaveLength(1)
  })

  it('where a deployment only begins, or nothing of it is there', () => {
    const few = hurt(settledWorld(web(1), hosts), 'b', GONE)
    expect(printWaves(web(2), few).filter(l => l.includes('of 083360b6'))).toEqual([])
    const none = ['a', 'b', 'c'].reduce((w, name) => hurt(w, name, GONE), underWay())
    expect(lines(none)).toEqual([])
  })

  it('where its name is taken, and nobody is troubled with that', () => {
    const taken = {
      instances: Object.fromEntries(
        Object.entries(world.instances).map(([name, i]) => {
          const foreign = { id: name, name: 'prod.web.2.083360b6.app', imageId: 'i', ports: [] }
          return [name, i.reachable ? { ...i, foreign: [foreign] } : i]
        }),
      ),
    }
    expect(look(web(2), taken, ledger())).toMatchObject({ plan: { steps: [] }, problems: [] })
  })
})

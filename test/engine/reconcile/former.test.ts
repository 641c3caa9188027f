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
  withoutAnswer,
} from '../../support/worlds.ts'

const hosts = emptyHosts('a', 'b', 'c')

interface Parts {
  readonly count?: number
  readonly service?: object
  readonly container?: object
  readonly more?: readonly object[]
  readonly volumes?: readonly object[]
  readonly hosts?: object
}

/** A service of one host each, at this version of its image. */
function web(version: number, { count = 3, service = {}, container = {}, ...parts }: Parts = {}) {
  const { more = [], volumes = [] } = parts
  const image = `app:${version}`
  const app = { name: 'app', image, stopTimeout: 0, ...container }
  return document({
    containerInstances: parts.hosts ?? instances('a', 'b', 'c'),
    taskDefinitions: { web: { containerDefinitions: [app, ...more.map(c => ({ image, ...c }))], volumes } },
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

/** What is made, started and taken away, and where: the lines without their numbers and causes. */
function brief(...[world, desired, more]: Parameters<typeof lines>): string[] {
  return lines(world, desired, more).map(l => l.replace(/^ *\d+ | \(.*| after .*/g, ''))
}

/** The second version, with these percentages. */
function within(minimumHealthyPercent: number, maximumPercent: number) {
  return web(2, { service: { deploymentConfiguration: { minimumHealthyPercent, maximumPercent } } })
}

/** Where the tasks of the new revision on all other instances were removed by hand. */
function newOnlyOn(world: ObservedState, instance: string): ObservedState {
  return changeContainers(
    world,
    (c, on) => c.identity.deployment === 'd1' && on !== instance,
    () => undefined,
  )
}

const GONE = undefined
const CRASHES = { status: 'restarting', restartCount: 7 } as const
const ENDED = { status: 'exited', exitCode: 1 } as const
const UNHEALTHY = { health: 'unhealthy' } as const
const CREATED = { status: 'created', startedAt: 0 } as const
const STARTING = { health: 'starting' } as const

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

  it('is made anew where its data is', () => {
    const dockerVolumeConfiguration = { scope: 'shared', autoprovision: true }
    const parts = {
      count: 1,
      container: { mountPoints: [{ sourceVolume: 'data', containerPath: '/data' }] },
      volumes: [{ name: 'data', dockerVolumeConfiguration }],
    }
    const made = brief(hurt(underWay(parts), 'a', ENDED), web(2, parts), ledger(parts))
    expect(made).toContainEqual(expect.stringMatching(/^a create web\.1 app of (?!NEW)/))
  })

  it('is spread among its own, and takes of the room what the new revision then has not', () => {
    const world = newOnlyOn(hurt(hurt(underWay(), 'b', GONE), 'c', GONE), 'b')
    const made = (maximumPercent: number) =>
      brief(world, within(100, maximumPercent)).filter(l => l.includes('create'))
    const old = ['b create web.2 app of OLD', 'c create web.3 app of OLD']
    expect(made(167)).toEqual([...old, 'a create web.1 app of NEW'])
    expect(made(200)).toEqual([...old, 'a create web.1 app of NEW', 'c create web.3 app of NEW'])
  })

  it('is known by what is in service where there is no ledger, though more is there of one before', () => {
    const world = hurt(hurt(underWay(), 'b', ENDED), 'c', GONE)
    const before = settledWorld(web(0), hosts)
    const both = Object.entries(world.instances).map(([name, instance]) => {
      const other = before.instances[name]
      if (!instance.reachable || !other?.reachable) return expect.fail()
      const ended = other.containers.map(c => ({ ...c, ...ENDED, id: `before ${c.id}` }))
      return [name, { ...instance, containers: [...instance.containers, ...ended] }]
    })
    const made = brief({ instances: Object.fromEntries(both) }, web(2), { history: new Map() })
    expect(made.filter(l => l.includes('create'))).toEqual(['b create web.2 app of OLD'])
  })

  it('is known by what is dead of it where nothing is in service and there is no ledger', () => {
    const world = ['a', 'b', 'c'].reduce((w, name) => hurt(w, name, ENDED), underWay())
    const made = brief(world, web(2), { history: new Map() })
    expect(made.filter(l => l.includes('create'))).toEqual([
      'a create web.1 app of OLD',
      'b create web.2 app of OLD',
      'c create web.3 app of OLD',
    ])
  })

  it('is not taken for one made anew in vain where neither tells which deployment made it', () => {
    const world = changeContainers(
      hurt(underWay(), 'b', ENDED),
      (c, on) => on === 'b' && c.identity.deployment === 'd0',
      c => ({ ...c, identity: { ...c.identity, deployment: '' } }),
    )
    expect(brief(world, web(2), { deployment: '' })).toContain('b create web.2 app of OLD')
  })
})

describe('a task of the old revision that was made and is not in service yet', () => {
  const all = underWay()
  const two = (b: Partial<ObservedContainer>, c: Partial<ObservedContainer>) =>
    hurt(hurt(all, 'b', b), 'c', c)

  it('is started, as far as the minimum asks for it; what is beyond that goes', () => {
    expect(brief(two(CREATED, CREATED))).toEqual(['b start prod.web.2.OLD.app', 'c start prod.web.3.OLD.app'])
    expect(brief(two(CREATED, CREATED), within(60, 200))).toEqual([
      'c remove prod.web.3.OLD.app',
      'b start prod.web.2.OLD.app',
    ])
  })

  it('is started only where one more may run, and waits otherwise', () => {
    expect(brief(two(CREATED, CREATED), within(100, 167))).toEqual(['b start prod.web.2.OLD.app'])
    expect(brief(two(CREATED, CREATED), within(100, 134))).toEqual([])
  })

  it('takes no room where it runs: nothing is made in its place, nor stopped', () => {
    expect(brief(two(STARTING, STARTING))).toEqual([])
    expect(brief(two(STARTING, STARTING), within(60, 200))).toEqual([])
    expect(brief(two(STARTING, CREATED))).toEqual(['c start prod.web.3.OLD.app'])
    expect(brief(two(STARTING, CREATED), within(100, 167))).toEqual([])
    const made = brief(newOnlyOn(hurt(hurt(all, 'b', STARTING), 'c', GONE), 'b')).filter(l =>
      l.includes('create'),
    )
    expect(made.filter(l => l.includes('OLD'))).toEqual(['c create web.3 app of OLD'])
  })

  it('is not waited for on an instance that is emptied', () => {
    const b = { address: 'ssh://b', status: 'DRAINING' }
    const desired = web(2, { hosts: { ...instances('a', 'c'), b } })
    expect(brief(hurt(all, 'b', STARTING), desired)).toContain('b remove prod.web.2.OLD.app')
    expect(brief(hurt(all, 'b', CREATED), desired)).toEqual(
      expect.arrayContaining(['b remove prod.web.2.OLD.app', 'a create web.2 app of OLD']),
    )
  })

  it('goes where a container of it lacks whose name another has, and nobody is troubled with that', () => {
    const parts = { more: [{ name: 'side' }] }
    const { instances: seen } = hurt(underWay(parts), 'b', CREATED)
    const b = seen['b']?.reachable ? seen['b'] : expect.fail()
    const lacks = b.containers.find(c => c.identity.deployment === 'd0' && c.identity.container === 'side')
    const { name } = lacks ?? expect.fail()
    const containers = b.containers.filter(c => c !== lacks)
    const taken = { ...b, containers, foreign: [{ id: 'f', name, imageId: 'i', ports: [] }] }
    const { plan, problems } = look(web(2, parts), { instances: { ...seen, b: taken } }, ledger(parts))
    expect(plan.steps.map(s => describeAction(s.action))).toEqual([
      expect.stringMatching(/^remove prod\.web\.2\.\w+\.app$/),
    ])
    expect(problems).toEqual([])
  })
})

describe('the old revision is left to die', () => {
  const world = hurt(underWay(), 'b', GONE)

  it.for<[string, Partial<ReconcileContext>]>([
    ['where a reviewed plan is carried out', { asReviewed: true }],
    ['where it could not be made in this run', { unkept: new Set(['web']) }],
    ['where no more were in service when the run began', { inServiceAtFirst: { web: 2 } }],
    ['where none was in service when the run began', { inServiceAtFirst: {} }],
    [
      'where the service goes back to it anyway',
      { failed: new Set(['web']), history: new Map([['web', { tried: new Set<string>() }]]) },
    ],
  ])('%s', ([, more]) => {
    expect(lines(world, web(2), more).filter(l => l.includes('too few'))).toEqual([])
  })

  it('but for those that were in service when the run began', () => {
    expect(
      lines(world, web(2), { inServiceAtFirst: { web: 3 } }).filter(l => l.includes('too few')),
    ).not.toEqual([])
  })

  it('where its image is on no host any more', () => {
    const bare = {
      instances: Object.fromEntries(
        Object.entries(world.instances).map(([name, i]) => [name, i.reachable ? { ...i, images: {} } : i]),
      ),
    }
    expect(lines(bare).filter(l => l.includes('OLD'))).toEqual([])
  })

  it('where one of its images is on no host any more', () => {
    const parts = { more: [{ name: 'side', image: 'side:1' }] }
    const { instances: seen } = hurt(underWay(parts), 'b', GONE)
    const without = (gone: string) => {
      const bare = Object.entries(seen).map(([name, i]) => {
        const images = Object.entries(i.reachable ? i.images : {}).filter(
          ([, image]) => !image.digests.includes(imageOf(gone)),
        )
        return [name, { ...i, images: Object.fromEntries(images) }]
      })
      return lines({ instances: Object.fromEntries(bare) }, web(2, parts), ledger(parts))
    }
    expect(without('other:1')).toHaveLength(4)
    expect(without('side:1')).toEqual([])
    expect(without('app:1')).toEqual([])
  })

  it('where one of its images is not known, and the new one has all the room', () => {
    const deploymentCircuitBreaker = {
      enable: true,
      rollback: false,
      thresholdConfiguration: { type: 'COUNT', value: 9 },
    }
    const parts = {
      more: [{ name: 'side', image: 'side:1' }],
      service: { deploymentConfiguration: { deploymentCircuitBreaker } },
    }
    const world = changeContainers(
      underWay(parts),
      c => c.identity.deployment === 'd1' || c.identity.container === 'side',
      c => (c.identity.deployment === 'd1' ? { ...c, ...ENDED, health: 'unhealthy' } : undefined),
    )
    const completed = ledger(parts).history?.get('web')?.completed ?? expect.fail()
    const { app } = completed.images
    const history = new Map([
      ['web', { completed: { ...completed, images: { app: app ?? '' } }, tried: new Set<string>() }],
    ])
    const made = brief(world, web(2, parts), { history }).filter(l => / create .* app /.test(l))
    expect(made).toHaveLength(3)
  })

  it('where one of the new revision is in service: then its others come', () => {
    const few = hurt(hurt(underWay(), 'b', GONE), 'c', GONE)
    const proven = changeContainers(
      few,
      (c, on) => on === 'a' && c.identity.deployment === 'd1',
      c => ({ ...c, health: 'healthy' }),
    )
    expect(brief(few)).toHaveLength(4)
    expect(brief(proven)).toEqual([])
  })

  it('where an instance does not answer: how many run is not known', () => {
    const world = newOnlyOn(hurt(underWay(), 'c', GONE), 'a')
    expect(brief(world)).toContain('c create web.3 app of OLD')
    expect(brief(withoutAnswer(world, 'b'))).toEqual([])
  })

  it('where it is the failed one: a service that goes back makes none of what it leaves', () => {
    const failed = new Set(['web'])
    const history = new Map([['web', { tried: new Set<string>() }]])
    const comes = ['a', 'b', 'c'].reduce((w, name) => hurt(w, name, STARTING), underWay())
    const world = changeContainers(
      comes,
      c => c.identity.deployment === 'd1',
      c => ({ ...c, ...CRASHES }),
    )
    expect(brief(world, web(2), { failed, history })).toEqual(
      ['a', 'b', 'c'].flatMap((on, i) => [
        `${on} stop prod.web.${i + 1}.NEW.app`,
        `${on} remove prod.web.${i + 1}.NEW.app`,
      ]),
    )
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

import { describe, expect, it } from 'vitest'
import type { ObservedContainer, ObservedState, ReachableInstance } from '../../../engine/observed-state.ts'
import { printPlan } from '../../../engine/print-plan.ts'
import { inOrder } from '../../../engine/reconcile/order.ts'
import type { ReconcileContext } from '../../../engine/reconcile/reconcile.ts'
import {
  changeContainers,
  document,
  emptyHosts,
  instances,
  look,
  printWaves,
  settledWorld,
  withoutAnswer,
} from '../../support/worlds.ts'

/** Services by name, each with its version and what it waits for. */
function services(
  all: Record<string, { version?: number; count?: number; dependsOn?: string[]; more?: object }>,
  hosts: readonly string[] = ['a'],
) {
  const each = Object.entries(all)
  return document({
    containerInstances: instances(...hosts),
    taskDefinitions: Object.fromEntries(
      each.map(([name, { version = 1 }]) => [
        name,
        { containerDefinitions: [{ name: 'app', image: `${name}:${version}`, stopTimeout: 0 }] },
      ]),
    ),
    services: Object.fromEntries(
      each.map(([name, { count = 1, dependsOn, more }]) => [
        name,
        { taskDefinition: name, desiredCount: count, ...(dependsOn && { dependsOn }), ...more },
      ]),
    ),
  })
}

const empty = emptyHosts('a')
const chain = (version: number) =>
  services({
    db: { version },
    api: { version, dependsOn: ['db'] },
    web: { version, dependsOn: ['api'] },
    cron: { version },
  })

/** Which services are touched in each wave, pulls aside: "create db" and so on. */
function touched(waves: readonly string[]): string[] {
  return waves.flatMap(line => {
    const [, action, what] = /^ ?\d+ \w+ (create|remove) (?:prod\.)?(\w+)\./.exec(line) ?? []
    return line.startsWith('wave') ? [line] : action === undefined ? [] : [`${action} ${what}`]
  })
}

describe('services that depend on each other', () => {
  describe('end a double while they wait: it may hold what they wait for', () => {
    const two = { count: 2, more: { placementConstraints: [{ type: 'distinctInstance' as const }] } }
    const before = settledWorld(services({ web: two }, ['a', 'b']), emptyHosts('a', 'b'))
    const twice = { ...(before.instances['b'] as ReachableInstance), name: 'c' }
    const doubled: ObservedState = { ...before, instances: { ...before.instances, c: twice } }
    const next = services({ db: {}, web: { ...two, version: 2, dependsOn: ['db'] } }, ['a', 'b', 'c'])
    const UNHEALTHY = { status: 'restarting', restartCount: 9 } as const
    const stopped = (world: ObservedState, more: Parameters<typeof look>[2] = {}) =>
      printPlan(look(next, world, more).plan).flatMap(
        line => / (\w) stop prod\.(web\.\d)/.exec(line)?.slice(1) ?? [],
      )

    it('the one on the last instance by name, where both are in service', () => {
      expect(stopped(doubled)).toEqual(['c', 'web.2'])
    })

    it('the one that crashes', () => {
      const world = changeContainers(
        doubled,
        (_, instance) => instance === 'b',
        c => ({ ...c, ...UNHEALTHY }),
      )
      expect(stopped(world)).toEqual(['b', 'web.2'])
    })

    it('the one on an instance that was lost, and on one that is drained', () => {
      const said = { time: '2026-01-01T00:00:00.000Z', who: 'ann@laptop' }
      const mark = { version: 1, ...said }
      expect(stopped(doubled, { marks: { b: { ...mark, lost: { ...said, localData: false } } } })).toEqual([
        'b',
        'web.2',
      ])
      expect(stopped(doubled, { marks: { b: { ...mark, draining: said } } })).toEqual(['b', 'web.2'])
    })

    it('none where too few would be left in service', () => {
      const one = changeContainers(
        doubled,
        (_, instance) => instance === 'a',
        () => undefined,
      )
      expect(stopped(one)).toEqual([])
    })
  })

  it('are created one after the other, independent ones side by side', () => {
    expect(touched(printWaves(chain(1), empty))).toEqual([
      'wave 1',
      'wave 2',
      'create db',
      'create cron',
      'wave 3',
      'create api',
      'wave 4',
      'create web',
    ])
  })

  it('roll one after the other: each begins when the one before is healthy and its old task gone', () => {
    expect(touched(printWaves(chain(2), settledWorld(chain(1), empty)))).toEqual([
      'wave 1',
      'wave 2',
      'create db',
      'create cron',
      'wave 3',
      'remove db',
      'remove cron',
      'wave 4',
      'create api',
      'wave 5',
      'remove api',
      'wave 6',
      'create web',
      'wave 7',
      'remove web',
    ])
  })

  it('tell what they wait for', () => {
    const { services: states } = look(chain(2), settledWorld(chain(1), empty))
    expect(states.map(s => [s.service, s.waitsFor])).toEqual([
      ['api', ['db']],
      ['cron', undefined],
      ['db', undefined],
      ['web', ['api']],
    ])
  })

  it('tell by name what they wait for, however the document has it', () => {
    const both = services({ db: {}, cron: {}, web: { dependsOn: ['db', 'cron'] } })
    expect(look(both, empty).services.find(s => s.service === 'web')?.waitsFor).toEqual(['cron', 'db'])
  })

  it('wait for none of the tasks that are out of sight: those count as healthy', () => {
    const twoHosts = (version: number) =>
      document({
        ...services({ db: { count: 2 }, web: { version, dependsOn: ['db'] } }),
        containerInstances: instances('a', 'b'),
      })
    const world = settledWorld(twoHosts(1), emptyHosts('a', 'b'))
    const now = look(twoHosts(2), withoutAnswer(world, 'b'))
    expect(now.services.map(s => [s.service, s.presumed, s.waitsFor])).toEqual([
      ['db', 1, undefined],
      ['web', 0, undefined],
    ])
    expect(touched(printPlan(now.plan))).toEqual(['create web'])
  })

  it('wait for nothing that is not in the document, as in a text that was written by hand', () => {
    const web = services({ web: {} })
    const { services: states, plan } = look(
      { ...web, services: { web: { ...(web.services['web'] ?? expect.fail()), dependsOn: ['gone'] } } },
      empty,
    )
    expect(states[0]?.waitsFor).toBe(undefined)
    expect(plan.steps).not.toEqual([])
  })

  const sick = (of: string) =>
    changeContainers(
      settledWorld(chain(1), empty),
      c => c.identity.service === of,
      c => ({ ...c, status: 'restarting', restartCount: 5, identity: { ...c.identity, deployment: 'd1' } }),
    )

  it('wait for no other where their revision stays: they are scaled and mended', () => {
    const more = services({
      db: {},
      api: { count: 2, dependsOn: ['db'] },
      web: { dependsOn: ['api'] },
      cron: {},
    })
    const now = look(more, sick('db'))
    expect(now.services.find(s => s.service === 'db')).toMatchObject({ rollout: 'FAILED' })
    expect(printPlan(now.plan)[0]).toContain('create api.2')
  })

  it('do not begin while what they wait for fails', () => {
    const next = services({
      db: {},
      api: { version: 2, dependsOn: ['db'] },
      web: { dependsOn: ['api'] },
      cron: {},
    })
    const now = look(next, sick('db'))
    expect(now).toMatchObject({ plan: { steps: [] }, waiting: false, converged: false })
    expect(now.services.find(s => s.service === 'api')).toMatchObject({
      waitsFor: ['db'],
      rollout: 'IN_PROGRESS',
    })
  })

  it('go on where they had begun, whatever becomes of what they waited for', () => {
    const half = services({
      db: {},
      api: { version: 2, count: 2, dependsOn: ['db'] },
      web: { dependsOn: ['api'] },
      cron: {},
    })
    const begun = settledWorld({ ...half, services: { ...half.services } }, sick('db'))
    const one = changeContainers(
      begun,
      c => c.identity.service === 'api' && c.identity.slot === '2',
      () => undefined,
    )
    const still = changeContainers(
      one,
      c => c.identity.service === 'db',
      c => ({ ...c, status: 'restarting', restartCount: 5, identity: { ...c.identity, deployment: 'd1' } }),
    )
    expect(printPlan(look(half, still).plan).filter(l => l.includes('create'))[0]).toContain('create api.2')
  })

  it('stop in the reverse of that order when all goes', () => {
    const nothing = document({ containerInstances: instances('a') })
    const formerDependencies = { db: [], api: ['db'], web: ['api'], cron: [] }
    const { plan } = look(nothing, settledWorld(chain(1), empty), { formerDependencies })
    expect(printPlan(plan).map(l => l.replace(/\.[0-9a-f]{8}\./, '.REV.'))).toEqual([
      ' 0 a stop prod.web.1.REV.app (up to 0 s) (no longer in the document)',
      ' 1 a remove prod.web.1.REV.app after 0 (no longer in the document)',
      ' 2 a stop prod.api.1.REV.app (up to 0 s) after 1 (no longer in the document)',
      ' 3 a remove prod.api.1.REV.app after 2 (no longer in the document)',
      ' 4 a stop prod.cron.1.REV.app (up to 0 s) (no longer in the document)',
      ' 5 a remove prod.cron.1.REV.app after 4 (no longer in the document)',
      ' 6 a stop prod.db.1.REV.app (up to 0 s) after 3 (no longer in the document)',
      ' 7 a remove prod.db.1.REV.app after 6 (no longer in the document)',
    ])
  })

  it('are put in order, each once, and a circle does no harm', () => {
    const of = (waits: Record<string, string[]>) => inOrder(Object.keys(waits), name => waits[name] ?? [])
    expect(of({ a: ['b'], b: ['c', 'x'], c: [], d: [] })).toEqual(['c', 'b', 'a', 'd'])
    expect(of({ a: ['b', 'c'], b: ['d'], c: ['d'], d: [] })).toEqual(['d', 'b', 'c', 'a'])
    expect(of({ a: ['b'], b: ['a'], c: ['c'] })).toEqual(['b', 'a', 'c'])
  })
})

describe('a service that depends on a DAEMON', () => {
  const shop = (version: number, parts: { b?: string; log?: number } = {}) =>
    document({
      containerInstances: { ...instances('a'), b: { address: 'ssh://b', status: parts.b ?? 'ACTIVE' } },
      taskDefinitions: {
        log: { containerDefinitions: [{ name: 'app', image: `log:${parts.log ?? 1}` }] },
        web: { containerDefinitions: [{ name: 'app', image: `web:${version}` }] },
      },
      services: {
        log: { taskDefinition: 'log', schedulingStrategy: 'DAEMON' },
        web: {
          taskDefinition: 'web',
          desiredCount: 2,
          dependsOn: ['log'],
          deploymentConfiguration: { minimumHealthyPercent: 100 },
        },
      },
    })
  const world = settledWorld(shop(1), emptyHosts('a', 'b'))
  const waits = (desired: ReturnType<typeof shop>, observed = world) =>
    look(desired, observed).services.find(s => s.service === 'web')?.waitsFor
  /** The task of the DAEMON that stays is gone, or as it is told. */
  const logOnA = (change: Parameters<typeof changeContainers>[2]) =>
    changeContainers(world, (c, instance) => instance === 'a' && c.identity.service === 'log', change)

  it('does not wait for its task that is the last to leave a DRAINING instance', () => {
    expect(waits(shop(2, { b: 'DRAINING' }))).toBe(undefined)
  })

  it.each([
    ['is still of the old revision', shop(2, { b: 'DRAINING', log: 2 }), world],
    ['is not there', shop(2, { b: 'DRAINING' }), logOnA(() => undefined)],
    ['is not healthy', shop(2, { b: 'DRAINING' }), logOnA(c => ({ ...c, status: 'paused' }))],
  ])('waits where the task on another instance %s', (_, desired, observed) => {
    expect(waits(desired, observed)).toEqual(['log'])
  })
})

describe('a document', () => {
  it.each([
    [{ web: ['api'] }, '/services/web/dependsOn/0 no service or task of this document is named "api"'],
    [
      { web: ['ap'], api: [] },
      '/services/web/dependsOn/0 no service or task of this document is named "ap"; did you mean api?',
    ],
    [{ web: ['web'] }, '/services/web/dependsOn "web" waits for "web": none of them could ever start'],
    [
      { a: ['b'], b: ['c'], c: ['a'] },
      '/services/a/dependsOn "a" waits for "b" waits for "c" waits for "a": none of them could ever start',
    ],
  ])('with %j is refused', (waits, complaint) => {
    const all = Object.fromEntries(
      Object.entries<string[]>(waits).map(([name, dependsOn]) => [name, { dependsOn }]),
    )
    expect(() => services(all)).toThrow(complaint)
  })

  it('of many services in one circle is refused in time', () => {
    const all = Object.fromEntries(
      Array.from({ length: 3000 }, (_, i) => [`s${i}`, { dependsOn: [`s${(i + 1) % 3000}`] }]),
    )
    expect(() => services(all)).toThrow(/"s0" waits for "s1" .* waits for "…" waits for "s0"/)
  })
})

describe('a service that waits for another, with a double that came back', () => {
  const apart = { placementConstraints: [{ type: 'distinctInstance' as const }] }
  const before = settledWorld(services({ web: { count: 2, more: apart } }, ['a', 'b']), emptyHosts('a', 'b'))
  const { a, b } = before.instances
  const c = b?.reachable ? { ...b, name: 'c' } : expect.fail()
  /** web.1 on a, web.2 on b and on c. */
  const twice = { instances: { ...before.instances, c } }

  function waiting(minimumHealthyPercent = 100) {
    const more = { ...apart, deploymentConfiguration: { minimumHealthyPercent } }
    return services({ db: {}, web: { version: 2, count: 2, dependsOn: ['db'], more } }, ['a', 'b', 'c'])
  }

  function changed(on: string, change: Partial<ObservedContainer>) {
    return changeContainers(
      twice,
      (_, instance) => instance === on,
      container => ({ ...container, ...change }),
    )
  }

  /** What is stopped or removed, and why. */
  function ends(world: ObservedState, desired = waiting(), more: Partial<ReconcileContext> = {}): string[] {
    return printPlan(look(desired, world, more).plan).flatMap(
      line =>
        / (\w+ (?:stop|remove) .*)/.exec(
          line.replace(/[0-9a-f]{8}/g, 'REV').replace(/ after \d+/, ''),
        )?.[1] ?? [],
    )
  }
  const endsOn = (on: string) => [
    `${on} stop prod.web.2.REV.app (up to 0 s) (another web.2 runs elsewhere)`,
    `${on} remove prod.web.2.REV.app (another web.2 runs elsewhere)`,
  ]

  it('ends it: it may hold what the other waits for', () => {
    expect(ends(twice)).toEqual(endsOn('c'))
  })

  it('keeps the others, however many may be stopped', () => {
    expect(ends(twice, waiting(0))).toEqual(endsOn('c'))
    const { instances: empty } = emptyHosts('c')
    expect(
      ends({ instances: { ...empty, a: a ?? expect.fail(), b: b ?? expect.fail() } }, waiting(0)),
    ).toEqual([])
  })

  it('keeps of the two the one in service, and needs none to spare for the other', () => {
    expect(ends(changed('b', { health: 'starting' }))).toEqual(endsOn('b'))
    expect(ends(changed('c', { health: 'starting' }))).toEqual(endsOn('c'))
    expect(ends(changed('c', { health: 'starting' }), waiting(0))).toEqual(endsOn('c'))
  })

  it('keeps both while the minimum asks for both', () => {
    expect(ends(changed('a', { health: 'starting' }))).toEqual([])
    expect(ends(changed('a', { status: 'exited', exitCode: 1, health: 'healthy' }))).toEqual([])
  })

  it('takes what does not run for no double', () => {
    for (const on of ['b', 'c'])
      expect(ends(changed(on, { status: 'exited', exitCode: 1 }), waiting(0))).toEqual([])
  })

  it('leaves it alone where what it waits for is its own image', () => {
    const unresolved = services({ web: { version: 2, count: 2, more: apart } }, ['a', 'b', 'c'])
    expect(ends(twice, unresolved, { images: {} })).toEqual([])
  })
})

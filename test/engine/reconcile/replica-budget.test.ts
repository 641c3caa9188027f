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
  withoutAnswer,
} from '../../support/worlds.ts'

interface Parts {
  readonly image?: string
  readonly count?: number
  readonly hosts?: Record<string, object>
  readonly container?: object
  readonly service?: object
  readonly task?: object
  readonly bounds?: readonly [minimum: number, maximum: number]
}

function web({ image = 'web:1', count = 2, hosts = instances('a', 'b'), bounds, ...parts }: Parts = {}) {
  return document({
    containerInstances: hosts,
    taskDefinitions: {
      web: {
        containerDefinitions: [{ name: 'app', image, stopTimeout: 0, ...parts.container }],
        ...parts.task,
      },
    },
    services: {
      web: {
        taskDefinition: 'web',
        desiredCount: count,
        ...(bounds && {
          deploymentConfiguration: { minimumHealthyPercent: bounds[0], maximumPercent: bounds[1] },
        }),
        ...parts.service,
      },
    },
  })
}

/** The next wave, without revisions and without the pulls. */
function wave(desired: DesiredState, world: ObservedState): string[] {
  return printPlan(look(desired, world).plan)
    .map(line => line.replace(/(?<=[. ])[0-9a-f]{8}(?=[. )])/g, 'REV').trim())
    .filter(line => !line.includes(' pull '))
}

/** What is done with which task: "create web.1 on a". */
function moves(desired: DesiredState, world: ObservedState): string[] {
  return look(desired, world).plan.steps.flatMap(({ action, subject }) => {
    const [verb = ''] = action.kind.split('-')
    return ['create', 'start', 'stop', 'remove'].includes(verb) && action.kind.endsWith('container')
      ? [`${verb} ${subject} on ${action.instance}`]
      : []
  })
}

function slot(world: ObservedState, which: string, change: Partial<ObservedContainer>): ObservedState {
  return changeContainers(
    world,
    c => c.identity.slot === which,
    c => ({ ...c, ...change }),
  )
}

const two = emptyHosts('a', 'b')
const STOPPED = { status: 'exited', exitCode: 0 } as const
const YOUNG = { startedAt: host('a').clock + 10 ** 12 }
const LOOPING = { status: 'restarting', restartCount: 3 } as const
const FAILED = { status: 'exited', exitCode: 1, health: 'unhealthy' } as const
const PORT = { portMappings: [{ containerPort: 80, hostPort: 8080 }] }

describe('what is stopped of the wanted revision', () => {
  const three = settledWorld(web({ count: 3 }), two)

  it('is started again while there are too few', () => {
    expect(moves(web({ count: 3 }), slot(three, '2', STOPPED))).toEqual(['start web.2 on b'])
  })

  it('goes where there are enough, and nothing that runs goes with it', () => {
    expect(wave(web(), slot(three, '2', STOPPED))).toEqual([
      '0 b remove prod.web.2.REV.app (2 desired; this one does not run)',
    ])
  })

  it('is started again as far as maximumPercent leaves room; the rest goes', () => {
    const next = web({ image: 'web:2', count: 3, bounds: [67, 100] })
    const old = settledWorld(web(), emptyHosts('a'))
    const begun = settledWorld(web({ image: 'web:2', count: 4 }), emptyHosts('b'))
    const world = changeContainers(
      { instances: { ...old.instances, ...begun.instances } },
      (_, instance) => instance === 'b',
      c => (Number(c.identity.slot) > 2 ? { ...c, ...STOPPED } : undefined),
    )
    expect(wave(next, world)).toEqual([
      '0 b start prod.web.3.REV.app (it was stopped or paused)',
      '1 b remove prod.web.4.REV.app (3 desired; this one does not run)',
    ])
  })

  it('stays where it has no room, while it tells how many are out of sight', () => {
    const heavy = web({ count: 3, hosts: instances('a', 'b', 'c'), container: { memory: 512 } })
    const world = slot(settledWorld(heavy, emptyHosts('a', 'b', 'c')), '2', STOPPED)
    const { b } = world.instances
    if (!b?.reachable) throw new Error('b is there')
    const small = { instances: { ...world.instances, b: { ...b, engine: { ...b.engine, memoryMiB: 256 } } } }
    expect(moves(heavy, withoutAnswer(small, 'c'))).toEqual(['create web.3 on a', 'start web.3 on a'])
    expect(moves(heavy, small)).toEqual(['remove web.2 on b', 'create web.4 on a', 'start web.4 on a'])
  })
})

describe('an old task', () => {
  it('that does not run goes at once, for no other reason than its revision', () => {
    const old = slot(settledWorld(web(), two), '2', STOPPED)
    const [first] = wave(web({ image: 'web:2', bounds: [99, 100] }), old)
    expect(first).toBe('0 b remove prod.web.2.REV.app (revision REV → REV)')
  })

  it('that does not run stays while it tells how many are out of sight', () => {
    const old = slot(settledWorld(web(), two), '1', STOPPED)
    expect(moves(web({ image: 'web:2' }), withoutAnswer(old, 'b'))).toEqual([
      'create web.1 on a',
      'start web.1 on a',
    ])
  })

  it('is stopped for no successor that has no place even then', () => {
    const next = web({ image: 'web:2', bounds: [50, 100], container: { memory: 9000 } })
    expect(moves(next, settledWorld(web(), two))).toEqual([])
  })

  it('is stopped for no successor that its own constraints leave no place', () => {
    const placementConstraints = [{ type: 'memberOf', expression: 'attribute:zone == z' }]
    const next = web({ image: 'web:2', service: { placementConstraints } })
    const now = look(next, settledWorld(web(), two))
    expect(now.plan.steps).toEqual([])
    expect(now.problems).toMatchObject([{ code: 'PLACEMENT_FAILED', service: 'web' }])
  })

  it('that is not in service is stopped beside as many that are as the minimum allows, each once', () => {
    const bounds = [50, 100] as const
    const old = settledWorld(web({ count: 4, bounds }), two)
    for (const which of ['1', '2', '3', '4']) {
      const stops = wave(web({ count: 4, bounds, image: 'web:2' }), slot(old, which, LOOPING)).filter(l =>
        l.includes(' stop '),
      )
      expect(stops[0]).toContain(`prod.web.${which}.`)
      expect(new Set(stops.map(l => l.split(' ').slice(1, 4).join(' '))).size).toBe(2)
      expect(stops).toHaveLength(2)
    }
  })

  it('on a DRAINING instance goes first where maximumPercent says so, though no successor fits in its place', () => {
    const hosts = { ...instances('b'), a: { address: 'ssh://a', status: 'DRAINING' } }
    const bounds = [0, 100] as const
    const world = settledWorld(web({ count: 1, hosts: instances('a') }), emptyHosts('a'))
    const both = { instances: { ...two.instances, ...world.instances } }
    expect(moves(web({ count: 1, bounds, hosts }), both)).toEqual(['stop web.1 on a', 'remove web.1 on a'])
  })

  it('on a DRAINING instance goes once its successor runs, though one more would have no place', () => {
    const hosts = { ...instances('b'), a: { address: 'ssh://a', status: 'DRAINING' } }
    const of = (name: string, image: string) =>
      settledWorld(web({ count: 1, image, hosts: instances(name), container: PORT }), emptyHosts(name))
    const world = { instances: { ...of('a', 'web:1').instances, ...of('b', 'web:2').instances } }
    expect(moves(web({ count: 1, image: 'web:2', hosts, container: PORT }), world)).toEqual([
      'stop web.1 on a',
      'remove web.1 on a',
    ])
  })

  it('counts beside those that are out of sight: there are never more than maximumPercent allows', () => {
    const hosts = instances('a', 'b', 'c')
    const bounds = [100, 150] as const
    const world = settledWorld(web({ count: 4, hosts, bounds }), emptyHosts('a', 'b', 'c'))
    expect(moves(web({ count: 4, hosts, bounds, image: 'web:2' }), withoutAnswer(world, 'c'))).toEqual([
      'create web.1 on a',
      'start web.1 on a',
      'create web.2 on b',
      'start web.2 on b',
    ])
  })

  it('is replaced while an instance does not answer, though one start of the new revision has failed', () => {
    const next = web({ image: 'web:2' })
    const begun = changeContainers(
      settledWorld(next, emptyHosts('a')),
      () => true,
      c => (c.identity.slot === '2' ? { ...c, ...FAILED } : undefined),
    )
    const old = settledWorld(web(), two)
    const [before, after] = [old.instances['a'], begun.instances['a']]
    if (!before?.reachable || !after?.reachable) throw new Error('a is there')
    const a = { ...after, containers: [...before.containers, ...after.containers] }
    const world = withoutAnswer({ instances: { ...old.instances, a } }, 'b')
    expect(look(next, world).services[0]).toMatchObject({ failures: 1, presumed: 1 })
    expect(moves(next, world)).toEqual(['create web.1 on a', 'start web.1 on a'])
  })
})

describe('a host port that the old tasks hold', () => {
  const ported = (image: string, parts: Parts = {}) =>
    web({ image, container: { ...PORT, ...parts.container }, ...parts })

  it('is freed on as many instances as the minimum allows, and on no further one', () => {
    const bounds = [50, 200] as const
    const world = settledWorld(ported('web:1', { bounds }), two)
    expect(moves(ported('web:2', { bounds }), world)).toEqual(['stop web.2 on b', 'remove web.2 on b'])
  })

  it('is freed by one old task that is only starting', () => {
    const hosts = instances('a')
    const world = settledWorld(ported('web:1', { count: 1, hosts }), emptyHosts('a'))
    expect(moves(ported('web:2', { count: 1, hosts }), slot(world, '1', YOUNG))).toEqual([
      'stop web.1 on a',
      'remove web.1 on a',
    ])
  })

  it('is said to be missing until the slowest essential health check can have passed', () => {
    const hosts = instances('a')
    const check = (interval: number) => ({ healthCheck: { command: ['CMD', 'true'], interval } })
    const of = (image: string) =>
      document({
        containerInstances: hosts,
        taskDefinitions: {
          web: {
            containerDefinitions: [
              { name: 'app', image, ...PORT, ...check(20) },
              { name: 'proxy', image, ...check(30) },
              { name: 'log', image, essential: false, ...check(90) },
            ],
          },
        },
        services: { web: { taskDefinition: 'web' } },
      })
    const now = look(of('web:2'), settledWorld(of('web:1'), emptyHosts('a')))
    expect(now.warnings[0]?.message).toContain('below its minimum for about 31 s,')
  })
})

describe('a scale-in', () => {
  const of = (count: number, more: Parts = {}) => web({ count, ...more })

  it('stops those first that are not in service, and not more of them than are too many', () => {
    const world = slot(slot(settledWorld(of(4), two), '1', YOUNG), '2', YOUNG)
    const third = slot(world, '3', YOUNG)
    expect(moves(of(3), third)).toEqual(['stop web.1 on a', 'remove web.1 on a'])
    expect(moves(of(2), third)).toEqual([
      'stop web.1 on a',
      'remove web.1 on a',
      'stop web.3 on a',
      'remove web.3 on a',
    ])
  })

  it('stops as many as are too many, though one of them is not in service or the minimum is 0', () => {
    const bounds = [0, 200] as const
    const world = settledWorld(of(4, { bounds }), two)
    expect(moves(of(2, { bounds }), world)).toHaveLength(4)
    for (const which of ['1', '2', '3', '4']) {
      const stopped = moves(of(2, { bounds }), slot(world, which, YOUNG)).filter(m => m.startsWith('stop'))
      expect(stopped).toHaveLength(2)
      expect(stopped.some(m => m.startsWith(`stop web.${which} `))).toBe(true)
    }
  })

  it('chooses by what runs: what failed and is kept counts on no instance', () => {
    const world = changeContainers(
      settledWorld(of(7), two),
      c => c.identity.slot === '1' || c.identity.slot === '3',
      c => ({ ...c, ...FAILED }),
    )
    expect(moves(of(4), world).filter(m => m.startsWith('stop'))).toEqual(['stop web.6 on b'])
  })
})

describe('what has no room', () => {
  const heavy = (count: number) => web({ count, hosts: instances('a'), container: { memory: 4000 } })
  const full = settledWorld(heavy(2), emptyHosts('a'))
  const told = (world: ObservedState) => look(heavy(3), world).problems.map(p => p.message)

  it('is told of once nothing moves and nothing is on its way any more', () => {
    expect(told(emptyHosts('a'))).toEqual([])
    expect(told(slot(full, '1', YOUNG))).toEqual([])
    expect(moves(heavy(3), slot(full, '1', YOUNG))).toEqual([])
    expect(told(full)).toEqual([
      'no container instance can take web: 1 lacks memory (need 4000 MiB); there is room for 2 of 3 tasks',
    ])
  })

  it('has a next step where an instance does not answer, or where data keeps it', () => {
    const next = (desired: DesiredState, world: ObservedState) => look(desired, world).problems[0]?.next
    const data = (hosts: Record<string, object>) =>
      web({
        count: 1,
        hosts,
        container: { mountPoints: [{ sourceVolume: 'data', containerPath: '/data' }] },
        task: {
          volumes: [{ name: 'data', dockerVolumeConfiguration: { scope: 'shared', autoprovision: true } }],
        },
      })
    const draining = { ...instances('b'), a: { address: 'ssh://a', status: 'DRAINING' } }
    const world = settledWorld(data(instances('a')), emptyHosts('a'))
    expect(
      next(data(draining), { instances: { ...two.instances, ...world.instances } }),
    ).toMatchInlineSnapshot(
      `"Make the instance that has the data ACTIVE, or give it room. To move the data: docs/task-definitions.md, "Where data stays"."`,
    )
    const one = (image: string) => web({ image, container: { memory: 5000 } })
    expect(next(one('web:2'), withoutAnswer(settledWorld(one('web:1'), two), 'b'))).toMatchInlineSnapshot(
      `"Bring b back, or stowage instance lost b if it is gone for good; or add container instances."`,
    )
    const three = settledWorld(one('web:1'), emptyHosts('a', 'b', 'c'))
    expect(next(one('web:2'), withoutAnswer(three, 'b', 'c'))).toMatch(
      /^Bring b, c back, or stowage instance lost b if/,
    )
    const silent = withoutAnswer({ instances: { ...two.instances, ...world.instances } }, 'c')
    expect(next(data({ ...draining, ...instances('c') }), silent)).toMatch(/^Bring c back/)
    expect(next(heavy(3), full)).toMatchInlineSnapshot(
      `"Add container instances, lower what the task reserves, or loosen the constraints."`,
    )
  })
})

describe('at most one task an instance', () => {
  const placementConstraints = [{ type: 'distinctInstance' }]
  const hosts = instances('a', 'b', 'c')

  it('also holds between a task and its successor of another revision', () => {
    const of = (image: string) => web({ image, hosts, service: { placementConstraints } })
    const world = settledWorld(of('web:1'), emptyHosts('a', 'b', 'c'))
    expect(moves(of('web:2'), world)).toEqual(['create web.1 on c', 'start web.1 on c'])
  })

  it('does not count what failed there and is only kept to be counted', () => {
    const one = web({ count: 1, hosts: instances('a'), service: { placementConstraints } })
    const failed = changeContainers(
      settledWorld(one, emptyHosts('a')),
      () => true,
      c => ({ ...c, ...FAILED }),
    )
    expect(moves(one, failed)).toEqual(['create web.2 on a', 'start web.2 on a'])
  })
})

describe('a double beside a task on a DRAINING instance', () => {
  /** What is stopped where each of these has a task, `d` has the one of `from` too, and `drained` is to be emptied. */
  function stops(names: readonly string[], from: string, drained: string, minimum = 100): string[] {
    const to = 'd'
    const desired = (hosts: readonly string[], status = 'ACTIVE') =>
      web({
        count: names.length,
        hosts: Object.fromEntries(
          hosts.map(n => [n, { address: `ssh://${n}`, status: n === drained ? status : 'ACTIVE' }]),
        ),
        bounds: [minimum, 200],
      })
    const { instances: seen } = settledWorld(desired(names), emptyHosts(...names))
    const double = seen[from]?.reachable ? { ...seen[from], name: to } : expect.fail()
    const all = [...names, to].sort()
    return moves(desired(all, 'DRAINING'), { instances: { ...seen, [to]: double } }).filter(m =>
      m.startsWith('stop'),
    )
  }

  it('goes first, wherever either is, and uses up what may be stopped', () => {
    expect(stops(['a', 'b', 'c'], 'c', 'a')).toEqual(['stop web.3 on d'])
    expect(stops(['a', 'b', 'e'], 'b', 'e')).toEqual(['stop web.2 on d'])
  })

  it('goes once, and the other with it, where two may be stopped', () => {
    expect(stops(['a', 'b', 'c'], 'c', 'a', 66)).toEqual(['stop web.3 on d', 'stop web.1 on a'])
    expect(stops(['a', 'b', 'e'], 'b', 'e', 66)).toEqual(['stop web.2 on d', 'stop web.3 on e'])
  })
})

import { describe, expect, it } from 'vitest'
import type { ObservedContainer, ObservedState } from '../../../engine/observed-state.ts'
import type { Plan } from '../../../engine/plan.ts'
import { printPlan } from '../../../engine/print-plan.ts'
import { failureThreshold } from '../../../engine/reconcile/rollout.ts'
import { settle } from '../../../engine/settle.ts'
import { simulate } from '../../../engine/simulate.ts'
import {
  changeContainers,
  document,
  emptyHosts,
  host,
  instances,
  look,
  settledWorld,
} from '../../support/worlds.ts'

const hosts = ['a', 'b', 'c']

function web(
  parts: { image?: string; count?: number; container?: object; deployment?: object; service?: object } = {},
) {
  const { image = 'web:1', count = 2, container = {}, deployment = {}, service = {} } = parts
  return document({
    containerInstances: instances(...hosts),
    taskDefinitions: {
      web: { containerDefinitions: [{ name: 'app', image, stopTimeout: 0, ...container }] },
    },
    services: {
      web: { taskDefinition: 'web', desiredCount: count, deploymentConfiguration: deployment, ...service },
    },
  })
}

const breaker = (more: object = {}) => ({
  deploymentCircuitBreaker: { enable: true, rollback: false, ...more },
})

/** A plan as text, without its revisions. */
function lines(plan: Plan): string[] {
  return printPlan(plan).map(line => line.replace(/(?<=[. ])[0-9a-f]{8}(?=[. ])/g, 'REV'))
}

/** The world with the steps of one look done, some time later. */
function next(desired: ReturnType<typeof web>, world: ObservedState): ObservedState {
  return settle(desired, simulate(world, look(desired, world).plan))
}

/** Of a slot: made in this run, and as it is told. */
function slot(
  world: ObservedState,
  which: string,
  change: Partial<ObservedContainer>,
  run = 'd1',
): ObservedState {
  return changeContainers(
    world,
    c => c.identity.slot === which,
    c => ({ ...c, ...change, identity: { ...c.identity, deployment: run } }),
  )
}

const clock = host('a').clock
const LOOPING = { status: 'restarting', restartCount: 3, finishedAt: clock + 10 ** 12 } as const
const UNHEALTHY = { health: 'unhealthy' } as const
const checked = { healthCheck: { command: ['CMD', 'true'], interval: 10 } }

describe('the number of failures that ends a deployment', () => {
  it.each([
    ['half of the desired tasks, at least 3', undefined, 1, 3],
    ['rounded up', undefined, 25, 13],
    ['at most 200', undefined, 1000, 200],
    ['of another share', { type: 'BOUNDED_PERCENT', value: 10 }, 100, 10],
    ['bounded below', { type: 'BOUNDED_PERCENT', value: 1 }, 10, 3],
    ['unbounded below', { type: 'UNBOUNDED_PERCENT', value: 10 }, 10, 1],
    ['unbounded above', { type: 'UNBOUNDED_PERCENT', value: 50 }, 1000, 500],
    ['at least one, of none', { type: 'UNBOUNDED_PERCENT', value: 50 }, 0, 1],
    ['a count', { type: 'COUNT', value: 7 }, 1000, 7],
  ])('is %s', (_, thresholdConfiguration, desired, expected) => {
    const set = web({ deployment: breaker(thresholdConfiguration && { thresholdConfiguration }) })
    const service = set.services['web']
    expect(service && failureThreshold(service, desired)).toBe(expected)
  })

  it('is ECS’s own without a circuit breaker, and none where that is off', () => {
    const of = (set: ReturnType<typeof web>) =>
      set.services['web'] && failureThreshold(set.services['web'], 10)
    expect(of(web())).toBe(5)
    expect(of(web({ deployment: breaker({ enable: false }) }))).toBe(Infinity)
  })
})

describe('a task that fails in a deployment', () => {
  const ten = web({ count: 10, deployment: breaker() })
  const made = settledWorld(ten, emptyHosts(...hosts))

  it('that crashes again and again is stopped, kept, and made once more where none has failed', () => {
    const crashed = slot(made, '2', LOOPING)
    const first = look(ten, crashed)
    expect(lines(first.plan)).toEqual([
      ' 0 c create web.11 app of REV (it keeps failing)',
      ' 1 c start prod.web.11.REV.app after 0 (it keeps failing)',
      ' 2 b stop prod.web.2.REV.app (up to 0 s) (it keeps failing)',
    ])
    expect(first.services[0]).toMatchObject({ failures: 3, threshold: 5, rollout: 'IN_PROGRESS' })
  })

  it('is removed once all others are in service, and then the deployment is complete', () => {
    const replaced = next(ten, slot(made, '2', LOOPING))
    expect(lines(look(ten, replaced).plan)).toEqual([' 0 b remove prod.web.2.REV.app (it keeps failing)'])
    expect(look(ten, next(ten, replaced))).toMatchObject({ converged: true })
  })

  it('counts on when the run that saw it fail was killed', () => {
    const killed = slot(next(ten, slot(made, '2', LOOPING, 'killed')), '3', { ...LOOPING, restartCount: 4 })
    expect(look(ten, killed)).toMatchObject({
      plan: { steps: [] },
      waiting: false,
      services: [{ failures: 7, rollout: 'FAILED' }],
    })
  })

  it('counts no more in the next run once it has ended a deployment: all of it is tried again', () => {
    let ended = slot(made, '2', { ...LOOPING, status: 'exited' }, 'before')
    ended = slot(ended, '3', { ...LOOPING, status: 'exited' }, 'before')
    const { plan, services } = look(ten, ended)
    expect(services[0]).toMatchObject({ failures: 0, rollout: 'IN_PROGRESS' })
    expect(lines(plan)).toEqual([
      ' 0 b create web.11 app of REV (it keeps failing)',
      ' 1 b start prod.web.11.REV.app after 0 (it keeps failing)',
      ' 2 c create web.12 app of REV (it keeps failing)',
      ' 3 c start prod.web.12.REV.app after 2 (it keeps failing)',
      ' 4 b remove prod.web.2.REV.app (it keeps failing)',
      ' 5 c remove prod.web.3.REV.app (it keeps failing)',
    ])
  })

  it('is forgiven when a task has become healthy since, unless resetOnHealthyTask is false', () => {
    const world = slot(made, '2', { ...LOOPING, status: 'exited', createdAt: 0, finishedAt: 1 })
    expect(look(ten, world).services[0]).toMatchObject({ failures: 0 })
    expect(
      look(web({ count: 10, deployment: breaker({ resetOnHealthyTask: false }) }), world).services[0],
    ).toMatchObject({
      failures: 3,
    })
  })

  it('keeps the count of the desired tasks, whatever its restarts are', () => {
    expect(look(ten, slot(made, '2', { ...LOOPING, restartCount: 5 }))).toMatchObject({
      services: [{ failures: 5, rollout: 'FAILED' }],
      plan: { steps: [] },
    })
  })

  it('is left as it is while an instance does not answer', () => {
    const problem = { code: 'HOST_UNREACHABLE', message: 'no answer', next: '' } as const
    const { instances: seen } = slot(made, '2', LOOPING)
    const dark = { instances: { ...seen, c: { name: 'c', reachable: false as const, problem } } }
    expect(look(ten, dark)).toMatchObject({
      plan: { steps: [] },
      services: [{ presumed: 3, rollout: 'FAILED' }],
    })
  })
})

describe('an unhealthy task', () => {
  const at = (minimumHealthyPercent: number, maximumPercent: number, count = 4) =>
    web({ count, container: checked, deployment: { minimumHealthyPercent, maximumPercent } })

  it('goes when its successor, which is of the same revision, is in service', () => {
    const set = at(100, 200)
    const ill = slot(settledWorld(set, emptyHosts(...hosts)), '2', UNHEALTHY)
    expect(lines(look(set, ill).plan)).toEqual([
      ' 0 b create web.5 app of REV (it is unhealthy)',
      ' 1 b start prod.web.5.REV.app after 0 (it is unhealthy)',
    ])
    expect(lines(look(set, next(set, ill)).plan)).toEqual([
      ' 0 b stop prod.web.2.REV.app (up to 0 s) (it is unhealthy)',
      ' 1 b remove prod.web.2.REV.app after 0 (it is unhealthy)',
    ])
  })

  it('where maximumPercent leaves no room is stopped before its successor starts, one after the other', () => {
    const set = at(50, 100)
    const two = slot(slot(settledWorld(set, emptyHosts(...hosts)), '2', UNHEALTHY), '3', UNHEALTHY)
    expect(lines(look(set, two).plan)).toEqual([' 0 b stop prod.web.2.REV.app (up to 0 s) (it is unhealthy)'])
    expect(lines(look(set, next(set, two)).plan)).toEqual([
      ' 0 c create web.5 app of REV (it was unhealthy)',
      ' 1 c start prod.web.5.REV.app after 0 (it was unhealthy)',
    ])
  })

  it('is recognized when it is stopped, too', () => {
    const set = at(50, 100)
    const stopped = slot(settledWorld(set, emptyHosts(...hosts)), '2', {
      ...UNHEALTHY,
      status: 'exited',
      finishedAt: 10 ** 15,
    })
    expect(look(set, stopped).services[0]).toMatchObject({ failures: 1, failing: [{ task: 'web.2' }] })
  })

  it('is starting, for as long as the grace period says', () => {
    const set = web({ container: checked, service: { healthCheckGracePeriodSeconds: 60 } })
    const world = settledWorld(set, emptyHosts(...hosts))
    const since = (seconds: number) =>
      slot(world, '1', { ...UNHEALTHY, startedAt: nowOn(world) - seconds * 1000 })
    expect(look(set, since(59))).toMatchObject({ waiting: true, services: [{ pending: 1, failures: 0 }] })
    expect(look(set, since(60)).services[0]).toMatchObject({ failures: 1 })
  })
})

function nowOn(world: ObservedState): number {
  const a = world.instances['a']
  return a?.reachable ? a.clock : 0
}

describe('a circuit breaker that is off', () => {
  const set = web({ count: 2, deployment: breaker({ enable: false }) })
  const world = settledWorld(set, emptyHosts(...hosts))
  const failed = (ago: number) =>
    slot(world, '1', {
      ...LOOPING,
      restartCount: 30,
      status: 'exited',
      createdAt: 0,
      finishedAt: nowOn(world) - ago,
    })

  it('never ends a deployment: after a rest it is tried again', () => {
    const resting = look(
      web({ count: 2, deployment: breaker({ enable: false, resetOnHealthyTask: false }) }),
      failed(500),
    )
    expect(resting).toMatchObject({ plan: { steps: [] }, waiting: true })
    expect(resting.services[0]).toMatchObject({ failures: 30, retries: true, rollout: 'IN_PROGRESS' })
    expect(resting.services[0]).not.toHaveProperty('threshold')
    expect(lines(look(set, failed(1000)).plan).join()).toContain('create web.3')
  })
})

describe('which failing tasks are stopped', () => {
  const at = (minimumHealthyPercent: number, maximumPercent: number, count: number, more: object = {}) =>
    web({ count, container: checked, deployment: { minimumHealthyPercent, maximumPercent }, ...more })
  const begun = (set: ReturnType<typeof web>, ...unhealthy: string[]) =>
    unhealthy.reduce((world, which) => slot(world, which, UNHEALTHY), settledWorld(set, emptyHosts(...hosts)))

  it('in a rollout none for the old tasks that are in service: only new ones are its successors', () => {
    const old = settledWorld(at(100, 150, 2), emptyHosts('a', 'b'))
    const next = { ...at(100, 150, 2, { image: 'web:2' }) }
    const { c } = begun(next, '1', '2', '3').instances
    const failing = settledWorld(at(100, 150, 1, { image: 'web:2' }), emptyHosts('c')).instances
    const world = { instances: { ...old.instances, ...(c && failing) } }
    const sick = changeContainers(
      world,
      (_, on) => on === 'c',
      c2 => ({ ...c2, ...UNHEALTHY, identity: { ...c2.identity, deployment: 'd1' } }),
    )
    expect(lines(look(next, sick).plan)).toEqual([
      ' 0 c stop prod.web.1.REV.app (up to 0 s) (it is unhealthy)',
    ])
  })

  it('none while their successors are only on their way', () => {
    const set = at(100, 200, 2)
    const world = begun(at(100, 200, 3), '1')
    const young = changeContainers(
      world,
      c => c.identity.slot === '3',
      c => ({ ...c, health: 'starting', startedAt: nowOn(world) }),
    )
    expect(look(set, young)).toMatchObject({ plan: { steps: [] }, waiting: true })
  })

  it('as many as have successors; they are kept to be counted while too few are in service', () => {
    const set = at(75, 100, 4)
    const world = begun(at(75, 100, 4), '1', '2')
    const { a } = settledWorld(at(75, 100, 1), emptyHosts('a')).instances
    if (!a?.reachable) throw new Error('a is there')
    const more = a.containers.map(c => ({
      ...c,
      name: c.name.replace('web.1.', 'web.5.'),
      identity: { ...c.identity, slot: '5' },
    }))
    const there = world.instances['a']
    if (!there?.reachable) throw new Error('a is there')
    const five = {
      instances: { ...world.instances, a: { ...there, containers: [...there.containers, ...more] } },
    }
    expect(lines(look(set, five).plan)).toEqual([
      ' 0 a stop prod.web.1.REV.app (up to 0 s) (it is unhealthy)',
    ])
  })

  it('one at a time, and none beside an old task that makes room', () => {
    const next = at(33, 100, 3, { image: 'web:2' })
    const old = settledWorld(at(33, 100, 3), emptyHosts(...hosts))
    const { a } = settledWorld(at(33, 100, 1, { image: 'web:2' }), emptyHosts('a')).instances
    const world = slotOn('a', { instances: { ...old.instances, ...(a && { a }) } })
    const stops = lines(look(next, world).plan).filter(l => l.includes(' stop '))
    expect(stops).toEqual([expect.stringContaining('c stop prod.web.3.REV.app')])
  })

  it('those that crash again and again at once, and no other beside them', () => {
    const set = at(0, 100, 2)
    const world = slot(begun(set, '2'), '1', { ...LOOPING, restartCount: 3 })
    const fewer = web({
      count: 2,
      container: checked,
      deployment: {
        minimumHealthyPercent: 0,
        maximumPercent: 100,
        ...breaker({ thresholdConfiguration: { type: 'COUNT', value: 9 } }),
      },
    })
    expect(lines(look(fewer, world).plan)).toEqual([
      ' 0 a stop prod.web.1.REV.app (up to 0 s) (it keeps failing)',
    ])
  })

  it('none where that would give its successor no place', () => {
    const zoned = (zone: string) =>
      document({
        ...at(50, 200, 2),
        containerInstances: {
          a: { address: 'ssh://a', attributes: { zone: 'x' } },
          b: { address: 'ssh://b', attributes: { zone: 'y' } },
        },
        taskDefinitions: {
          web: {
            containerDefinitions: [{ name: 'app', image: 'web:1', memory: 5000, stopTimeout: 0, ...checked }],
          },
        },
        services: {
          web: {
            taskDefinition: 'web',
            desiredCount: 2,
            placementConstraints: [{ type: 'memberOf', expression: `attribute:zone ${zone}` }],
          },
        },
      })
    const world = settledWorld(zoned('in [x, y]'), emptyHosts('a', 'b'))
    expect(lines(look(zoned('== x'), slot(world, '2', UNHEALTHY)).plan)).toEqual([])
    expect(lines(look(zoned('in [x, y]'), slot(world, '2', UNHEALTHY)).plan)).toEqual([
      ' 0 b stop prod.web.2.REV.app (up to 0 s) (it is unhealthy)',
    ])
  })

  it('one where maximumPercent leaves no room, though its successor is to be elsewhere', () => {
    const zoned = (zone: string) =>
      document({
        ...at(50, 100, 2),
        containerInstances: {
          a: { address: 'ssh://a', attributes: { zone: 'x' } },
          b: { address: 'ssh://b', attributes: { zone: 'y' } },
        },
        services: {
          web: {
            ...at(50, 100, 2).services['web'],
            placementConstraints: [{ type: 'memberOf', expression: `attribute:zone ${zone}` }],
          },
        },
      })
    const world = slot(settledWorld(zoned('in [x, y]'), emptyHosts('a', 'b')), '2', UNHEALTHY)
    expect(lines(look(zoned('== x'), world).plan)).toEqual([
      ' 0 b stop prod.web.2.REV.app (up to 0 s) (it is unhealthy)',
    ])
  })

  it('one that is removed, too, where it does not count any more', () => {
    const set = at(50, 100, 2)
    const two = ['1', '2'].reduce(
      (world, which) => slot(world, which, { ...UNHEALTHY, restartCount: 2 }, 'before'),
      settledWorld(set, emptyHosts(...hosts)),
    )
    expect(look(set, two).services[0]).toMatchObject({ failures: 0 })
    expect(lines(look(set, two).plan)).toEqual([
      ' 0 a stop prod.web.1.REV.app (up to 0 s) (it is unhealthy)',
      ' 1 a remove prod.web.1.REV.app after 0 (it is unhealthy)',
    ])
  })
})

/** The task of an instance: unhealthy, and of this run. */
function slotOn(instance: string, world: ObservedState): ObservedState {
  return changeContainers(
    world,
    (_, on) => on === instance,
    c => ({ ...c, ...UNHEALTHY, identity: { ...c.identity, deployment: 'd1' } }),
  )
}

describe('what is kept of failed tasks', () => {
  const failedOnes = (set: ReturnType<typeof web>, count: number) => {
    const all = settledWorld(set, emptyHosts(...hosts))
    return changeContainers(
      all,
      c => Number(c.identity.slot) <= count,
      c => ({
        ...c,
        status: 'exited',
        health: 'unhealthy',
        exitCode: 1,
        createdAt: 0,
        // the last slots failed last
        finishedAt: nowOn(all) - 1_000_000 + Number(c.identity.slot),
        identity: { ...c.identity, deployment: 'd1' },
      }),
    )
  }
  const removed = (set: ReturnType<typeof web>, world: ObservedState) =>
    look(set, world).plan.steps.flatMap(s => (s.action.kind === 'remove-container' ? [s.subject] : []))

  it('is the last ten where no number of failures ends the deployment', () => {
    const set = web({ count: 14, deployment: breaker({ enable: false, resetOnHealthyTask: false }) })
    expect(removed(set, failedOnes(set, 12)).sort()).toEqual(['web.1', 'web.2'])
  })

  it('is all that counts towards a number that does', () => {
    const set = web({ count: 30, deployment: breaker({ resetOnHealthyTask: false }) })
    expect(removed(set, failedOnes(set, 12))).toEqual([])
    expect(look(set, failedOnes(set, 12)).services[0]).toMatchObject({ failures: 12, threshold: 15 })
  })
})

describe('a failure counts', () => {
  const two = web({ deployment: breaker() })
  const made = settledWorld(two, emptyHosts(...hosts))
  const ENDED = { ...LOOPING, status: 'exited' } as const
  const failures = (set: ReturnType<typeof web>, world: ObservedState) =>
    look(set, world).services[0]?.failures

  it('no more in the next run where just so many had ended the deployment', () => {
    expect(failures(two, slot(made, '1', { ...ENDED, ...UNHEALTHY, restartCount: 2 }, 'before'))).toBe(2)
    expect(failures(two, slot(made, '1', ENDED, 'before'))).toBe(0)
  })

  it('in this run beside those which ended an earlier one', () => {
    const world = slot(slot(made, '1', { ...ENDED, restartCount: 4 }, 'before'), '2', {
      ...ENDED,
      ...UNHEALTHY,
      restartCount: 2,
    })
    expect(failures(two, world)).toBe(2)
  })

  it('though an old task became healthy since: that is not of this revision', () => {
    const next = web({ image: 'web:2', deployment: breaker() })
    const { a } = settledWorld(next, emptyHosts('a')).instances
    const { b } = made.instances
    const world: ObservedState = { instances: { ...(a && { a }), ...(b && { b }) } }
    const failed = changeContainers(
      world,
      (_, on) => on === 'a',
      c => ({ ...c, ...ENDED, createdAt: 0, finishedAt: 1, identity: { ...c.identity, deployment: 'd1' } }),
    )
    expect(failures(next, failed)).toBeGreaterThan(0)
  })

  it('where another became healthy at that very moment', () => {
    const set = web({ container: checked, deployment: breaker() })
    const world = settledWorld(set, emptyHosts(...hosts))
    const justNow = slot(world, '2', { startedAt: nowOn(world) - 10_000 })
    expect(failures(set, slot(justNow, '1', UNHEALTHY))).toBe(1)
  })
})

describe('between the tries of a deployment that nothing ends', () => {
  const set = web({ count: 3, deployment: breaker({ enable: false, resetOnHealthyTask: false }) })
  const world = settledWorld(set, emptyHosts(...hosts))
  const failedAgo = (...times: number[]) =>
    times.reduce(
      (all, ms, i) =>
        slot(all, String(i + 1), {
          ...LOOPING,
          status: 'exited',
          createdAt: 0,
          finishedAt: nowOn(world) - ms,
        }),
      world,
    )
  const creates = (now: ObservedState) =>
    lines(look(set, now).plan).filter(l => l.includes(' create ')).length

  it.each([
    ['none without a failure', [], 0],
    ['one second after the first', [999], 0],
    ['and no longer', [1000], 1],
    ['two seconds after the second, from the last on', [90_000, 1999], 0],
    ['and no longer than that', [90_000, 2000], 2],
    ['four after the third', [90_000, 3999, 80_000], 0],
  ])('is a rest: %s', (_, times, made) => {
    expect(creates(failedAgo(...times))).toBe(made)
  })

  it('the first tries are made at once', () => {
    expect(creates(emptyHosts(...hosts))).toBe(3)
  })
})

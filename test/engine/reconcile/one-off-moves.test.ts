import { describe, expect, it } from 'vitest'
import type { DesiredState } from '../../../engine/desired-state/desired-state.generated.ts'
import type { ObservedContainer, ObservedState } from '../../../engine/observed-state.ts'
import { printPlan } from '../../../engine/print-plan.ts'
import { oneOffState } from '../../../engine/reconcile/one-off-state.ts'
import { tasksByService } from '../../../engine/reconcile/task.ts'
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
  readonly version?: number
  readonly run?: object
  readonly app?: object
  readonly more?: readonly object[]
  readonly task?: object
  readonly hosts?: Record<string, object>
  readonly others?: Record<string, object>
}

/** A migration that runs once, with its sidecars. */
function migration({ version = 1, hosts = instances('a', 'b'), ...parts }: Parts = {}): DesiredState {
  const app = { name: 'app', image: `m:${version}`, stopTimeout: 0, ...parts.app }
  return document({
    containerInstances: hosts,
    taskDefinitions: { m: { containerDefinitions: [app, ...(parts.more ?? [])], ...parts.task } },
    tasks: { m: { taskDefinition: 'm', ...parts.run }, ...parts.others },
  })
}

const two = emptyHosts('a', 'b')
const LOG = { name: 'log', image: 'log:1', essential: false, stopTimeout: 0 }
const DB = { name: 'db', image: 'db:1', stopTimeout: 0 }
const CREATED = { status: 'created', startedAt: 0 } as const
const FAILED = { status: 'exited', exitCode: 1 } as const
const DONE = { status: 'exited', exitCode: 0 } as const
const RUNNING = { status: 'running', exitCode: 0, finishedAt: 0 } as const
const PAUSED = { ...RUNNING, status: 'paused' } as const

/** The containers of this name, or slot, as they are told, made in this run. */
function change(world: ObservedState, which: string, parts: Partial<ObservedContainer>, run = 'd1') {
  return changeContainers(
    world,
    c => c.identity.container === which || c.identity.slot === which,
    c => ({ ...c, ...parts, identity: { ...c.identity, deployment: run } }),
  )
}

/** The next wave, each step with what it is done for, without revisions and pulls. */
function wave(desired: DesiredState, world: ObservedState, context: Parameters<typeof look>[2] = {}) {
  const { plan } = look(desired, world, context)
  const printed = printPlan(plan).map(line => line.replace(/(?<=[. ])[0-9a-f]{8}(?=[. )])/g, 'REV').trim())
  return plan.steps.flatMap(({ service, subject, action }, i) =>
    action.kind === 'pull-image' ? [] : [`${service} ${subject}: ${printed[i]}`],
  )
}

const state = (desired: DesiredState, world: ObservedState, context: Parameters<typeof look>[2] = {}) =>
  look(desired, world, context).services.find(s => s.service === 'm')

describe('oneOffState', () => {
  const desired = migration({
    more: [
      LOG,
      DB,
      {
        name: 'last',
        image: 'last:1',
        essential: false,
        dependsOn: [{ containerName: 'log', condition: 'SUCCESS' }],
      },
    ],
  })
  const world = settledWorld(desired, emptyHosts('a'))
  const of = (changes: Record<string, Partial<ObservedContainer>>, remove = '') => {
    let now = changeContainers(
      change(world, 'last', DONE),
      c => c.identity.container === remove,
      () => undefined,
    )
    for (const [name, parts] of Object.entries(changes)) now = change(now, name, parts)
    const task = tasksByService(now).get('m')?.[0] ?? expect.fail()
    return oneOffState(task, desired.taskDefinitions['m'] ?? expect.fail())
  }

  it.each([
    ['DONE', 'all have ended', {}],
    ['DONE', 'a container that is not essential failed', { log: FAILED }],
    ['DONE', 'a container that is not essential runs on', { log: RUNNING }],
    ['RUNNING', 'one essential container has ended and the other runs', { app: RUNNING }],
    ['RUNNING', 'both run', { app: RUNNING, db: RUNNING, log: RUNNING }],
    ['FAILED', 'one essential container failed, though the other runs', { app: RUNNING, db: FAILED }],
    ['INCOMPLETE', 'one was made and not started', { app: CREATED }],
    ['INCOMPLETE', 'one is paused', { app: PAUSED }],
    ['INCOMPLETE', 'a sidecar was not started yet', { app: RUNNING, log: CREATED, last: CREATED }],
    [
      'RUNNING',
      'a sidecar waits in vain: the task goes on without it',
      { app: RUNNING, log: FAILED, last: CREATED },
    ],
    ['FAILED', 'one could not be started', { app: { ...CREATED, error: 'exec: not found' } }],
  ] as const)('is %s where %s', (expected, _, changes) => {
    expect(of(changes)).toBe(expected)
  })

  it('is INCOMPLETE where a container that is to run is gone, and DONE without one that did not matter', () => {
    expect(of({ app: RUNNING }, 'db')).toBe('INCOMPLETE')
    expect(of({}, 'db')).toBe('INCOMPLETE')
    expect(of({}, 'log')).toBe('DONE')
  })

  it('is FAILED where an essential container waits for one that failed', () => {
    const waits = migration({
      more: [LOG],
      app: { dependsOn: [{ containerName: 'log', condition: 'SUCCESS' }] },
    })
    const now = change(change(settledWorld(waits, emptyHosts('a')), 'log', FAILED), 'app', CREATED)
    expect(state(waits, now)).toMatchObject({ rollout: 'FAILED', failures: 1 })
  })

  it('does not depend on the pause container, which runs for ever', () => {
    const awsvpc = migration({ more: [DB], task: { networkMode: 'awsvpc' } })
    const now = change(settledWorld(awsvpc, emptyHosts('a')), 'internal.pause', RUNNING)
    expect(state(awsvpc, now)).toMatchObject({ current: 1 })
    expect(wave(awsvpc, now)).toEqual([
      'm m.1: 0 a stop prod.m.1.REV.internal.pause (up to 5 s) (it has ended)',
    ])
  })
})

describe('a task that runs once', () => {
  it('asks for images only where it is to make something', () => {
    const desired = migration({ more: [LOG] })
    const unresolved = (world: ObservedState, images = {}) => look(desired, world, { images }).unresolved
    expect(unresolved(two)).toEqual(['log:1', 'm:1'])
    expect(wave(desired, two, { images: { 'log:1': imageOf('log:1') } })).toEqual([])
    const done = changeContainers(
      settledWorld(desired, two),
      c => c.identity.container === 'log',
      () => undefined,
    )
    expect(unresolved(done)).toEqual([])
    expect(unresolved(change(done, 'app', CREATED))).toEqual(['log:1'])
    expect(unresolved(change(done, 'app', FAILED))).toEqual(['log:1'])
    expect(unresolved(change(done, 'app', RUNNING))).toEqual(['log:1'])
    expect(Object.values(look(desired, settledWorld(desired, two)).pins)).toEqual([
      imageOf('m:1'),
      imageOf('log:1'),
    ])
  })

  it('asks for the images of those that are missing yet', () => {
    const more = migration({ more: [LOG], run: { count: 2 } })
    const one = changeContainers(
      settledWorld(migration({ more: [LOG] }), two),
      c => c.identity.container === 'log',
      () => undefined,
    )
    expect(look(more, one, { images: {} }).unresolved).toEqual(['log:1'])
  })

  it('waits for another that runs once, and tells it; once begun it goes on', () => {
    const others = { first: { taskDefinition: 'm' } }
    const desired = migration({ run: { dependsOn: ['first'] }, others })
    expect(state(desired, two)).toMatchObject({ waitsFor: ['first'], rollout: 'IN_PROGRESS' })
    expect(wave(desired, two).map(l => l.split(':')[0])).toEqual(['first first.1', 'first first.1'])
    const begun = changeContainers(
      change(settledWorld(desired, two), 'app', CREATED),
      c => c.identity.service === 'first',
      () => undefined,
    )
    expect(state(desired, begun)).not.toHaveProperty('waitsFor')
    expect(wave(desired, begun)[2]).toBe(
      'm m.1: 2 a start prod.m.1.REV.app (not all of its containers have run yet)',
    )
  })

  it('that is complete waits for nothing, though it may have run out of sight alone', () => {
    const others = { first: { taskDefinition: 'm', overrides: { cpu: '128' } } }
    const desired = migration({ run: { dependsOn: ['first'] }, others })
    const now = state(desired, withoutAnswer(two, 'a', 'b'))
    expect(now).toMatchObject({ presumed: 1, rollout: 'COMPLETED' })
    expect(now).not.toHaveProperty('waitsFor')
  })

  it('is stopped and removed where fewer are to run', () => {
    const three = change(settledWorld(migration({ run: { count: 3 } }), two), '3', RUNNING)
    const fewer = migration({ run: { count: 2 } })
    expect(wave(fewer, three)).toEqual([
      'm m.3: 0 a stop prod.m.3.REV.app (up to 0 s) (2 are to run)',
      'm m.3: 1 a remove prod.m.3.REV.app after 0 (2 are to run)',
    ])
    expect(state(fewer, three)).toMatchObject({ rollout: 'IN_PROGRESS' })
  })

  it('that has ended takes its sidecars with it', () => {
    const desired = migration({ more: [LOG] })
    const now = change(settledWorld(desired, two), 'log', RUNNING)
    expect(wave(desired, now)).toEqual(['m m.1: 0 a stop prod.m.1.REV.log (up to 0 s) (it has ended)'])
  })

  it('that failed before is run again, in a diff too, but not while an instance does not answer', () => {
    const failed = change(settledWorld(migration(), two), 'app', FAILED, 'before')
    expect(wave(migration(), failed)).toEqual([
      'm m.1: 0 a remove prod.m.1.REV.app (it failed, and is run again)',
    ])
    expect(state(migration(), failed)).toMatchObject({ rollout: 'IN_PROGRESS', failures: 1 })
    const unlabelled = change(failed, 'app', {}, '')
    expect(wave(migration(), unlabelled, { deployment: '' })).toHaveLength(1)
    expect(wave(migration(), withoutAnswer(failed, 'b'))).toEqual([])
    expect(state(migration(), withoutAnswer(failed, 'b'))).toMatchObject({ rollout: 'FAILED' })
  })

  it('that failed is told with its containers', () => {
    const failed = change(settledWorld(migration(), two), 'app', FAILED)
    const [container] = tasksByService(failed).get('m')?.[0]?.containers ?? []
    expect(state(migration(), failed)?.failing).toEqual([
      { task: 'm.1', instance: 'a', containers: [container?.id] },
    ])
  })

  it('that ran twice, once well and once not, has failed', () => {
    const world = settledWorld(migration(), two)
    const { a } = world.instances
    if (!a?.reachable) throw new Error('a is there')
    const failed = a.containers.map(c => ({ ...c, ...FAILED, identity: { ...c.identity, deployment: 'd1' } }))
    const both = { instances: { a, b: { ...a, name: 'b', containers: failed } } }
    expect(state(migration(), both)).toMatchObject({ current: 1, failures: 1, rollout: 'FAILED' })
  })

  it('is not complete while an earlier revision of it runs', () => {
    const [old, now] = [1, 2].map(
      version => settledWorld(migration({ version }), emptyHosts('a')).instances['a'],
    )
    if (!old?.reachable || !now?.reachable) throw new Error('a is there')
    const runs = old.containers.map(c => ({ ...c, ...RUNNING }))
    const both = { instances: { a: now, b: { ...old, name: 'b', containers: runs } } }
    expect(wave(migration({ version: 2 }), both)).toEqual([])
    expect(state(migration({ version: 2 }), both)).toMatchObject({ current: 1, rollout: 'IN_PROGRESS' })
  })

  it('does not run beside what of an earlier revision still runs; what is paused of one goes', () => {
    const of = (version: number) => migration({ version, more: [LOG] })
    const old = settledWorld(of(1), two)
    expect(wave(of(2), change(old, 'log', RUNNING))).toEqual([])
    expect(wave(of(2), change(old, 'log', PAUSED))).toContain(
      'm m.1: 1 a stop prod.m.1.REV.log (up to 0 s) (revision REV → REV)',
    )
  })
})

describe('one whose making was cut short', () => {
  const HEAVY = { memory: 5000 }

  it('goes on with what runs of it, whatever else there is room for', () => {
    const desired = migration({ app: HEAVY, more: [LOG] })
    const now = change(change(settledWorld(desired, two), 'app', RUNNING), 'log', CREATED)
    expect(wave(desired, now)).toEqual([
      'm m.1: 0 a start prod.m.1.REV.log (not all of its containers have run yet)',
    ])
  })

  it('goes on on a DRAINING instance', () => {
    const hosts = { a: { address: 'ssh://a', status: 'DRAINING' } }
    const world = settledWorld(migration({ hosts: instances('a') }), emptyHosts('a'))
    expect(wave(migration({ hosts }), change(world, 'app', CREATED))).toHaveLength(1)
  })

  it('takes its room again before the next does', () => {
    const hosts = instances('a')
    const of = (memory: number) => migration({ hosts, run: { count: 2 }, app: { memory } })
    const world = settledWorld(of(4000), emptyHosts('a'))
    const { a } = change(world, 'app', CREATED).instances
    if (!a?.reachable) throw new Error('a is there')
    const small = { instances: { a: { ...a, engine: { ...a.engine, memoryMiB: 7000 } } } }
    expect(wave(of(4000), small)).toEqual([
      'm m.1: 0 a start prod.m.1.REV.app (not all of its containers have run yet)',
    ])
    expect(look(of(4000), small).problems).toMatchObject([{ code: 'PLACEMENT_FAILED', service: 'm' }])
  })

  it('does not go on without its GPU', () => {
    const gpu = { resourceRequirements: [{ type: 'GPU', value: '1' }] }
    const hosts = { a: { address: 'ssh://a', gpus: ['0', '1'] } }
    const desired = migration({ hosts, app: gpu, run: { count: 2 } })
    const world = change(settledWorld(desired, emptyHosts('a')), 'app', CREATED)
    const both = changeContainers(
      world,
      () => true,
      c => ({ ...c, gpus: ['0'] }),
    )
    expect(wave(desired, both)).toHaveLength(1)
    expect(look(desired, both).problems.map(p => p.message)).toEqual([
      'no container instance can take m: 1 lacks GPUs (need 1)',
    ])
  })
})

describe('where a task that runs once goes', () => {
  const distinct = { placementConstraints: [{ type: 'distinctInstance' }] }
  const created = (desired: DesiredState, world: ObservedState) =>
    wave(desired, world).flatMap(l => / (\w) create (m\.\d)/.exec(l)?.slice(1, 3).join(' ') ?? [])

  it('is no instance that has one, where they are to be apart, though that one has ended', () => {
    const one = settledWorld(migration({ run: distinct }), two)
    const more = migration({ run: { ...distinct, count: 2 } })
    expect(created(more, one)).toEqual(['b m.2'])
    expect(created(migration({ run: { ...distinct, count: 3 } }), two)).toEqual(['a m.1', 'b m.2'])
    expect(look(migration({ run: { ...distinct, count: 3 } }), two).problems).toMatchObject([
      { code: 'PLACEMENT_FAILED', service: 'm' },
    ])
  })

  it('is spread beside those that run, not beside those that have ended', () => {
    const one = settledWorld(migration(), two)
    const more = migration({ run: { count: 2 } })
    expect(created(more, one)).toEqual(['a m.2'])
    expect(created(more, change(one, 'app', RUNNING))).toEqual(['b m.2'])
  })

  it('may be the same instance under another constraint', () => {
    const placementConstraints = [{ type: 'memberOf', expression: 'ec2InstanceId == b' }]
    const desired = migration({ run: { count: 2, placementConstraints } })
    expect(created(desired, two)).toEqual(['b m.1', 'b m.2'])
  })

  it('is where the data of the others is', () => {
    const task = {
      volumes: [{ name: 'data', dockerVolumeConfiguration: { scope: 'shared', autoprovision: true } }],
    }
    const app = { mountPoints: [{ sourceVolume: 'data', containerPath: '/data' }] }
    const one = settledWorld(migration({ app, task, hosts: instances('b') }), emptyHosts('b'))
    const world = { instances: { ...two.instances, ...one.instances } }
    expect(created(migration({ app, task }), world)).toEqual([])
    expect(created(migration({ app, task, run: { count: 2, nonce: '2' } }), world)).toEqual([
      'b m.1',
      'a m.2',
    ])
  })

  it('is told where there is none', () => {
    const heavy = migration({ app: { memory: 9000 } })
    expect(look(heavy, two).problems.map(p => `${p.service}: ${p.message}`)).toEqual([
      'm: no container instance can take m: 2 lack memory (need 9000 MiB)',
    ])
    expect(look(migration(), two).problems).toEqual([])
  })

  it('is none where somebody else has its name', () => {
    const [step] = look(migration({ hosts: instances('a') }), emptyHosts('a'), {}).plan.steps.flatMap(s =>
      s.action.kind === 'create-container' ? [s.action.name] : [],
    )
    const foreign = [{ id: 'f', name: step ?? '', ports: [], imageId: '' }]
    const now = look(migration({ hosts: instances('a') }), { instances: { a: host('a', { foreign }) } })
    expect(now.plan.steps.filter(s => s.action.kind !== 'pull-image')).toEqual([])
    expect(now.problems.map(p => p.code)).toEqual(['NAME_TAKEN'])
  })
})

describe('a task that runs once in the place of a service', () => {
  it('stops what the service of its name runs: that ends never by itself', () => {
    const service = document({
      containerInstances: instances('a'),
      taskDefinitions: { m: { containerDefinitions: [{ name: 'app', image: 'm:1', stopTimeout: 0 }] } },
      services: { m: { taskDefinition: 'm', desiredCount: 1 } },
    })
    const { plan } = look(migration({ hosts: instances('a') }), settledWorld(service, emptyHosts('a')))
    expect(plan.steps.map(s => s.action.kind)).toEqual([
      'stop-container',
      'remove-container',
      'create-container',
      'start-container',
    ])
  })
})

describe('a task that runs once, out of sight', () => {
  const three = migration({ run: { count: 3 }, hosts: instances('a', 'b', 'c') })

  it('is as many as are not seen, which is told with what to do', () => {
    const world = withoutAnswer(settledWorld(three, emptyHosts('a')), 'b', 'c')
    const less = changeContainers(
      world,
      c => c.identity.slot === '3',
      () => undefined,
    )
    const now = look(three, less)
    expect(now.services).toMatchObject([{ presumed: 1, current: 2, rollout: 'COMPLETED' }])
    expect(now.plan.steps).toEqual([])
    expect(
      now.warnings.slice(2).map(w => `${w.code} ${w.service}: ${w.message} ${w.next}`),
    ).toMatchInlineSnapshot(`
      [
        "HOST_UNREACHABLE m: m: 1 of 3 tasks that run once are not seen; they may run, or have run, on b, c, and are not started a second time Bring b, c back; or, if it is gone for good, take it out of the document.",
      ]
    `)
  })

  it('is not run here for the sight of one that is asked for no more', () => {
    const world = withoutAnswer(settledWorld(three, emptyHosts('a')), 'b')
    const third = changeContainers(
      world,
      c => c.identity.slot !== '3',
      () => undefined,
    )
    const now = look(migration({ run: { count: 1 }, hosts: instances('a', 'b') }), third)
    expect(printPlan(now.plan).filter(line => line.includes('create'))).toEqual([])
    expect(now.services).toMatchObject([{ presumed: 1 }])
  })

  it('is no matter where all are seen', () => {
    const world = withoutAnswer(settledWorld(three, emptyHosts('a')), 'b', 'c')
    expect(look(three, world).warnings.map(w => w.message)).toEqual([
      'b does not answer',
      'c does not answer',
    ])
    expect(look(three, emptyHosts('a', 'b', 'c')).warnings).toEqual([])
  })
})

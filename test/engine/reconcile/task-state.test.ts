import { describe, expect, it } from 'vitest'
import type { TaskDefinition } from '../../../engine/desired-state/desired-state.generated.ts'
import type { ObservedContainer } from '../../../engine/observed-state.ts'
import { isGivenUp, reachOf, whatIsLate } from '../../../engine/reconcile/dependency-state.ts'
import { isToStartAgain, wasRestartedTooSoon } from '../../../engine/reconcile/restarts.ts'
import { inShutdownOrder } from '../../../engine/reconcile/shutdown.ts'
import { startsNow } from '../../../engine/reconcile/start-order.ts'
import {
  deploymentOf,
  isNamedAsLabelled,
  type ObservedTask,
  tasksByService,
} from '../../../engine/reconcile/task.ts'
import { failedAgo, healthyFor, lostItsNetwork, taskState } from '../../../engine/reconcile/task-state.ts'
import { document, emptyHosts, host, instances, look, settledWorld } from '../../support/worlds.ts'

type Told = Partial<ObservedContainer>

const NOW = host('a').clock
const ago = (ms: number) => ({ startedAt: NOW - ms })
const ENDED = { status: 'exited', exitCode: 0, finishedAt: NOW - 1000 } as const
const FAILED = { ...ENDED, exitCode: 1 } as const
const CREATED = { status: 'created', startedAt: 0 } as const
const HEALTHY = { health: 'healthy' } as const
const STARTING = { health: 'starting' } as const
const UNHEALTHY = { health: 'unhealthy' } as const

/** A task definition; what others wait for to be HEALTHY has a health check. */
function definition(containers: Record<string, object>, more: object = {}): TaskDefinition {
  const awaited: readonly string[] =
    JSON.stringify(containers).match(/(?<=containerName":")\w+(?=","condition":"HEALTHY)/g) ?? []
  const containerDefinitions = Object.entries(containers).map(([name, c]) => ({
    name,
    image: `${name}:1`,
    ...(awaited.includes(name) && { healthCheck: { command: ['CMD', 'true'] } }),
    ...c,
  }))
  const { taskDefinitions } = document({
    containerInstances: instances('a'),
    taskDefinitions: { app: { containerDefinitions, ...more } },
  })
  return taskDefinitions['app'] ?? expect.fail()
}

/** The task of a definition, each container up for a minute unless it is told otherwise; undefined: it is not there. */
function task(of: TaskDefinition, told: Record<string, Told | undefined> = {}): ObservedTask {
  const desired = document({
    containerInstances: instances('a'),
    taskDefinitions: { app: of },
    services: { app: { taskDefinition: 'app' } },
  })
  const [made] = tasksByService(settledWorld(desired, emptyHosts('a'))).get('app') ?? []
  if (!made) throw new Error('there is a task')
  const plain = { status: 'running', health: 'none', ...ago(60_000), finishedAt: 0, exitCode: 0 } as const
  const containers = made.containers.flatMap(c => {
    const name = c.identity.container
    return Object.hasOwn(told, name) && told[name] === undefined
      ? []
      : [{ ...c, ...plain, createdAt: 0, ...told[name] }]
  })
  return { ...made, instance: { ...made.instance, clock: NOW }, containers }
}

const byName = ({ containers }: ObservedTask) => new Map(containers.map(c => [c.identity.container, c]))
const on = (containerName: string, condition: string) => ({ dependsOn: [{ containerName, condition }] })
const side = { essential: false }

describe('taskState', () => {
  const one = definition({ app: {} })
  const two = definition({ app: {}, web: {} })

  it.each<[string, string, TaskDefinition, Record<string, Told | undefined>]>([
    ['HEALTHY', 'it has run for its steady window', one, { app: ago(5000) }],
    ['PENDING', 'it has not', one, { app: ago(4999) }],
    ['PENDING', 'Docker starts it again', one, { app: { status: 'restarting', restartCount: 2 } }],
    ['FAILED', 'Docker starts it again and again', one, { app: { status: 'restarting', restartCount: 3 } }],
    ['FAILED', 'it is up for a moment between crashes', one, { app: { restartCount: 3, ...ago(4999) } }],
    ['HEALTHY', 'it has crashed, and is up for long', one, { app: { restartCount: 3, ...ago(5000) } }],
    [
      'FAILED',
      'it crashes, though its check passes',
      one,
      { app: { ...HEALTHY, restartCount: 3, ...ago(100) } },
    ],
    ['HEALTHY', 'its check passes', one, { app: { ...HEALTHY, restartCount: 2, ...ago(100) } }],
    ['STOPPED', 'it is paused, though its check passed', one, { app: { ...HEALTHY, status: 'paused' } }],
    ['STOPPED', 'it was stopped by hand', one, { app: ENDED }],
    ['INCOMPLETE', 'it is not there', one, { app: undefined }],
    ['HEALTHY', 'one check passes, and the others have none', two, { app: HEALTHY, web: ago(100) }],
    ['PENDING', 'one check has not passed yet', two, { app: HEALTHY, web: STARTING }],
    ['UNHEALTHY', 'one check fails', two, { app: HEALTHY, web: UNHEALTHY }],
    ['PENDING', 'one is not steady yet', two, { web: ago(100) }],
    ['PENDING', 'one is started again by Docker', two, { app: HEALTHY, web: { status: 'restarting' } }],
    ['INCOMPLETE', 'one is gone', two, { app: HEALTHY, web: undefined }],
    ['INCOMPLETE', 'one was made and not started', two, { app: HEALTHY, web: CREATED }],
    ['FAILED', 'one could not be started', two, { app: HEALTHY, web: { ...CREATED, error: 'no such file' } }],
  ])('is %s where %s', (expected, _, of, told) => {
    expect(taskState(task(of, told), of, 5000)).toBe(expected)
  })

  it('holds a crash against a task for a moment, though it need not be steady', () => {
    expect(taskState(task(one, { app: { restartCount: 3, ...ago(0) } }), one, 0)).toBe('FAILED')
    expect(taskState(task(one, { app: { restartCount: 3, ...ago(1) } }), one, 0)).toBe('HEALTHY')
  })

  const waits = (condition: string, dep: object = side) => definition({ app: on('dep', condition), dep })

  it.each<[string, string, TaskDefinition, Told]>([
    ['STOPPED', 'what it needs has succeeded', waits('SUCCESS'), ENDED],
    ['FAILED', 'what it needs has failed', waits('SUCCESS'), FAILED],
    ['INCOMPLETE', 'what it needs is not at its end', waits('SUCCESS'), {}],
    ['STOPPED', 'what it needs is healthy', waits('HEALTHY', {}), HEALTHY],
    ['INCOMPLETE', 'what it needs is not healthy yet', waits('HEALTHY', {}), STARTING],
    ['FAILED', 'what it needs is unhealthy', waits('HEALTHY', {}), UNHEALTHY],
    ['FAILED', 'what it needs stays down', waits('HEALTHY'), ENDED],
    ['STOPPED', 'what it needs comes up again first', waits('HEALTHY', {}), ENDED],
    ['STOPPED', 'what it needs has only to have been started', waits('START'), FAILED],
    ['STOPPED', 'what it needs has only to be at its end', waits('COMPLETE'), FAILED],
  ])('of a task of which a container was stopped is %s where %s', (expected, _, of, dep) => {
    expect(taskState(task(of, { app: ENDED, dep }), of, 5000)).toBe(expected)
  })

  it('waits for no sidecar that is to be started again and can never be', () => {
    const policy = { restartPolicy: { enabled: true } }
    const of = definition({ app: {}, dep: side, log: { ...side, ...policy, ...on('dep', 'SUCCESS') } })
    expect(taskState(task(of, { dep: FAILED, log: ENDED }), of, 5000)).toBe('HEALTHY')
    expect(taskState(task(of, { dep: ENDED, log: ENDED }), of, 5000)).toBe('INCOMPLETE')
  })
})

describe('a network that is held by a pause container', () => {
  const of = definition({ app: {}, log: side }, { networkMode: 'awsvpc' })
  const PAUSE = 'internal.pause'

  it.each<[string, boolean, Record<string, Told | undefined>]>([
    ['all is up', false, {}],
    ['it has ended under what runs', true, { [PAUSE]: ENDED }],
    ['it was started again under what runs', true, { [PAUSE]: ago(1000) }],
    ['all went down with the host', false, { [PAUSE]: ENDED, app: ENDED, log: ENDED }],
    ['it is gone under what was started', true, { [PAUSE]: undefined, app: ENDED, log: CREATED }],
    ['it is gone and nothing was started', false, { [PAUSE]: undefined, app: CREATED, log: CREATED }],
    ['it was started after what was only made', false, { [PAUSE]: ago(1000), app: CREATED, log: CREATED }],
  ])('where %s is lost: %s', (_, lost, told) => {
    expect(lostItsNetwork(task(of, told))).toBe(lost)
  })
})

describe('how long ago', () => {
  const of = definition({
    app: { healthCheck: { command: ['CMD', 'true'], interval: 10 } },
    web: { healthCheck: { command: ['CMD', 'true'], interval: 20 } },
    bare: {},
    log: side,
  })
  const healthy = (told: Record<string, Told>) => healthyFor(task(of, told), of, 5000)

  it('a task became healthy is told by the last of its first health checks', () => {
    expect(healthy({ app: HEALTHY, web: HEALTHY })).toBe(40_000)
    expect(healthy({ app: { ...HEALTHY, ...ago(45_000) }, web: HEALTHY })).toBe(35_000)
    expect(healthy({ app: HEALTHY, bare: ago(100), log: ago(100) })).toBe(50_000)
    expect(healthy({ app: { ...HEALTHY, ...ago(100) } })).toBe(0)
  })

  it('or by the last steady window where none is checked; what is not essential is none of it', () => {
    expect(healthy({})).toBe(55_000)
    expect(healthy({ bare: ago(30_000), log: ago(100) })).toBe(25_000)
    const stray = task(of)
    const [first] = stray.containers
    const more = first && { ...first, ...ago(10), identity: { ...first.identity, container: 'ghost' } }
    expect(
      healthyFor({ ...stray, containers: [...stray.containers, ...(more ? [more] : [])] }, of, 5000),
    ).toBe(55_000)
  })

  it('it failed is told by its last container, ended or made', () => {
    const ended = (ms: number) => ({ ...FAILED, finishedAt: NOW - ms })
    const all = { app: ended(9000), web: ended(5000), bare: ended(7000), log: ended(8000) }
    expect(failedAgo(task(of, all), 'FAILED')).toBe(5000)
    expect(failedAgo(task(of, { ...all, log: { ...CREATED, createdAt: NOW - 4000 } }), 'FAILED')).toBe(4000)
    expect(failedAgo(task(of, all), 'UNHEALTHY')).toBe(0)
  })
})

describe('what a container waits for', () => {
  const timed = { ...side, startTimeout: 30 }
  const vain = { ...side, ...on('root', 'SUCCESS') }
  const of = (condition: string, dep: object = timed, more: Record<string, object> = {}) =>
    definition({ app: on('dep', condition), dep, ...more })
  const reach = (told: Record<string, Told | undefined>, made: TaskDefinition) => {
    const containers = byName(task(made, { app: CREATED, ...told }))
    return reachOf('app', { definition: made, containers, clock: NOW })
  }
  const late = ago(30_001)
  const took = (ms: number, more: Told = {}) => ({
    ...ENDED,
    ...ago(90_000),
    finishedAt: NOW - 90_000 + ms,
    ...more,
  })

  it.each<[string, string, Told | undefined, string]>([
    ['START', 'is not there', undefined, 'waiting'],
    ['START', 'was only made', CREATED, 'waiting'],
    ['START', 'runs, however long it took', late, 'reached'],
    ['COMPLETE', 'runs', ago(30_000), 'waiting'],
    ['COMPLETE', 'ended in time', took(30_000, { exitCode: 1 }), 'reached'],
    ['COMPLETE', 'took too long to its end', took(30_001), 'failed'],
    ['COMPLETE', 'takes too long to its end', late, 'failed'],
    ['SUCCESS', 'succeeded', took(10), 'reached'],
    ['SUCCESS', 'failed', took(10, { exitCode: 1 }), 'failed'],
    ['SUCCESS', 'runs', ago(10), 'waiting'],
    ['HEALTHY', 'is healthy, however long it takes', { ...HEALTHY, ...late }, 'reached'],
    ['HEALTHY', 'is not healthy yet', { ...STARTING, ...ago(10) }, 'waiting'],
    ['HEALTHY', 'is not healthy in time', { ...STARTING, ...late }, 'failed'],
    ['HEALTHY', 'is unhealthy', { ...UNHEALTHY, ...ago(10) }, 'failed'],
    ['HEALTHY', 'has ended', took(10), 'failed'],
    ['HEALTHY', 'is started again by Docker', { ...HEALTHY, status: 'restarting', ...late }, 'waiting'],
  ])('as %s: one that %s', (condition, _, dep, expected) => {
    expect(reach({ dep }, of(condition))).toBe(expected)
  })

  it.each([
    ['START', 'reached'],
    ['COMPLETE', 'reached'],
    ['SUCCESS', 'failed'],
    ['HEALTHY', 'failed'],
  ])('as %s: one that is never started, as what it waits for itself failed', (condition, expected) => {
    const made = of(condition, vain, { root: side })
    expect(reach({ dep: CREATED, root: FAILED }, made)).toBe(expected)
    expect(reach({ dep: CREATED, root: {} }, made)).toBe('waiting')
  })

  it('without a startTimeout is never late', () => {
    expect(reach({ dep: ago(10 ** 9) }, of('COMPLETE', side))).toBe('waiting')
  })

  it('has failed where one of several did, and is reached where all are', () => {
    const both = definition({
      app: { dependsOn: [on('x', 'SUCCESS'), on('y', 'SUCCESS')].flatMap(o => o.dependsOn) },
      x: side,
      y: side,
    })
    const at = (x: Told, y: Told) =>
      reachOf('app', { definition: both, containers: byName(task(both, { app: CREATED, x, y })), clock: NOW })
    expect([at(FAILED, {}), at({}, FAILED), at(ENDED, {}), at(ENDED, ENDED)]).toEqual([
      'failed',
      'failed',
      'waiting',
      'reached',
    ])
    expect(reachOf('ghost', { definition: both, containers: new Map(), clock: NOW })).toBe('reached')
  })

  it('comes to an end where a label has a circle', () => {
    const plain = definition({ app: side, dep: side, far: side, main: {} })
    const circle = {
      ...plain,
      containerDefinitions: plain.containerDefinitions.map((c, i) => ({
        ...c,
        ...(i < 3 && (on(['dep', 'far', 'app'][i] ?? '', 'SUCCESS') as Pick<typeof c, 'dependsOn'>)),
      })),
    }
    const made = task(plain, { app: CREATED, dep: CREATED, far: CREATED })
    const all = { definition: circle, containers: byName(made), clock: NOW }
    expect(reachOf('app', all)).toBe('waiting')
    expect(isGivenUp('app', all)).toBe(false)
    expect(isGivenUp('ghost', all)).toBe(false)
    expect(inShutdownOrder(made.containers, circle).map(e => e.container.identity.container)).toEqual([
      'dep',
      'far',
      'app',
      'main',
    ])
  })

  it('is named where it is late, and only where something waits for it', () => {
    const told = (condition: string, dep: Told | undefined, app: Told = CREATED) => {
      const now = task(of(condition), { app, dep })
      return whatIsLate({ definition: of(condition), containers: byName(now), clock: NOW })
    }
    expect(told('COMPLETE', late)).toBe('dep is not at its end within its startTimeout of 30 s')
    expect(told('SUCCESS', late)).toBe('dep is not at its end within its startTimeout of 30 s')
    expect(told('COMPLETE', late, {})).toBe(undefined)
    expect(told('COMPLETE', CREATED)).toBe(undefined)
    expect(told('COMPLETE', undefined)).toBe(undefined)
    expect(told('START', late)).toBe(undefined)
  })

  it('is told of a failed task with its containers', () => {
    const desired = document({
      containerInstances: instances('a'),
      taskDefinitions: { app: of('COMPLETE') },
      services: { app: { taskDefinition: 'app' } },
    })
    const { containers, instance } = task(of('COMPLETE'), { app: CREATED, dep: late })
    const failing = look(desired, { instances: { a: { ...instance, containers } } }).services[0]?.failing
    expect(failing).toEqual([
      {
        task: 'app.1',
        instance: 'a',
        containers: containers.map(c => c.id),
        late: 'dep is not at its end within its startTimeout of 30 s',
      },
    ])
    const looping = containers.map(c => ({
      ...c,
      ...ago(10),
      status: 'restarting' as const,
      restartCount: 9,
    }))
    const other = look(desired, { instances: { a: { ...instance, containers: looping } } }).services[0]
      ?.failing
    expect(Object.keys(other?.[0] ?? {})).toEqual(['task', 'instance', 'containers'])
  })
})

describe('the containers of a task', () => {
  it('start once all that they wait for is as far, each of several', () => {
    const of = definition({
      app: { dependsOn: [on('x', 'START'), on('y', 'COMPLETE')].flatMap(o => o.dependsOn) },
      x: side,
      y: side,
    })
    const starts = (told: Record<string, Told | undefined>, created: string[] = []) =>
      startsNow(of, byName(task(of, told)), new Map(created.map(c => [c, 0])), NOW).map(s => s.name)
    expect(starts({ app: CREATED, x: CREATED, y: CREATED })).toEqual(['x', 'y'])
    expect(starts({ app: CREATED, y: ENDED })).toEqual(['app'])
    expect(starts({ app: CREATED, y: {} })).toEqual([])
    expect(starts({ app: undefined, x: undefined, y: ENDED }, ['app'])).toEqual([])
    expect(starts({ app: undefined, x: undefined, y: ENDED }, ['app', 'x'])).toEqual(['x'])
  })

  it('end each after those that wait for it, and where nobody knows what it was made from as they stand', () => {
    const of = definition({ db: {}, web: on('db', 'START'), job: on('db', 'START') })
    const { containers } = task(of)
    const said = (known: TaskDefinition | undefined) =>
      inShutdownOrder(containers, known).map(({ container, dependents }) =>
        [container, ...dependents].map(c => c.identity.container).join(' after '),
      )
    expect(said(of)).toEqual(['job', 'web', 'db after job after web'])
    expect(said(undefined)).toEqual(['db', 'job', 'web'])
  })

  it('were made in the run that made the newest of them', () => {
    const of = definition({ app: {}, web: {} })
    const made = (first: number, second: number) => {
      const both = task(of, { app: { createdAt: first }, web: { createdAt: second } })
      const containers = both.containers.map(c => ({
        ...c,
        identity: { ...c.identity, deployment: `made ${c.identity.container}` },
      }))
      return deploymentOf({ ...both, containers })
    }
    expect([made(1, 2), made(2, 1), made(1, 1)]).toEqual(['made web', 'made app', 'made app'])
  })

  it('are one task where they have its name, in whatever order Docker and the hosts come', () => {
    const desired = document({
      containerInstances: instances('a', 'b'),
      taskDefinitions: { app: definition({ app: {}, web: {} }) },
      services: {
        one: { taskDefinition: 'app', desiredCount: 2 },
        two: { taskDefinition: 'app', desiredCount: 2 },
      },
    })
    const { instances: all } = settledWorld(desired, emptyHosts('a', 'b'))
    const said = (turn: boolean) => {
      const entries = Object.entries(all).map(
        ([name, i]) =>
          [name, i.reachable && turn ? { ...i, containers: i.containers.toReversed() } : i] as const,
      )
      return [
        ...tasksByService({ instances: Object.fromEntries(turn ? entries.toReversed() : entries) }),
      ].map(
        ([service, tasks]) =>
          `${service}: ${tasks.map(t => `${t.instance.name} ${t.slot} ${t.containers.map(c => c.identity.container).join('+')}`).join(', ')}`,
      )
    }
    expect(said(false)).toEqual(['one: a 1 app+web, b 2 app+web', 'two: a 1 app+web, b 2 app+web'])
    expect(said(true)).toEqual(said(false))
  })

  it.each([
    ['prod.app.1.01234567.web', true],
    ['prod.app.1.01234567.webs', false],
    ['prod.app.1.01234567.bew', false],
    ['test.app.1.01234567.web', false],
    ['prod.bpp.1.01234567.web', false],
    ['prod-app.1.01234567.web', false],
    ['prod.app-1.01234567.web', false],
    ['prod.app.2.01234567.web', false],
    ['prod.app.1-01234567.web', false],
    ['prod.app.1.01234568.web', false],
    ['prod.app.1.01234567-web', false],
    ['', false],
  ])('are named %j as their labels say: %s', (name, expected) => {
    const [c] = task(definition({ web: {} })).containers
    if (!c) throw new Error('it is there')
    const labels = {
      cluster: 'prod',
      service: 'app',
      slot: '1',
      revision: '0123456789abcdef',
      container: 'web',
    }
    expect(isNamedAsLabelled({ ...c, name, identity: { ...c.identity, ...labels } })).toBe(expected)
  })
})

describe('a sidecar without a policy that ended', () => {
  const again = (log: Told, app: Told, condition?: string) => {
    const of = definition({ app: condition ? on('log', condition) : {}, log: side })
    const all = byName(task(of, { app, log }))
    const [container, wanted] = [all.get('log'), of.containerDefinitions[1]]
    return container && wanted && isToStartAgain(of, wanted, container, all)
  }
  const ended = (ms: number) => ({ ...ENDED, finishedAt: NOW - ms })
  const back = (ms: number, since: number) => ({ finishedAt: NOW - ms, ...ago(since) })

  it.each<[string, Told, Told, string | undefined, boolean]>([
    ['with the host', ended(50_000), back(50_000, 30_000), undefined, true],
    ['as long before as Docker may take to stop', ended(70_000), back(50_000, 30_000), undefined, true],
    ['longer before', ended(70_001), back(50_000, 30_000), undefined, false],
    ['as long after', ended(30_000), back(50_000, 30_000), undefined, true],
    ['after the other was back already', ended(30_000), back(50_000, 30_001), undefined, false],
    ['while the other never has', ended(10), { finishedAt: 0, ...ago(5) }, undefined, false],
    ['at no time that Docker tells', { ...ENDED, finishedAt: 0 }, back(10, 5), undefined, false],
    ['to its end, which is waited for', ended(50_000), back(50_000, 30_000), 'COMPLETE', false],
    ['to its success, which is waited for', ended(50_000), back(50_000, 30_000), 'SUCCESS', false],
    ['though its start is waited for', ended(50_000), back(50_000, 30_000), 'START', true],
  ])('%s', (_, log, app, condition, expected) => {
    expect(again(log, app, condition)).toBe(expected)
  })

  it('is not too soon where it had run for just its attempt period', () => {
    const of = definition({ app: { restartPolicy: { enabled: true, restartAttemptPeriod: 60 } } })
    const tooSoon = (restartCount: number, ran: number) => {
      const told = { restartCount, createdAt: NOW - ran, finishedAt: NOW }
      const [c] = task(of, { app: told }).containers
      const [wanted] = of.containerDefinitions
      return c && wanted && wasRestartedTooSoon(wanted, c)
    }
    expect([tooSoon(1, 60_000), tooSoon(1, 59_999), tooSoon(0, -1)]).toEqual([false, true, false])
  })
})

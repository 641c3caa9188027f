import { describe, expect, it } from 'vitest'
import { dockerPolicy } from '../../../engine/container-config.ts'
import type { DesiredState } from '../../../engine/desired-state/desired-state.generated.ts'
import type { ObservedContainer, ObservedState } from '../../../engine/observed-state.ts'
import { printPlan } from '../../../engine/print-plan.ts'
import { whatIsLate } from '../../../engine/reconcile/dependency-state.ts'
import { isToStartAgain, wasRestartedTooSoon } from '../../../engine/reconcile/restarts.ts'
import { tasksByService } from '../../../engine/reconcile/task.ts'
import { taskState } from '../../../engine/reconcile/task-state.ts'
import {
  changeContainers,
  document,
  emptyHosts,
  host,
  instances,
  look,
  settledWorld,
} from '../../support/worlds.ts'

const NOW = host('a').clock

/** A service of one task with these containers. */
function app(...containerDefinitions: object[]): DesiredState {
  return document({
    containerInstances: instances('a'),
    taskDefinitions: { app: { containerDefinitions } },
    services: { app: { taskDefinition: 'app' } },
  })
}

function change(
  world: ObservedState,
  name: string,
  parts: Partial<ObservedContainer> | ((c: ObservedContainer) => ObservedContainer | undefined),
): ObservedState {
  return changeContainers(
    world,
    c => c.identity.container === name,
    c => (typeof parts === 'function' ? parts(c) : { ...c, ...parts }),
  )
}

function stateOf(desired: DesiredState, world: ObservedState): string {
  const [task] = tasksByService(world).get('app') ?? []
  const definition = desired.taskDefinitions['app']
  if (!task || !definition) throw new Error('there is a task')
  return taskState(task, definition, 5000)
}

const started = { status: 'running', startedAt: NOW - 60_000 } as const
const ended = { status: 'exited', startedAt: NOW - 60_000, finishedAt: NOW - 1000 } as const

describe('a task that is stopped', () => {
  const chain = app(
    { name: 'db', image: 'db:1', stopTimeout: 60, healthCheck: { command: ['CMD', 'true'] } },
    {
      name: 'web',
      image: 'web:1',
      stopTimeout: 20,
      dependsOn: [{ containerName: 'db', condition: 'HEALTHY' }],
    },
    {
      name: 'proxy',
      image: 'proxy:1',
      stopTimeout: 5,
      dependsOn: [
        { containerName: 'web', condition: 'START' },
        { containerName: 'db', condition: 'START' },
      ],
    },
  )
  const world = settledWorld(chain, emptyHosts('a'))
  const gone = document({ containerInstances: instances('a') })

  it('ends in the reverse of the order in which it starts, each container with its own time-out', () => {
    expect(printPlan(look(gone, world).plan)).toMatchInlineSnapshot(`
      [
        " 0 a stop prod.app.1.6f28569e.proxy (up to 5 s) (no longer in the document)",
        " 1 a remove prod.app.1.6f28569e.proxy after 0 (no longer in the document)",
        " 2 a stop prod.app.1.6f28569e.web (up to 20 s) after 0 (no longer in the document)",
        " 3 a remove prod.app.1.6f28569e.web after 2 (no longer in the document)",
        " 4 a stop prod.app.1.6f28569e.db (up to 60 s) after 0, 2 (no longer in the document)",
        " 5 a remove prod.app.1.6f28569e.db after 4 (no longer in the document)",
      ]
    `)
  })

  it('does not wait for a container that is down, but for those that depend on it', () => {
    expect(printPlan(look(gone, change(world, 'web', { ...ended })).plan)).toMatchInlineSnapshot(`
      [
        " 0 a stop prod.app.1.6f28569e.proxy (up to 5 s) (no longer in the document)",
        " 1 a remove prod.app.1.6f28569e.proxy after 0 (no longer in the document)",
        " 2 a remove prod.app.1.6f28569e.web after 0 (no longer in the document)",
        " 3 a stop prod.app.1.6f28569e.db (up to 60 s) after 0 (no longer in the document)",
        " 4 a remove prod.app.1.6f28569e.db after 3 (no longer in the document)",
      ]
    `)
  })
})

describe('a container that others wait for', () => {
  const desired = app(
    { name: 'db', image: 'db:1', startTimeout: 30, healthCheck: { command: ['CMD', 'true'] } },
    { name: 'web', image: 'web:1', dependsOn: [{ containerName: 'db', condition: 'HEALTHY' }] },
  )
  const waiting = change(settledWorld(desired, emptyHosts('a')), 'web', { status: 'created', startedAt: 0 })
  const clock = Object.values(waiting.instances).flatMap(i => (i.reachable ? i.clock : []))[0] ?? 0
  const db = (ms: number, parts: Partial<ObservedContainer> = {}) =>
    stateOf(
      desired,
      change(waiting, 'db', { status: 'running', health: 'starting', startedAt: clock - ms, ...parts }),
    )

  it.each([
    ['is in time until its startTimeout is over', 30_000, {}, 'INCOMPLETE'],
    ['fails the task after that', 30_001, {}, 'FAILED'],
    ['has all the time once it is as far', 90_000, { health: 'healthy' as const }, 'INCOMPLETE'],
    ['is not out of time when it has ended', 90_000, { status: 'restarting' as const }, 'INCOMPLETE'],
  ])('%s', (_, ms, parts, state) => {
    expect(db(ms, parts)).toBe(state)
  })

  it('that is late is named with its time', () => {
    const definition = desired.taskDefinitions['app']
    const late = change(waiting, 'db', { status: 'running', health: 'starting', startedAt: clock - 30_001 })
    const containers = new Map(
      tasksByService(late)
        .get('app')
        ?.flatMap(t => t.containers.map(c => [c.identity.container, c] as const)),
    )
    const seen = (at: number) => definition && whatIsLate({ definition, containers, clock: at })
    expect(seen(clock)).toBe('db is not HEALTHY within its startTimeout of 30 s')
    expect(seen(clock - 1)).toBeUndefined()
  })
})

describe('a dependency that failed', () => {
  const failed = { status: 'exited', exitCode: 7, startedAt: NOW - 5000, finishedAt: NOW - 4000 } as const
  const created = { status: 'created', startedAt: 0 } as const
  const waitsFor = (containerName: string, condition: string) => ({
    dependsOn: [{ containerName, condition }],
  })
  /** `migrate` failed; `report` waits for its success, `notify` for `report`. */
  const world = (essential: boolean, condition: string) => {
    const desired = app(
      { name: 'app', image: 'app:1' },
      { name: 'migrate', image: 'migrate:1', essential: false },
      {
        name: 'report',
        image: 'report:1',
        essential,
        healthCheck: { command: ['CMD', 'true'] },
        ...waitsFor('migrate', 'SUCCESS'),
      },
      { name: 'notify', image: 'notify:1', essential: false, ...waitsFor('report', condition) },
    )
    const settled = settledWorld(desired, emptyHosts('a'))
    const there = change(change(change(settled, 'migrate', failed), 'report', created), 'notify', created)
    return { desired, there, plan: printPlan(look(desired, there).plan) }
  }

  it('ends the task of an essential container', () => {
    const { desired, there } = world(true, 'START')
    expect(stateOf(desired, there)).toBe('FAILED')
  })

  it.each([
    ['START', 'INCOMPLETE', [' 0 a start prod.app.1.cd4cfd34.notify (not all of its containers run yet)']],
    ['HEALTHY', 'HEALTHY', []],
  ])(
    'is missed by no task where only another waits for it: that one counts as ended, for %s too',
    (condition, state, steps) => {
      const { desired, there, plan } = world(false, condition)
      expect(stateOf(desired, there)).toBe(state)
      expect(plan).toEqual(steps)
    },
  )
})

describe('restartPolicy', () => {
  const policy = (restartPolicy: object | undefined, essential = true) => {
    const desired = app(
      { name: 'app', image: 'app:1', essential, ...(restartPolicy && { restartPolicy }) },
      { name: 'other', image: 'other:1' },
    )
    const task = desired.taskDefinitions['app']
    return { desired, task, definition: task?.containerDefinitions[0] }
  }

  it.each([
    ['without one an essential container is kept up', undefined, true, 'unless-stopped'],
    ['without one another stays down', undefined, false, 'no'],
    ['one that is not enabled is none', { enabled: false }, false, 'no'],
    ['every exit is for Docker', { enabled: true }, false, 'unless-stopped'],
    ['every exit but 0 too', { enabled: true, ignoredExitCodes: [0] }, true, 'on-failure'],
    ['other exit codes Docker cannot tell', { enabled: true, ignoredExitCodes: [0, 3] }, true, 'no'],
  ])('%s', (_, restartPolicy, essential, expected) => {
    const { task, definition } = policy(restartPolicy, essential)
    expect(task && definition && dockerPolicy(task, definition)).toBe(expected)
  })

  const ignoring = { enabled: true, ignoredExitCodes: [3], restartAttemptPeriod: 60 }
  const ran = (seconds: number, exitCode: number) => ({
    status: 'exited' as const,
    exitCode,
    startedAt: NOW - seconds * 1000,
    finishedAt: NOW,
  })

  it.each([
    ['it ran long enough', ignoring, ran(60, 1), true, 'STOPPED'],
    ['it ran too short a time', ignoring, ran(59, 1), false, 'FAILED'],
    ['its exit code is ignored', ignoring, ran(900, 3), false, 'FAILED'],
    ['it is kept up and was stopped by hand', undefined, ran(1, 0), true, 'STOPPED'],
    ['0 is ignored', { enabled: true, ignoredExitCodes: [0] }, ran(900, 0), false, 'FAILED'],
    ['1 is not', { enabled: true, ignoredExitCodes: [0] }, ran(1, 1), true, 'STOPPED'],
  ])('an essential container that ended: %s', (_, restartPolicy, parts, again, state) => {
    const { desired, definition } = policy(restartPolicy)
    const world = change(settledWorld(desired, emptyHosts('a')), 'app', parts)
    const [task] = tasksByService(world).get('app') ?? []
    const whole = desired.taskDefinitions['app']
    const container = task?.containers.find(c => c.identity.container === 'app')
    if (!task || !whole || !definition || !container) throw new Error('it is there')
    const byName = new Map(task.containers.map(c => [c.identity.container, c]))
    expect(isToStartAgain(whole, definition, container, byName)).toBe(again)
    expect(stateOf(desired, world)).toBe(state)
  })

  it.each([
    ['never', 0, 10, false],
    ['once, after the period', 1, 61, false],
    ['once, before it', 1, 59, true],
    ['so often that one run was too short', 3, 179, true],
  ])('Docker restarted it %s', (_, restartCount, seconds, expected) => {
    const { desired, definition } = policy({ enabled: true, restartAttemptPeriod: 60 })
    const times = { restartCount, createdAt: NOW - seconds * 1000, finishedAt: NOW }
    const world = change(settledWorld(desired, emptyHosts('a')), 'app', times)
    const [container] = tasksByService(world).get('app')?.[0]?.containers ?? []
    expect(container && definition && wasRestartedTooSoon(definition, container)).toBe(expected)
    expect(stateOf(desired, world)).toBe(expected ? 'FAILED' : 'HEALTHY')
  })

  it('restarts nothing by itself that Docker restarts', () => {
    const { desired } = policy({ enabled: true }, false)
    const restarting = change(settledWorld(desired, emptyHosts('a')), 'app', { status: 'restarting' })
    expect(look(desired, restarting).plan.steps).toEqual([])
  })
})

describe('a sidecar without a policy', () => {
  const desired = app(
    { name: 'app', image: 'app:1', dependsOn: [{ containerName: 'init', condition: 'COMPLETE' }] },
    { name: 'init', image: 'init:1', essential: false },
    { name: 'log', image: 'log:1', essential: false },
  )
  const settled = settledWorld(desired, emptyHosts('a'))

  it('that ended by itself stays down, and its task is healthy', () => {
    const world = change(settled, 'log', { ...ended })
    expect(stateOf(desired, world)).toBe('HEALTHY')
    expect(look(desired, world).plan.steps).toEqual([])
  })

  it('that went down with the host is started again; the init container is not', () => {
    const down = { status: 'exited', exitCode: 0, finishedAt: NOW - 30_000 } as const
    const rebooted = change(change(change(settled, 'log', down), 'init', down), 'app', {
      ...started,
      startedAt: NOW - 20_000,
      finishedAt: NOW - 29_000,
    })
    expect(stateOf(desired, rebooted)).toBe('INCOMPLETE')
    expect(printPlan(look(desired, rebooted).plan)).toMatchInlineSnapshot(`
      [
        " 0 a start prod.app.1.55d5d777.log (not all of its containers run yet)",
      ]
    `)
  })

  it('that ended long before the essential container did stays down', () => {
    const world = change(change(settled, 'log', { ...ended, finishedAt: NOW - 90_000 }), 'app', {
      ...started,
      startedAt: NOW - 20_000,
      finishedAt: NOW - 29_000,
    })
    expect(look(desired, world).plan.steps).toEqual([])
  })
})

describe('a volume of a task that Docker was stopped in making', () => {
  const desired = document({
    containerInstances: instances('a'),
    taskDefinitions: {
      app: { volumes: [{ name: 'data' }], containerDefinitions: [{ name: 'app', image: 'app:1' }] },
    },
    services: { app: { taskDefinition: 'app' } },
  })
  const [settled] = Object.values(settledWorld(desired, emptyHosts('a')).instances)
  if (!settled?.reachable) throw new Error('it is there')
  const [volume] = settled.volumes
  const name = volume?.name ?? ''
  const world = (parts: object): ObservedState => ({ instances: { a: { ...settled, ...parts } } })

  it('is made anew: without a label it would be left behind', () => {
    const half = world({ containers: [], volumes: [{ name }, { name: 'theirs' }] })
    expect(printPlan(look(desired, half).plan)).toMatchInlineSnapshot(`
      [
        " 0 a remove volume prod.app.1.0ae19a8b.volume.data (1 desired, none runs)",
        " 1 a create volume prod.app.1.0ae19a8b.volume.data after 0 (1 desired, none runs)",
        " 2 a create app.1 app of 0ae19a8b after 1 (1 desired, none runs)",
        " 3 a start prod.app.1.0ae19a8b.app after 2 (1 desired, none runs)",
      ]
    `)
  })

  it('stays where a container was made with it, and where it has its label', () => {
    expect(look(desired, world({ volumes: [{ name }] })).plan.steps).toEqual([])
    const labelled = printPlan(look(desired, world({ containers: [], volumes: [volume] })).plan)
    expect(labelled.filter(step => step.includes('volume'))).toEqual([])
  })
})

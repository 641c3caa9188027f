import { describe, expect, it } from 'vitest'
import type { DesiredState } from '../../engine/desired-state/desired-state.generated.ts'
import type { ObservedContainer, ObservedState } from '../../engine/observed-state.ts'
import { forecast } from '../../engine/simulate.ts'
import {
  changeContainers,
  context,
  document,
  emptyHosts,
  host,
  instances,
  look,
  printWaves,
  settledWorld,
} from '../support/worlds.ts'
import { darkened } from './clusters.ts'
import { aliveTasks, belongings } from './counts.ts'

/** Each is a case that a property found once, as small as it can be. */

const sidecar = {
  containerDefinitions: [
    {
      name: 'app',
      image: 'app:1',
      memory: 64,
      dependsOn: [{ containerName: 'proxy', condition: 'HEALTHY' }],
    },
    { name: 'proxy', image: 'proxy:1', memory: 64, healthCheck: { command: ['CMD', 'true'] } },
  ],
}

function app(
  parts: { task?: object; service?: object; hosts?: Record<string, object>; container?: object } = {},
): DesiredState {
  const container = { name: 'app', image: 'app:1', memory: 64, ...parts.container }
  return document({
    containerInstances: parts.hosts ?? instances('a', 'b', 'c'),
    taskDefinitions: { app: { containerDefinitions: [container], ...parts.task } },
    services: { app: { taskDefinition: 'app', ...parts.service } },
  })
}

const daemon = (parts: object = {}) => ({ schedulingStrategy: 'DAEMON', ...parts })
const percent = (minimumHealthyPercent: number, maximumPercent: number) => ({
  deploymentConfiguration: { minimumHealthyPercent, maximumPercent },
})

const all = () => true
const named = (name: string) => (c: ObservedContainer) => c.identity.container === name
const stopped = (c: ObservedContainer) => ({ ...c, status: 'exited' as const })

function end(desired: DesiredState, observed: ObservedState) {
  return forecast(desired, observed, context(desired))
}

describe('a REPLICA service', () => {
  it('mends no task that it stops in the same wave', () => {
    const one = app({ task: sidecar, hosts: instances('a'), service: { desiredCount: 1 } })
    const none = app({ task: sidecar, hosts: instances('a'), service: { desiredCount: 0 } })
    const half = changeContainers(settledWorld(one, emptyHosts('a')), named('proxy'), () => undefined)
    expect(printWaves(none, half)).toMatchInlineSnapshot(`
      [
        "wave 1",
        " 0 a stop prod.app.1.6c3112fc.app (up to 30 s) (0 desired, 1 run)",
        " 1 a remove prod.app.1.6c3112fc.app after 0 (0 desired, 1 run)",
      ]
    `)
  })

  it('starts no more stopped tasks again than there is room for', () => {
    const desired = app({ hosts: instances('a'), container: { memory: 4096 }, service: { desiredCount: 2 } })
    const full = changeContainers(settledWorld(desired, emptyHosts('a')), all, stopped)
    const { a } = full.instances
    if (!a?.reachable) throw new Error('a is there')
    const less = { instances: { a: { ...a, engine: { ...a.engine, memoryMiB: 6000 } } } }
    const { plan } = look(desired, less)
    expect(plan.steps.filter(s => s.action.kind === 'start-container')).toHaveLength(1)
  })

  it('leaves the identity in its plan and nothing else of the task that it mends', () => {
    const desired = app({ task: sidecar, hosts: instances('a'), service: { desiredCount: 1 } })
    const half = changeContainers(settledWorld(desired, emptyHosts('a')), named('proxy'), () => undefined)
    const created = look(desired, half).plan.steps.flatMap(s =>
      s.action.kind === 'create-container' ? [Object.keys(s.action.task)] : [],
    )
    expect(created).toEqual([['cluster', 'service', 'slot', 'revision']])
  })

  it('gives a successor no name that a renamed container has', () => {
    const desired = app({ hosts: instances('a'), service: { desiredCount: 1 } })
    const renamed = changeContainers(settledWorld(desired, emptyHosts('a')), all, c => ({
      ...c,
      name: c.name.replace('.1.', '.2.'),
    }))
    expect(end(desired, renamed).end).toMatchObject({ converged: true, problems: [] })
  })

  it('keeps the volume of a task of which one container was renamed', () => {
    const volume = {
      task: {
        containerDefinitions: sidecar.containerDefinitions.map(c => ({
          ...c,
          mountPoints: [{ sourceVolume: 'data', containerPath: '/data' }],
        })),
        volumes: [{ name: 'data' }],
      },
    }
    const desired = app({ ...volume, hosts: instances('a'), service: { desiredCount: 1 } })
    const renamed = changeContainers(settledWorld(desired, emptyHosts('a')), named('app'), c => ({
      ...c,
      name: 'mine',
    }))
    const { world } = end(desired, renamed)
    expect(belongings(world)).toEqual({ containers: 2, volumes: 1, networks: 0 })
  })

  it('keeps the volume that a task left behind where the task is made again', () => {
    const volume = {
      container: { mountPoints: [{ sourceVolume: 'data', containerPath: '/data' }] },
      task: { volumes: [{ name: 'data' }] },
    }
    const desired = document({
      containerInstances: instances('a'),
      taskDefinitions: {
        app: { containerDefinitions: [{ name: 'app', image: 'app:1', ...volume.container }], ...volume.task },
      },
      services: { app: { taskDefinition: 'app', desiredCount: 1 } },
    })
    const gone = changeContainers(settledWorld(desired, emptyHosts('a')), all, () => undefined)
    const { world, end: last } = end(desired, gone)
    expect(last.converged).toBe(true)
    expect(belongings(world)).toEqual({ containers: 1, volumes: 1, networks: 0 })
  })
})

describe('a task whose containers wait for one another', () => {
  const desired = app({ task: sidecar, hosts: instances('a'), service: { desiredCount: 1 } })
  const world = settledWorld(desired, emptyHosts('a'))

  it('is replaced where a stopped container waits for an unhealthy one', () => {
    const ill = changeContainers(world, all, c =>
      c.identity.container === 'app' ? stopped(c) : { ...c, health: 'unhealthy' },
    )
    expect(end(desired, ill).end.converged).toBe(true)
  })

  it('is waited for where a stopped container waits for one that starts', () => {
    const starting = changeContainers(world, all, c =>
      c.identity.container === 'app' ? stopped(c) : { ...c, health: 'starting' },
    )
    expect(look(desired, starting)).toMatchObject({ waiting: true, plan: { steps: [] } })
  })

  it('has failed where one crashes though another was only stopped', () => {
    const crashing = changeContainers(world, all, c =>
      c.identity.container === 'app' ? stopped(c) : { ...c, status: 'restarting', restartCount: 5 },
    )
    expect(end(desired, crashing).end.converged).toBe(true)
  })
})

describe('a DAEMON service', () => {
  it('does not count tasks that leave their instance towards its minimum', () => {
    const hosts = instances('a', 'b', 'c', 'd')
    const before = app({ hosts, service: daemon() })
    const world = settledWorld(before, emptyHosts('a', 'b', 'c', 'd'))
    const two = {
      ...hosts,
      c: { address: 'ssh://c', status: 'DRAINING' },
      d: { address: 'ssh://d', status: 'DRAINING' },
    }
    const after = app({
      hosts: two,
      container: { image: 'app:2' },
      service: daemon({ deploymentConfiguration: { minimumHealthyPercent: 50 } }),
    })
    const { steps } = look(after, world).plan
    const stops = steps.flatMap(s => (s.action.kind === 'stop-container' ? [s.action.instance] : []))
    expect(stops.filter(i => i === 'a' || i === 'b')).toHaveLength(1)
  })

  it('that may stop nothing says so', () => {
    const before = app({ hosts: instances('a'), service: daemon() })
    const after = app({
      hosts: instances('a'),
      container: { image: 'app:2' },
      service: daemon({ deploymentConfiguration: { minimumHealthyPercent: 99 } }),
    })
    const now = end(after, settledWorld(before, emptyHosts('a'))).end
    expect(now.problems.map(p => `${p.code} ${p.message}`)).toEqual([
      'DEPLOYMENT_STUCK app cannot stop a task: minimumHealthyPercent 99 of 1 keeps 1 in service',
    ])
  })

  it('starts a stopped task again only where there is still room for it', () => {
    const desired = app({ hosts: instances('a'), service: daemon(), container: { memory: 4096 } })
    const world = changeContainers(settledWorld(desired, emptyHosts('a')), all, stopped)
    const { a } = world.instances
    if (!a?.reachable) throw new Error('a is there')
    const less = { instances: { a: { ...a, engine: { ...a.engine, memoryMiB: 2048 } } } }
    expect(look(desired, less)).toMatchObject({
      plan: { steps: [] },
      problems: [{ code: 'PLACEMENT_FAILED' }],
    })
  })

  it('makes no container anew under a name before the old one is gone', () => {
    const desired = app({ hosts: instances('a'), service: daemon() })
    const world = changeContainers(settledWorld(desired, emptyHosts('a')), all, c => ({
      ...stopped(c),
      config: { ...c.config, stopTimeout: 77 },
    }))
    expect(look(desired, world).plan.steps.map(s => s.action.kind)).toEqual(['remove-container'])
    expect(end(desired, world).end.converged).toBe(true)
  })
})

describe('while an instance does not answer', () => {
  const three = emptyHosts('a', 'b', 'c')
  const count = { desiredCount: 3 }
  const world = darkened(settledWorld(app({ service: count }), three), 'c')

  it('a service that stops before it starts keeps what is seen', () => {
    const next = app({ container: { image: 'app:2' }, service: { ...count, ...percent(0, 100) } })
    expect(aliveTasks(end(next, world).world)).toHaveLength(2)
  })

  it('a task that moves off a DRAINING instance is not started for the hidden ones too', () => {
    const hosts = { ...instances('a', 'b', 'c'), a: { address: 'ssh://a', status: 'DRAINING' } }
    expect(aliveTasks(end(app({ hosts, service: count }), world).world)).toHaveLength(2)
  })

  it('a task that was changed by hand is replaced where no task is hidden', () => {
    const seen = settledWorld(app({ hosts: instances('a'), service: { desiredCount: 1 } }), emptyHosts('a'))
    const changed = changeContainers(seen, all, c => ({ ...c, config: { ...c.config, stopTimeout: 77 } }))
    const both = darkened({ instances: { ...changed.instances, b: host('b') } }, 'b')
    const desired = app({ hosts: instances('a', 'b'), service: { desiredCount: 1 } })
    expect(end(desired, both).end.converged).toBe(true)
  })
})

it('the order in which Docker lists containers means nothing', () => {
  const desired = app({ hosts: instances('a'), service: { desiredCount: 4 } })
  const world = settledWorld(desired, emptyHosts('a'))
  const { a } = world.instances
  if (!a?.reachable) throw new Error('a is there')
  const turned = { instances: { a: { ...a, containers: a.containers.toReversed() } } }
  const fewer = app({ hosts: instances('a'), service: { desiredCount: 2 } })
  expect(look(fewer, turned)).toEqual(look(fewer, world))
})

describe('two tasks of one slot and revision', () => {
  const one = app({ hosts: instances('a', 'b'), service: { desiredCount: 1 } })
  const { a } = settledWorld(one, emptyHosts('a', 'b')).instances
  if (!a?.reachable) throw new Error('a is there')
  const both = { instances: { a, b: { ...a, name: 'b' } } }

  it('become one, where one is wanted', () => {
    expect(printWaves(one, both)).toMatchInlineSnapshot(`
      [
        "wave 1",
        " 0 b stop prod.app.1.a7f2e629.app (up to 30 s) (app.1 runs on a too)",
        " 1 b remove prod.app.1.a7f2e629.app after 0 (app.1 runs on a too)",
      ]
    `)
  })

  it.for([
    ['stopped', stopped],
    ['young', (c: ObservedContainer) => ({ ...c, startedAt: a.clock })],
  ] as const)('become the one in service where the first is %s', ([, change]) => {
    const first = changeContainers(both, (_, instance) => instance === 'a', change)
    expect(aliveTasks(end(one, first).world).map(t => t.instance.name)).toEqual(['b'])
  })

  it('become two tasks, and never fewer are in service, where two are wanted', () => {
    const two = app({ hosts: instances('a', 'b'), service: { desiredCount: 2 } })
    expect(printWaves(two, both)).toMatchInlineSnapshot(`
      [
        "wave 1",
        " 0 b create app.2 app of a7f2e629 (app.1 runs on a too)",
        " 1 b start prod.app.2.a7f2e629.app after 0 (app.1 runs on a too)",
        "wave 2",
        " 0 b stop prod.app.1.a7f2e629.app (up to 30 s) (app.1 runs on a too)",
        " 1 b remove prod.app.1.a7f2e629.app after 0 (app.1 runs on a too)",
      ]
    `)
  })
})

it('a DAEMON that waits to be the last on its instance holds up nobody that depends on it', () => {
  const shop = (version: number, status = 'ACTIVE') =>
    document({
      containerInstances: { ...instances('b'), a: { address: 'ssh://a', status } },
      taskDefinitions: {
        log: { containerDefinitions: [{ name: 'app', image: 'log:1' }] },
        web: { containerDefinitions: [{ name: 'app', image: `web:${version}` }] },
      },
      services: {
        log: { taskDefinition: 'log', schedulingStrategy: 'DAEMON' },
        web: { taskDefinition: 'web', desiredCount: 2, dependsOn: ['log'] },
      },
    })
  const { world, end: last } = end(
    shop(2, 'DRAINING'),
    settledWorld(shop(1), { instances: { a: host('a'), b: host('b') } }),
  )
  expect(last).toMatchObject({ converged: true, problems: [] })
  expect(aliveTasks(world).map(t => `${t.service} on ${t.instance.name}`)).toEqual([
    'log on b',
    'web on b',
    'web on b',
  ])
})

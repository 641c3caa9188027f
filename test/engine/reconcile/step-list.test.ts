import { describe, expect, it } from 'vitest'
import { pulledMark } from '../../../engine/image-mark.ts'
import type { ObservedContainer, ObservedState, ReachableInstance } from '../../../engine/observed-state.ts'
import { printPlan } from '../../../engine/print-plan.ts'
import { StoredDefinitions } from '../../../engine/reconcile/definitions.ts'
import { tasksByService } from '../../../engine/reconcile/task.ts'
import {
  changeContainers,
  document,
  emptyHosts,
  host,
  instances,
  look,
  settledWorld,
} from '../../support/worlds.ts'

const app = { name: 'app', image: 'app:1', stopTimeout: 0 }

function one(task: object, parts: { containers?: readonly object[]; count?: number } = {}) {
  const { containers = [app], count = 1 } = parts
  return document({
    containerInstances: instances('a'),
    taskDefinitions: { app: { containerDefinitions: containers, ...task } },
    services: { app: { taskDefinition: 'app', desiredCount: count } },
  })
}

function lines(...args: Parameters<typeof look>): string[] {
  return printPlan(look(...args).plan).map(l => l.replace(/(?<=[. ])[0-9a-f]{8}(?=[. )])/g, 'REV').trim())
}

function onA(world: ObservedState): ReachableInstance {
  const { a } = world.instances
  if (!a?.reachable) throw new Error('a is there')
  return a
}

const none = document({ containerInstances: instances('a') })
const empty = emptyHosts('a')

describe('the steps of a task that is made', () => {
  it('come after its pulls, its volumes and its network, each made once', () => {
    const volumes = [{ name: 'x' }, { name: 'y' }]
    expect(lines(one({ volumes, networkMode: 'awsvpc' }, { count: 2 }), empty)).toMatchInlineSnapshot(`
      [
        "0 a pull app@sha256:117d6971… (2 desired, none runs)",
        "1 a create volume prod.app.1.REV.volume.x (2 desired, none runs)",
        "2 a create volume prod.app.1.REV.volume.y (2 desired, none runs)",
        "3 a create network prod.tasks (2 desired, none runs)",
        "4 a create app.1 app of REV after 0, 1, 2, 3 (2 desired, none runs)",
        "5 a start prod.app.1.REV.app after 4 (2 desired, none runs)",
        "6 a create volume prod.app.2.REV.volume.x (2 desired, none runs)",
        "7 a create volume prod.app.2.REV.volume.y (2 desired, none runs)",
        "8 a create app.2 app of REV after 0, 6, 7, 3 (2 desired, none runs)",
        "9 a start prod.app.2.REV.app after 8 (2 desired, none runs)",
      ]
    `)
  })

  it('leave alone the network that it is made on, though nothing is on it yet', () => {
    const networks = [
      { id: 'other', name: 'other' },
      { id: 'n', name: 'prod.tasks' },
    ]
    const planned = lines(one({ networkMode: 'awsvpc' }), { instances: { a: host('a', { networks }) } })
    expect(planned).toEqual([
      '0 a pull app@sha256:117d6971… (1 desired, none runs)',
      '1 a create app.1 app of REV after 0 (1 desired, none runs)',
      '2 a start prod.app.1.REV.app after 1 (1 desired, none runs)',
      '3 a remove network other (no longer in the document)',
    ])
  })

  it('make its network where only others are there', () => {
    const networks = [{ id: 'other', name: 'other' }]
    const planned = lines(one({ networkMode: 'awsvpc' }), { instances: { a: host('a', { networks }) } })
    expect(planned.filter(l => l.includes('create network'))).toHaveLength(1)
  })

  it('make a shared volume where only others are there, and none that is there', () => {
    const [data, store] = ['data', 'store'].map(name => ({
      name,
      dockerVolumeConfiguration: { scope: 'shared', autoprovision: true },
    }))
    const there = { instances: { a: host('a', { volumes: [{ name: 'data' }] }) } }
    expect(lines(one({ volumes: [data, store] }, { count: 2 }), there)).toEqual([
      '0 a pull app@sha256:117d6971… (2 desired, none runs)',
      '1 a create volume store (2 desired, none runs)',
      '2 a create app.1 app of REV after 0, 1 (2 desired, none runs)',
      '3 a start prod.app.1.REV.app after 2 (2 desired, none runs)',
      '4 a create app.2 app of REV after 0, 1 (2 desired, none runs)',
      '5 a start prod.app.2.REV.app after 4 (2 desired, none runs)',
    ])
  })

  it('know what this wave makes by its name alone', () => {
    const refs = look(one({}), empty).plan.steps.flatMap(({ action }) =>
      action.kind === 'start-container' ? [action.container] : [],
    )
    expect(refs).toEqual([{ id: '', name: expect.stringMatching(/^prod\.app\.1\./) }])
  })
})

describe('the steps of a task of which a container is missing', () => {
  const client = { ...app, links: ['db'], essential: false }
  const db = { name: 'db', image: 'db:1' }

  it('make that one, and wait for nothing that is there', () => {
    const desired = one({ networkMode: 'bridge' }, { containers: [client, db] })
    const torn = changeContainers(
      settledWorld(desired, empty),
      c => c.identity.container === 'app',
      () => undefined,
    )
    expect(lines(desired, torn)).toEqual([
      '0 a create app.1 app of REV (not all of its containers run yet)',
      '1 a start prod.app.1.REV.app after 0 (not all of its containers run yet)',
    ])
  })

  it('make none without the host ports in a row that it is to have', () => {
    const range = { ...client, portMappings: [{ containerPortRange: '8000-9999', protocol: 'udp' }] }
    const desired = one({ networkMode: 'bridge' }, { containers: [range, db] })
    const torn = changeContainers(
      settledWorld(desired, empty),
      c => c.identity.container === 'app',
      () => undefined,
    )
    const foreign = Array.from({ length: 65 }, (_, i) => (i + 1) * 1000).map(hostPort => ({
      id: `f${hostPort}`,
      name: `f${hostPort}`,
      imageId: 'f',
      ports: [{ containerPort: 1, hostPort, protocol: 'udp' as const }],
    }))
    expect(lines(desired, { instances: { a: { ...onA(torn), foreign } } })).toEqual([])
    expect(lines(desired, torn)).toHaveLength(2)
  })
})

it('secrets are put into a container before its first start, and not again later', () => {
  const secrets = [{ name: 'key', valueFrom: 'file:key', deliverAs: 'file' }]
  const desired = one({}, { containers: [{ ...app, secrets }] })
  const after = (parts: Partial<ObservedContainer>) =>
    lines(
      desired,
      changeContainers(
        settledWorld(desired, empty),
        () => true,
        c => ({ ...c, ...parts }),
      ),
    )
  expect(after({ status: 'created' })).toEqual([
    '0 a put secrets into prod.app.1.REV.app (not all of its containers run yet)',
    '1 a start prod.app.1.REV.app after 0 (not all of its containers run yet)',
  ])
  expect(after({ status: 'exited', exitCode: 128, finishedAt: 1 })).toEqual([
    '0 a start prod.app.1.REV.app (it was stopped or paused)',
  ])
  expect(after({ status: 'paused' })).toEqual(['0 a unpause prod.app.1.REV.app (it was stopped or paused)'])
})

describe('the steps of a task that goes', () => {
  const volumes = [{ name: 'x' }, { name: 'b' }]

  it('remove its own volumes after its containers, by their names, and no other', () => {
    const world = settledWorld(one({ volumes }, { count: 2 }), empty)
    const a = onA(world)
    const turned = { instances: { a: { ...a, volumes: a.volumes.toReversed() } } }
    const fewer = lines(one({ volumes }), turned)
    expect(lines(one({ volumes }), world)).toEqual(fewer)
    expect(fewer).toEqual([
      '0 a stop prod.app.2.REV.app (up to 0 s) (1 desired, 2 run)',
      '1 a remove prod.app.2.REV.app after 0 (1 desired, 2 run)',
      '2 a remove volume prod.app.2.REV.volume.b after 1 (1 desired, 2 run)',
      '3 a remove volume prod.app.2.REV.volume.x after 1 (1 desired, 2 run)',
    ])
    const theirs = { instances: { a: { ...a, volumes: a.volumes.map(v => ({ ...v, cluster: 'test' })) } } }
    expect(lines(one({ volumes }), theirs).filter(l => l.includes('volume'))).toEqual([])
  })

  it('keep the volumes of a task of which another container was renamed, and stays', () => {
    const log = { name: 'log', image: 'log:1', stopTimeout: 0 }
    const world = settledWorld(one({ volumes }, { containers: [app, log] }), empty)
    const renamed = changeContainers(
      world,
      c => c.identity.container === 'log',
      c => ({ ...c, name: 'mine' }),
    )
    const planned = lines(none, renamed).filter(l => l.includes('volume'))
    expect(planned.every(l => l.includes('(its task is gone)') || l.includes('no longer'))).toBe(true)
  })
})

it('an image that is removed frees its bytes with its last name', () => {
  const old = `app@sha256:${'1'.repeat(64)}`
  const image = { id: 'sha256:old', digests: [old], tags: [pulledMark('prod', old)], bytes: 7 }
  const { plan } = look(
    none,
    { instances: { a: host('a', { images: { [image.id]: image } }) } },
    { keepImages: new Set() },
  )
  expect(plan.steps.map(s => (s.action.kind === 'remove-image' ? s.action.bytes : -1))).toEqual([0, 7])
})

describe('what a task reserves', () => {
  const demandOf = (world: ObservedState) => {
    const [task] = [...tasksByService(world).values()].flat()
    return new StoredDefinitions().demand(task ?? expect.fail())
  }
  const ranged = one(
    { networkMode: 'bridge' },
    {
      containers: [
        {
          ...app,
          portMappings: [
            { containerPortRange: '8000-8002', protocol: 'udp' },
            { containerPort: 1, hostPort: 81 },
          ],
        },
        { name: 'log', image: 'log:1', portMappings: [{ containerPort: 2, hostPort: 82 }] },
      ],
    },
  )

  it('is its range of host ports where that is, beside those that it asks for', () => {
    const world = settledWorld(ranged, empty)
    const [first] = onA(world).containers.flatMap(c => c.config.ports.filter(p => p.startsWith('8000/')))
    const from = Number(first?.split('=')[1])
    const demand = demandOf(world)
    expect(demand).not.toHaveProperty('ranges')
    expect(demand.ports.map(p => `${p.hostPort}/${p.protocol}`)).toEqual([
      '81/tcp',
      '82/tcp',
      `${from}/udp`,
      `${from + 1}/udp`,
      `${from + 2}/udp`,
    ])
    const torn = changeContainers(
      world,
      c => c.identity.container === 'app',
      c => ({ ...c, config: { ...c.config, ports: c.config.ports.filter(p => !p.startsWith('8000/')) } }),
    )
    expect(demandOf(torn).ports.map(p => p.hostPort)).toEqual([81, 82])
  })

  it('is what its containers show where nobody can read what it was made from', () => {
    const port = (hostPort: number, protocol: 'tcp' | 'udp') => ({ containerPort: 1, hostPort, protocol })
    const told = (parts: object) =>
      demandOf(
        changeContainers(
          settledWorld(one({}), empty),
          () => true,
          c => ({ ...c, identity: { ...c.identity, taskDefinition: '' }, ...parts }),
        ),
      )
    expect(told({ ports: [port(80, 'tcp'), port(80, 'udp'), port(80, 'tcp'), port(81, 'tcp')] })).toEqual({
      cpu: 0,
      memoryMiB: 0,
      ports: [port(80, 'tcp'), port(80, 'udp'), port(81, 'tcp')],
    })
    expect(told({ gpus: ['0', '1'] })).toMatchObject({ gpus: 2 })
    expect(told({})).not.toHaveProperty('gpus')
  })
})

describe('a range of host ports', () => {
  const range = { ...app, portMappings: [{ containerPortRange: '8000-8002', protocol: 'udp' }] }
  const web = { name: 'web', image: 'web:1', portMappings: [{ containerPort: 80, protocol: 'udp' }] }
  const both = document({
    containerInstances: instances('a'),
    taskDefinitions: {
      app: { networkMode: 'bridge', containerDefinitions: [range, { name: 'log', image: 'log:1' }] },
      web: { containerDefinitions: [web] },
    },
    services: { web: { taskDefinition: 'web' }, app: { taskDefinition: 'app' } },
  })
  const start = (world: ObservedState, desired = both) =>
    look(desired, world).plan.steps.flatMap(({ action }) =>
      action.kind === 'create-container' && action.hostRanges ? Object.values(action.hostRanges) : [],
    )

  it('keeps clear of the ports that Docker chose for others, running or stopped', () => {
    const [first = 0] = start(empty)
    const onlyWeb = changeContainers(
      settledWorld(both, empty),
      c => c.identity.service === 'app',
      () => undefined,
    )
    const chosen = (status: 'running' | 'exited') =>
      changeContainers(
        onlyWeb,
        () => true,
        c => ({
          ...c,
          status,
          ports: [{ containerPort: 80, hostPort: first + 1, protocol: 'udp' as const }],
        }),
      )
    expect(start(onlyWeb)).toEqual([first])
    expect(start(chosen('running'))).toEqual([first + 2])
    expect(start(chosen('exited'))).toEqual([first + 2])
    // nobody of the document asks for a single port, and what did so is there yet
    const { taskDefinitions, services } = both
    const alone = { ...both, taskDefinitions: { app: taskDefinitions['app'] ?? expect.fail() } }
    expect(
      start(chosen('running'), { ...alone, services: { app: services['app'] ?? expect.fail() } }),
    ).toEqual([first + 2])
  })

  it('is looked for with care too where each container has a port beside', () => {
    const beside = { ...range, portMappings: [...range.portMappings, { containerPort: 1, hostPort: 81 }] }
    const desired = document({
      containerInstances: instances('a'),
      taskDefinitions: {
        app: { networkMode: 'bridge', containerDefinitions: [beside] },
        web: { containerDefinitions: [web] },
      },
      services: { web: { taskDefinition: 'web' }, app: { taskDefinition: 'app' } },
    })
    const [first = 0] = start(empty, desired)
    const onlyWeb = changeContainers(
      settledWorld(desired, empty),
      c => c.identity.service === 'app',
      () => undefined,
    )
    const chosen = changeContainers(
      onlyWeb,
      () => true,
      c => ({ ...c, ports: [{ containerPort: 80, hostPort: first + 1, protocol: 'udp' as const }] }),
    )
    expect(start(chosen, desired)).toEqual([first + 2])
  })

  it('of another task does not hinder a rollout that has its host port back', () => {
    const fixed = (image: string) =>
      document({
        containerInstances: instances('a'),
        taskDefinitions: {
          app: { networkMode: 'bridge', containerDefinitions: [range] },
          web: {
            containerDefinitions: [{ ...web, image, portMappings: [{ containerPort: 80, hostPort: 80 }] }],
          },
        },
        services: {
          web: {
            taskDefinition: 'web',
            deploymentConfiguration: { minimumHealthyPercent: 0, maximumPercent: 100 },
          },
          app: { taskDefinition: 'app' },
        },
      })
    const world = changeContainers(
      settledWorld(fixed('web:1'), empty),
      c => c.identity.service === 'web',
      c => ({ ...c, ports: [{ containerPort: 80, hostPort: 80, protocol: 'tcp' as const }] }),
    )
    expect(lines(fixed('web:2'), world)).toEqual([
      '0 a stop prod.web.1.REV.web (up to 30 s) (revision REV → REV)',
      '1 a remove prod.web.1.REV.web after 0 (revision REV → REV)',
    ])
  })
})

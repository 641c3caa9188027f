import { describe, expect, it } from 'vitest'
import type { DesiredState } from '../../../engine/desired-state/desired-state.generated.ts'
import type { ObservedState } from '../../../engine/observed-state.ts'
import { forecast } from '../../../engine/simulate.ts'
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
} from '../../support/worlds.ts'

const hosts = instances('a', 'b', 'c')
const three = emptyHosts('a', 'b', 'c')

interface Parts {
  readonly image?: string
  readonly count?: number
  readonly hosts?: object
  readonly docker?: object
  readonly service?: object
  readonly container?: object
}

const FOREIGN = {
  imageId: 'theirs',
  id: 'f',
  name: 'theirs',
  ports: [{ containerPort: 1, hostPort: 80, protocol: 'tcp' as const }],
}

function db({
  image = 'db:1',
  count = 1,
  docker = {},
  service = {},
  container = {},
  ...parts
}: Parts = {}): DesiredState {
  const dockerVolumeConfiguration = { scope: 'shared', autoprovision: true, ...docker }
  return document({
    containerInstances: parts.hosts ?? hosts,
    taskDefinitions: {
      db: {
        containerDefinitions: [
          {
            name: 'db',
            image,
            mountPoints: [{ sourceVolume: 'data', containerPath: '/data' }],
            ...container,
          },
        ],
        volumes: [{ name: 'data', dockerVolumeConfiguration }],
      },
    },
    services: { db: { taskDefinition: 'db', desiredCount: count, ...service } },
  })
}

/** Where tasks and volumes are in the end: "db.1 a, data a". */
function end(desired: DesiredState, observed: ObservedState): string[] {
  const { world } = forecast(desired, observed, context(desired))
  return Object.values(world.instances).flatMap(i =>
    i.reachable
      ? [
          ...i.containers.map(c => `${c.identity.service}.${c.identity.slot} ${i.name}`),
          ...i.volumes.map(v => `${v.name} ${i.name}`),
        ]
      : [],
  )
}

const said = (desired: DesiredState, observed: ObservedState) => {
  const { end: last, waves } = forecast(desired, observed, context(desired))
  const all = [...last.problems, ...waves.flatMap(w => w.warnings)]
  return [...new Set(all.map(p => `${p.code} ${p.message}`))]
}

const gone = ({ instances: all }: ObservedState, name: string): ObservedState => ({
  instances: Object.fromEntries(Object.entries(all).filter(([n]) => n !== name)),
})
const silent = ({ instances: all }: ObservedState, name: string): ObservedState => {
  const problem = { code: 'HOST_UNREACHABLE', message: `${name} does not answer`, next: '' } as const
  return { instances: { ...all, [name]: { name, reachable: false, problem } } }
}

/** With its task and its data on b. */
const onB = settledWorld(db({ hosts: { b: hosts['b'] } }), emptyHosts('b'))
const settled: ObservedState = { instances: { ...three.instances, ...onB.instances } }

describe('a task with a shared local volume', () => {
  it('stays where its data is when it is replaced, though other instances have fewer tasks', () => {
    expect(printWaves(db({ image: 'db:2' }), settled)).toMatchInlineSnapshot(`
      [
        "wave 1",
        " 0 b pull db@sha256:009190bd… (revision a5f90b22 → 733eca6a)",
        "wave 2",
        " 0 b create db.1 db of 733eca6a (revision a5f90b22 → 733eca6a)",
        " 1 b start prod.db.1.733eca6a.db after 0 (revision a5f90b22 → 733eca6a)",
        "wave 3",
        " 0 b stop prod.db.1.a5f90b22.db (up to 30 s) (revision a5f90b22 → 733eca6a)",
        " 1 b remove prod.db.1.a5f90b22.db after 0 (revision a5f90b22 → 733eca6a)",
      ]
    `)
  })

  it('is not led astray by a volume of the same name that none of its tasks has', () => {
    const stale = {
      instances: { ...settled.instances, a: host('a', { volumes: [{ name: 'data', cluster: 'prod' }] }) },
    }
    expect(end(db({ image: 'db:2' }), stale)).toEqual(['data a', 'db.1 b', 'data b'])
  })

  it('finds its data again when its container is gone', () => {
    const bare = changeContainers(
      settled,
      () => true,
      () => undefined,
    )
    expect(end(db(), bare)).toEqual(['db.1 b', 'data b'])
  })

  it('stays on an instance that is to be emptied, and the plan says why', () => {
    const draining = db({ hosts: { ...hosts, b: { address: 'ssh://b', status: 'DRAINING' } } })
    expect(printWaves(draining, settled)).toEqual([])
    expect(said(draining, settled)).toEqual([
      'PLACEMENT_FAILED no container instance can take db: 1 is draining, 2 fail volume data (its data is on b); there is room for 0 of 1 tasks',
    ])
  })

  it('is not started anew, with nothing in it, while the instance that has it does not answer', () => {
    const dark = silent(settled, 'b')
    expect(printWaves(db(), dark)).toEqual([])
    // also not where its service is to have more tasks than may run out of sight
    const bare = silent(
      changeContainers(
        settled,
        () => true,
        () => undefined,
      ),
      'b',
    )
    expect(printWaves(db({ count: 2 }), bare)).toEqual([])
  })

  it('starts with an empty volume only once the instance was taken out of the document', () => {
    const without = db({ hosts: instances('a', 'c') })
    expect(end(without, gone(settled, 'b'))).toEqual(['db.1 a', 'data a'])
  })

  it('waits for room where its data is', () => {
    const b = onB.instances['b']
    if (!b?.reachable) throw new Error('no b')
    const full = { instances: { ...settled.instances, b: { ...b, containers: [], foreign: [FOREIGN] } } }
    const fixed = { container: { portMappings: [{ containerPort: 80, hostPort: 80 }] } }
    expect(said(db(fixed), full)).toEqual([
      'PLACEMENT_FAILED no container instance can take db: 1 has port 80/tcp taken, 2 fail volume data (its data is on b); there is room for 0 of 1 tasks',
    ])
  })
})

describe('several tasks with a shared local volume', () => {
  it('have one on each instance that they are spread over, and the second is said to be empty', () => {
    expect(end(db({ count: 3 }), three)).toEqual(['db.1 a', 'data a', 'db.2 b', 'data b', 'db.3 c', 'data c'])
    expect(end(db({ count: 2 }), settled)).toEqual(['db.2 a', 'data a', 'db.1 b', 'data b'])
    expect(said(db({ count: 2 }), settled)).toEqual([
      'VOLUME_EMPTY db: the volume data is made on a, empty; the data on b is not in it',
    ])
  })

  it('keep to the instances that have data when they are replaced, though another one has none of them', () => {
    const two = db({ count: 3, hosts: instances('a', 'b') })
    const packed = settledWorld(two, emptyHosts('a', 'b'))
    const world = { instances: { ...packed.instances, c: host('c') } }
    expect(end(db({ count: 3, image: 'db:2' }), world)).toEqual([
      'db.1 a',
      'db.3 a',
      'data a',
      'db.2 b',
      'data b',
    ])
  })

  it('that lost a container find the volume that has no task before any is made', () => {
    const all = settledWorld(db({ count: 3 }), three)
    const less = changeContainers(
      all,
      (_, on) => on === 'b',
      () => undefined,
    )
    expect(end(db({ count: 3 }), less)).toEqual(['db.1 a', 'data a', 'db.2 b', 'data b', 'db.3 c', 'data c'])
  })

  it('of two services share one in the wave that makes it', () => {
    const { taskDefinitions, services, containerInstances } = db()
    const both = document({
      containerInstances,
      taskDefinitions: { ...taskDefinitions, backup: taskDefinitions['db'] },
      services: { ...services, backup: { taskDefinition: 'backup', desiredCount: 1 } },
    })
    expect(end(both, three)).toEqual(['backup.1 a', 'db.1 a', 'data a'])
  })
})

describe('a shared volume that is reached from everywhere', () => {
  const nfs = { driverOpts: { type: 'nfs', device: ':/data', o: 'addr=10.0.0.1' } }

  it('keeps no task: NFS', () => {
    const draining = { ...hosts, a: { address: 'ssh://a', status: 'DRAINING' } }
    const there = settledWorld(db({ docker: nfs }), three)
    expect(end(db({ docker: nfs }), three)).toEqual(['db.1 a', 'data a'])
    expect(end(db({ docker: nfs, hosts: draining }), there)).toEqual(['data a', 'db.2 b', 'data b'])
    expect(said(db({ docker: nfs, count: 3 }), there)).toEqual([])
  })

  it('of a plugin is as the plugin says once it is there', () => {
    const plugin = { driver: 'store' }
    const able = (name: string, parts = {}) => {
      const { engine } = host(name)
      const capabilities = [...engine.capabilities, 'ecs.capability.docker-plugin.store']
      return host(name, { ...parts, engine: { ...engine, capabilities } })
    }
    const volume = (remote: boolean) => ({
      instances: { a: able('a'), b: able('b'), c: able('c', { volumes: [{ name: 'data', remote }] }) },
    })
    expect(end(db({ docker: plugin }), volume(true))).toEqual(['db.1 a', 'data a', 'data c'])
    expect(end(db({ docker: plugin }), volume(false))).toEqual(['db.1 c', 'data c'])
  })
})

it('a one-off task runs where the data is that it is to work on', () => {
  const backup = document({
    ...db(),
    services: {},
    tasks: { backup: { taskDefinition: 'db' } },
  })
  const withData = (name: string) => ({
    instances: { ...three.instances, [name]: host(name, { volumes: [{ name: 'data' }] }) },
  })
  expect(end(backup, withData('c'))).toEqual(['backup.1 c', 'data c'])
  expect(end(backup, withData('b'))).toEqual(['backup.1 b', 'data b'])
})

it('one-off tasks that find no place are refused by what the stage lacks in which a volume may be made', () => {
  const backups = (count: number) => {
    const placementConstraints = [{ type: 'distinctInstance' }]
    const tasks = { backup: { taskDefinition: 'db', count, placementConstraints } }
    return document({ ...db({ hosts: instances('a', 'b') }), services: {}, tasks })
  }
  const world = { instances: { a: host('a', { volumes: [{ name: 'data' }] }), b: host('b') } }
  const now = look(backups(3), world)
  expect(made(backups(3), world)).toEqual(['a', 'b'])
  expect(now.problems.map(p => p.message)).toEqual([
    'no container instance can take backup: 2 have a task of backup already',
  ])
  expect(look(backups(2), world).problems).toEqual([])
})

it('a DAEMON has its own data on each instance', () => {
  const daemon = document({
    ...db(),
    services: { db: { taskDefinition: 'db', schedulingStrategy: 'DAEMON' } },
  })
  expect(end(daemon, three)).toEqual(['db.a a', 'data a', 'db.b b', 'data b', 'db.c c', 'data c'])
  expect(look(daemon, three).warnings).toEqual([])
})

it('registeredAt is the date that a container instance was given, and nothing where it was given none', () => {
  const dated = {
    a: { address: 'ssh://a', attributes: { 'registered-at': '2026-06-18' } },
    b: { address: 'ssh://b' },
  }
  const placed = (expression: string) =>
    end(
      db({ hosts: dated, service: { placementConstraints: [{ type: 'memberOf', expression }] } }),
      emptyHosts('a', 'b'),
    )
  expect(placed('registeredAt >= 2026-06-18')).toEqual(['db.1 a', 'data a'])
  expect(placed('registeredAt !exists')).toEqual(['db.1 b', 'data b'])
  expect(placed('registeredAt > 2026-06-18')).toEqual([])
  const wrong = { a: { address: 'ssh://a', attributes: { 'registered-at': 'yesterday' } } }
  expect(() => db({ hosts: wrong })).toThrow('must be a date, which registeredAt is compared with')
})

/** Instances of which each has volumes of these names. */
const withVolumes = (all: Record<string, readonly string[]>): ObservedState => ({
  instances: Object.fromEntries(
    Object.entries(all).map(([name, volumes]) => [
      name,
      host(name, { volumes: volumes.map(volume => ({ name: volume, cluster: 'prod' })) }),
    ]),
  ),
})

/** Where the next wave makes tasks, in its order. */
const made = (desired: DesiredState, observed: ObservedState) =>
  look(desired, observed).plan.steps.flatMap(({ action }) =>
    action.kind === 'create-container' ? [action.instance] : [],
  )

describe('the tasks that are started in one wave', () => {
  it('are as many as are wanted, though they are placed in stages', () => {
    expect(made(db(), withVolumes({ a: [], b: ['data'], c: [] }))).toEqual(['b'])
    expect(made(db({ count: 3 }), withVolumes({ a: [], b: [], c: ['data'] }))).toEqual(['c', 'a', 'b'])
  })

  it('go to no volume twice while there is another instance that may get one', () => {
    const one = settledWorld(db({ count: 2, hosts: instances('a', 'b') }), emptyHosts('a', 'b'))
    const world = { instances: { ...one.instances, c: host('c') } }
    expect(made(db({ count: 3 }), world)).toEqual(['c'])
  })

  it('share the volume where no other may be made', () => {
    const fixed = { docker: { autoprovision: false } }
    const world = settledWorld(db(fixed), withVolumes({ a: [], b: ['data'], c: [] }))
    expect(made(db({ ...fixed, count: 2 }), world)).toEqual(['b'])
  })

  it('go where all of their volumes are, or may be made', () => {
    const both = (autoprovision: boolean) => {
      const { taskDefinitions, ...rest } = db({ count: 2 })
      const task = taskDefinitions['db'] ?? expect.fail()
      const cache = { name: 'cache', dockerVolumeConfiguration: { scope: 'shared', autoprovision } }
      return document({ ...rest, taskDefinitions: { db: { ...task, volumes: [...task.volumes, cache] } } })
    }
    const world = withVolumes({ a: [], b: ['data', 'cache'], c: [] })
    expect(made(both(true), world)).toEqual(['b', 'a'])
    expect(made(both(false), world)).toEqual(['b', 'b'])
  })

  it('are refused by what the widest of the stages lacks', () => {
    const fixed = { container: { portMappings: [{ containerPort: 80, hostPort: 80 }] } }
    const world = settledWorld(db({ count: 4, ...fixed }), withVolumes({ a: [], b: ['data'], c: [] }))
    expect(look(db({ count: 4, ...fixed }), world).problems.map(p => p.message)).toEqual([
      'no container instance can take db: 3 have port 80/tcp taken; there is room for 3 of 4 tasks',
    ])
  })

  it('name all instances that have the data', () => {
    const draining = {
      a: { address: 'ssh://a' },
      b: { address: 'ssh://b', status: 'DRAINING' },
      c: { address: 'ssh://c', status: 'DRAINING' },
    }
    const world = {
      instances: {
        c: host('c', { volumes: [{ name: 'data' }] }),
        b: host('b', { volumes: [{ name: 'data' }] }),
        a: host('a'),
      },
    }
    expect(look(db({ hosts: draining }), world).problems[0]?.message).toContain(
      '1 fails volume data (its data is on b, c)',
    )
    expect(
      look(db({ count: 3 }), world).warnings.map(w => `${w.service} ${w.instance} ${w.message}`),
    ).toEqual(['db a db: the volume data is made on a, empty; the data on b, c is not in it'])
  })
})

describe('the tasks of a service that is scaled up', () => {
  const data = (name: string) => host(name, { volumes: [{ name: 'data', cluster: 'prod' }] })
  const onA = settledWorld(db({ hosts: instances('a') }), emptyHosts('a')).instances

  it('go to a volume that has no task before any is made, and are spread with those that are there', () => {
    const world = { instances: { ...onA, b: host('b'), c: data('c') } }
    expect(made(db({ count: 2 }), world)).toEqual(['c'])
    expect(made(db({ count: 4 }), world)).toEqual(['c', 'b', 'a'])
    expect(made(db({ count: 2 }), withVolumes({ a: ['data'], b: [], c: [] }))).toEqual(['a', 'b'])
  })

  it('have no more volumes made than the one of their volumes that is in most places lacks', () => {
    const { taskDefinitions, ...rest } = db({ count: 3 })
    const task = taskDefinitions['db'] ?? expect.fail()
    const cache = { name: 'cache', dockerVolumeConfiguration: { scope: 'shared', autoprovision: true } }
    const both = document({
      ...rest,
      taskDefinitions: { db: { ...task, volumes: [...task.volumes, cache] } },
    })
    expect(made(both, withVolumes({ a: [], b: ['data', 'cache'], c: ['cache'] }))).toEqual(['b', 'b', 'a'])
  })

  it('are told of each that begins empty, with all that have data, also those of this wave', () => {
    const { warnings } = look(db({ count: 3 }), withVolumes({ a: [], b: [], c: ['data'] }))
    expect(warnings.map(w => w.message)).toEqual([
      'db: the volume data is made on a, empty; the data on c is not in it',
      'db: the volume data is made on b, empty; the data on a, c is not in it',
    ])
    expect(look(db({ count: 3 }), three).warnings.map(w => w.message)).toEqual([
      'db: the volume data is made on b, empty; the data on a is not in it',
      'db: the volume data is made on c, empty; the data on a, b is not in it',
    ])
  })

  it('are refused in words that name the instances in their order, whichever was looked at first', () => {
    const draining = Object.fromEntries(
      ['a', 'b'].map(name => [name, { address: `ssh://${name}`, status: 'DRAINING' }]),
    )
    const world = Object.entries(settledWorld(db({ count: 2 }), settled).instances).toReversed()
    const turned = { instances: Object.fromEntries(world) }
    const now = look(db({ count: 2, hosts: { ...hosts, ...draining } }), turned)
    expect(now.problems.map(p => p.message)).toEqual([
      'no container instance can take db: 2 are draining, 1 fails volume data (its data is on a, b); there is room for 0 of 2 tasks',
    ])
  })
})

describe('a volume that another service makes in the same wave', () => {
  const zoned = Object.fromEntries(
    ['a', 'b', 'c'].map(zone => [zone, { address: `ssh://${zone}`, attributes: { zone } }]),
  )
  const both = (docker: object) => {
    const { taskDefinitions, services } = db({ docker })
    const expression = 'attribute:zone == c'
    const first = { taskDefinition: 'db', placementConstraints: [{ type: 'memberOf', expression }] }
    return document({ containerInstances: zoned, taskDefinitions, services: { ...services, backup: first } })
  }

  it('keeps a task, and none where it is reached from everywhere', () => {
    expect(made(both({}), three)).toEqual(['c', 'c'])
    expect(look(both({}), three).warnings).toEqual([])
    const nfs = { driverOpts: { type: 'nfs', device: ':/x', o: 'addr=h' } }
    expect(made(both(nfs), three)).toEqual(['c', 'a'])
  })
})

it('a volume that is not to be made is not looked for by another name', () => {
  const world = withVolumes({ a: ['other'], b: [], c: [] })
  const now = look(db({ docker: { autoprovision: false } }), world)
  expect(now.plan.steps).toEqual([])
  expect(now.problems.map(p => p.message)).toEqual([
    'no container instance can take db: 3 fail volume data exists (its autoprovision is off); there is room for 0 of 1 tasks',
  ])
})

describe('a volume of the same name', () => {
  it.each([
    ['lives as long as the task', { scope: 'task', autoprovision: undefined }],
    ['is reached from everywhere', { driverOpts: { type: 'nfs', device: ':/x', o: 'addr=h' } }],
  ])('that %s keeps no task and is not told of', (_, docker) => {
    const world = withVolumes({ a: [], b: [], c: ['data'] })
    const now = look(db({ docker }), world)
    expect(now.warnings.filter(w => w.code === 'VOLUME_EMPTY')).toEqual([])
    expect(made(db({ docker, hosts: instances('a', 'b') }), world)).toEqual(['a'])
  })

  it('is nothing to one that lives as long as its task', () => {
    const own = { scope: 'task', autoprovision: undefined }
    expect(made(db({ docker: own }), withVolumes({ a: [], b: [], c: ['data'] }))).toEqual(['a'])
  })

  it('is not one of another name', () => {
    expect(made(db(), withVolumes({ a: [], b: [], c: ['other'] }))).toEqual(['a'])
    expect(look(db(), withVolumes({ a: [], b: [], c: ['other'] })).warnings.map(w => w.code)).toEqual([
      'VOLUME_UNUSED',
    ])
  })

  it('is used by a task of which only one container has it, beside another volume', () => {
    const desired = (image: string) => {
      const { taskDefinitions, ...rest } = db({ image })
      const task = taskDefinitions['db'] ?? expect.fail()
      const [own] = task.containerDefinitions
      const first = { sourceVolume: 'scratch', containerPath: '/scratch' }
      return document({
        ...rest,
        taskDefinitions: {
          db: {
            ...task,
            volumes: [...task.volumes, { name: 'scratch' }],
            containerDefinitions: [
              { ...own, mountPoints: [first, ...(own?.mountPoints ?? [])] },
              { name: 'log', image: 'log:1', essential: false, mountPoints: [first] },
            ],
          },
        },
      })
    }
    const world = settledWorld(desired('db:1'), withVolumes({ a: [], b: ['data'], c: [] }))
    const stale = host('a', { volumes: [{ name: 'data', cluster: 'prod' }] })
    expect(new Set(made(desired('db:2'), { instances: { ...world.instances, a: stale } }))).toEqual(
      new Set(['b']),
    )
  })
})

describe('a revision that is the first to have a shared volume', () => {
  const plain = (on: string) => {
    const { taskDefinitions, ...rest } = db({ hosts: { [on]: hosts[on] } })
    const [own] = taskDefinitions['db']?.containerDefinitions ?? []
    const bare = document({
      ...rest,
      taskDefinitions: { db: { containerDefinitions: [{ ...own, mountPoints: [] }] } },
    })
    return settledWorld(bare, emptyHosts(on)).instances
  }

  it('gets it where there is none, and not while one may be out of sight', () => {
    const world = { instances: { ...three.instances, ...plain('a') } }
    expect(made(db(), world)).toHaveLength(1)
    const dark = silent(silent({ instances: plain('a') }, 'c'), 'b')
    expect(made(db(), dark)).toEqual([])
    expect(look(db(), dark).problems.map(p => p.message)).toEqual([
      'no container instance can take db: 2 do not answer, 1 fails volume data (its data may be on b, c, not in sight); there is room for 0 of 1 tasks',
    ])
    const nfs = { driverOpts: { type: 'nfs', device: ':/x', o: 'addr=h' } }
    expect(made(db({ docker: nfs }), dark)).toEqual(['a'])
  })

  it('goes to any volume of that name: an old task that has it not does not use it', () => {
    const { taskDefinitions, ...rest } = db({ hosts: { b: hosts['b'] } })
    const [own] = taskDefinitions['db']?.containerDefinitions ?? []
    const scratch = { sourceVolume: 'scratch', containerPath: '/data' }
    const other = document({
      ...rest,
      taskDefinitions: {
        db: { containerDefinitions: [{ ...own, mountPoints: [scratch] }], volumes: [{ name: 'scratch' }] },
      },
    })
    const world = settledWorld(other, withVolumes({ b: ['data'] })).instances
    expect(made(db(), { instances: { ...withVolumes({ a: ['data'], c: [] }).instances, ...world } })).toEqual(
      ['a'],
    )
  })

  it('has no old task stopped that makes no room where its data is', () => {
    const full = host('b', { volumes: [{ name: 'data' }], foreign: [FOREIGN] })
    const world = { instances: { ...three.instances, ...plain('a'), b: full } }
    const next = db({
      container: { portMappings: [{ containerPort: 80, hostPort: 80 }] },
      service: { deploymentConfiguration: { minimumHealthyPercent: 0, maximumPercent: 100 } },
    })
    expect(look(next, world).plan.steps.filter(s => s.action.kind === 'stop-container')).toEqual([])
  })
})

import { describe, expect, it } from 'vitest'
import type { ObservedContainer, ObservedState } from '../../../engine/observed-state.ts'
import type { Plan } from '../../../engine/plan.ts'
import { printPlan } from '../../../engine/print-plan.ts'
import { settle } from '../../../engine/settle.ts'
import { forecast, simulate } from '../../../engine/simulate.ts'
import {
  changeContainers,
  context,
  document,
  emptyHosts,
  instances,
  look,
  printWaves,
  settledWorld,
} from '../../support/worlds.ts'

interface Parts {
  readonly version?: number
  readonly run?: object
  readonly containers?: readonly object[]
  readonly hosts?: object
}

/** A migration, and a service that waits for it; both run the same image. */
function shop({ version = 1, run = {}, containers, hosts = instances('a', 'b') }: Parts = {}) {
  const image = `shop:${version}`
  return document({
    containerInstances: hosts,
    taskDefinitions: {
      web: { containerDefinitions: [{ name: 'app', image, stopTimeout: 0 }] },
      migrate: { containerDefinitions: containers ?? [{ name: 'app', image, stopTimeout: 0 }] },
    },
    tasks: { migrate: { taskDefinition: 'migrate', ...run } },
    services: { web: { taskDefinition: 'web', desiredCount: 2, dependsOn: ['migrate'] } },
  })
}

const empty = emptyHosts('a', 'b')
const settled = settledWorld(shop(), empty)

function lines(plan: Plan): string[] {
  return withoutRevisions(printPlan(plan))
}

function withoutRevisions(text: readonly string[]): string[] {
  return text.map(line => line.replace(/(?<=[. ])[0-9a-f]{8}(?=[. )])/g, 'REV'))
}

function migration(world: ObservedState, change: Partial<ObservedContainer>, run = 'd1'): ObservedState {
  return changeContainers(
    world,
    c => c.identity.service === 'migrate',
    c => ({ ...c, ...change, identity: { ...c.identity, deployment: run } }),
  )
}

const FAILED = { status: 'exited', exitCode: 1 } as const
const RUNNING = { status: 'running', exitCode: 0 } as const

describe('a task that runs once', () => {
  it('runs to its end before what waits for it begins', () => {
    expect(withoutRevisions(printWaves(shop(), empty)).filter(l => !l.includes('pull'))).toEqual([
      'wave 1',
      'wave 2',
      ' 0 a create migrate.1 app of REV (it is to run once)',
      ' 1 a start prod.migrate.1.REV.app after 0 (it is to run once)',
      'wave 3',
      ' 0 a create web.1 app of REV (2 desired, none runs)',
      ' 1 a start prod.web.1.REV.app after 0 (2 desired, none runs)',
      ' 2 b create web.2 app of REV (2 desired, none runs)',
      ' 3 b start prod.web.2.REV.app after 2 (2 desired, none runs)',
    ])
  })

  it('that has ended well stays as its own evidence, and is not run again', () => {
    const now = look(shop(), settled)
    expect(now).toMatchObject({ converged: true, plan: { steps: [] } })
    expect(now.services[0]).toMatchObject({
      service: 'migrate',
      schedulingStrategy: 'TASK',
      desired: 1,
      current: 1,
      running: 0,
    })
  })

  it('that the document does not have is left alone by a rollback by hand, running or not', () => {
    const { tasks: _, ...rest } = shop()
    const { web } = rest.services
    const back = { ...rest, tasks: {}, services: { web: { ...(web ?? expect.fail()), dependsOn: [] } } }
    for (const world of [settled, migration(settled, RUNNING), migration(settled, FAILED)]) {
      expect(look(back, world, { leavesOneOffs: true })).toMatchObject({ converged: true })
      expect(lines(look(back, world).plan).at(-1)).toContain('migrate')
    }
    // its memory, its ports and its networks are taken all the same
    const full = shop({ containers: [{ name: 'app', image: 'shop:1', memory: 8192 }], hosts: instances('a') })
    const busy = migration(settledWorld(full, emptyHosts('a')), RUNNING)
    const none = changeContainers(
      busy,
      c => c.identity.service === 'web',
      () => undefined,
    )
    const wanting = { ...full.taskDefinitions, web: shop().taskDefinitions['web'] ?? expect.fail() }
    const heavy = {
      ...back,
      containerInstances: full.containerInstances,
      taskDefinitions: {
        ...wanting,
        web: {
          ...wanting.web,
          containerDefinitions: wanting.web.containerDefinitions.map(c => ({ ...c, memory: 512 })),
        },
      },
    }
    expect(look(heavy, none, { leavesOneOffs: true }).problems[0]?.message).toContain('memory')
  })

  it('that has the name of a service that comes back stays beside its tasks', () => {
    const { taskDefinitions } = shop()
    const back = document({
      containerInstances: instances('a', 'b'),
      taskDefinitions: { web: { containerDefinitions: [{ name: 'app', image: 'shop:1' }] } },
      services: { migrate: { taskDefinition: 'web' } },
    })
    const there = migration(settled, RUNNING)
    const { services, plan } = look(
      { ...back, taskDefinitions: { ...taskDefinitions, ...back.taskDefinitions } },
      changeContainers(
        there,
        c => c.identity.service === 'web',
        () => undefined,
      ),
      { leavesOneOffs: true },
    )
    expect(services).toMatchObject([{ service: 'migrate', running: 0, outdated: 0 }])
    expect(lines(plan)).toEqual([
      ' 0 a create migrate.1 app of REV (1 desired, none runs)',
      ' 1 a start prod.migrate.1.REV.app after 0 (1 desired, none runs)',
    ])
  })

  it('is neither taken back nor run again where a service that fails goes back', () => {
    const next = changeContainers(
      settledWorld(shop({ version: 2 }), settled),
      c => c.identity.service === 'web',
      () => undefined,
    )
    const goesBack = { failed: new Set(['web']), undone: new Set(['migrate']) }
    for (const world of [next, migration(next, RUNNING), migration(next, FAILED)]) {
      const { plan } = look(shop({ version: 2 }), world, goesBack)
      expect(plan.steps.filter(s => s.service === 'migrate')).toEqual([])
    }
  })

  it('that was started twice, after an old list, is there once in the end, and has run where either has', () => {
    const done = migration(settled, {})
    const [there] = Object.values(done.instances).flatMap(i =>
      i.reachable ? i.containers.filter(c => c.identity.service === 'migrate') : [],
    )
    const b = done.instances['b']
    if (!there || !b?.reachable) throw new Error('a migration has run on a, and b is there')
    const twice = (how: Partial<ObservedContainer>) => ({
      instances: {
        ...done.instances,
        b: { ...b, containers: [...b.containers, { ...there, ...how, id: 'b' }] },
      },
    })
    expect(lines(look(shop(), twice({})).plan)).toEqual([
      ' 0 b remove prod.migrate.1.REV.app (there is another migrate.1)',
    ])
    const begun = twice({ status: 'created', startedAt: 0, finishedAt: 0 })
    expect(lines(look(shop(), begun).plan)).toEqual([
      ' 0 b remove prod.migrate.1.REV.app (there is another migrate.1)',
    ])
    expect(look(shop(), twice(FAILED)).services[0]).toMatchObject({ service: 'migrate', rollout: 'FAILED' })
    expect(look(shop(), twice(RUNNING)).plan.steps).toEqual([])
  })

  it('has no restart policy, so that Docker does not start it again', () => {
    const policies = Object.values(settled.instances).flatMap(i =>
      i.reachable ? i.containers.map(c => `${c.identity.service} ${c.config.restartPolicy}`) : [],
    )
    expect(policies.sort()).toEqual(['migrate no', 'web unless-stopped', 'web unless-stopped'])
  })

  it('runs again at a new revision: what the old one left goes, then it starts, then the service rolls', () => {
    expect(
      withoutRevisions(printWaves(shop({ version: 2 }), settled))
        .filter(l => !l.includes('pull'))
        .slice(0, 8),
    ).toEqual([
      'wave 1',
      'wave 2',
      ' 0 a remove prod.migrate.1.REV.app (revision REV → REV)',
      ' 1 a create migrate.1 app of REV after 0 (it is to run once)',
      ' 2 a start prod.migrate.1.REV.app after 1 (it is to run once)',
      'wave 3',
      ' 0 a create web.1 app of REV (revision REV → REV)',
      ' 1 a start prod.web.1.REV.app after 0 (revision REV → REV)',
    ])
  })

  it.each([
    ['a command', { overrides: { containerOverrides: [{ name: 'app', command: ['migrate'] }] } }],
    [
      'a variable',
      { overrides: { containerOverrides: [{ name: 'app', environment: [{ name: 'A', value: 'b' }] }] } },
    ],
    ['memory', { overrides: { memory: '512' } }],
    ['a tag', { tags: [{ key: 'a', value: 'b' }] }],
    ['who started it', { startedBy: 'ci' }],
    ['a nonce', { nonce: '2' }],
  ])('runs again with another of: %s', (_, run) => {
    expect(lines(look(shop({ run }), settled).plan)[0]).toBe(
      ' 0 a remove prod.migrate.1.REV.app (revision REV → REV)',
    )
  })

  it('is not run again for another placement or group', () => {
    const run = { placementStrategy: [{ type: 'random' }], group: 'batch' }
    expect(look(shop({ run }), settled)).toMatchObject({ converged: true })
  })

  it('goes where its constraints and its group say', () => {
    const elsewhere = { placementConstraints: [{ type: 'memberOf', expression: 'ec2InstanceId == b' }] }
    expect(lines(look(shop({ run: elsewhere }), empty).plan)[1]).toContain('b create migrate.1')
    const apart = document({
      ...shop({ run: { group: 'batch', count: 2, placementConstraints: [{ type: 'distinctInstance' }] } }),
      tasks: {
        ...shop({ run: { group: 'batch' } }).tasks,
        other: {
          taskDefinition: 'migrate',
          dependsOn: ['migrate'],
          placementConstraints: [{ type: 'memberOf', expression: 'not(task:group == batch)' }],
        },
      },
    })
    const world = changeContainers(
      settledWorld(shop({ run: { group: 'batch' } }), empty),
      c => c.identity.service === 'migrate',
      c => ({ ...c, ...RUNNING }),
    )
    const free = document({
      ...apart,
      tasks: { ...apart.tasks, other: { ...apart.tasks['other'], dependsOn: [] } },
    })
    expect(lines(look(free, world).plan).find(l => l.includes('create other'))).toContain('b create other.1')
  })

  it('gets what its overrides say', () => {
    const run = {
      startedBy: 'ci/7',
      tags: [{ key: 'team', value: 'db' }],
      overrides: {
        containerOverrides: [
          { name: 'app', command: ['migrate'], memory: 64, environment: [{ name: 'A', value: '2' }] },
        ],
      },
    }
    const containers = [
      {
        name: 'app',
        image: 'shop:1',
        command: ['serve'],
        environment: [
          { name: 'A', value: '1' },
          { name: 'B', value: '1' },
        ],
      },
    ]
    const { plan } = look(shop({ run, containers }), empty)
    const created = plan.steps.flatMap(s => (s.action.kind === 'create-container' ? [s.action] : []))
    expect(created[0]?.taskDefinition).toMatchObject({
      tags: [
        { key: 'team', value: 'db' },
        { key: 'startedBy', value: 'ci/7' },
      ],
      containerDefinitions: [
        {
          command: ['migrate'],
          memory: 64,
          environment: [
            { name: 'B', value: '1' },
            { name: 'A', value: '2' },
          ],
        },
      ],
    })
  })

  it('has the GPUs and the environment files that it says, in the place of those of its task definition', () => {
    const containers = [
      {
        name: 'app',
        image: 'shop:1',
        resourceRequirements: [{ type: 'GPU', value: '1' }],
        environmentFiles: [{ value: 'web.env' }],
      },
    ]
    const overridden = (override: object) => {
      const overrides = { containerOverrides: [{ name: 'app', ...override }] }
      const hosts = { a: { address: 'ssh://a', gpus: ['0', '1', '2'] } }
      const { plan, problems } = look(shop({ run: { overrides }, containers, hosts }), emptyHosts('a'))
      const created = plan.steps.flatMap(s => (s.action.kind === 'create-container' ? [s.action] : []))
      const definition = created[0]?.taskDefinition.containerDefinitions[0]
      return { gpus: created[0]?.gpus, files: definition?.environmentFiles.map(f => f.value), problems }
    }
    const asked = (value: string) => ({ resourceRequirements: [{ type: 'GPU', value }] })
    expect(overridden({})).toEqual({ gpus: ['0'], files: ['web.env'], problems: [] })
    expect(overridden(asked('2'))).toMatchObject({ gpus: ['0', '1'] })
    expect(overridden(asked('ALL'))).toMatchObject({ gpus: ['0', '1', '2'] })
    const none = overridden({ resourceRequirements: [], environmentFiles: [] })
    expect(none).toEqual({ gpus: undefined, files: [], problems: [] })
    expect(overridden(asked('4')).problems.map(p => p.message)).toEqual([
      'no container instance can take migrate: 1 lacks GPUs (need 4)',
    ])
  })

  it('runs so many at once as it says, each to its end', () => {
    const three = shop({ run: { count: 3 } })
    const names = printWaves(three, empty).flatMap(l => / create (migrate\.\d)/.exec(l)?.[1] ?? [])
    expect(names).toEqual(['migrate.1', 'migrate.2', 'migrate.3'])
    const one = changeContainers(
      settledWorld(three, empty),
      c => c.identity.slot === '3' && c.identity.service === 'migrate',
      c => ({ ...c, ...FAILED, identity: { ...c.identity, deployment: 'd1' } }),
    )
    expect(look(three, one).services[0]).toMatchObject({
      current: 2,
      rollout: 'FAILED',
      failing: [{ task: 'migrate.3' }],
    })
  })
})

describe('a task that runs once and fails', () => {
  const next = shop({ version: 2 })
  const begun = simulate(settled, look(next, settled).plan)

  it('keeps what waits for it as it is, and is not run again by the same apply', () => {
    const now = look(next, migration(begun, FAILED))
    expect(now).toMatchObject({ plan: { steps: [] }, waiting: false, converged: false })
    expect(now.services).toMatchObject([
      { service: 'migrate', rollout: 'FAILED', failures: 1, failing: [{ task: 'migrate.1' }] },
      { service: 'web', waitsFor: ['migrate'], healthy: 2 },
    ])
  })

  it('is run again by the next apply, which says so', () => {
    const waves = withoutRevisions(printWaves(next, migration(begun, FAILED, 'before')))
    expect(waves.slice(2, 7)).toEqual([
      'wave 2',
      ' 0 a remove prod.migrate.1.REV.app (it failed, and is run again)',
      'wave 3',
      ' 0 a create migrate.1 app of REV (it is to run once)',
      ' 1 a start prod.migrate.1.REV.app after 0 (it is to run once)',
    ])
  })

  it.each([
    ['it could not be started', { status: 'created', startedAt: 0, error: 'exec: "x": not found' }],
    ['it was killed with its host', { status: 'exited', exitCode: 255 }],
    ['it was killed for its memory', { status: 'exited', exitCode: 137, oomKilled: true }],
  ] as const)('has failed where %s', (_, how) => {
    expect(look(next, migration(begun, how)).services[0]).toMatchObject({ rollout: 'FAILED' })
  })

  it('stops what of it still runs', () => {
    const containers = [
      { name: 'app', image: 'shop:1', stopTimeout: 0 },
      { name: 'db', image: 'db:1', stopTimeout: 0 },
    ]
    const set = shop({ containers })
    const world = changeContainers(
      settledWorld(set, empty),
      c => c.identity.service === 'migrate',
      c => ({
        ...c,
        ...(c.identity.container === 'app' ? FAILED : RUNNING),
        identity: { ...c.identity, deployment: 'd1' },
      }),
    )
    expect(lines(look(set, world).plan)).toEqual([
      ' 0 a stop prod.migrate.1.REV.db (up to 0 s) (a container of it failed)',
    ])
  })
})

describe('a task that runs once and was interrupted', () => {
  const next = shop({ version: 2 })
  const begun = simulate(settled, look(next, settled).plan)

  it('and still runs is waited for, by whichever apply', () => {
    const now = look(next, migration(begun, RUNNING, 'killed'))
    expect(now).toMatchObject({ plan: { steps: [] }, waiting: true })
  })

  it('before it was started is started', () => {
    const made = migration(begun, { status: 'created', startedAt: 0 }, 'killed')
    expect(lines(look(next, made).plan)).toEqual([
      ' 0 a start prod.migrate.1.REV.app (not all of its containers have run yet)',
    ])
  })

  it('by a pause goes on', () => {
    const paused = migration(begun, { status: 'paused' }, 'killed')
    expect(lines(look(next, paused).plan)).toEqual([
      ' 0 a unpause prod.migrate.1.REV.app (not all of its containers have run yet)',
    ])
  })

  it('does not run beside an older revision of itself', () => {
    const older = migration(settled, RUNNING, 'killed')
    expect(look(next, older)).toMatchObject({ plan: { steps: [] }, waiting: true })
  })

  it('ends at any prefix of its plan where it would have ended', () => {
    const whole = forecast(next, settled, context(next)).world
    const { plan } = look(next, settled)
    for (let n = 0; n <= plan.steps.length; n++) {
      const cut = settle(next, simulate(settled, { steps: plan.steps.slice(0, n) }))
      const resumed = forecast(next, cut, context(next, { deployment: 'd2' }))
      expect(resumed.end.converged).toBe(true)
      expect(names(resumed.world)).toEqual(names(whole))
    }
  })
})

function names(world: ObservedState): string[] {
  return Object.values(world.instances)
    .flatMap(i => (i.reachable ? i.containers.map(c => `${c.name} ${c.status}`) : []))
    .sort()
}

describe('an instance that does not answer', () => {
  const problem = { code: 'HOST_UNREACHABLE', message: 'no answer', next: '' } as const
  const without = (world: ObservedState, name: string): ObservedState => ({
    instances: { ...world.instances, [name]: { name, reachable: false, problem } },
  })

  it('may have run it: it is not started a second time, and a new revision of what waits for it does not begin', () => {
    const half = document({
      ...shop({ version: 2 }),
      taskDefinitions: {
        ...shop({ version: 2 }).taskDefinitions,
        migrate: shop().taskDefinitions['migrate'],
      },
    })
    const now = look(half, without(settled, 'a'))
    expect(now.plan.steps.filter(s => s.service === 'migrate')).toEqual([])
    expect(now.services.map(s => [s.service, s.presumed, s.waitsFor])).toEqual([
      ['migrate', 1, undefined],
      ['web', 1, ['migrate']],
    ])
    expect(now.warnings.map(w => w.message)).toContain(
      'migrate: 1 of 1 tasks that run once are not seen; they may run, or have run, on a, and are not started a second time',
    )
  })

  it('is none that ran it where another shows that it has not begun', () => {
    expect(lines(look(shop({ version: 2 }), without(settled, 'b')).plan).slice(0, 1)).toEqual([
      ' 0 a remove prod.migrate.1.REV.app (revision REV → REV)',
    ])
  })

  it('does not make what stays as it is unsteady', () => {
    expect(look(shop(), without(settled, 'a'))).toMatchObject({ converged: true })
  })
})

describe('an instance that is emptied', () => {
  it('keeps a task that runs once until it has ended, and its daemons as long', () => {
    const set = document({
      containerInstances: { a: { address: 'ssh://a', status: 'DRAINING' } },
      taskDefinitions: { x: { containerDefinitions: [{ name: 'app', image: 'x:1' }] } },
      tasks: { once: { taskDefinition: 'x' } },
      services: { agent: { taskDefinition: 'x', schedulingStrategy: 'DAEMON' } },
    })
    const active = document({ ...set, containerInstances: instances('a') })
    const world = settledWorld(active, emptyHosts('a'))
    const running = changeContainers(
      world,
      c => c.identity.service === 'once',
      c => ({ ...c, ...RUNNING }),
    )
    expect(look(set, running).plan.steps).toEqual([])
    expect(lines(look(set, world).plan)).toEqual([
      ' 0 a stop prod.agent.a.REV.app (up to 30 s) (a is DRAINING)',
      ' 1 a remove prod.agent.a.REV.app after 0 (a is DRAINING)',
    ])
  })
})

describe('what is left', () => {
  it('goes with the task, when that is no longer in the document', () => {
    const { tasks: _, ...rest } = shop()
    const gone = document({ ...rest, services: { web: { taskDefinition: 'web', desiredCount: 2 } } })
    expect(lines(look(gone, settled).plan)).toEqual([
      ' 0 a remove prod.migrate.1.REV.app (no longer in the document)',
    ])
  })
})

describe('a document', () => {
  it.each([
    [
      { taskDefinition: 'migrat' },
      '/tasks/migrate/taskDefinition no task definition of this document is named "migrat"; did you mean migrate?',
    ],
    [{ count: 11 }, '/tasks/migrate/count'],
    [
      { overrides: { containerOverrides: [{ name: 'ap' }] } },
      '/tasks/migrate/overrides/containerOverrides/0/name migrate has no container "ap"; did you mean app?',
    ],
    [
      { overrides: { containerOverrides: [{ name: 'app', memory: 64, memoryReservation: 128 }] } },
      '/tasks/migrate/overrides with these, containerDefinitions/0/memoryReservation',
    ],
    [
      { overrides: { containerOverrides: [{ name: 'app', command: ['x'.repeat(9000)] }] } },
      '/tasks/migrate/overrides at most 8192 characters of JSON',
    ],
    [{ dependsOn: ['web'] }, '/tasks/migrate/dependsOn "migrate" waits for "web" waits for "migrate"'],
    [{ placementStrategy: [{ type: 'spread' }] }, '/tasks/migrate/placementStrategy/0 spread needs a field'],
  ])('with %j is refused', (run, complaint) => {
    expect(() => shop({ run })).toThrow(complaint)
  })

  it('whose task has the name of a service is refused', () => {
    expect(() => document({ ...shop(), tasks: { ...shop().tasks, web: { taskDefinition: 'web' } } })).toThrow(
      '/tasks/web a service of this document has this name',
    )
  })
})

it('one whose making was cut short goes on once what it needs is free, and says what it waits for', () => {
  const ports = [{ containerPort: 80, hostPort: 8080 }]
  const desired = shop({
    containers: [{ name: 'app', image: 'shop:1', stopTimeout: 0, portMappings: ports }],
    hosts: instances('a'),
  })
  const cut = simulate(emptyHosts('a'), { steps: look(desired, emptyHosts('a')).plan.steps.slice(0, 2) })
  const { a } = cut.instances
  if (!a?.reachable) throw new Error('a does not answer')
  expect(lines(look(desired, cut).plan)).toEqual([
    ' 0 a start prod.migrate.1.REV.app (not all of its containers have run yet)',
  ])
  const port = { containerPort: 80, hostPort: 8080, protocol: 'tcp' as const }
  const foreign = [{ id: 'f', name: 'theirs', ports: [port], imageId: '' }]
  const now = look(desired, { instances: { a: { ...a, foreign } } })
  expect(now.plan.steps).toEqual([])
  expect(now.problems.map(p => p.message)).toEqual([
    'no container instance can take migrate: 1 has port 8080/tcp taken',
  ])
})

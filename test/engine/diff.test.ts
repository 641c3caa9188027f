import { describe, expect, test } from 'vitest'
import { diffLines } from '../../bin/render/diff.ts'
import { PLAIN } from '../../bin/render/style.ts'
import { ResolvedSecrets } from '../../engine/apply/resolved-secrets.ts'
import type { Change } from '../../engine/change.ts'
import { emptied } from '../../engine/emptied.ts'
import type { DesiredState } from '../../engine/desired-state/desired-state.generated.ts'
import { describeChange } from '../../engine/diff.ts'
import { problem } from '../../engine/errors.ts'
import { pulledMark } from '../../engine/image-mark.ts'
import type { ObservedState } from '../../engine/observed-state.ts'
import { type DeploymentRecord, EMPTY_LEDGER } from '../../engine/ledger/record.ts'
import { forecast } from '../../engine/simulate.ts'
import {
  changeContainers,
  context,
  document,
  emptyHosts,
  host,
  instances,
  pinned,
  settledWorld,
  withoutAnswer,
} from '../support/worlds.ts'

const HOSTS = ['a', 'b', 'c'] as const

interface Parts {
  readonly image?: string
  readonly container?: object
  readonly task?: object
  readonly service?: object
  readonly services?: object
}

/** One service `web` of one container `nginx` on three hosts. */
function web({
  image = 'nginx:1.28',
  container = {},
  task = {},
  service = {},
  services,
}: Parts = {}): DesiredState {
  return document({
    containerInstances: instances(...HOSTS),
    taskDefinitions: {
      web: {
        containerDefinitions: [
          { name: 'nginx', image, memory: 128, portMappings: [{ containerPort: 80 }], ...container },
        ],
        ...task,
      },
    },
    services: services ?? {
      web: {
        taskDefinition: 'web',
        desiredCount: 3,
        deploymentConfiguration: { minimumHealthyPercent: 50 },
        ...service,
      },
    },
  })
}

function changeOf(desired: DesiredState, observed: ObservedState, removeVolumes = false): Change {
  const plan = forecast(desired, observed, context(desired, { deployment: '', removeVolumes }))
  return {
    desired,
    observed,
    images: pinned(desired),
    forecast: plan,
    problems: plan.end.problems,
    warnings: plan.waves
      .flatMap(w => w.warnings)
      .filter((w, i, all) => all.findIndex(v => v.message === w.message) === i),
    deadLocks: [],
    marks: {},
    now: 0,
    secrets: ResolvedSecrets.none(),
    ledger: EMPTY_LEDGER,
    upkeep: false,
    steps: plan.waves.reduce((sum, w) => sum + w.plan.steps.length, 0),
  }
}

function shown(desired: DesiredState, observed: ObservedState): string[] {
  return diffLines(describeChange(changeOf(desired, observed)), PLAIN)
}

const running = (desired: DesiredState) => settledWorld(desired, emptyHosts(...HOSTS))

describe('what a person reads', () => {
  test('a new service: where its tasks start', () => {
    expect(shown(web(), emptyHosts(...HOSTS))).toMatchInlineSnapshot(`
      [
        "prod   3 container instances, 1 service is new",
        "",
        "+ web   REPLICA 3   revision a3ed4b5e",
        "    starts 3 tasks: a, b, c",
        "",
        "3 tasks start and 1 image is pulled on 3 instances. Nothing else is touched.",
      ]
    `)
  })

  test('a shared volume: where it is made, and afterwards where its data keeps the tasks', () => {
    const dockerVolumeConfiguration = { scope: 'shared', autoprovision: true }
    const db = (image: string) =>
      web({
        image,
        task: { volumes: [{ name: 'data', dockerVolumeConfiguration }] },
        container: { mountPoints: [{ sourceVolume: 'data', containerPath: '/data' }] },
        service: {
          desiredCount: 1,
          deploymentConfiguration: { minimumHealthyPercent: 0, maximumPercent: 100 },
        },
      })
    const volumeLines = (desired: DesiredState, observed: ObservedState) =>
      shown(desired, observed).filter(line => line.includes('volume data'))
    expect(volumeLines(db('pg:1'), emptyHosts(...HOSTS))).toEqual([
      '    volume data: made on a, empty; its tasks stay there from now on',
    ])
    expect(volumeLines(db('pg:2'), running(db('pg:1')))).toEqual([
      '    volume data: its data is on a, where its tasks stay',
    ])
  })

  test('another constraint or strategy than was applied last, and what it does', () => {
    const wanted = (service: object) => {
      const desired = web({ service })
      const record = { document: web({ service: { placementStrategy: [{ type: 'random' }] } }) }
      const ledger = { ...EMPTY_LEDGER, deployments: [record as unknown as DeploymentRecord] }
      const change = { ...changeOf(desired, running(web())), ledger }
      return diffLines(describeChange(change), PLAIN)
    }
    expect(wanted({ placementStrategy: [{ type: 'random' }] })).toHaveLength(1)
    const placementConstraints = [{ type: 'memberOf', expression: 'attribute:ecs.os-type == linux' }]
    expect(wanted({ placementConstraints })).toEqual([
      'prod  nothing to do: 3 container instances, 1 service as the document says',
      'web   placementConstraints   (none) → attribute:ecs.os-type == linux   moves no task that runs',
      'web   placementStrategy   random → (default)   moves no task that runs',
    ])
    expect(wanted({ placementConstraints, desiredCount: 4 }).slice(2, 6)).toEqual([
      expect.stringMatching(/^~ web   REPLICA 3 → 4/),
      '    desiredCount          3 run → 4                                starts 1',
      '    placementConstraints  (none) → attribute:ecs.os-type == linux  moves no task that runs',
      '    placementStrategy     random → (default)                       moves no task that runs',
    ])
  })

  test('constraints that no longer hold where tasks run: the tasks stay, and that is said', () => {
    const zoned = web({
      service: {
        placementConstraints: [
          { type: 'memberOf', expression: 'ec2InstanceId in [a, b]' },
          { type: 'memberOf', expression: 'not(task:group == service:web)' },
        ],
      },
    })
    expect(shown(zoned, running(web()))).toMatchInlineSnapshot(`
      [
        "prod  nothing to do: 3 container instances, 1 service as the document says",
        "! TASK_MISPLACED  web: web.3 on c would not be placed there now: ec2InstanceId in [a, b]; as in ECS what runs stays until it is replaced",
        "  next: Nothing, or replace the tasks: forceNewDeployment with a new nonce.",
      ]
    `)
    const distinct = web({ service: { placementConstraints: [{ type: 'distinctInstance' }] } })
    const packed = settledWorld(web(), emptyHosts('a'))
    const world = { instances: { ...emptyHosts(...HOSTS).instances, ...packed.instances } }
    expect(shown(distinct, running(web()))).toHaveLength(1)
    expect(shown(distinct, world)[1]).toContain('web.2 on a, web.3 on a would not be placed there now')
  })

  test('a service that waits for another says so', () => {
    const both = (version: number) =>
      document({
        containerInstances: instances(...HOSTS),
        taskDefinitions: Object.fromEntries(
          ['api', 'web'].map(name => [
            name,
            { containerDefinitions: [{ name: 'app', image: `${name}:${version}` }] },
          ]),
        ),
        services: { api: { taskDefinition: 'api' }, web: { taskDefinition: 'web', dependsOn: ['api'] } },
      })
    expect(shown(both(2), running(both(1)))).toContain('    waits until api is in service')
  })

  test("a lost instance's tasks: why they start, and where", () => {
    const why = problem('HOST_UNREACHABLE', 'no answer')
    const dark = {
      instances: { ...running(web()).instances, c: { name: 'c', reachable: false, problem: why } },
    }
    const said = { time: '2026-01-05T00:00:00.000Z', who: 'ann@laptop' }
    const marks = { c: { version: 1, ...said, lost: { ...said, localData: false } } }
    const world = dark as ObservedState
    const plan = forecast(web(), world, context(web(), { deployment: '', marks }))
    const warnings = plan.waves[0]?.warnings ?? []
    const steps = plan.waves.flatMap(w => w.plan.steps).length
    const ledger = {
      ...EMPTY_LEDGER,
      deployments: [{ services: { web: {} } } as unknown as DeploymentRecord],
    }
    const change = { ...changeOf(web(), world), forecast: plan, marks, warnings, steps, ledger }
    expect(diffLines(describeChange(change), PLAIN)).toMatchInlineSnapshot(`
      [
        "prod   3 container instances, 1 service changes",
        "  c  is marked as lost (ann@laptop, 2026-01-05T00:00:00.000Z)",
        "",
        "~ web   REPLICA 2 → 3   revision a3ed4b5e",
        "    desiredCount  2 run → 3  starts 1",
        "    started: web.3 on a   because: 3 desired, 2 run; c is marked as lost (ann@laptop, 2026-01-05T00:00:00.000Z)",
        "",
        "! INSTANCE_LOST  c is marked as lost (ann@laptop, 2026-01-05T00:00:00.000Z): its tasks are replaced",
        "  next: stowage instance found c if it is not gone; take it out of the document once it is gone for good.",
        "",
        "1 task starts. Nothing else is touched.",
      ]
    `)
  })

  test('of a new service a lost instance is no cause', () => {
    const said = { time: '2026-01-05T00:00:00.000Z', who: 'ann@laptop' }
    const marks = { c: { version: 1, ...said, lost: { ...said, localData: false } } }
    const why = problem('HOST_UNREACHABLE', 'no answer')
    const world: ObservedState = {
      instances: { ...emptyHosts('a', 'b').instances, c: { name: 'c', reachable: false, problem: why } },
    }
    const plan = forecast(web(), world, context(web(), { deployment: '', marks }))
    const lines = diffLines(
      describeChange({ ...changeOf(web(), world), forecast: plan, marks, steps: 6 }),
      PLAIN,
    )
    expect(lines.join('\n')).not.toContain('because')
  })

  test('tasks that run once are no services', () => {
    const once = (version: number) => ({
      ...web(),
      ...document({
        containerInstances: instances(...HOSTS),
        taskDefinitions: {
          web: { containerDefinitions: [{ name: 'nginx', image: `nginx:${version}` }] },
        },
        services: { web: { taskDefinition: 'web', desiredCount: 1 } },
        tasks: { migrate: { taskDefinition: 'web' } },
      }),
    })
    expect(shown(once(1), emptyHosts(...HOSTS))[0]).toBe(
      'prod   3 container instances, 1 service is new, 1 task runs once',
    )
    const done = settledWorld(once(1), emptyHosts(...HOSTS))
    expect(shown(once(1), done)[0]).toMatch(/1 service and 1 task that runs once as the document says$/)
  })

  test('an image that cannot be had: what was to change, and that nothing of it is done', () => {
    const next = web({ image: 'nginx:9' })
    const change = changeOf(next, running(web()))
    const stuck = forecast(next, running(web()), { ...context(next), images: {} })
    const missing = problem('IMAGE_NOT_FOUND', 'nginx:9 is not there')
    const blocked = { ...change, forecast: stuck, steps: 0, images: {}, problems: [missing] }
    expect(diffLines(describeChange(blocked), PLAIN)).toMatchInlineSnapshot(`
      [
        "prod   3 container instances, 1 service changes",
        "",
        "~ web   REPLICA 3   revision a3ed4b5e → 3b9e1bc0",
        "    nginx  image  nginx:1.28 → nginx:9  replaces every task",
        "",
        "✗ IMAGE_NOT_FOUND  nginx:9 is not there",
        "  next: Check the name and the tag; docker login if the repository is private.",
        "",
        "1 problem: apply changes nothing while there is one.",
      ]
    `)
  })

  test('nothing to do', () => {
    expect(shown(web(), running(web()))).toMatchInlineSnapshot(`
      [
        "prod  nothing to do: 3 container instances, 1 service as the document says",
      ]
    `)
  })

  test('a new image, more memory and a larger count', () => {
    const next = web({ image: 'nginx:1.29', container: { memory: 256 }, service: { desiredCount: 5 } })
    expect(shown(next, running(web()))).toMatchInlineSnapshot(`
      [
        "prod   3 container instances, 1 service changes",
        "",
        "~ web   REPLICA 3 → 5   revision a3ed4b5e → e9935c14",
        "    nginx  image         nginx:1.28 → nginx:1.29 (sha256:d7cde62d…)  replaces every task",
        "    nginx  memory        128 MiB → 256 MiB                           replaces every task",
        "           desiredCount  3 run → 5                                   starts 2",
        "    rolling: never fewer than 3 healthy, never more than 10 · 2 waves · 3 tasks stop (up to 30 s each)",
        "",
        "5 tasks start, 3 stop and 1 image is pulled on 3 instances. Nothing else is touched.",
      ]
    `)
  })

  test('a smaller count alone restarts nothing', () => {
    expect(shown(web({ service: { desiredCount: 1 } }), running(web()))).toMatchInlineSnapshot(`
      [
        "prod   3 container instances, 1 service changes",
        "",
        "~ web   REPLICA 3 → 1   revision a3ed4b5e",
        "    desiredCount  3 run → 1  stops 2",
        "    stopped: web.3 on c, web.2 on b   because: 1 desired, 3 run",
        "",
        "2 tasks stop. Nothing else is touched.",
      ]
    `)
  })

  test('a service that is no longer in the document', () => {
    expect(shown(web({ services: {} }), running(web()))).toMatchInlineSnapshot(`
      [
        "prod   3 container instances, 1 service goes",
        "",
        "- web   REPLICA 3   no longer in the document",
        "    stops 3 tasks (up to 30 s each)",
        "",
        "3 tasks stop. Nothing else is touched.",
      ]
    `)
  })

  test('a DAEMON that changes', () => {
    const daemon = (image: string) =>
      web({
        image,
        service: { schedulingStrategy: 'DAEMON', desiredCount: undefined, deploymentConfiguration: {} },
      })
    expect(shown(daemon('agent:2'), running(daemon('agent:1')))).toMatchInlineSnapshot(`
      [
        "prod   3 container instances, 1 service changes",
        "",
        "~ web   DAEMON   on 3 of 3 container instances   revision 62e8143a → 5600c401",
        "    nginx  image  agent:1 → agent:2 (sha256:97ead757…)  replaces every task",
        "    on each instance the old task stops, then the new one starts: all may be down at once · 2 waves · 3 tasks stop (up to 30 s each)",
        "",
        "3 tasks start, 3 stop and 1 image is pulled on 3 instances. Nothing else is touched.",
      ]
    `)
  })

  test('a limit that was changed by hand is set back in place', () => {
    const drifted = changeContainers(
      running(web()),
      (_, on) => on === 'b',
      c => ({ ...c, config: { ...c.config, memory: 64 * 1024 ** 2 } }),
    )
    expect(shown(web(), drifted)).toMatchInlineSnapshot(`
      [
        "prod   3 container instances, 1 service is mended",
        "",
        "~ web   REPLICA 3   revision a3ed4b5e",
        "    set in place: web.2 on b   because: memory 64 MiB → 128 MiB (changed by hand)",
        "",
        "1 Docker call. Nothing else is touched.",
      ]
    `)
  })

  test('a network that was changed by hand replaces the task', () => {
    const drifted = changeContainers(
      running(web()),
      (_, on) => on === 'b',
      c => ({ ...c, config: { ...c.config, networkMode: 'host' } }),
    )
    expect(shown(web(), drifted)).toMatchInlineSnapshot(`
      [
        "prod   3 container instances, 1 service is mended",
        "",
        "~ web   REPLICA 3   revision a3ed4b5e",
        "    replaced: web.2 on b   because: networkMode changed by hand",
        "    rolling: never fewer than 2 healthy, never more than 6 · 1 wave · 1 task stops (up to 30 s each)",
        "",
        "1 task starts and 1 stops. Nothing else is touched.",
      ]
    `)
  })

  test('an instance that is DRAINING is emptied', () => {
    const draining = {
      ...web(),
      containerInstances: {
        ...web().containerInstances,
        b: {
          ...web().containerInstances['b'],
          address: 'ssh://b',
          attributes: {},
          status: 'DRAINING' as const,
        },
      },
    }
    expect(shown(draining, running(web()))).toMatchInlineSnapshot(`
      [
        "prod   3 container instances, 1 service changes",
        "  b  DRAINING, says the document",
        "",
        "~ web   REPLICA 3   revision a3ed4b5e",
        "    replaced: web.2 on b   because: b is DRAINING",
        "    rolling: never fewer than 2 healthy, never more than 6 · 1 wave · 1 task stops (up to 30 s each)",
        "",
        "1 task starts and 1 stops. Nothing else is touched.",
      ]
    `)
  })

  test('a host port that is taken by the task that is replaced', () => {
    const fixed = (image: string) =>
      web({
        image,
        container: { portMappings: [{ containerPort: 80, hostPort: 8080 }] },
        service: { deploymentConfiguration: {} },
      })
    expect(shown(fixed('nginx:1.29'), running(fixed('nginx:1.28')))).toMatchInlineSnapshot(`
      [
        "prod   3 container instances, 1 service changes",
        "",
        "~ web   REPLICA 3   revision 9e8a5477 → f98fcfaa",
        "    nginx  image  nginx:1.28 → nginx:1.29 (sha256:d7cde62d…)  replaces every task",
        "    rolling: fewer than 3 healthy while a host port changes hands, never more than 6 · 6 waves · 3 tasks stop (up to 30 s each)",
        "    ! PORT_TAKEN  web: stopped before started on a: host port 8080/tcp is taken by the task that it replaces; it falls below its minimum for about 6 s, until the new task is healthy",
        "    ! PORT_TAKEN  web: stopped before started on b: host port 8080/tcp is taken by the task that it replaces; it falls below its minimum for about 6 s, until the new task is healthy",
        "    ! PORT_TAKEN  web: stopped before started on c: host port 8080/tcp is taken by the task that it replaces; it falls below its minimum for about 6 s, until the new task is healthy",
        "      next: Add a container instance that has the port free, to start before stopping.",
        "",
        "3 tasks start, 3 stop and 1 image is pulled on 3 instances. Nothing else is touched.",
      ]
    `)
  })

  test('a placement that cannot be met is a problem, and is counted as one', () => {
    expect(shown(web({ container: { memory: 100_000 } }), emptyHosts(...HOSTS))).toMatchInlineSnapshot(`
      [
        "prod   3 container instances, 1 service is new",
        "",
        "+ web   REPLICA 3   revision a03ad02b",
        "    ✗ PLACEMENT_FAILED  no container instance can take web: 3 lack memory (need 100000 MiB); there is room for 0 of 3 tasks",
        "      next: Add container instances, lower what the task reserves, or loosen the constraints.",
        "",
        "1 problem: apply changes nothing while there is one.",
      ]
    `)
  })

  test('leftovers of no service', () => {
    const observed = emptyHosts(...HOSTS)
    const volumes = [{ name: 'prod.gone.1.0a.volume.x', cluster: 'prod', task: 'gone/1/0a' }]
    const left = {
      instances: { ...observed.instances, a: host('a', { volumes, networks: [{ id: 'n1', name: 'net' }] }) },
    }
    expect(shown(web({ services: {} }), left)).toMatchInlineSnapshot(`
      [
        "prod   3 container instances",
        "",
        "- volume prod.gone.1.0a.volume.x on a   its task is gone",
        "- network net on a   no longer in the document",
        "",
        "2 leftovers go. Nothing else is touched.",
      ]
    `)
  })

  test('every step of every wave', () => {
    const diff = describeChange(changeOf(web({ service: { desiredCount: 1 } }), emptyHosts('a')))
    expect(diffLines(diff, PLAIN, { waves: true })).toMatchInlineSnapshot(`
      [
        "prod   3 container instances, 1 service is new",
        "",
        "+ web   REPLICA 1   revision a3ed4b5e",
        "    starts 1 task: a",
        "",
        "wave 1 of 2",
        "    a  pull nginx@sha256:d7cde62c…  1 desired, none runs",
        "wave 2 of 2",
        "    a  create web.1 nginx of a3ed4b5e   1 desired, none runs",
        "    a  start prod.web.1.a3ed4b5e.nginx  1 desired, none runs",
        "",
        "1 task starts and 1 image is pulled on 1 instance. Nothing else is touched.",
      ]
    `)
  })
})

describe('fields of a task definition', () => {
  const changed = (from: Parts, to: Parts) =>
    describeChange(changeOf(web(to), running(web(from)))).services[0]?.changes.map(
      c => `${c.container ?? '(task)'} ${c.field}: ${c.from} → ${c.to}`,
    )

  test.each<[string, Parts, Parts, string[]]>([
    [
      'a variable that comes',
      {},
      { container: { environment: [{ name: 'MODE', value: 'x' }] } },
      ['nginx environment.MODE: (none) → x'],
    ],
    [
      'secrets are never shown',
      {
        container: {
          environment: [
            { name: 'DB_PASSWORD', value: 'hunter2' },
            { name: 'URL', value: 'https://me:hunter2@db' },
          ],
        },
      },
      {
        container: {
          environment: [
            { name: 'DB_PASSWORD', value: 'hunter3' },
            { name: 'URL', value: 'https://me:hunter3@db' },
          ],
        },
      },
      ['nginx environment.DB_PASSWORD: (hidden) → (changed)', 'nginx environment.URL: (hidden) → (changed)'],
    ],
    [
      'long values that differ at the end',
      { container: { command: ['x'.repeat(100), 'a'] } },
      { container: { command: ['x'.repeat(100), 'b'] } },
      [`nginx command: …${'x'.repeat(53)}","a"] → …${'x'.repeat(53)}","b"]`],
    ],
    [
      'long values that differ in the middle: where, and by whole characters',
      { container: { command: ['😀'.repeat(50), 'a', 'y'.repeat(80)] } },
      { container: { command: ['😀'.repeat(50), 'b', 'y'.repeat(80)] } },
      [
        `nginx command: …${'😀'.repeat(17)}","a","${'y'.repeat(35)}… → …${'😀'.repeat(17)}","b","${'y'.repeat(35)}…`,
      ],
    ],
    [
      'a long value beside a short one',
      { container: { command: ['z'] } },
      { container: { command: ['x'.repeat(100)] } },
      [`nginx command: ["z"] → ["${'x'.repeat(57)}…`],
    ],
    [
      'a long value with a password in it, wherever the difference is',
      { container: { command: ['sh', '-c', `${'x'.repeat(100)} --password=hunter2 a`] } },
      { container: { command: ['sh', '-c', `${'x'.repeat(100)} --password=hunter2 b`] } },
      ['nginx command: (hidden) → (changed)'],
    ],
    [
      'a password in a command',
      { container: { command: ['serve', '--password', 'hunter2'] } },
      { container: { command: ['serve', '--token=hunter3'] } },
      ['nginx command: (hidden) → (changed)'],
    ],
    [
      'a health check',
      { container: { healthCheck: { command: ['CMD', 'a'] } } },
      { container: { healthCheck: { command: ['CMD', 'b'], interval: 5 } } },
      ['nginx healthCheck.command: ["CMD","a"] → ["CMD","b"]', 'nginx healthCheck.interval: 30 s → 5 s'],
    ],
    [
      'ports',
      {},
      { container: { portMappings: [{ containerPort: 81, hostPort: 8081, protocol: 'udp' }] } },
      ['nginx portMappings: 80/tcp → 8081:81/udp'],
    ],
    [
      'a container that comes',
      {},
      {
        task: {
          containerDefinitions: [
            { name: 'nginx', image: 'nginx:1.28', memory: 128, portMappings: [{ containerPort: 80 }] },
            { name: 'log', image: 'log:1' },
          ],
        },
      },
      ['log container: (none) → log:1'],
    ],
    ['the network', {}, { task: { networkMode: 'host' } }, ['(task) networkMode: bridge → host']],
    [
      'a nonce alone',
      { service: { forceNewDeployment: { nonce: '1' } } },
      { service: { forceNewDeployment: { nonce: '2' } } },
      ['(task) forceNewDeployment: (another) → 2'],
    ],
    [
      'a nonce that is no more',
      { service: { forceNewDeployment: { nonce: '1' } } },
      {},
      ['(task) forceNewDeployment: (another) → (none)'],
    ],
  ])('%s', (_, from, to, changes) => {
    expect(changed(from, to)).toEqual(changes)
  })
})

describe('the data', () => {
  test('a task that only lacks a container is counted as started, and existed before', () => {
    const broken = changeContainers(
      running(web()),
      (_, on) => on === 'a',
      c => ({ ...c, status: 'exited', exitCode: 0 }),
    )
    const [service] = describeChange(changeOf(web(), broken)).services
    expect(service).toMatchObject({ kind: 'mend', starts: 1, stops: 0, running: 2, desired: 3 })
    expect(service?.reasons).toEqual([
      { cause: 'it was stopped or paused', effect: 'started', tasks: [{ task: 'web.1', instance: 'a' }] },
    ])
  })

  test('destroy removes every service', () => {
    const diff = describeChange(changeOf(emptied(web()), running(web())))
    expect(diff.services).toMatchObject([
      { service: 'web', kind: 'remove', running: 3, desired: 0, stops: 3, revision: '' },
    ])
    expect(diff.upToDate).toBe(false)
  })

  test('what stands in the way makes it not up to date', () => {
    const change = changeOf(web(), running(web()))
    expect(describeChange(change).upToDate).toBe(true)
    expect(describeChange({ ...change, problems: [problem('IMAGE_NOT_FOUND', 'no image')] }).upToDate).toBe(
      false,
    )
  })

  test('the same change gives the same data', () => {
    const change = () => describeChange(changeOf(web({ image: 'nginx:2' }), running(web())))
    expect(JSON.stringify(change())).toBe(JSON.stringify(change()))
  })
})

describe('the data of a service', () => {
  const of = (change: Change, name = 'web') =>
    describeChange(change).services.find(s => s.service === name) ?? expect.fail(`no ${name}`)
  const revised = (world: ObservedState, ...revisions: string[]) => {
    let next = 0
    return changeContainers(
      world,
      () => true,
      c => ({ ...c, identity: { ...c.identity, revision: revisions[next++] ?? c.identity.revision } }),
    )
  }

  test('services come by name, those of the document and those that go', () => {
    const service = { taskDefinition: 'web', desiredCount: 1 }
    const before = running(web({ services: { b: service, d: service } }))
    const { services } = describeChange(changeOf(web({ services: { c: service, a: service } }), before))
    expect(services.map(s => `${s.service} ${s.kind}`)).toEqual([
      'a create',
      'b remove',
      'c create',
      'd remove',
    ])
    expect(services.map(s => s.taskDefinition)).toEqual(['web', undefined, 'web', undefined])
    expect(services.map(s => s.desired)).toEqual([1, 0, 1, 0])
  })

  test('old revisions: the most frequent first, alike ones by name', () => {
    const one = web({ service: { desiredCount: 3 } })
    expect(of(changeOf(one, revised(running(one), 'b', 'c', 'c'))).oldRevisions).toEqual(['c', 'b'])
    expect(of(changeOf(one, revised(running(one), 'c', 'a', 'b'))).oldRevisions).toEqual(['a', 'b', 'c'])
  })

  test('what differs is told of the revision that most tasks have', () => {
    const old = changeContainers(
      revised(running(web({ container: { memory: 64 } })), 'c', 'b', 'c'),
      c => c.identity.revision === 'b',
      c => ({ ...c, identity: { ...c.identity, taskDefinition: '{}' } }),
    )
    expect(of(changeOf(web(), old)).changes.map(c => `${c.field} ${c.from}`)).toEqual(['memory 64 MiB'])
  })

  test('where its old definition is not known, nothing is made up', () => {
    const tampered = changeContainers(
      running(web({ image: 'nginx:1' })),
      () => true,
      c => ({ ...c, identity: { ...c.identity, taskDefinition: 'x' } }),
    )
    expect(of(changeOf(web(), tampered))).toMatchObject({ replacesAll: true, changes: [] })
  })

  test('another family is told of first', () => {
    const { taskDefinitions } = web({ container: { memory: 256 } })
    const other = document({
      ...web({ services: {} }),
      taskDefinitions: { site: taskDefinitions['web'] },
      services: { web: { taskDefinition: 'site', desiredCount: 3 } },
    })
    expect(of(changeOf(other, running(web()))).changes.map(c => `${c.field} ${c.from} → ${c.to}`)).toEqual([
      'taskDefinition web → site',
      'memory 128 MiB → 256 MiB',
    ])
  })

  test('an image is told with the digest of its own tag, unless it names one itself', () => {
    const pods = (version: number, pinnedTo = '') =>
      web({
        task: {
          containerDefinitions: [
            { name: 'log', image: `log:${version}` },
            { name: 'nginx', image: pinnedTo === '' ? `nginx:${version}` : pinnedTo },
          ],
        },
      })
    const tos = (next: DesiredState) => of(changeOf(next, running(pods(1)))).changes.map(c => c.to)
    expect(tos(pods(2))).toEqual([
      expect.stringMatching(/^log:2 \(sha256:[0-9a-f]{8}…\)$/),
      expect.stringMatching(/^nginx:2 \(sha256:[0-9a-f]{8}…\)$/),
    ])
    expect(new Set(tos(pods(2)).map(to => to.split('(')[1])).size).toBe(2)
    const fixed = `nginx@sha256:${'7'.repeat(64)}`
    expect(tos(pods(2, fixed))[1]).not.toContain('(')
  })

  test('a service of no tasks is no news', () => {
    const none = web({ service: { desiredCount: 0 } })
    expect(of(changeOf(none, emptyHosts(...HOSTS))).kind).toBe('same')
    expect(describeChange(changeOf(none, emptyHosts(...HOSTS))).upToDate).toBe(true)
  })

  test('what is presumed on a silent instance runs, and is not new', () => {
    const dark = withoutAnswer(running(web()), 'b', 'c')
    expect(of(changeOf(web(), dark))).toMatchObject({ kind: 'same', running: 3, desired: 3 })
    const alone = withoutAnswer(running(web()), ...HOSTS)
    expect(of(changeOf(web(), alone))).toMatchObject({ running: 3, kind: 'same' })
  })

  test('tasks that start are counted by instance, in the order of their names', () => {
    const { placement } = of(changeOf(web({ service: { desiredCount: 4 } }), emptyHosts('c', 'b', 'a')))
    expect(Object.entries(placement)).toEqual([
      ['a', 2],
      ['b', 1],
      ['c', 1],
    ])
  })

  test('what goes is a DAEMON, a task or a REPLICA as it ran', () => {
    const service = { taskDefinition: 'web', desiredCount: 2 }
    const before = document({
      ...web({
        services: { replica: service, daemon: { taskDefinition: 'web', schedulingStrategy: 'DAEMON' } },
      }),
      tasks: { once: { taskDefinition: 'web' } },
    })
    const { services } = describeChange(changeOf(web({ services: {} }), running(before)))
    expect(services.map(s => `${s.service} ${s.schedulingStrategy}`)).toEqual([
      'daemon DAEMON',
      'once TASK',
      'replica REPLICA',
    ])
  })

  test('a task that is run again says so', () => {
    const once = (nonce: string) =>
      document({ ...web({ services: {} }), tasks: { once: { taskDefinition: 'web', nonce } } })
    const change = changeOf(once('2'), running(once('1')))
    expect(of(change, 'once').changes).toEqual([{ field: 'nonce', from: '(another)', to: '2' }])
  })

  test('causes that differ are told apart, alike ones together', () => {
    const broken = changeContainers(
      running(web()),
      (_, on) => on !== 'c',
      c => ({ ...c, status: 'exited', exitCode: 0 }),
    )
    const drifted = changeContainers(
      broken,
      (_, on) => on === 'c',
      c => ({ ...c, config: { ...c.config, memory: 64 * 1024 ** 2 } }),
    )
    expect(
      of(changeOf(web(), drifted)).reasons.map(r => `${r.effect} ${r.tasks.map(t => t.task).join(' ')}`),
    ).toEqual(['started web.1 web.2', 'set in place web.3'])
  })
})

describe('the data of the whole', () => {
  test('images are pulled by name, on instances by name', () => {
    const two = web({
      services: {
        a: { taskDefinition: 'web', desiredCount: 3 },
        z: { taskDefinition: 'web', desiredCount: 3 },
      },
      task: {
        containerDefinitions: [
          { name: 'z', image: 'z:1' },
          { name: 'm', image: 'm:1' },
          { name: 'a', image: 'a:1' },
        ],
      },
    })
    const { pulls } = describeChange(changeOf(two, emptyHosts('c', 'b', 'a')))
    expect(pulls.map(p => `${p.image.split('@')[0]} ${p.instances.join()}`)).toEqual([
      'a a,b,c',
      'm a,b,c',
      'z a,b,c',
    ])
  })

  test('what goes beside the services: each thing once, and images by their number and size', () => {
    const world = running(web())
    const { a } = world.instances
    if (!a?.reachable) throw new Error('a answers')
    const stray = a.containers.map(c => ({
      ...c,
      id: 'stray',
      name: 'stray',
      identity: { ...c.identity, service: '', slot: '', revision: '' },
    }))
    const digests = ['1', '2'].map(n => `old@sha256:${n.repeat(64)}`)
    const olds = digests.map((digest, i) => ({
      id: `sha256:${i}`,
      digests: [digest],
      tags: [pulledMark('prod', digest)],
      bytes: 50,
    }))
    const images = { ...a.images, ...Object.fromEntries(olds.map(o => [o.id, o])) }
    const left: ObservedState = {
      instances: { ...world.instances, a: { ...a, images, containers: [...a.containers, ...stray] } },
    }
    const plan = forecast(web(), left, context(web(), { deployment: '', keepImages: new Set() }))
    const diff = describeChange({ ...changeOf(web(), left), forecast: plan })
    expect(diff.leftovers.map(s => `${s.action} ${s.subject}`)).toEqual(['remove-container stray'])
    expect(diff.leftovers[0]).not.toHaveProperty('service')
    expect(diff.cleanUp).toEqual({ images: 2, instances: 1, bytes: 100 })
    expect(diff.services.map(s => `${s.service} ${s.kind}`)).toEqual(['web same'])
  })

  test('a step says of which service it is', () => {
    const { waves } = describeChange(changeOf(web(), emptyHosts(...HOSTS)))
    expect(new Set(waves.at(-1)?.map(s => s.service))).toEqual(new Set(['web']))
  })

  test('it is not up to date while there is a step, even if all is in service', () => {
    const change = changeOf(web(), running(web()))
    expect(describeChange({ ...change, steps: 1 }).upToDate).toBe(false)
  })
})

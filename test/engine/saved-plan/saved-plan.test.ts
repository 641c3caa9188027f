import { describe, expect, test } from 'vitest'
import type { ObservedState } from '../../../engine/observed-state.ts'
import { Review } from '../../../engine/saved-plan/review.ts'
import {
  appliedAlready,
  parseSavedPlan,
  type Planned,
  printSavedPlan,
  savePlan,
  staleness,
} from '../../../engine/saved-plan/saved-plan.ts'
import { forecast, simulate } from '../../../engine/simulate.ts'
import {
  changeContainers,
  context,
  document,
  emptyHosts,
  host,
  instances,
  look,
  pinned,
  settledWorld,
} from '../../support/worlds.ts'
import { deployment, ledger } from '../ledger/records.ts'

const two = emptyHosts('a', 'b')
const about = { made: '2026-01-05T00:00:00.000Z', by: 'ann@laptop', folder: '.' }

function web(parts: { image?: string; count?: number; other?: number } = {}) {
  const { image = 'nginx:1', count = 2, other = 1 } = parts
  const spread = [{ type: 'spread' as const, field: 'instanceId' }]
  return document({
    containerInstances: instances('a', 'b'),
    taskDefinitions: {
      web: {
        containerDefinitions: [
          {
            name: 'nginx',
            image,
            environment: [{ name: 'A', value: 'b' }],
            portMappings: [{ containerPort: 80 }],
          },
        ],
      },
      other: { containerDefinitions: [{ name: 'c', image: 'other:1' }] },
    },
    services: {
      web: { taskDefinition: 'web', desiredCount: count, placementStrategy: spread },
      other: {
        taskDefinition: 'other',
        desiredCount: other,
        placementConstraints: [{ type: 'memberOf', expression: 'ec2InstanceId == b' }],
      },
    },
  })
}

const withoutOther = (parts: { image?: string; count?: number } = {}) => web({ ...parts, other: 0 })

function planned(desired: ReturnType<typeof web>, observed: ObservedState): Planned {
  return {
    desired,
    observed,
    images: pinned(desired),
    forecast: forecast(desired, observed, context(desired, { deployment: '' })),
  }
}

const before = settledWorld(withoutOther(), two)
const change = planned(withoutOther({ image: 'nginx:2' }), before)
const saved = savePlan(change, about)

describe('a saved plan', () => {
  test('is read back as it was written', () => {
    expect(parseSavedPlan(printSavedPlan(saved))).toEqual({
      ...saved,
      digest: expect.stringMatching(/^[0-9a-f]{64}$/),
    })
  })

  test.each([
    ['what is no JSON', '{', 'it is no JSON'],
    ['another file', '{"cluster":"prod"}', 'it is no saved plan'],
    [
      'one of another version',
      printSavedPlan(saved).replace('"stowagePlan": 1', '"stowagePlan": 7'),
      'its format is 7, and this stowage reads 1',
    ],
    ['one that was changed', printSavedPlan(saved).replace('nginx:2', 'nginx:3'), 'its digest does not fit'],
    ['one that was cut', printSavedPlan(saved).slice(0, 500), 'it is no JSON'],
    ['null', 'null', 'it is no saved plan'],
    ['a text', '"plan"', 'it is no saved plan'],
    ['a list', '[1]', 'it is no saved plan'],
    [
      'one whose document this stowage does not take',
      printSavedPlan({ ...saved, document: { ...saved.document, cluster: 7 } as never }),
      'its document is not valid: /cluster ',
    ],
  ])('%s is refused', (_, text, message) => {
    expect(() => parseSavedPlan(text)).toThrow(
      expect.objectContaining({ code: 'PLAN_INVALID', message: expect.stringContaining(message) }),
    )
  })

  test('that is no JSON is refused with what the reader of JSON says', () => {
    expect(() => parseSavedPlan('{')).toThrow(expect.objectContaining({ cause: expect.any(SyntaxError) }))
  })

  test('has no wave that does nothing, and its instances by name', () => {
    expect(savePlan(change, about).waves.every(lines => lines.length > 0)).toBe(true)
    const onB = changeContainers(
      before,
      (_, instance) => instance === 'b',
      () => undefined,
    )
    const twice = planned(withoutOther({ image: 'nginx:2' }), onB)
    const [first, ...rest] = twice.forecast.waves
    const reversed = first && { ...first, plan: { steps: first.plan.steps.toReversed() } }
    const waves = reversed ? [reversed, ...rest] : []
    for (const forecast of [twice.forecast, { ...twice.forecast, waves }])
      expect(Object.keys(savePlan({ ...twice, forecast }, about).instances)).toEqual(['a', 'b'])
  })

  test('is the same text in whatever order a host lists what it has', () => {
    const volumes = ['x', 'y'].map(name => ({ name, cluster: 'prod' }))
    const containers = [...(before.instances['a']?.reachable ? before.instances['a'].containers : [])]
    const [web1] = containers
    const more = web1 ? [...containers, { ...web1, name: 'prod.a', id: 'a' }] : []
    const texts = [
      a({ volumes, containers: more }),
      a({ volumes: volumes.toReversed(), containers: more.toReversed() }),
    ]
    const [one, other] = texts.map(observed => printSavedPlan(savePlan({ ...change, observed }, about)))
    expect(one).toContain('volume y')
    expect(other).toBe(one)
  })

  test('holds where nothing has changed, whatever the time is', () => {
    const later = Object.fromEntries(
      Object.entries(before.instances).map(([name, i]) => [
        name,
        i.reachable ? { ...i, clock: i.clock + 1e9 } : i,
      ]),
    )
    expect(staleness(saved, planned(change.desired, { instances: later }))).toEqual([])
  })

  const onA = (_: unknown, instance: string) => instance === 'a'
  const web1 = (parts: object) => changeContainers(before, onA, c => ({ ...c, ...parts }))
  const a = (parts: object) => ({
    instances: { ...before.instances, a: { ...host('a'), ...before.instances['a'], ...parts } as never },
  })

  test.each([
    [
      'a container that exited',
      web1({ status: 'exited', exitCode: 3 }),
      'was running, is exited with code 3',
    ],
    ['a container that is dead', web1({ status: 'dead', exitCode: 3 }), 'is exited with code 3'],
    ['a container that somebody paused', web1({ status: 'paused', health: 'unhealthy' }), 'is paused'],
    [
      'a network that is new',
      a({ networks: [{ name: 'prod.x', id: '0123456789abcdef' }] }),
      'network prod.x is new',
    ],
    ['a container that is unhealthy', web1({ health: 'unhealthy' }), 'was running, is unhealthy'],
    ['a container that is gone', changeContainers(before, onA, () => undefined), 'is gone'],
    ['a container that was made anew', web1({ id: 'f00d' }), 'was made anew'],
    [
      'a container that was changed by hand',
      changeContainers(before, onA, c => ({ ...c, config: { ...c.config, memory: 7 } })),
      'is configured otherwise',
    ],
    ['a volume that is new', a({ volumes: [{ name: 'x', cluster: 'prod' }] }), 'volume x is new'],
    [
      'several things, told in one order',
      a({
        volumes: [
          { name: 'y', cluster: 'prod' },
          { name: 'x', cluster: 'prod' },
        ],
        containers: [],
      }),
      'is gone\nvolume x is new\nvolume y is new',
    ],
    [
      'a container that has another name, which is told in one order, too',
      web1({ name: 'prod.a' }),
      'a:\ncontainer prod.a is new\ncontainer prod.web',
    ],
    [
      'another host under the name',
      a({ engine: { ...host('a').engine, cpu: 1 } }),
      'host was linux x86_64 4096 CPU units 8192 MiB, is linux x86_64 1 CPU units 8192 MiB',
    ],
    [
      'a host that does not answer',
      a({ reachable: false, problem: { code: 'HOST_UNREACHABLE', message: '', next: '' } }),
      'a does not answer',
    ],
  ])('is stale for %s', (_, observed, message) => {
    const problems = staleness(saved, planned(change.desired, observed))
    expect(problems[0]).toMatchObject({ code: 'PLAN_STALE', instance: 'a' })
    expect(problems[0]?.message).toContain(message)
  })

  test('is stale for an image that it needs and that is gone', () => {
    const more = planned(withoutOther({ count: 3 }), before)
    const on = Object.keys(savePlan(more, about).instances)[0]
    const gone = Object.entries(before.instances).map(([name, i]) => [
      name,
      name === on ? { ...i, images: {} } : i,
    ])
    const [stale] = staleness(
      savePlan(more, about),
      planned(more.desired, { instances: Object.fromEntries(gone) }),
    )
    expect(stale?.message).toMatch(/image nginx@sha256:\S+ is gone/)
  })

  test('is not stale for a foreign container that takes none of our ports', () => {
    const foreign = [{ id: 'f', name: 'x', ports: [{ containerPort: 1, hostPort: 9, protocol: 'tcp' }] }]
    expect(staleness(saved, planned(change.desired, a({ foreign })))).toEqual([])
  })

  test('is stale for one that takes a port of the document', () => {
    const desired = document({
      ...withoutOther({ image: 'nginx:2' }),
      taskDefinitions: {
        web: {
          containerDefinitions: [
            { name: 'nginx', image: 'nginx:2', portMappings: [{ containerPort: 80, hostPort: 8080 }] },
          ],
        },
        other: { containerDefinitions: [{ name: 'c', image: 'other:1' }] },
      },
    })
    const plan = savePlan(planned(desired, before), about)
    const foreign = [{ id: 'f', name: 'x', ports: [{ containerPort: 1, hostPort: 8080, protocol: 'tcp' }] }]
    expect(staleness(plan, planned(desired, a({ foreign })))[0]?.message).toContain(
      'port 8080/tcp is taken by x',
    )
  })

  test('is stale where what it does not touch makes it another, and says what it would be', () => {
    const both = web()
    const world = settledWorld(both, two)
    const scaled = planned(web({ count: 1 }), world)
    const plan = savePlan(scaled, about)
    const [touched] = Object.keys(plan.instances)
    const untouched = touched === 'a' ? 'b' : 'a'
    const other = changeContainers(
      world,
      (c, instance) => instance === untouched && c.identity.service === 'web',
      () => undefined,
    )
    const what = 'what the plan does not touch has changed, and with it the plan:'
    const [stale] = staleness(plan, planned(scaled.desired, other))
    expect(stale?.message.split('\n')).toEqual([
      what,
      expect.stringMatching(/^would not be done: {2}0 \w stop prod\.web\./),
      expect.stringMatching(/^would not be done: {2}1 \w remove prod\.web\./),
    ])
    const [besides] = staleness(savePlan(planned(scaled.desired, other), about), scaled)
    expect(besides?.message.split('\n')).toEqual([
      what,
      expect.stringMatching(/^would be done too: {2}0 \w stop prod\.web\./),
      expect.stringMatching(/^would be done too: {2}1 \w remove prod\.web\./),
    ])
  })

  test('is not stale for a volume of others that no task of the document has', () => {
    expect(staleness(saved, planned(change.desired, a({ volumes: [{ name: 'x' }] })))).toEqual([])
  })

  test('is stale for a volume of others under the name of one of the document’s', () => {
    const volumes = [{ name: 'data', dockerVolumeConfiguration: { scope: 'shared', autoprovision: true } }]
    const containerDefinitions = [
      { name: 'c', image: 'db:1', mountPoints: [{ sourceVolume: 'data', containerPath: '/data' }] },
    ]
    const desired = document({
      containerInstances: instances('a'),
      taskDefinitions: { db: { volumes, containerDefinitions } },
      services: { db: { taskDefinition: 'db' } },
    })
    const plan = savePlan(planned(desired, emptyHosts('a')), about)
    const now = { instances: { a: host('a', { volumes: [{ name: 'data' }] }) } }
    expect(staleness(plan, planned(desired, now))[0]?.message).toContain('volume data is new')
  })

  test('is stale at an instance that is no longer looked at', () => {
    const { a: _, ...rest } = before.instances
    expect(staleness(saved, { ...change, observed: { instances: rest } })).toMatchObject([
      { code: 'PLAN_STALE', instance: 'a', message: 'a does not answer, and the plan touches it' },
    ])
  })

  test.each([
    [10, []],
    [11, ['… and 1 more']],
    [13, ['… and 3 more']],
  ])('tells ten lines of what is another: of %i', (count, more) => {
    const volumes = Array.from({ length: count }, (_, i) => ({ name: `v${i + 10}`, cluster: 'prod' }))
    const [stale] = staleness(saved, planned(change.desired, a({ volumes })))
    const lines = volumes.slice(0, 10).map(v => `volume ${v.name} is new`)
    expect(stale?.message.split('\n')).toEqual(['a:', ...lines, ...more])
  })

  test('holds no value of the environment’s secrets: what it keeps of a container is a digest', () => {
    const facts = JSON.stringify(saved.instances)
    expect(facts).not.toContain('environment')
    expect(facts).toMatch(/"container prod\.web\.1\.[0-9a-f]{8}\.nginx":"running · [^·]+ · [0-9a-f]{12}"/)
  })
})

describe('a saved plan that is to be applied', () => {
  const read = parseSavedPlan(printSavedPlan(saved))

  test('was not applied where the ledger knows of others alone', () => {
    expect(appliedAlready(read, ledger())).toBeUndefined()
    expect(appliedAlready(read, ledger(deployment(1), deployment(2, { plan: 'other' })))).toBeUndefined()
  })

  test('was, where the last deployment carried it out, and it is said which, when and how it went', () => {
    const known = ledger(deployment(1, { plan: 'other' }), deployment(2, { plan: read.digest }))
    expect(appliedAlready(read, known)).toMatchObject({
      code: 'PLAN_APPLIED',
      message:
        'this plan was applied already: deployment d002, 1970-01-01T00:02:00.000Z, by ann@desk, is COMPLETED; nothing was changed',
      next: expect.stringContaining('stowage history d002 shows it'),
    })
  })

  test('is not done with where it was left half-way', () => {
    for (const state of ['IN_PROGRESS', 'INTERRUPTED', 'FAILED'] as const)
      expect(appliedAlready(read, ledger(deployment(1, { plan: read.digest, state })))).toBeUndefined()
  })

  test('is not what there is now where another deployment came after it', () => {
    const done = deployment(1, { plan: read.digest })
    for (const more of [{}, { plan: 'other' }, { returnsTo: 'd000' }, { state: 'FAILED' }] as const)
      expect(appliedAlready(read, ledger(done, deployment(2, more)))).toBeUndefined()
  })
})

describe('a run that is held to a plan', () => {
  const desired = withoutOther({ image: 'nginx:2' })

  test('does every wave that was shown', () => {
    const review = new Review(change.forecast)
    let world: ObservedState = before
    for (const wave of change.forecast.waves) {
      expect(review.check(wave, world, '')).toBeUndefined()
      world = simulate(world, wave.plan)
    }
  })

  test('tries the same again, and makes no more than was shown', () => {
    const review = new Review(change.forecast)
    const making = change.forecast.waves.filter(w =>
      w.plan.steps.some(s => s.action.kind === 'create-container'),
    )
    for (const wave of [...making, ...making]) expect(review.check(wave, before, '')).toBeUndefined()
    const more = forecast(withoutOther({ image: 'nginx:2', count: 4 }), before, context(desired)).waves
    expect(more.map(w => review.check(w, before, '')?.code)).toContain('PLAN_STALE')
  })

  test('touches no service that was not to be touched, and says what it would have done', () => {
    const review = new Review(change.forecast)
    const drifted = changeContainers(
      settledWorld(web(), two),
      c => c.identity.service === 'other',
      () => undefined,
    )
    const now = look(web(), drifted)
    expect(review.check(now, drifted, '')?.message).toMatch(
      /not in the plan that was reviewed:\n.*create other\.1 c/,
    )
  })

  test('leaves a failing service to its circuit breaker', () => {
    const review = new Review(change.forecast)
    const now = look(withoutOther({ image: 'nginx:3' }), before)
    expect(review.check(now, before, '')).toMatchObject({ code: 'PLAN_STALE' })
    const failing = { ...now, services: now.services.map(s => ({ ...s, failures: 1 })) }
    expect(review.check(failing, before, '')).toBeUndefined()
  })
})

import { describe, expect, test } from 'vitest'
import type { ObservedState } from '../../../engine/observed-state.ts'
import { Review } from '../../../engine/saved-plan/review.ts'
import {
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
  ])('%s is refused', (_, text, message) => {
    expect(() => parseSavedPlan(text)).toThrow(
      expect.objectContaining({ code: 'PLAN_INVALID', message: expect.stringContaining(message) }),
    )
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
    ['a container that is unhealthy', web1({ health: 'unhealthy' }), 'was running, is unhealthy'],
    ['a container that is gone', changeContainers(before, onA, () => undefined), 'is gone'],
    ['a container that was made anew', web1({ id: 'f00d' }), 'was made anew'],
    [
      'a container that was changed by hand',
      changeContainers(before, onA, c => ({ ...c, config: { ...c.config, memory: 7 } })),
      'is configured otherwise',
    ],
    ['a volume that is new', a({ volumes: [{ name: 'x', cluster: 'prod' }] }), 'volume x is new'],
    ['another host under the name', a({ engine: { ...host('a').engine, cpu: 1 } }), 'host was linux'],
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
    const [stale] = staleness(plan, planned(scaled.desired, other))
    expect(stale?.message).toMatch(/would (?:be done too|not be done): /)
  })

  test('holds no value of the environment’s secrets: what it keeps of a container is a digest', () => {
    const facts = JSON.stringify(saved.instances)
    expect(facts).not.toContain('environment')
    expect(facts).toMatch(/"container prod\.web\.1\.[0-9a-f]{8}\.nginx":"running · [^·]+ · [0-9a-f]{12}"/)
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

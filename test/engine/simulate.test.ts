import { describe, expect, it } from 'vitest'
import { pulledMark } from '../../engine/image-mark.ts'
import type { ObservedContainer, ObservedImage, ObservedState } from '../../engine/observed-state.ts'
import type { Action, Plan } from '../../engine/plan.ts'
import { settle } from '../../engine/settle.ts'
import { forecast, simulate } from '../../engine/simulate.ts'
import {
  changeContainers,
  context,
  document,
  emptyHosts,
  host,
  imageOf,
  instances,
  look,
  settledWorld,
} from '../support/worlds.ts'

const desired = document({
  containerInstances: instances('a', 'b'),
  taskDefinitions: {
    web: {
      containerDefinitions: [
        { name: 'nginx', image: 'nginx:1', healthCheck: { command: ['CMD', 'true'] } },
        { name: 'init', image: 'init:1', essential: false },
        { name: 'after', image: 'after:1', dependsOn: [{ containerName: 'init', condition: 'SUCCESS' }] },
      ],
      volumes: [{ name: 'data' }],
    },
  },
  services: { web: { taskDefinition: 'web', desiredCount: 2 } },
})
const empty = emptyHosts('a', 'b')

function planOf(...actions: Action[]): Plan {
  return { steps: actions.map((action, id) => ({ id, action, after: [], cause: '', subject: '' })) }
}

/** What is on instance `a`. */
function on({ instances: { a } }: ObservedState) {
  return a?.reachable ? a : expect.fail('a answers')
}

function containersOf(world: ReturnType<typeof simulate>, name: string) {
  const instance = world.instances[name]
  return instance?.reachable
    ? instance.containers.map(c => `${c.identity.container} ${c.status} ${c.health}`)
    : []
}

describe('simulate', () => {
  const wave = look(desired, empty).plan

  it('makes, pulls and starts what the steps say', () => {
    const world = simulate(empty, wave)
    expect(containersOf(world, 'a')).toEqual([
      'nginx running starting',
      'init running none',
      'after created none',
    ])
    expect(on(world).volumes.map(v => v.task)).toEqual([expect.stringMatching(/^web\/1\//)])
    const nginx = imageOf('nginx:1')
    expect(Object.keys(on(world).images)).toHaveLength(3)
    expect(on(world).images[nginx]).toEqual({
      id: nginx,
      digests: [nginx],
      tags: [pulledMark('prod', nginx)],
      bytes: 0,
    })
  })

  it('leaves the world that it is given as it was', () => {
    const before = structuredClone(empty)
    simulate(empty, wave)
    expect(empty).toEqual(before)
  })

  it('keeps the object of an instance on which nothing happens', () => {
    const onA = { steps: wave.steps.filter(s => s.action.instance === 'a') }
    expect(simulate(empty, onA).instances['b']).toBe(empty.instances['b'])
  })

  it('creates nothing a second time under a name that is taken', () => {
    const world = simulate(empty, wave)
    const creations = wave.steps.filter(s => s.action.kind === 'create-container')
    expect(simulate(world, { steps: creations })).toEqual(world)
  })

  it('does nothing on an instance that does not answer', () => {
    const problem = { code: 'HOST_UNREACHABLE', message: 'no answer', next: '' } as const
    const dark = { instances: { a: { name: 'a', reachable: false as const, problem } } }
    expect(simulate(dark, wave)).toEqual(dark)
  })

  it('stops, unpauses, updates and removes', () => {
    const world = settledWorld(desired, empty)
    const { a } = world.instances
    const [nginx] = a?.reachable ? a.containers : []
    if (!nginx) throw new Error('nginx is there')
    const container = { id: nginx.id, name: nginx.name }
    const run = (...actions: Action[]) =>
      on(simulate(world, planOf(...actions))).containers.find(c => c.name === nginx.name)
    const at = { instance: 'a', container }
    expect(run({ kind: 'stop-container', timeout: 1, ...at })).toMatchObject({
      status: 'exited',
      exitCode: 143,
    })
    expect(
      run({ kind: 'update-container', cpuShares: 7, memory: 8, memoryReservation: 9, ...at })?.config,
    ).toEqual({ ...nginx.config, cpuShares: 7, memory: 8, memoryReservation: 9 })
    const limits = { cpuShares: 7, memory: 8, memoryReservation: 9, memorySwap: 10 }
    expect(run({ kind: 'update-container', ...limits, ...at })?.config.settings).toEqual({
      ...nginx.config.settings,
      MemorySwap: 10,
    })
    expect(run({ kind: 'remove-container', ...at })).toBeUndefined()
  })

  it('a container that was paused goes on as it was', () => {
    const world = settledWorld(desired, empty)
    const paused = changeContainers(
      world,
      c => c.identity.container === 'nginx',
      c => ({ ...c, status: 'paused' }),
    )
    const [{ id, name } = { id: '', name: '' }] = on(paused).containers
    const steps = planOf({ kind: 'unpause-container', instance: 'a', container: { id, name } })
    expect(on(simulate(paused, steps))).toEqual(on(world))
  })

  it('does nothing to a container that is not there', () => {
    const at = { instance: 'a', container: { id: 'x', name: 'gone' } }
    const steps = planOf(
      { kind: 'start-container', ...at },
      { kind: 'stop-container', timeout: 1, ...at },
      { kind: 'remove-container', ...at },
    )
    expect(simulate(empty, steps)).toEqual(empty)
  })

  it('makes a container that was never started and was not killed, with no ports of its own', () => {
    const [create] = wave.steps.filter(s => s.action.kind === 'create-container')
    const world = simulate(empty, { steps: create ? [create] : [] })
    const [made] = [world.instances['a'], world.instances['b']].flatMap(i =>
      i?.reachable ? i.containers : [],
    )
    expect(made).toMatchObject({
      status: 'created',
      startedAt: 0,
      finishedAt: 0,
      oomKilled: false,
      ports: [],
    })
    expect(made?.identity).not.toHaveProperty('secrets')
  })

  it('remembers with a container what its secrets were', () => {
    const creations = wave.steps.flatMap(({ action }) =>
      action.kind === 'create-container' && action.instance === 'a'
        ? [{ ...action, secrets: 'digests' }]
        : [],
    )
    const made = on(simulate(empty, planOf(...creations))).containers
    expect(made.map(c => c.identity.secrets)).toEqual(['digests', 'digests', 'digests'])
  })

  it('makes a network once, and removes that one alone', () => {
    const [net, other] = ['net', 'other'].map(
      name => ({ kind: 'create-network', instance: 'a', name }) as const,
    )
    if (!net || !other) throw new Error('there are two')
    const world = simulate(empty, planOf(net, other, net))
    const made = on(world).networks
    expect(made.map(n => n.name)).toEqual(['net', 'other'])
    const [{ id } = { id: '' }] = made
    const gone = simulate(world, planOf({ kind: 'remove-network', instance: 'a', id, name: 'net' }))
    expect(on(gone).networks.map(n => n.name)).toEqual(['other'])
  })

  it('an image goes with the last of its names; another stays as it is', () => {
    const image = (id: string, ...tags: string[]): ObservedImage => ({
      id,
      digests: [`${id}@1`],
      tags,
      bytes: 1,
    })
    const images = { x: image('x', 'mark', 'mine'), y: image('y'), bare: { ...image('bare'), digests: [] } }
    const world = { instances: { a: host('a', { images }) } }
    const left = (...names: string[]) =>
      on(
        simulate(
          world,
          planOf(
            ...names.map(name => ({ kind: 'remove-image', instance: 'a', image: name, bytes: 0 }) as const),
          ),
        ),
      ).images
    expect(left('x@1')).toEqual({ ...images, x: { ...images.x, digests: [] } })
    expect(left('mark')).toEqual({ ...images, x: { ...images.x, tags: ['mine'] } })
    expect(left('x@1', 'mark', 'mine')).toEqual({ y: images.y, bare: images.bare })
    expect(left('x@1', 'mark')).toHaveProperty('x')
    expect(left('mark', 'mine')).toHaveProperty('x')
  })

  it('the pause image that is imported has its name', () => {
    const steps = planOf({ kind: 'import-image', instance: 'a', image: 'pause:1', architecture: 'x86_64' })
    expect(on(simulate(empty, steps)).images).toEqual({
      'pause:1': { id: 'pause:1', digests: [], tags: ['pause:1'], bytes: 0 },
    })
  })
})

describe('settle', () => {
  const started = simulate(empty, look(desired, empty).plan)

  it('makes healthy what starts, and ends what others wait for to end', () => {
    expect(containersOf(settle(desired, started), 'a')).toEqual([
      'nginx running healthy',
      'init exited none',
      'after created none',
    ])
  })

  it('gives the same object back where time changes nothing', () => {
    const world = settledWorld(desired, empty)
    expect(settle(desired, world)).toBe(world)
  })

  it('lets no time pass for what is healthy already, however young it is', () => {
    const healthy = changeContainers(
      started,
      c => c.identity.container === 'nginx',
      c => ({ ...c, health: 'healthy' }),
    )
    const nginx = changeContainers(
      healthy,
      c => c.identity.container !== 'nginx',
      () => undefined,
    )
    expect(settle(desired, nginx)).toBe(nginx)
  })

  it('ends what others wait for with COMPLETE too, and nothing for START or HEALTHY', () => {
    const waits = (condition: string) => {
      const containerDefinitions = [
        { name: 'first', image: 'i:1', healthCheck: { command: ['CMD', 'true'] } },
        { name: 'second', image: 'i:1', dependsOn: [{ containerName: 'first', condition }] },
      ]
      const set = document({
        containerInstances: instances('a'),
        taskDefinitions: {
          web: { containerDefinitions: containerDefinitions.map((c, i) => ({ ...c, essential: i === 1 })) },
        },
        services: { web: { taskDefinition: 'web' } },
      })
      const hosts = emptyHosts('a')
      return containersOf(settle(set, simulate(hosts, look(set, hosts).plan)), 'a')[0]
    }
    expect(['COMPLETE', 'SUCCESS', 'START', 'HEALTHY'].map(waits)).toEqual([
      'first exited starting',
      'first exited starting',
      'first running healthy',
      'first running healthy',
    ])
  })
})

describe('settle, of a task that runs once', () => {
  const containerDefinitions = [
    { name: 'db', image: 'db:1', essential: false, healthCheck: { command: ['CMD', 'true'] } },
    { name: 'log', image: 'log:1', essential: false },
    {
      name: 'app',
      image: 'app:1',
      dependsOn: [
        { containerName: 'db', condition: 'HEALTHY' },
        { containerName: 'log', condition: 'START' },
      ],
    },
  ]
  const once = (networkMode: string, count = 1) =>
    document({
      containerInstances: instances('a'),
      taskDefinitions: { migrate: { networkMode, containerDefinitions } },
      tasks: { migrate: { taskDefinition: 'migrate', count } },
    })
  const step = (set: ReturnType<typeof once>, world: ObservedState) =>
    settle(set, simulate(world, look(set, world).plan))
  const only = (world: ObservedState) => containersOf(world, 'a')

  it('a container that another waits for to be healthy does so, and ends when that one has ended', () => {
    const set = once('bridge')
    const first = step(set, emptyHosts('a'))
    expect(only(first)).toEqual(['db running healthy', 'log exited none', 'app created none'])
    const second = step(set, first)
    expect(only(second)).toEqual(['db running healthy', 'log exited none', 'app exited none'])
    expect(only(settle(set, second))).toEqual(['db exited healthy', 'log exited none', 'app exited none'])
  })

  it('it does not wait for a container of another task', () => {
    const set = once('bridge', 2)
    const both = step(set, step(set, emptyHosts('a')))
    const oneEnded = changeContainers(
      both,
      c => c.identity.container === 'app' && c.identity.slot === '2',
      c => ({ ...c, status: 'created', finishedAt: 0 }),
    )
    const dbs = only(settle(set, oneEnded)).filter(line => line.startsWith('db'))
    expect(dbs.sort()).toEqual(['db exited healthy', 'db running healthy'])
  })

  it('the pause container stays as long as the task', () => {
    const set = once('awsvpc')
    const world = step(set, step(set, emptyHosts('a')))
    const pause = on(settle(set, world)).containers.find(c => c.name.endsWith('.pause'))
    expect(pause?.status).toBe('running')
  })

  it('a container whose task definition is gone from the document ends', () => {
    const set = once('bridge')
    const world = step(set, emptyHosts('a'))
    expect(only(settle({ ...set, taskDefinitions: {} }, world))[0]).toBe('db exited healthy')
  })
})

describe('forecast', () => {
  it('pulls everything first, ends converged, and begins with what is so now', () => {
    const { waves, now, end } = forecast(desired, empty, context(desired))
    expect(new Set(now.plan.steps.map(s => s.action.kind))).toEqual(new Set(['pull-image']))
    expect(
      waves
        .slice(1)
        .flatMap(w => w.plan.steps)
        .some(s => s.action.kind === 'pull-image'),
    ).toBe(false)
    expect(now.services[0]).toMatchObject({ running: 0, rollout: 'IN_PROGRESS' })
    expect(end.converged).toBe(true)
    expect(end.plan.steps).toEqual([])
  })

  it('of a world in which all is done has one wave without steps', () => {
    const { waves, now, end } = forecast(desired, settledWorld(desired, empty), context(desired))
    expect(waves).toEqual([end])
    expect(now).toBe(end)
  })
})

describe('forecast of what moves by itself', () => {
  const settled = settledWorld(desired, empty)
  const withContainer = (container: string, change: (c: ObservedContainer) => Partial<ObservedContainer>) =>
    changeContainers(
      settled,
      c => c.identity.container === container,
      c => ({ ...c, ...change(c) }),
    )

  it('waits for what is to become healthy', () => {
    const starting = withContainer('nginx', () => ({ health: 'starting' }))
    const { waves, now, end } = forecast(desired, starting, context(desired))
    expect([now.plan.steps, now.converged, now.waiting]).toEqual([[], false, true])
    expect([waves.length, end.converged]).toEqual([2, true])
  })

  it('does not wait for what is in service only to grow older', () => {
    const young = withContainer('after', () => ({ startedAt: on(settled).clock - 3600_000 }))
    expect(settle(desired, young)).not.toBe(young)
    expect(forecast(desired, young, context(desired)).waves).toHaveLength(1)
  })
})

describe('forecast of images that are cleaned up', () => {
  const OLD = `web@sha256:${'1'.repeat(64)}`
  const keepImages = new Set<string>()
  const withOld = (world: ObservedState) => {
    const old = { id: 'sha256:old', digests: [OLD], tags: [pulledMark('prod', OLD)], bytes: 1 }
    return { instances: { ...world.instances, a: { ...on(world), images: { ...on(world).images, old } } } }
  }
  const kinds = (set: typeof desired, world: ObservedState, parts: object) =>
    forecast(set, world, context(set, parts)).waves.map(w => [
      ...new Set(w.plan.steps.map(s => s.action.kind)),
    ])
  const fewer = document({ ...desired, services: { web: { taskDefinition: 'web', desiredCount: 1 } } })

  it('they go at the end of a change, in a wave of their own, whether it pulls or not', () => {
    expect(kinds(desired, withOld(empty), { keepImages }).slice(-2)).toEqual([['remove-image'], []])
    const settled = withOld(settledWorld(desired, empty))
    expect(kinds(fewer, settled, { keepImages }).slice(-2)).toEqual([['remove-image'], []])
  })

  it('nothing is cleaned up where nothing else is done', () => {
    const settled = withOld(settledWorld(desired, empty))
    expect(kinds(desired, settled, { keepImages })).toEqual([[]])
    const starting = changeContainers(
      settled,
      c => c.identity.container === 'nginx',
      c => ({ ...c, health: 'starting' }),
    )
    expect(kinds(desired, starting, { keepImages })).toEqual([[], []])
  })

  it('they stay where the context names none that are kept', () => {
    expect(kinds(desired, withOld(empty), {}).flat()).not.toContain('remove-image')
  })
})

describe('forecast of what fails again and again', () => {
  const set = document({
    containerInstances: instances('a'),
    taskDefinitions: { web: { containerDefinitions: [{ name: 'app', image: 'web:1' }] } },
    services: {
      web: {
        taskDefinition: 'web',
        deploymentConfiguration: {
          deploymentCircuitBreaker: { enable: false, rollback: false, resetOnHealthyTask: false },
        },
      },
      calm: { taskDefinition: 'web' },
    },
  })
  const world = settledWorld(set, emptyHosts('a'))
  const failed = (ago: number) =>
    changeContainers(
      world,
      c => c.identity.service === 'web',
      c => ({
        ...c,
        status: 'exited',
        exitCode: 1,
        restartCount: 30,
        createdAt: 0,
        finishedAt: on(world).clock - ago,
        identity: { ...c.identity, deployment: 'd1' },
      }),
    )
  const kinds = (waves: ReturnType<typeof forecast>['waves']) =>
    waves.map(w => w.plan.steps.map(s => s.action.kind)).filter(steps => steps.length > 0)

  it('time passes once where all rests, and then it is tried again', () => {
    const { waves, now, end } = forecast(set, failed(1), context(set))
    expect(now.plan.steps).toEqual([])
    expect(now.services.map(s => s.retries)).toEqual([undefined, true])
    expect(kinds(waves).flat()).toContain('start-container')
    expect(end.converged).toBe(true)
  })

  it('what has rested is tried again at once, and the same steps are told once', () => {
    const { waves, now } = forecast(set, failed(3_600_000), context(set))
    expect(now.plan.steps).not.toEqual([])
    expect(kinds(waves)).toEqual(kinds(forecast(set, failed(1), context(set)).waves))
  })
})

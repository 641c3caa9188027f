import { describe, expect, it } from 'vitest'
import type { Plan } from '../../engine/plan.ts'
import { settle } from '../../engine/settle.ts'
import { forecast, simulate } from '../../engine/simulate.ts'
import { context, document, emptyHosts, instances, look, settledWorld } from '../support/worlds.ts'

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
    const { a } = world.instances
    expect(a?.reachable && a.volumes.map(v => v.task)).toEqual([expect.stringMatching(/^web\/1\//)])
    expect(a?.reachable && Object.keys(a.images)).toHaveLength(3)
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
    const about = { after: [], cause: '', subject: '' }
    const container = { id: nginx.id, name: nginx.name }
    const run = (...actions: Plan['steps'][number]['action'][]) => {
      const after = simulate(world, { steps: actions.map((action, id) => ({ id, action, ...about })) })
      const { a: now } = after.instances
      return now?.reachable ? now.containers.find(c => c.name === nginx.name) : undefined
    }
    const at = { instance: 'a', container }
    expect(run({ kind: 'stop-container', timeout: 1, ...at })).toMatchObject({
      status: 'exited',
      exitCode: 143,
    })
    expect(run({ kind: 'unpause-container', ...at })).toMatchObject({ status: 'running' })
    expect(
      run({ kind: 'update-container', cpuShares: 7, memory: 8, memoryReservation: 9, ...at })?.config,
    ).toMatchObject({ cpuShares: 7, memory: 8, memoryReservation: 9 })
    expect(run({ kind: 'remove-container', ...at })).toBeUndefined()
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

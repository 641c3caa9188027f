import { describe, expect, it } from 'vitest'
import type { ObservedState, ReachableInstance } from '../../../engine/observed-state.ts'
import { printPlan } from '../../../engine/print-plan.ts'
import {
  document,
  emptyHosts,
  host,
  instances,
  look,
  settledWorld,
  withoutAnswer,
} from '../../support/worlds.ts'

const nothing = document({ containerInstances: instances('a', 'b') })
const app = { containerDefinitions: [{ name: 'app', image: 'app:1', stopTimeout: 0 }] }

function on(a: Partial<ReachableInstance>, b: Partial<ReachableInstance> = {}): ObservedState {
  // not in the order of their names
  return { instances: { b: host('b', b), a: host('a', a) } }
}

function lines(...args: Parameters<typeof look>): string[] {
  return printPlan(look(...args).plan).map(l => l.replace(/(?<=[. ])[0-9a-f]{8}(?=[. )])/g, 'REV').trim())
}

const warnings = (...args: Parameters<typeof look>) =>
  look(...args).warnings.map(w => `${w.code} ${w.instance}: ${w.message}`)

describe('what is no longer in the document', () => {
  const two = document({
    containerInstances: instances('a', 'b'),
    taskDefinitions: { app },
    services: { web: { taskDefinition: 'app', desiredCount: 2 }, api: { taskDefinition: 'app' } },
  })
  const world = settledWorld(two, emptyHosts('a', 'b'))

  it('is removed service by service, by their names', () => {
    const { plan } = look(nothing, world)
    expect(
      plan.steps.filter(s => s.action.kind === 'remove-container').map(s => `${s.service} ${s.subject}`),
    ).toEqual(['api api.1', 'web web.1', 'web web.2'])
  })

  it('is removed where its labels name no service, under its own name', () => {
    const { a } = world.instances
    if (!a?.reachable) throw new Error('a is there')
    const stray = a.containers.slice(0, 1).map(c => ({
      ...c,
      name: 'stray',
      identity: { ...c.identity, service: '', slot: '', revision: '', container: '' },
    }))
    const { plan } = look(nothing, on({ containers: stray }))
    expect(plan.steps.map(s => s.subject)).toEqual(['stray', 'stray'])
    expect(plan.steps.some(s => 'service' in s)).toBe(false)
    const { plan: named } = look(nothing, world)
    expect(named.steps.every(s => s.service !== undefined)).toBe(true)
  })
})

describe('a volume', () => {
  const task = 'web 1 0123456789abcdef'
  const shared = { name: 'data', cluster: 'prod' }

  it('of a task that is gone goes, that of another cluster or of nobody does not', () => {
    const volumes = [
      { name: 'z', cluster: 'prod', task },
      { name: 'y', cluster: 'prod', task },
      { name: 'x', cluster: 'test', task },
      { name: 'w' },
    ]
    expect(lines(nothing, on({ volumes }, { volumes }))).toEqual([
      '0 a remove volume y (its task is gone)',
      '1 a remove volume z (its task is gone)',
      '2 b remove volume y (its task is gone)',
      '3 b remove volume z (its task is gone)',
    ])
    expect(look(nothing, on({ volumes })).plan.steps[0]?.subject).toBe('volume y')
    expect(warnings(nothing, on({ volumes }))).toEqual([])
    expect(lines(nothing, withoutAnswer(on({ volumes }, { volumes }), 'a'))[0]).toContain('b remove volume y')
  })

  it('that tasks share holds data: it is kept, and told of, until somebody has it removed', () => {
    const volumes = [{ name: 'other', cluster: 'prod' }, shared]
    expect(lines(nothing, on({ volumes }))).toEqual([])
    expect(warnings(nothing, on({ volumes }))).toEqual([
      'VOLUME_UNUSED a: the volume data on a holds data and is kept; no task definition uses it any more',
      'VOLUME_UNUSED a: the volume other on a holds data and is kept; no task definition uses it any more',
    ])
    expect(lines(nothing, on({ volumes }), { removeVolumes: true })).toEqual([
      '0 a remove volume data (no longer in the document)',
      '1 a remove volume other (no longer in the document)',
    ])
    expect(warnings(nothing, on({ volumes }), { removeVolumes: true })).toEqual([])
  })

  const uses = (volume: object, more: object = {}) =>
    document({
      containerInstances: instances('a', 'b'),
      taskDefinitions: { plain: app, db: { ...app, volumes: [{ name: 'first' }, volume] } },
      services: { plain: { taskDefinition: 'plain' } },
      ...more,
    })

  it('is in use where a task definition has it as a shared one, and under its name', () => {
    const told = (volume: object) => warnings(uses(volume), on({ volumes: [shared] })).length
    expect(told({ name: 'data', dockerVolumeConfiguration: { scope: 'shared' } })).toBe(0)
    expect(told({ name: 'other', dockerVolumeConfiguration: { scope: 'shared' } })).toBe(1)
    expect(told({ name: 'data', dockerVolumeConfiguration: { scope: 'task' } })).toBe(1)
    expect(told({ name: 'data' })).toBe(1)
  })

  it('goes after the containers that have it', () => {
    const db = document({
      containerInstances: instances('a'),
      taskDefinitions: {
        db: {
          containerDefinitions: [
            {
              ...app.containerDefinitions[0],
              mountPoints: [{ sourceVolume: 'data', containerPath: '/data' }],
            },
          ],
          volumes: [{ name: 'data', dockerVolumeConfiguration: { scope: 'shared', autoprovision: true } }],
        },
        app,
      },
      services: { db: { taskDefinition: 'db' }, app: { taskDefinition: 'app' } },
    })
    const world = settledWorld(db, emptyHosts('a'))
    const { a } = world.instances
    if (!a?.reachable) throw new Error('a is there')
    const none = document({ containerInstances: instances('a') })
    expect(lines(none, { instances: { a: { ...a, volumes: [shared] } } }, { removeVolumes: true })).toEqual([
      '0 a stop prod.app.1.REV.app (up to 0 s) (no longer in the document)',
      '1 a remove prod.app.1.REV.app after 0 (no longer in the document)',
      '2 a stop prod.db.1.REV.app (up to 0 s) (no longer in the document)',
      '3 a remove prod.db.1.REV.app after 2 (no longer in the document)',
      '4 a remove volume data after 3 (no longer in the document)',
    ])
  })
})

describe('a network', () => {
  const networks = ['z', 'prod.tasks', 'b'].map(name => ({ id: name, name }))

  it('of the cluster goes, with what was wrong with it', () => {
    expect(lines(nothing, on({ networks }))).toEqual([
      '0 a remove network b (no longer in the document)',
      '1 a remove network prod.tasks (no task is on it any more)',
      '2 a remove network z (no longer in the document)',
    ])
    expect(look(nothing, on({ networks })).plan.steps.map(s => s.subject)[0]).toBe('network b')
  })

  it.each([
    ['awsvpc', ['b', 'z']],
    ['bridge', ['b', 'prod.tasks', 'z']],
  ])('of the tasks stays while one is on it: %s', (networkMode, gone) => {
    const desired = document({
      containerInstances: instances('a'),
      taskDefinitions: { app: { ...app, networkMode } },
      services: { app: { taskDefinition: 'app' } },
    })
    const { a } = settledWorld(desired, emptyHosts('a')).instances
    if (!a?.reachable) throw new Error('a is there')
    const world = {
      instances: {
        a: {
          ...a,
          networks: [...a.networks, ...networks.filter(n => !a.networks.some(m => m.name === n.name))],
        },
      },
    }
    expect(lines(desired, world).map(l => l.split(' ')[4])).toEqual(gone)
  })
})

import { expect, it } from 'vitest'
import { dataVolumes } from '../../../engine/diff/data-volumes.ts'
import { withDefaults } from '../../../engine/desired-state/minimal.ts'
import type { TaskDefinition } from '../../../engine/desired-state/desired-state.generated.ts'
import type { Action } from '../../../engine/plan.ts'
import type { Reconciliation } from '../../../engine/reconcile/reconcile.ts'
import { document, emptyHosts, host, instances, look } from '../../support/worlds.ts'

function task(...volumes: object[]): TaskDefinition {
  return withDefaults('TaskDefinition', { containerDefinitions: [], volumes })
}

const shared = (name: string, more: object = {}) => ({
  name,
  dockerVolumeConfiguration: { scope: 'shared', ...more },
})
const empty = emptyHosts('b', 'a')
const nothing = look(document({ containerInstances: instances('a') }), emptyHosts('a'))

function wave(...actions: Action[]): Reconciliation {
  const steps = actions.map((action, id) => ({ id, action, after: [], cause: '', subject: '' }))
  return { ...nothing, plan: { steps } }
}

const make = (name: string, instance: string): Action => ({ kind: 'create-volume', instance, name })

it('a shared volume is where it is there and where it is made, by name', () => {
  const there = [{ name: 'data' }, { name: 'other' }]
  const world = { instances: { b: host('b', { volumes: there }), a: host('a', { volumes: there }) } }
  expect(dataVolumes(task(shared('data')), world, [])).toEqual([{ volume: 'data', on: ['a', 'b'], made: [] }])
  const waves = [
    wave(make('data', 'b'), make('other', 'c')),
    wave(make('data', 'a'), { kind: 'remove-volume', instance: 'c', name: 'data' }),
  ]
  expect(dataVolumes(task(shared('data')), empty, waves)).toEqual([
    { volume: 'data', on: [], made: ['a', 'b'] },
  ])
  expect(dataVolumes(task(shared('data')), world, waves)).toEqual([
    { volume: 'data', on: ['a', 'b'], made: ['a', 'b'] },
  ])
})

it('a volume whose data is on a server, or goes with its task, keeps no task where it is', () => {
  const world = { instances: { a: host('a', { volumes: [{ name: 'nfs', remote: true }, { name: 'own' }] }) } }
  const waves = [wave(make('nfs', 'b'))]
  const volumes = [
    shared('nfs', { driverOpts: { type: 'nfs' } }),
    shared('none'),
    { name: 'own' },
    { name: 'own', host: { sourcePath: '/srv' } },
  ]
  expect(dataVolumes(task(...volumes), world, waves)).toEqual([])
  expect(dataVolumes(undefined, world, waves)).toEqual([])
})

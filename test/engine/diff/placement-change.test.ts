import { expect, it } from 'vitest'
import { placementChanges } from '../../../engine/diff/placement-change.ts'
import { type DeploymentRecord, EMPTY_LEDGER } from '../../../engine/ledger/record.ts'
import { document, instances } from '../../support/worlds.ts'

function web(service: object) {
  return document({
    containerInstances: instances('a'),
    taskDefinitions: { web: { containerDefinitions: [{ name: 'app', image: 'app:1' }] } },
    services: { web: { taskDefinition: 'web', ...service } },
  })
}

function changes(before: object, after: object) {
  const record = { document: web(before) } as unknown as DeploymentRecord
  return placementChanges(web(after), { ...EMPTY_LEDGER, deployments: [record] }, 'web')
}

const on = (...zones: string[]) => ({
  placementConstraints: [
    ...zones.map(zone => ({ type: 'memberOf', expression: `attribute:zone != ${zone}` })),
    { type: 'distinctInstance' },
  ],
})
const DAEMON = { schedulingStrategy: 'DAEMON' }

it('tells both sides, and what it does to tasks that run', () => {
  const strategies = [{ type: 'spread', field: 'attribute:zone' }, { type: 'random' }]
  expect(changes({}, { ...on('x', 'y'), placementStrategy: strategies })).toEqual([
    {
      field: 'placementConstraints',
      from: '(none)',
      to: 'attribute:zone != x and attribute:zone != y and distinctInstance',
      effect: 'moves no task that runs',
    },
    {
      field: 'placementStrategy',
      from: '(default)',
      to: 'spread attribute:zone, random',
      effect: 'moves no task that runs',
    },
  ])
})

it('a DAEMON stops where it may not be', () => {
  const constraint = { placementConstraints: [{ type: 'memberOf', expression: 'attribute:zone == x' }] }
  expect(changes(DAEMON, { ...DAEMON, ...constraint })).toMatchObject([
    { field: 'placementConstraints', effect: 'stops tasks that it does not let be' },
  ])
})

it('of a service that is another kind now it would say nothing true', () => {
  expect(changes({ placementStrategy: [{ type: 'random' }] }, DAEMON)).toEqual([])
})

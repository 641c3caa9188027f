import { expect, it } from 'vitest'
import { document, emptyHosts, look, settledWorld } from '../../support/worlds.ts'

function web(count: number, placementConstraints: object[] = [], image = 'app:1') {
  return document({
    containerInstances: {
      a: { address: 'ssh://a', attributes: { zone: 'x' } },
      b: { address: 'ssh://b', attributes: { zone: 'y' } },
    },
    taskDefinitions: { app: { containerDefinitions: [{ name: 'app', image, memory: 64 }] } },
    services: {
      web: {
        taskDefinition: 'app',
        desiredCount: count,
        placementConstraints,
        placementStrategy: [{ type: 'binpack', field: 'memory' }],
      },
    },
  })
}

const zone = { type: 'memberOf', expression: 'attribute:zone == y' }
const world = (count: number) => settledWorld(web(count), emptyHosts('a', 'b'))
const warnings = (desired: ReturnType<typeof web>, count: number) =>
  look(desired, world(count)).warnings.map(w => `${w.code} ${w.service} ${w.message}`)

it.each([
  [1, 'web.1 on a'],
  [4, 'web.1 on a, web.2 on a, web.3 on a, web.4 on a'],
  [6, 'web.1 on a, web.2 on a, web.3 on a, web.4 on a and 2 more'],
])('%i tasks that would not be placed where they are stay, and are told of', (count, tasks) => {
  expect(warnings(web(count, [zone]), count)).toEqual([
    `TASK_MISPLACED web web: ${tasks} would not be placed there now: attribute:zone == y; as in ECS what runs stays until it is replaced`,
  ])
  expect(look(web(count, [zone]), world(count)).plan.steps).toEqual([])
})

it('several on one instance are no matter, but where they are to be apart', () => {
  expect(warnings(web(2, [{ type: 'memberOf', expression: 'attribute:zone == x' }]), 2)).toEqual([])
  expect(warnings(web(2, [{ type: 'distinctInstance' }]), 2)).toEqual([
    'TASK_MISPLACED web web: web.2 on a would not be placed there now: distinctInstance; as in ECS what runs stays until it is replaced',
  ])
})

it('what is replaced anyway is not told of', () => {
  expect(warnings(web(1, [zone], 'app:2'), 1)).toEqual([])
})

import { expect, test } from 'vitest'
import { problem } from '../../engine/errors.ts'
import type { ObservedState } from '../../engine/observed-state.ts'
import { outOfSight, taskRows } from '../../engine/ps.ts'
import { document, emptyHosts, instances, look, settledWorld } from '../support/worlds.ts'

const web = document({
  containerInstances: instances('a', 'b', 'c'),
  taskDefinitions: { web: { containerDefinitions: [{ name: 'nginx', image: 'nginx:1.29' }] } },
  services: { web: { taskDefinition: 'web', desiredCount: 3 } },
})

test('each container has the image that its task definition names beside the one that it became', () => {
  const rows = taskRows(settledWorld(web, emptyHosts('a', 'b', 'c')))
  expect(rows.map(r => [r.task, r.reference])).toEqual([1, 2, 3].map(n => [`web.${n}`, 'nginx:1.29']))
  expect(rows[0]?.image).toMatch(/^nginx@sha256:/)
})

test('what runs on instances that do not answer is out of sight, and counted', () => {
  const world = settledWorld(web, emptyHosts('a', 'b', 'c'))
  const gone = { name: 'c', reachable: false, problem: problem('HOST_UNREACHABLE', 'no answer') } as const
  const dark: ObservedState = { instances: { ...world.instances, c: gone } }
  expect(outOfSight(dark, look(web, dark).services)).toEqual({ instances: ['c'], tasks: { web: 1 } })
  expect(outOfSight(world, look(web, world).services)).toEqual({ instances: [], tasks: {} })
})

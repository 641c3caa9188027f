import * as fc from 'fast-check'
import { describe, expect, it, test } from 'vitest'
import { compileExpression } from '../../../engine/query/compile.ts'
import { parseExpression } from '../../../engine/query/parse.ts'
import { createFleet, type Fleet, release, reserve } from '../../../engine/scheduler/fleet.ts'
import { anyExpression } from './expressions.ts'

const NOTHING = { cpu: 0, memoryMiB: 0, ports: [] }

function fleetOfThree(): Fleet {
  const more = { cpu: 1024, memoryMiB: 1024 }
  const fleet = createFleet([
    {
      ...more,
      name: 'h1',
      state: 'ACTIVE',
      attributes: { zone: 'a', cores: '8', 'ecs.instance-type': 't2.micro' },
      agentVersion: '24.0.7',
      registeredAt: Date.UTC(2026, 0, 1),
    },
    {
      ...more,
      name: 'h2',
      state: 'DRAINING',
      attributes: { 'ecs.availability-zone': 'b', zone: 'a', cores: '16', 'ecs.instance-type': 'g2.large' },
      agentVersion: '24.0.10',
      registeredAt: Date.UTC(2026, 5, 1),
    },
    { ...more, name: 'h3', state: 'UNREACHABLE', attributes: {} },
  ])
  reserve(fleet, 0, NOTHING, 'web')
  reserve(fleet, 0, NOTHING, 'web')
  reserve(fleet, 1, NOTHING, 'db')
  reserve(fleet, 1, NOTHING, 'family:batch')
  return fleet
}

function matching(fleet: Fleet, text: string): string {
  const result = parseExpression(text)
  if (!result.ok) return result.message
  const test = compileExpression(result.expression, fleet)
  return fleet.names.filter((_, host) => test(host)).join(' ')
}

describe('compileExpression_of', () => {
  test.each([
    ['attribute:zone == a', 'h1 h2'],
    ['attribute:zone != a', 'h3'],
    ['attribute:zone in [a, c]', 'h1 h2'],
    ['attribute:zone !in [a, c]', 'h3'],
    ['attribute:ecs.availability-zone == a', 'h1'],
    ['attribute:ecs.availability-zone == b', 'h2'],
    ['attribute:zone exists', 'h1 h2'],
    ['attribute:zone !exists', 'h3'],
    ['attribute:toString exists', ''],
    ['attribute:cores > 8', 'h2'],
    ['attribute:cores >= 8', 'h1 h2'],
    ['attribute:cores < 9', 'h1'],
    ['attribute:cores <= x', 'h1 h2'],
    ['attribute:cores < 8x', 'h1 h2'],
    ['attribute:cores > 8.5', 'h2'],
    ['attribute:cores > 8.75', 'h2'],
    ['attribute:cores > -3', 'h1 h2'],
    ['attribute:cores < x9', 'h1 h2'],
    ['attribute:cores > 9..1', ''],
    ['attribute:ecs.instance-type > h', 'h1'],
    ['attribute:ecs.instance-type < h', 'h2'],
    ['attribute:ecs.instance-type >= t2.micro', 'h1'],
    ['attribute:ecs.instance-type > t2.micro', ''],
    ['attribute:ecs.instance-type < t2.micro', 'h2'],
    ['attribute:ecs.instance-type <= g2.large', 'h2'],
    ['agentConnected == false', 'h3'],
    ['agentVersion > 24.0', 'h1 h2'],
    ['agentVersion < 24.0.7.1', 'h1'],
    ['agentVersion >= 24.0.7.0', 'h1 h2'],
    ['registeredAt < 2026-06-01', 'h1'],
    ['registeredAt <= 2026-06-01', 'h1 h2'],
    ['registeredAt > 2025-12-31T23:59:59', 'h1 h2'],
    ['registeredAt < 2026-01-31', 'h1'],
    ['attribute:ecs.instance-type =~ t2.*', 'h1'],
    ['attribute:ecs.instance-type !~ t2.*', 'h2 h3'],
    ['agentConnected == true', 'h1 h2'],
    ['agentConnected != true', 'h3'],
    ['agentVersion > 24.0.7', 'h2'],
    ['agentVersion <= 24.0.10', 'h1 h2'],
    ['agentVersion !exists', 'h3'],
    ['ec2InstanceId == h3', 'h3'],
    ["ec2InstanceId =~ 'h[12]'", 'h1 h2'],
    ['registeredAt < 2026-03-01', 'h1'],
    ['registeredAt >= 2026-01-01T00:00:00Z', 'h1 h2'],
    ['registeredAt == 2026-01-01T02:00:00+02:00', 'h1'],
    ['registeredAt != 2026-01-01', 'h2 h3'],
    ['registeredAt !exists', 'h3'],
    ['runningTasksCount == 2', 'h1 h2'],
    ['runningTasksCount < 1', 'h3'],
    ['runningTasksCount in [0, 7]', 'h3'],
    ['runningTasksCount !in [0, 7]', 'h1 h2'],
    ['task:group == service:web', 'h1'],
    ['task:group != service:web', 'h2 h3'],
    ['task:group == family:batch', 'h2'],
    ['task:group in [service:db, service:web]', 'h1 h2'],
    ['task:group !in [service:db, service:web]', 'h3'],
    ['task:group =~ service:.*b', 'h1 h2'],
    ['task:group !~ service:w.*', 'h2 h3'],
    ['task:group exists', 'h1 h2'],
    ['task:group !exists', 'h3'],
    ['not(task:group == service:web) and attribute:zone == a', 'h2'],
    ['ec2InstanceId == h1 or ec2InstanceId == h3', 'h1 h3'],
  ])('%s', (text, hosts) => {
    expect(matching(fleetOfThree(), text)).toBe(hosts)
  })
})

it('compileExpression_sees_tasks_that_come_and_go', () => {
  const fleet = fleetOfThree()
  const parsed = parseExpression('task:group == service:new')
  if (!parsed.ok) throw new Error(parsed.message)
  const test = compileExpression(parsed.expression, fleet)
  expect(test(2)).toBe(false)
  reserve(fleet, 2, NOTHING, 'new')
  expect(test(2)).toBe(true)
  release(fleet, 2, NOTHING, 'new')
  expect(test(2)).toBe(false)
})

it('compileExpression_of_not_is_the_opposite', () => {
  const fleet = fleetOfThree()
  fc.assert(
    fc.property(anyExpression, expression => {
      const test = compileExpression(expression, fleet)
      const opposite = compileExpression({ kind: 'not', operand: expression }, fleet)
      for (let host = 0; host < fleet.size; host++) expect(opposite(host)).toBe(!test(host))
    }),
  )
})

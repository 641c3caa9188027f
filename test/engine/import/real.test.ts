import { describe, expect, it } from 'vitest'
import { importTaskDefinition } from '../../../engine/import/import-task-definition.ts'
import { forecast } from '../../../engine/simulate.ts'
import { EXPECTED_NAMES, origins, REAL_TASK_DEFINITIONS } from '../../support/ecs-task-definitions.ts'
import { context, document, emptyHosts, instances } from '../../support/worlds.ts'

it('each real task definition has its expectation and its origin', () => {
  const names = REAL_TASK_DEFINITIONS.map(t => t.name)
  expect(names).toHaveLength(37)
  expect(EXPECTED_NAMES).toEqual(names)
  expect(origins()).toEqual(names)
})

describe.each(REAL_TASK_DEFINITIONS)('$name', ({ text, fixed, expected }) => {
  const { lenient = [], unsupported = '', wrong = {} } = expected
  const names = unsupported.split(' ').filter(name => name !== '')

  it('is refused with exactly what is expected, or taken', () => {
    const { problems, ...imported } = importTaskDefinition(text, { lenient: true })
    expect([...imported.unsupported].sort()).toEqual(names.sort())
    expect(imported.stripped.map(n => n.pointer)).toEqual(lenient)
    const others = problems.filter(p => p.code !== 'FIELD_UNSUPPORTED')
    expect(others.map(p => p.pointer).sort()).toEqual(Object.keys(wrong).sort())
    for (const { pointer, message } of others) expect(message).toContain(wrong[pointer]?.says)
  })

  it('is refused besides, without lenient, what that takes for what is meant', () => {
    const strict = importTaskDefinition(text)
    const told = strict.problems.filter(p => p.message.includes(': lenient, it is '))
    expect(told.map(p => p.pointer)).toEqual(lenient)
    expect(strict.needsLenient).toBe(lenient.length > 0)
  })

  it('plans, once it is put right and what nothing here does is ignored', () => {
    const { family, taskDefinition, problems } = importTaskDefinition(fixed, {
      lenient: true,
      ignoreUnsupported: names,
    })
    expect(problems).toEqual([])
    const desired = document({
      containerInstances: instances('a', 'b'),
      taskDefinitions: { [family]: taskDefinition },
      services: { [family]: { taskDefinition: family } },
    })
    const { end, waves } = forecast(desired, emptyHosts('a', 'b'), context(desired))
    expect(end.problems).toEqual([])
    expect(end.converged).toBe(true)
    const made = waves.flatMap(w => w.plan.steps).filter(s => s.action.kind === 'create-container')
    expect(made.length).toBeGreaterThanOrEqual(taskDefinition.containerDefinitions.length)
  })
})

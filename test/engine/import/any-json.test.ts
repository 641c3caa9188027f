import * as fc from 'fast-check'
import { expect, it } from 'vitest'
import { importService } from '../../../engine/import/import-service.ts'
import { importTaskDefinition } from '../../../engine/import/import-task-definition.ts'

const KEYS = [
  'family',
  'containerDefinitions',
  'name',
  'image',
  'environment',
  'value',
  'healthCheck',
  'command',
  'logConfiguration',
  'secrets',
  'taskDefinition',
  'Resources',
  'Properties',
  'Type',
  'volumes',
  'tags',
  'ignoreUnsupported',
  '__proto__',
  'restartPolicy',
  'extraHosts',
  'portMappings',
  'deploymentConfiguration',
  'schedulingStrategy',
]
const anyValue = fc.letrec(tie => ({
  value: fc.oneof(
    { maxDepth: 6 },
    fc.constantFrom(null, '', 'null', true, 0, 256, '256', 'x', 'AWS::ECS::TaskDefinition', 'CMD'),
    fc.array(tie('value'), { maxLength: 3 }),
    fc.dictionary(fc.constantFrom(...KEYS), tie('value'), { maxKeys: 5 }),
  ),
})).value

it('any JSON, in the places of what is expected, is taken or refused, and never throws', () => {
  fc.assert(
    fc.property(anyValue, fc.boolean(), (value, lenient) => {
      const text = JSON.stringify(value)
      for (const given of [
        value,
        text,
        { taskDefinition: value },
        { family: 'web', containerDefinitions: value },
      ]) {
        const task = importTaskDefinition(given, { lenient, family: 'web' })
        expect(Array.isArray(task.problems)).toBe(true)
        const service = importService(given, { lenient, serviceName: 'web' })
        expect(Array.isArray(service.problems)).toBe(true)
      }
    }),
    { numRuns: 1000 },
  )
})

it('what is no JSON is refused', () => {
  const circle: { family: unknown } = { family: 'web' }
  circle.family = circle
  for (const given of [circle, 1n, undefined, () => {}])
    expect(importTaskDefinition(given).problems).toHaveLength(1)
})

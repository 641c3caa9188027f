import { describe, expect, it } from 'vitest'
import { groupOf, isOneOff, oneOffDefinition, oneOffRevision } from '../../engine/one-off.ts'
import { document } from '../support/worlds.ts'

const tags = [
  { key: 'team', value: 'a' },
  { key: 'stage', value: 'b' },
]
const containerDefinitions = [
  {
    name: 'app',
    image: 'app:1',
    command: ['serve'],
    cpu: 10,
    environment: [
      { name: 'MODE', value: 'serve' },
      { name: 'KEPT', value: 'x' },
    ],
    secrets: [
      { name: 'DB', valueFrom: 'env:DB' },
      { name: 'TOKEN', valueFrom: 'env:TOKEN' },
    ],
  },
  { name: 'side', image: 'side:1', command: ['look'] },
]

/** The task `job`, which runs once. */
function job(parts: object = {}, task: object = {}) {
  const { tasks, taskDefinitions } = document({
    taskDefinitions: { app: { cpu: '256', memory: '512', tags, containerDefinitions, ...task } },
    tasks: { job: { taskDefinition: 'app', ...parts } },
  })
  return { run: tasks['job'] ?? expect.fail(), task: taskDefinitions['app'] ?? expect.fail() }
}

function definitionOf(parts: object) {
  const { run, task } = job(parts)
  return oneOffDefinition(run, task)
}

describe('what a task that runs once runs', () => {
  it('is its task definition, marked as one that ends by itself', () => {
    const { run, task } = job()
    const definition = oneOffDefinition(run, task)
    expect(definition).toStrictEqual({ ...task, once: true })
    expect([isOneOff(definition), isOneOff(task)]).toEqual([true, false])
  })

  it('is the same each time, and another of another task definition', () => {
    const { run, task } = job()
    const definition = oneOffDefinition(run, task)
    const other = oneOffDefinition(run, { ...task, cpu: '7' })
    expect(other).toMatchObject({ cpu: '7' })
    expect(oneOffDefinition(run, task)).toBe(definition)
  })

  it('has the CPU and the memory that it is given, each for itself', () => {
    expect(definitionOf({ overrides: { cpu: '512' } })).toMatchObject({ cpu: '512', memory: '512' })
    expect(definitionOf({ overrides: { memory: '1024' } })).toMatchObject({ cpu: '256', memory: '1024' })
  })

  it('has its own tags, which win over those of the task definition, and who started it', () => {
    const own = [{ key: 'stage', value: 'own' }]
    expect(definitionOf({ tags: own, startedBy: 'ann' }).tags).toEqual([
      { key: 'team', value: 'a' },
      { key: 'stage', value: 'own' },
      { key: 'startedBy', value: 'ann' },
    ])
  })

  it('has of one container what it overrides, and all else as it was', () => {
    const environment = [
      { name: 'MODE', value: 'migrate' },
      { name: 'DB', value: 'local' },
    ]
    const containerOverrides = [{ name: 'app', command: ['migrate'], environment }]
    const { task } = job()
    const [app, side] = task.containerDefinitions
    const definition = definitionOf({ overrides: { containerOverrides } })
    expect(definition.containerDefinitions).toEqual([
      {
        ...app,
        command: ['migrate'],
        environment: [{ name: 'KEPT', value: 'x' }, ...environment],
        // a variable that is set for this run is no secret in it
        secrets: [expect.objectContaining({ name: 'TOKEN' })],
      },
      side,
    ])
  })
})

it('a task that runs once has another revision with another nonce, and the same with the same', () => {
  const revision = (nonce?: string) => {
    const { run, task } = job({ ...(nonce !== undefined && { nonce }) })
    return oneOffRevision(run, oneOffDefinition(run, task))
  }
  expect(revision('1')).toBe(revision('1'))
  expect(new Set([revision(), revision('1'), revision('2')]).size).toBe(3)
})

it.each([
  [undefined, 'family:app'],
  ['batch', ':batch'],
  ['service:web', 'service:web'],
])('a task whose group is %j is in %s', (group, expected) => {
  expect(groupOf(job({ ...(group !== undefined && { group }) }).run)).toBe(expected)
})

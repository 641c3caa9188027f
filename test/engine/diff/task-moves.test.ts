import { expect, it } from 'vitest'
import { taskMoves } from '../../../engine/diff/task-moves.ts'
import type { Action, Step } from '../../../engine/plan.ts'
import { document, emptyHosts, instances, look, settledWorld } from '../../support/worlds.ts'

const desired = document({
  containerInstances: instances('a', 'b'),
  taskDefinitions: {
    web: {
      containerDefinitions: [
        { name: 'app', image: 'app:1' },
        { name: 'log', image: 'log:1' },
      ],
    },
  },
  services: { web: { taskDefinition: 'web', desiredCount: 2 } },
})
const world = settledWorld(desired, emptyHosts('a', 'b'))
const settled = look(desired, world)

function moves(...steps: (Pick<Step, 'action'> & Partial<Step>)[]) {
  const plan = { steps: steps.map((s, id) => ({ id, after: [], cause: 'why', subject: 'thing', ...s })) }
  return taskMoves([{ ...settled, plan }], world)
}

function container(instance: string, name: string) {
  const on = world.instances[instance]
  const found = on?.reachable && on.containers.find(c => c.identity.container === name)
  if (!found) throw new Error(`no ${name} on ${instance}`)
  return { instance, container: { id: found.id, name: found.name } }
}

const stop = (timeout: number, instance: string, name: string): Action => ({
  kind: 'stop-container',
  timeout,
  ...container(instance, name),
})

it('a task takes as long to stop as what stops one after the other, and as the longest at once', () => {
  const [apart] = moves({ action: stop(20, 'a', 'app') }, { action: stop(9, 'a', 'log') })
  expect(apart).toMatchObject({ stops: true, starts: false, stopTimeout: 20 })
  const [chained] = moves({ action: stop(20, 'a', 'app') }, { action: stop(9, 'a', 'log'), after: [0] })
  expect(chained?.stopTimeout).toBe(29)
  const removed: Action = { kind: 'remove-container', ...container('b', 'app') }
  const [, other] = moves({ action: removed }, { action: stop(9, 'a', 'log'), after: [0] })
  expect(other?.stopTimeout).toBe(9)
})

it('tells what each kind of step does to a task that is there', () => {
  const kinds: Record<string, Action> = {
    start: { kind: 'start-container', ...container('a', 'app') },
    unpause: { kind: 'unpause-container', ...container('a', 'app') },
    stop: stop(1, 'a', 'app'),
    remove: { kind: 'remove-container', ...container('a', 'app') },
    update: {
      kind: 'update-container',
      cpuShares: 1,
      memory: 1,
      memoryReservation: 1,
      ...container('a', 'app'),
    },
    secrets: { kind: 'put-log-config', ...container('a', 'app') } as Action,
  }
  const told = Object.entries(kinds).map(([name, action]) => {
    const [{ starts, stops, removed, updated, existed } = expect.fail(name)] = moves({ action })
    expect(existed).toBe(true)
    return [name, { starts, stops, removed, updated }]
  })
  const none = { starts: false, stops: false, removed: false, updated: false }
  expect(Object.fromEntries(told)).toEqual({
    start: { ...none, starts: true },
    unpause: { ...none, starts: true },
    stop: { ...none, stops: true },
    remove: { ...none, removed: true },
    update: { ...none, updated: true },
    secrets: none,
  })
})

it('a task is told of by its name, a container of no task by what the step is about', () => {
  const [own] = moves({ action: stop(1, 'a', 'app') })
  expect(own).toMatchObject({ task: 'web.1', instance: 'a', service: 'web', cause: 'why' })
  const a = world.instances['a']
  if (!a?.reachable) throw new Error('a answers')
  const stray = a.containers.map(c => ({
    ...c,
    identity: { ...c.identity, service: '', slot: '', revision: '' },
  }))
  const steps = [{ id: 0, after: [], cause: 'why', subject: 'container x', action: stop(1, 'a', 'app') }]
  const [move] = taskMoves([{ ...settled, plan: { steps } }], {
    instances: { ...world.instances, a: { ...a, containers: stray } },
  })
  expect(move).toMatchObject({ task: 'container x', service: '' })
})

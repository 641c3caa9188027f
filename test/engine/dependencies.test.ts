import { describe, expect, it } from 'vitest'
import {
  dependenciesOf,
  inCreationOrder,
  linkOf,
  linksOf,
  namespaceHolder,
  neededBy,
} from '../../engine/dependencies.ts'
import { asRun, PAUSE } from '../../engine/task-network.ts'
import { document } from '../support/worlds.ts'

type Parts = Record<string, object>

/** A task of containers by these names. */
function taskOf(containers: Parts, parts: object = {}) {
  const containerDefinitions = Object.entries(containers).map(([name, more]) => {
    return { name, image: `${name}:1`, ...more }
  })
  const { taskDefinitions } = document({ taskDefinitions: { web: { containerDefinitions, ...parts } } })
  return taskDefinitions['web'] ?? expect.fail()
}

/** By container name. */
function each<T>(
  task: ReturnType<typeof taskOf>,
  ask: (of: typeof task, container: (typeof task)['containerDefinitions'][number]) => T,
): Record<string, T> {
  return Object.fromEntries(task.containerDefinitions.map(c => [c.name, ask(task, c)]))
}

const order = (task: ReturnType<typeof taskOf>) => inCreationOrder(task).map(c => c.name)
const from = (sourceContainer: string) => ({ volumesFrom: [{ sourceContainer }] })
const after = (containerName: string, condition: string) => ({ dependsOn: [{ containerName, condition }] })
const notEssential = { essential: false }
const routed = { logConfiguration: { logDriver: 'awsfirelens', options: { Name: 'stdout' } } }
const router = { firelensConfiguration: { type: 'fluentbit' } }

describe('what must be there before a container is made', () => {
  it('is nothing where it stands alone', () => {
    expect(each(taskOf({ a: {}, b: {} }), neededBy)).toEqual({ a: [], b: [] })
  })

  it('is what it links to and has volumes from, each once', () => {
    const task = taskOf({ a: { links: ['b:db', 'c'], ...from('b') }, b: {}, c: {} })
    expect(each(task, neededBy)).toEqual({ a: ['b', 'c'], b: [], c: [] })
  })

  it('is the pause container where that holds the task’s address, but for the pause container itself', () => {
    const task = asRun(taskOf({ a: {}, b: from('a') }, { networkMode: 'awsvpc' }))
    expect(each(task, neededBy)).toEqual({ [PAUSE]: [], a: [PAUSE], b: ['a', PAUSE] })
  })

  it.each(['pidMode', 'ipcMode'])('with %s task is the container whose namespace the others join', mode => {
    const task = taskOf({ a: after('b', 'START'), b: {}, c: {} }, { [mode]: 'task' })
    expect(each(task, neededBy)).toEqual({ a: ['b'], b: [], c: ['b'] })
  })

  it('is its log router, by a link, where the network is a bridge', () => {
    const task = taskOf({ a: { links: ['b'], ...routed }, b: {}, router })
    expect(each(task, linksOf)).toEqual({ a: ['b', 'router:firelens'], b: [], router: [] })
    expect(each(task, neededBy)).toEqual({ a: ['b', 'router'], b: [], router: [] })
  })
})

describe('what a container waits for before it starts', () => {
  const start = (containerName: string) => ({ containerName, condition: 'START' })

  it('is what it says, where it needs nothing', () => {
    const task = taskOf({ a: after('b', 'COMPLETE'), b: notEssential })
    expect(each(task, dependenciesOf)).toEqual({ a: [{ containerName: 'b', condition: 'COMPLETE' }], b: [] })
  })

  it('is also the start of what it needs, unless it says of that itself what it waits for', () => {
    const healthy = { healthCheck: { command: ['CMD', 'true'] } }
    const task = taskOf({ a: { links: ['b', 'c'], ...after('b', 'HEALTHY') }, b: healthy, c: {} })
    expect(each(task, dependenciesOf)['a']).toEqual([
      { containerName: 'b', condition: 'HEALTHY' },
      start('c'),
    ])
  })

  it.each(['bridge', 'host'])(
    'is also the start of its log router, once, in network mode %s',
    networkMode => {
      const task = taskOf({ a: routed, router }, { networkMode })
      expect(each(task, dependenciesOf)).toEqual({ a: [start('router')], router: [] })
    },
  )
})

describe('containers are made', () => {
  it('as they stand where none needs another', () => {
    expect(order(taskOf({ c: {}, a: {}, b: {} }))).toEqual(['c', 'a', 'b'])
  })

  it('each after those that it needs, directly and through others, and else as they stand', () => {
    const task = taskOf({ d: from('c'), c: { links: ['a'] }, b: {}, a: {} })
    expect(order(task)).toEqual(['a', 'c', 'd', 'b'])
  })

  it('each once, where several need it', () => {
    const task = taskOf({ a: from('c'), b: from('c'), c: {} })
    expect(order(task)).toEqual(['c', 'a', 'b'])
  })

  it('also where two of a task that was stored need each other', () => {
    const task = taskOf({ a: {}, b: {} })
    const [a, b] = task.containerDefinitions
    const ring = {
      ...task,
      containerDefinitions: [a, b]
        .flatMap(c => c ?? [])
        .map(c => {
          return { ...c, links: [c.name === 'a' ? 'b' : 'a'] }
        }),
    }
    expect(order(ring)).toEqual(['b', 'a'])
  })
})

describe('the container whose namespace the others join', () => {
  const holder = (containers: Parts, parts: object = { pidMode: 'task' }) =>
    namespaceHolder(taskOf(containers, parts))?.name

  it('is none where none is shared, or there is nobody to share it with', () => {
    expect(holder({ a: {}, b: {} }, {})).toBeUndefined()
    expect(holder({ a: {}, b: {} }, { pidMode: 'host' })).toBeUndefined()
    expect(holder({ a: {} })).toBeUndefined()
  })

  it('is the first essential one that waits for no other', () => {
    expect(holder({ a: notEssential, b: {}, c: {} })).toBe('b')
    for (const waits of [after('b', 'START'), { links: ['b'] }, from('b')])
      expect(holder({ a: waits, b: {} })).toBe('b')
    expect(holder({ a: routed, b: {}, router })).toBe('b')
  })
})

it('a link names a container, and what it is called there', () => {
  expect(linkOf('db:store')).toEqual({ container: 'db', alias: 'store' })
  expect(linkOf('db')).toEqual({ container: 'db', alias: 'db' })
})

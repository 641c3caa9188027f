import { expect, test } from 'vitest'
import { selectContainers, selectOne, type Selection } from '../../engine/select-containers.ts'
import { taskRow } from '../bin/render/samples.ts'

const ROWS = [
  taskRow({ service: 'agent', task: 'agent.fra-1.example', container: 'agent', instance: 'fra-1.example' }),
  taskRow({ service: 'web', task: 'web.1', container: 'nginx', status: 'exited' }),
  taskRow({ service: 'web', task: 'web.2', container: 'log', status: 'exited' }),
  taskRow({ service: 'web', task: 'web.2', container: 'nginx' }),
  taskRow({ service: 'api', task: 'api.1', container: 'app' }),
  taskRow({ service: 'api', task: 'api.1', container: 'log' }),
]

/** Every instance answers. */
const SEEN = { instances: [], services: ['agent', 'web', 'api'] }

const picked = (selection: Selection) =>
  'rows' in selection
    ? selection.rows.map(r => `${r.task}/${r.container}`)
    : `${selection.problem.message}; ${selection.problem.next}`

test.each([
  ['a service', { name: 'web' }, ['web.1/nginx', 'web.2/log', 'web.2/nginx']],
  ['a task', { name: 'web.2' }, ['web.2/log', 'web.2/nginx']],
  ['a container of it', { name: 'web.2', container: 'nginx' }, ['web.2/nginx']],
  ["a daemon's task", { name: 'agent.fra-1.example' }, ['agent.fra-1.example/agent']],
  [
    'nothing by that name',
    { name: 'wbe' },
    'there is no task or service wbe; There are agent.fra-1.example, web.1, web.2, api.1.',
  ],
  [
    'no such container',
    { name: 'web.2', container: 'app' },
    'web.2 has no container app; There are log, nginx.',
  ],
])('%s', (_, selector, result) => {
  expect(picked(selectContainers(ROWS, selector, SEEN))).toEqual(result)
})

test.each([
  ['of a service, its first task that runs', { name: 'web' }, ['web.2/nginx']],
  ['one of several, by name', { name: 'api', container: 'log' }, ['api.1/log']],
  [
    'one of several, unnamed',
    { name: 'api' },
    'api.1 has 2 containers that run; Name one with --container: app, log.',
  ],
  ['one that does not run', { name: 'web.1' }, 'nothing of web.1 runs; stowage ps shows how it stands.'],
])('to run a command in: %s', (_, selector, result) => {
  expect(picked(selectOne(ROWS, selector, SEEN))).toEqual(result)
})

test('an empty cluster says what to do', () => {
  expect(picked(selectContainers([], { name: 'wbe' }, SEEN))).toBe(
    'there is no task or service wbe; Nothing of this cluster is on its hosts; stowage apply makes it so.',
  )
})

test('a task that may be where nobody answers is not said to be none', () => {
  const hidden = { instances: ['fra-3'], services: ['web', 'db'] }
  const select = (name: string) => picked(selectContainers(ROWS, { name }, hidden))
  const next = 'Bring fra-3 back; stowage ps shows what is in sight.'
  const away = 'is on no container instance that answers; it may run on fra-3, which does not'
  expect(select('web.3')).toBe(`web.3 ${away}; ${next}`)
  expect(select('db')).toBe(`db ${away}; ${next}`)
  expect(select('web.2')).toEqual(['web.2/log', 'web.2/nginx'])
  expect(select('wbe.3')).toMatch(/^there is no task or service wbe\.3/)
  expect(selectOne(ROWS, { name: 'web.3' }, hidden)).toMatchObject({ problem: { code: 'TASK_OUT_OF_SIGHT' } })
})

test('a service of which nothing is there yet is not said to be none', () => {
  expect(picked(selectContainers([], { name: 'web' }, SEEN))).toBe(
    'nothing of web is on its hosts; stowage diff shows what stowage apply would start.',
  )
})

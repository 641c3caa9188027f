import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'
import { expect, it } from 'vitest'
import { knownProperties } from '../../../engine/desired-state/explain.ts'
import type { EcsShape } from '../../../engine/ecs-fields/field.ts'
import { ECS_SHAPES, fieldPath, ignoreName } from '../../../engine/ecs-fields/table.ts'
import { ECS_FIELDS } from './ecs-api.ts'

const root = resolve(import.meta.dirname, '../../..')
const rows = ECS_SHAPES.flatMap(shape =>
  Object.entries(shape.fields).map(([name, field]) => ({ shape, name, field, path: fieldPath(shape, name) })),
)
const supported = rows.flatMap(({ field, ...row }) =>
  field.verdict === 'refused' ? [] : [{ ...row, field }],
)
const refused = rows.filter(({ field }) => field.verdict === 'refused')

const SECTIONS = { 'task definition': '/taskDefinitions', service: '/services', RunTask: '/tasks' }

/** Where the shape stands in a document, as a JSON pointer. */
function placeOf({ input, at }: EcsShape): string {
  const within = at === '' ? '' : `/${at.replaceAll('[]', '.0').replaceAll('.', '/')}`
  return `${SECTIONS[input]}/x${within}`
}

it.each(Object.entries(ECS_FIELDS))('%s has a row for each field of ECS', (name, fields) => {
  const shape = ECS_SHAPES.find(s => s.name === name)
  expect(Object.keys(shape?.fields ?? {}).sort()).toEqual(fields.split(' ').sort())
})

it('every one of the 155 fields has a row', () => {
  expect(Object.values(ECS_FIELDS).flatMap(fields => fields.split(' '))).toHaveLength(155)
})

it('what is supported is in the schema, and what is refused is not', () => {
  const known = (row: { shape: EcsShape; name: string }) =>
    knownProperties(placeOf(row.shape)).includes(row.name)
  // a document says these by where a service stands
  const keys = new Set(['CreateService cluster', 'CreateService serviceName', 'RunTask cluster'])
  expect(
    supported.filter(row => !known(row) && !keys.has(`${row.shape.name} ${row.name}`)).map(r => r.path),
  ).toEqual([])
  expect(refused.filter(row => known(row)).map(r => r.path)).toEqual([])
})

it('what the schema has beyond ECS is stowage’s own, and known here', () => {
  const own = ECS_SHAPES.flatMap(shape =>
    knownProperties(placeOf(shape))
      .filter(name => !Object.hasOwn(shape.fields, name))
      .map(name => fieldPath(shape, name)),
  )
  expect(own.sort()).toEqual([
    'containerDefinitions[].secrets[].deliverAs',
    'dependsOn',
    'dependsOn',
    'deploymentConfiguration.steadyAfterSeconds',
    'forceNewDeployment',
    // of a task definition, and of a service
    'ignoreUnsupported',
    'ignoreUnsupported',
    'nonce',
  ])
})

it('every name that ignoreUnsupported may have means one thing in its input', () => {
  for (const input of ['task definition', 'service'] as const) {
    const names = rows.flatMap(({ shape, name, field, path }) =>
      shape.input !== input
        ? []
        : [
            ...(field.verdict === 'refused' ? [ignoreName(path)] : []),
            ...(shape.refusedValues?.[name] ?? []).map(({ value }) => ignoreName(path, value)),
          ],
    )
    expect(names.filter((name, i) => names.indexOf(name) < i)).toEqual([])
  }
})

it('every test that a row names is there', async () => {
  const files = [...new Set(supported.map(({ field }) => field.shownBy.file))]
  const vitest = join(root, 'node_modules/vitest/vitest.mjs')
  // into a file: whatever else is said on stdout is no part of the list
  const folder = await mkdtemp(join(tmpdir(), 'stowage-tests-'))
  const list = join(folder, 'tests.json')
  const args = [vitest, 'list', `--json=${list}`, '--config', 'test/vitest.config.ts', ...files]
  const { stdout, stderr } = await promisify(execFile)(process.execPath, args, {
    cwd: root,
    maxBuffer: 1 << 25,
  })
  const written = await readFile(list, 'utf8').catch(() => `no list:\n${stdout}${stderr}`)
  await rm(folder, { recursive: true })
  const there = new Set(
    (JSON.parse(written) as { file: string; name: string }[]).map(
      ({ file, name }) => `${file.slice(root.length + 1)}: ${name.split(' > ').at(-1)}`,
    ),
  )
  const named = supported.map(({ field: { shownBy } }) => `${shownBy.file}: ${shownBy.title}`)
  expect([...new Set(named)].filter(name => !there.has(name))).toEqual([])
})

it('a test that stands in for a real engine says why, and one on a real engine is one', () => {
  const real = /^test\/e2e\//
  expect(
    supported
      .filter(({ field: { shownBy } }) => real.test(shownBy.file) === (shownBy.standsIn !== undefined))
      .map(r => r.path),
  ).toEqual([])
})

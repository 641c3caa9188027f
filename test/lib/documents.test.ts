import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { parseDesiredState } from '../../engine/desired-state/parse.ts'
import { printDocument } from '../../lib/document.ts'
import { SynthError } from '../../lib/index.ts'
import { synthesize } from '../../lib/synth.ts'
import { type AppPlan, buildApp, type ClusterPlan, type TaskPlan } from './app-plan.ts'

/** The texts of an app's documents; undefined where synth refuses it. */
function texts(plan: AppPlan, flip?: () => boolean): string[] | undefined {
  try {
    return synthesize(buildApp(plan, flip)).map(printDocument)
  } catch (error) {
    if (error instanceof SynthError) return undefined
    throw error
  }
}

/** What a document check finds in that which synth let pass. */
function missedBySynth(plan: AppPlan): string[] {
  return (texts(plan) ?? []).flatMap(text => {
    const parsed = parseDesiredState(text)
    return parsed.ok ? [] : parsed.problems.map(p => `${p.pointer}: ${p.message}`)
  })
}

const name = fc.constantFrom('web', 'api', 'a1', 'b-2', 'c_3', 'Z', 'constructor', 'toString')
const map = fc.dictionary(name, fc.constantFrom('x', 'a b', '1'), { maxKeys: 4 })
const task: fc.Arbitrary<TaskPlan> = fc.record({
  family: name,
  volumes: fc.constant([]),
  containers: fc.uniqueArray(
    fc.record({
      containerName: name,
      image: fc.constantFrom('nginx:1', 'busybox'),
      environment: map,
      dockerLabels: map,
      portMappings: fc.constantFrom([], [{ containerPort: 80 }]),
      mounts: fc.constant([]),
    }),
    { minLength: 1, maxLength: 3, selector: c => c.containerName },
  ),
  services: fc.constantFrom([]),
})
const cluster: fc.Arbitrary<ClusterPlan> = fc
  .record({
    name,
    instances: fc.uniqueArray(fc.record({ name, attributes: map }), { maxLength: 4, selector: i => i.name }),
    tasks: fc.uniqueArray(task, { maxLength: 4, selector: t => t.family }),
    services: fc.uniqueArray(fc.record({ name, at: fc.nat(3) }), { maxLength: 6, selector: s => s.name }),
  })
  .map(({ services, tasks, ...rest }) => ({
    ...rest,
    tasks: tasks.map((t, i) => ({
      ...t,
      services: services
        .filter(s => s.at === i)
        .map(s => ({ name: s.name, constraints: [], strategies: [] })),
    })),
  }))
const app = fc.record({
  clusters: fc.uniqueArray(cluster, { maxLength: 2, selector: c => c.name.toLowerCase() }),
})

test('a random app that is valid gives documents that parse, whatever the order in which it is made', {
  timeout: 60_000,
}, () => {
  fc.assert(
    fc.property(app, fc.infiniteStream(fc.boolean()), (plan, flips) => {
      const expected = texts(plan)
      expect(expected).toHaveLength(plan.clusters.length)
      expect(missedBySynth(plan)).toEqual([])
      expect(texts(plan, () => flips.next().value === true)).toEqual(expected)
    }),
  )
})

/** An app that is valid, and that has every property somewhere. */
const full: AppPlan = {
  clusters: [
    {
      name: 'prod',
      instances: [
        { name: 'fra-1', attributes: { zone: 'a' } },
        { name: 'fra-2', attributes: {} },
      ],
      tasks: [
        {
          family: 'web',
          networkMode: 'bridge',
          volumes: [
            { name: 'data', dockerVolumeConfiguration: { scope: 'shared', autoprovision: true } },
            { name: 'etc', host: { sourcePath: '/etc/web' } },
          ],
          containers: [
            {
              containerName: 'setup',
              image: 'busybox',
              environment: {},
              essential: false,
              portMappings: [{ containerPort: 80, hostPort: 81, protocol: 'udp' }],
              mounts: [],
              healthCheck: { command: ['CMD', 'x', 'true'], interval: 5, timeout: 2, startPeriod: 0 },
            },
            {
              containerName: 'main',
              image: 'nginx:1',
              environment: { A: 'x' },
              dockerLabels: { team: 'web' },
              essential: true,
              cpu: 256,
              memoryLimitMiB: 100,
              memoryReservationMiB: 60,
              stopTimeout: 30,
              user: 'www',
              workingDirectory: '/srv',
              portMappings: [
                { containerPort: 53, hostPort: 53, protocol: 'udp', name: 'dns' },
                { containerPort: 54, protocol: 'udp', name: 'other' },
                { containerPort: 55, protocol: 'udp' },
              ],
              healthCheck: { command: ['CMD', 'true'], retries: 3, interval: 5, timeout: 2, startPeriod: 0 },
              mounts: [
                { sourceVolume: 'data', containerPath: '/a', readOnly: true },
                { sourceVolume: 'etc', containerPath: '/b' },
              ],
              dependsOn: { at: 0, condition: 'SUCCESS' },
            },
          ],
          services: [
            {
              name: 'web',
              desiredCount: 2,
              daemon: false,
              minHealthyPercent: 50,
              maxHealthyPercent: 150,
              steadyAfter: 5,
              nonce: '1',
              constraints: [],
              strategies: ['attribute:zone', 'instanceId'],
            },
            {
              name: 'agent',
              desiredCount: undefined,
              daemon: true,
              minHealthyPercent: 0,
              maxHealthyPercent: 100,
              constraints: [],
              strategies: [],
            },
          ],
        },
        {
          family: 'api',
          volumes: [],
          containers: [{ containerName: 'api', image: 'api', environment: {}, portMappings: [], mounts: [] }],
          services: [],
        },
      ],
    },
  ],
}

const NUMBERS = [
  -1,
  0,
  1,
  1.5,
  2,
  5,
  6,
  10,
  11,
  50,
  53,
  54,
  60,
  61,
  80,
  81,
  99,
  100,
  101,
  149,
  150,
  151,
  200,
  300,
  301,
  1000,
  1001,
  3600,
  3601,
  65535,
  65536,
  1e6,
  1e6 + 1,
  Number.NaN,
  Infinity,
  2 ** 53,
]
const LONG = [127, 128, 129, 255, 256, 511, 512].map(length => 'x'.repeat(length))
const STRINGS = [
  ...LONG,
  '',
  ' ',
  '-x',
  '_x',
  '.x',
  'X',
  'é',
  'a.b',
  'a b',
  'a/b',
  'a=b',
  'a\n',
  'a\0',
  ' a',
  'a ',
  '__proto__',
  'constructor',
  'web',
  'api',
  'agent',
  'main',
  'setup',
  'fra-1',
  'data',
  'etc',
  'dns',
  'other',
  '/a',
  '/b',
  '/a/',
  '/',
  '/a:b',
  '/a\0',
  'CMD',
  'CMD-SHELL',
  'stowage.x',
  'com.amazonaws.ecs.y',
  'instanceId',
  'host',
  'attribute:',
  'attribute:zone',
  'attribute:a b',
  'zone',
]
const VALUES: Record<string, unknown[]> = {
  number: NUMBERS,
  string: STRINGS,
  boolean: [true, false],
  undefined: NUMBERS,
}
const CHOICES: Record<string, unknown[]> = {
  networkMode: ['bridge', 'host', 'none'],
  protocol: ['tcp', 'udp'],
  condition: ['START', 'COMPLETE', 'SUCCESS', 'HEALTHY'],
  scope: ['task', 'shared'],
}

interface Edit {
  readonly path: readonly string[]
  readonly value: unknown
}

/** Each leaf of the plan with each value that it could have for the compiler, and without it where it is optional. */
function edits(node: unknown, path: readonly string[] = []): Edit[] {
  if (typeof node === 'object' && node !== null)
    return Object.entries(node).flatMap(([key, inner]) => edits(inner, [...path, key]))
  const key = path.at(-1) ?? ''
  const values = CHOICES[key] ?? VALUES[typeof node] ?? []
  const optional =
    typeof node !== 'string' && key !== 'at' && key !== 'containerPort' && path.at(-2) !== 'healthCheck'
  return [...values, ...(optional ? [undefined] : [])].map(value => ({ path, value }))
}

function edited(plan: AppPlan, list: readonly Edit[]): AppPlan {
  const copy = structuredClone(plan)
  for (const { path, value } of list) {
    let node: unknown = copy
    for (const key of path.slice(0, -1))
      node = typeof node === 'object' && node !== null ? Reflect.get(node, key) : {}
    if (typeof node === 'object' && node !== null) Reflect.set(node, path.at(-1) ?? '', value)
  }
  return copy
}

/** The same name moved to be a key: of attributes, environment and labels. */
const keyEdits = STRINGS.flatMap(key => [
  { path: ['clusters', '0', 'instances', '0', 'attributes', key], value: 'x' },
  ...['environment', 'dockerLabels'].map(field => ({
    path: ['clusters', '0', 'tasks', '0', 'containers', '1', field, key],
    value: 'x',
  })),
]).filter(edit => edit.path.at(-1) !== '__proto__')

/** Lists that are too long, and expressions that are empty or too long. */
const listEdits: Edit[] = [
  ...[[''], [' '], ['x'.repeat(2001)], Array.from({ length: 11 }, () => 'attribute:zone == a')].map(
    value => ({
      path: ['clusters', '0', 'tasks', '0', 'services', '0', 'constraints'],
      value,
    }),
  ),
  {
    path: ['clusters', '0', 'tasks', '0', 'services', '0', 'strategies'],
    value: Array.from({ length: 6 }, () => 'instanceId'),
  },
  { path: ['clusters', '0', 'tasks', '0', 'services', '1', 'strategies'], value: ['instanceId'] },
  { path: ['clusters', '0', 'tasks', '1', 'containers'], value: [] },
  {
    path: ['clusters', '0', 'tasks', '1', 'containers'],
    value: Array.from({ length: 11 }, (_, n) => ({
      ...full.clusters[0]?.tasks[1]?.containers[0],
      containerName: `c${n}`,
    })),
  },
]

// thousands of apps: on a busy machine they take their time
describe('what synth lets pass is a document that parses', { timeout: 60_000 }, () => {
  const all = [...edits(full), ...keyEdits, ...listEdits]

  test('an app with every property', () => {
    expect(texts(full)).toHaveLength(1)
    expect(missedBySynth(full)).toEqual([])
  })

  test('the same with any one value changed', () => {
    expect(all.length).toBeGreaterThan(1000)
    const missed = all.flatMap(edit =>
      missedBySynth(edited(full, [edit])).map(m => `${edit.path.join('/')} = ${String(edit.value)}: ${m}`),
    )
    expect(missed).toEqual([])
  })

  test('the same with any few values changed', () => {
    const few = fc.uniqueArray(fc.constantFrom(...all), { minLength: 2, maxLength: 3 })
    fc.assert(
      fc.property(few, list => {
        expect(missedBySynth(edited(full, list))).toEqual([])
      }),
      { numRuns: 300 },
    )
  })
})

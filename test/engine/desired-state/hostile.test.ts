import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { parseDesiredState } from '../../../engine/desired-state/parse.ts'
import { HOSTILE } from '../../support/hostile.ts'
import { runs } from '../../properties/runs.ts'

const container = { name: 'app', image: 'app:1' }
const MANY = 1_000_000

function document(rest: object): object {
  return { schemaVersion: 1, cluster: 'prod', ...rest }
}

function withContainer(more: object, task: object = {}): object {
  return document({
    taskDefinitions: { web: { containerDefinitions: [{ ...container, ...more }], ...task } },
  })
}

/** `size` in characters of JSON, made of many small parts. */
function parts<T>(size: number, each: number, part: (i: number) => T): T[] {
  return Array.from({ length: Math.ceil(size / each) }, (_, i) => part(i))
}

function problems(given: unknown): string[] {
  const parsed = parseDesiredState(given)
  return parsed.ok ? [] : parsed.problems.map(p => `${p.pointer}: ${p.message}`)
}

describe('a hostile string', () => {
  test.each(Object.entries(HOSTILE))('%s is taken as it stands wherever free text may be', (_, text) => {
    const given = withContainer(
      {
        command: [text],
        entryPoint: [text],
        environment: [{ name: `N${text.replaceAll('=', '')}`, value: text }],
        dockerLabels: { [`label ${text}`]: text },
        healthCheck: { command: ['CMD', text] },
        logConfiguration: { logDriver: 'json-file', options: { tag: text } },
      },
      { tags: [{ key: `tag ${text}`, value: text }] },
    )
    const parsed = parseDesiredState(JSON.stringify(given))
    expect(parsed).toMatchObject({ ok: true, state: given })
  })

  test.each(Object.entries(HOSTILE).filter(([name]) => name !== 'a path upwards'))(
    '%s is refused as a name, as an address and as any part of one',
    (_, text) => {
      for (const given of [
        { schemaVersion: 1, cluster: text },
        document({ containerInstances: { [text]: { address: 'ssh://a' } } }),
        document({ containerInstances: { a: { address: `ssh://${text}` } } }),
        document({ containerInstances: { a: { address: `ssh://${text}@a` } } }),
        document({ containerInstances: { a: { address: `unix:///${text}` } } }),
        document({ taskDefinitions: { [text]: { containerDefinitions: [container] } } }),
        withContainer({ name: text }),
      ])
        expect(problems(given), JSON.stringify(given)).not.toEqual([])
    },
  )

  test.each([
    ['environment', { environment: [{ name: 'a', value: 'a\0b' }] }, '/environment/0/value'],
    ['command', { command: ['a\0b'] }, '/command/0'],
    ['a label', { dockerLabels: { a: '\0' } }, '/dockerLabels/a'],
    ['the name of a label', { dockerLabels: { 'a\0': '' } }, '/dockerLabels'],
  ])('NUL in %s is refused once, with its place', (_, more, at) => {
    expect(problems(withContainer(more))).toEqual([
      expect.stringContaining(
        `/taskDefinitions/web/containerDefinitions/0${at}: text without a NUL character is asked for (line 1`,
      ),
    ])
  })

  test('half a surrogate pair is refused: Docker would keep another text than was asked for', () => {
    expect(problems(withContainer({ command: ['a\uD83D'] }))).toEqual([
      '/taskDefinitions/web/containerDefinitions/0/command/0: half a surrogate pair is no character (line 1 column 128)',
    ])
    expect(problems(withContainer({ command: ['\uD83D\uDC69'] }))).toEqual([])
  })

  test('names of prototypes are names like any other', () => {
    for (const name of ['constructor', 'toString', 'hasOwnProperty', 'valueOf'])
      expect(
        problems(
          document({
            taskDefinitions: { [name]: { containerDefinitions: [{ ...container, name }] } },
            services: { [name]: { taskDefinition: name } },
          }),
        ),
        name,
      ).toEqual([])
    expect(problems(document({ services: { web: { taskDefinition: 'constructor' } } }))).toEqual([
      '/services/web/taskDefinition: no task definition of this document is named "constructor"',
    ])
  })

  test('a number that Docker cannot take is refused', () => {
    for (const memory of [1e300, 2 ** 53, 2 ** 31])
      expect(problems(withContainer({ memory })), String(memory)).toEqual([
        expect.stringContaining('must be at most 2147483647'),
      ])
    expect(problems('{"schemaVersion":1,"cluster":"a","services":1e999}')).toHaveLength(1)
  })

  test('what the kernel gives to no process is refused', () => {
    const text = 'é'.repeat(64 * 1024 - 1)
    const environment = [{ name: 'A', value: text }]
    expect(problems(withContainer({ command: [text], entryPoint: [text] }))).toEqual([])
    expect(problems(withContainer({ command: [`${text}xx`], environment }))).toEqual([
      expect.stringMatching(/command\/0: is larger than a process can be given at once, 128 KiB$/),
      expect.stringMatching(/environment\/0\/value: is larger than a process can be given at once, 128 KiB$/),
    ])
  })

  test('names that are too long together for a folder on the host are refused', () => {
    const name = 'n'.repeat(200)
    const state = (volume: object) =>
      document({
        taskDefinitions: { web: { containerDefinitions: [container], volumes: [volume] } },
        services: { [name]: { taskDefinition: 'web', desiredCount: 10 } },
      })
    expect(problems(state({ name: 'v'.repeat(29) }))).toEqual([])
    expect(problems(state({ name: 'v'.repeat(30) }))).toEqual([
      expect.stringMatching(/^\/services\/n+: a task's volume v{20} would have a name of 256 characters/),
    ])
    const shared = { name: 'v'.repeat(255), dockerVolumeConfiguration: { scope: 'shared' } }
    expect(problems(state(shared))).toEqual([])
  })

  test('no message is longer than a screen, however long what it is about', () => {
    const long = 'x'.repeat(100_000)
    for (const given of [
      withContainer({
        [long]: 1,
        name: long,
        cpu: long,
        dependsOn: [{ containerName: long, condition: long }],
      }),
      withContainer({ healthCheck: { command: [long, long] }, links: [long], dnsServers: [long] }),
      document({ containerInstances: { a: { address: `ssh://${long}@${long}` } } }),
      document({ services: { web: { taskDefinition: long } } }),
      `{"a": ${long}}`,
    ]) {
      const parsed = parseDesiredState(given)
      for (const { message } of parsed.ok ? [] : parsed.problems) expect(message.length).toBeLessThan(400)
    }
  })
})

/** Each is about 1 MB, and took minutes where something was looked at again for each part of it. */
const LARGE: Readonly<Record<string, () => unknown>> = {
  'one number of a million digits': () => withContainer({}, { cpu: `${'1'.repeat(MANY)}x` }),
  'one path of a million slashes': () =>
    withContainer(
      { mountPoints: [{ sourceVolume: 'v', containerPath: `${'/'.repeat(MANY)}x` }] },
      { volumes: [{ name: 'v' }] },
    ),
  'one key, again and again': () => `{${parts(MANY, 8, () => '"a":1').join(',\n')}}`,
  'half pairs without end': () => withContainer({ command: parts(MANY, 10, () => '\uD800') }),
  'brackets without end': () => '['.repeat(MANY),
  'names of volumes that are not there': () =>
    withContainer(
      { mountPoints: parts(MANY / 2, 60, i => ({ sourceVolume: `volume-a${i}`, containerPath: `/${i}` })) },
      { volumes: parts(MANY / 2, 25, i => ({ name: `volume-b${i}` })) },
    ),
  'services of families that are not there': () =>
    document({
      taskDefinitions: Object.fromEntries(
        parts(MANY / 2, 70, i => [`family-a${i}`, { containerDefinitions: [container] }]),
      ),
      services: Object.fromEntries(parts(MANY / 2, 50, i => [`s${i}`, { taskDefinition: `family-b${i}` }])),
    }),
  'port mappings': () => withContainer({ portMappings: parts(MANY, 20, () => ({ containerPort: 80 })) }),
  'file systems in memory': () =>
    withContainer({
      linuxParameters: { tmpfs: parts(MANY, 40, i => ({ containerPath: `/${i}`, size: 1 })) },
    }),
  'properties that there are none of': () =>
    withContainer(Object.fromEntries(parts(MANY, 15, i => [`memory${i}`, 1]))),
  'expressions that are no more than brackets': () =>
    document({
      taskDefinitions: { web: { containerDefinitions: [container] } },
      services: Object.fromEntries(
        parts(MANY, 2100, i => [
          `s${i}`,
          {
            taskDefinition: 'web',
            placementConstraints: [{ type: 'memberOf', expression: '('.repeat(2000) }],
          },
        ]),
      ),
    }),
}

describe('a document of 1 MB is read to its end, whatever it is made of:', () => {
  // what grows with the square of the size would take an hour: no machine is too slow for this deadline
  test.each(Object.entries(LARGE))('%s', { timeout: 120_000 }, (_, make) => {
    const text = make()
    const given = typeof text === 'string' ? text : JSON.stringify(text)
    expect(given.length).toBeGreaterThan(MANY / 2)
    expect(() => parseDesiredState(given)).not.toThrow()
  })
})

describe('reading a document never throws', () => {
  test('any JSON, and any value at all', { timeout: 60_000 }, () => {
    const anything = fc.oneof(
      fc.jsonValue({ maxDepth: 5 }),
      fc.anything({ withBigInt: true, withMap: true, withNullPrototype: true, withSparseArray: true }),
      fc.string({ unit: 'binary' }),
    )
    fc.assert(
      fc.property(anything, value => {
        expect(typeof parseDesiredState(value).ok).toBe('boolean')
      }),
      runs(1000),
    )
  })

  test('any JSON in the place of any part of a document', { timeout: 60_000 }, () => {
    const sound = JSON.stringify(
      document({
        containerInstances: { a: { address: 'ssh://a', attributes: { zone: 'a' } } },
        taskDefinitions: {
          web: {
            cpu: '1 vCPU',
            volumes: [{ name: 'v', dockerVolumeConfiguration: { scope: 'shared' } }],
            tags: [{ key: 'k', value: 'v' }],
            containerDefinitions: [
              {
                ...container,
                portMappings: [{ containerPort: 80, hostPort: 80 }],
                dependsOn: [{ containerName: 'side', condition: 'START' }],
                mountPoints: [{ sourceVolume: 'v', containerPath: '/v' }],
                healthCheck: { command: ['CMD', 'true'] },
                linuxParameters: { tmpfs: [{ containerPath: '/t', size: 1 }], devices: [{ hostPath: '/d' }] },
                secrets: [{ name: 'S', valueFrom: 'env:S' }],
                ulimits: [{ name: 'core', softLimit: 1, hardLimit: 1 }],
                links: ['side:s'],
              },
              { name: 'side', image: 'side:1', volumesFrom: [{ sourceContainer: 'app' }] },
            ],
          },
        },
        services: {
          web: {
            taskDefinition: 'web',
            placementConstraints: [{ type: 'memberOf', expression: 'attribute:zone == a' }],
            placementStrategy: [{ type: 'spread', field: 'attribute:zone' }],
            deploymentConfiguration: { deploymentCircuitBreaker: { enable: true, rollback: true } },
          },
        },
      }),
    )
    const places = placesOf(JSON.parse(sound))
    const odd = fc.oneof(
      fc.jsonValue({ maxDepth: 3 }),
      fc.constantFrom<unknown>(null, [], {}, '', -1, 1e308, ...Object.values(HOSTILE)),
    )
    fc.assert(
      fc.property(fc.constantFrom(...places), odd, fc.boolean(), (place, value, asText) => {
        const edited: unknown = JSON.parse(sound)
        set(edited, place, value)
        const parsed = parseDesiredState(asText ? JSON.stringify(edited) : edited)
        for (const { pointer, message } of parsed.ok ? [] : parsed.problems) {
          expect(pointer === '' || pointer.startsWith('/')).toBe(true)
          expect(message).not.toBe('')
        }
      }),
      runs(3000),
    )
  })
})

type Place = readonly (string | number)[]

/** Every place in a value, but its whole. */
function placesOf(value: unknown, at: Place = []): Place[] {
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([key, inner]) => [[...at, key], ...placesOf(inner, [...at, key])])
}

function set(value: unknown, place: Place, to: unknown): void {
  const holder = place.slice(0, -1).reduce<unknown>((inner, key) => Reflect.get(inner as object, key), value)
  Reflect.set(holder as object, place.at(-1) ?? '', to)
}

import { readFileSync } from 'node:fs'
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { describePattern, knownProperties } from '../../../engine/desired-state/explain.ts'
import { parseDesiredState } from '../../../engine/desired-state/parse.ts'

const container = { name: 'nginx', image: 'nginx:1.29' }
const task = { containerDefinitions: [container] }

/** Each problem as "pointer: message"; [] where the document fits. */
function problems(document: unknown): string[] {
  const parsed = parseDesiredState(document)
  return parsed.ok ? [] : parsed.problems.map(p => `${p.pointer}: ${p.message}`)
}

function document(rest: object): object {
  return { schemaVersion: 1, cluster: 'prod', ...rest }
}

function withContainers(...containerDefinitions: object[]): object {
  return document({ taskDefinitions: { web: { containerDefinitions } } })
}

function withTask(web: object): object {
  return document({ taskDefinitions: { web: { ...task, ...web } } })
}

function withService(web: object): object {
  return document({ taskDefinitions: { web: task }, services: { web: { taskDefinition: 'web', ...web } } })
}

test('a document that fits comes back as a copy with its defaults', () => {
  const given = withService({ desiredCount: 2 })
  const before = JSON.stringify(given)
  const parsed = parseDesiredState(given)
  expect(parsed).toMatchObject({
    ok: true,
    state: {
      containerInstances: {},
      taskDefinitions: {
        web: { networkMode: 'bridge', containerDefinitions: [{ essential: true, cpu: 0, stopTimeout: 30 }] },
      },
      services: {
        web: { schedulingStrategy: 'REPLICA', deploymentConfiguration: { steadyAfterSeconds: 5 } },
      },
    },
  })
  expect(JSON.stringify(given)).toBe(before)
  expect(parseDesiredState(JSON.stringify(given))).toEqual(parsed)
})

describe('text that is not JSON', () => {
  test.each([
    ['', 'not JSON: the text ends where a value is expected at line 1 column 1'],
    ['{\n  "a": 1,\n  }', 'not JSON: "}" stands where a key in double quotes is expected at line 3 column 3'],
    ['{"a" 1}', 'not JSON: "1" stands where ":" is expected at line 1 column 6'],
    ['{"a": 1 "b"}', 'not JSON: "\\"" stands where "," or "}" is expected at line 1 column 9'],
    ['[1, 2', 'not JSON: the text ends where "," or "]" is expected at line 1 column 6'],
    ['{"a": nul}', 'not JSON: "nul" is no JSON value at line 1 column 7'],
    ['{"a": 01}', 'not JSON: "01" is no JSON value at line 1 column 7'],
    ["{'a': 1}", 'not JSON: "\'" stands where a key in double quotes is expected at line 1 column 2'],
    ['{"a": "x\ny"}', 'not JSON: a string without its closing quote at line 1 column 7'],
    ['{"a": "\\x"}', 'not JSON: an unknown escape in a string at line 1 column 8'],
    ['{} {}', 'not JSON: "{" stands after the end of the document at line 1 column 4'],
    ['// a\n{}', 'not JSON: "//" is no JSON value at line 1 column 1'],
  ])('%j', (text, message) => {
    expect(problems(text)).toEqual([`: ${message}`])
  })

  test('text nested without end', () => {
    expect(problems('['.repeat(100_000))).toEqual([': not JSON: more than 64 levels at line 1 column 66'])
  })

  test('a byte order mark is passed over', () => {
    expect(problems('\uFEFF{"schemaVersion":1,"cluster":"prod"}')).toEqual([])
  })

  test('a fault is found in just the texts that JSON.parse refuses', { timeout: 60_000 }, () => {
    const pieces = fc.constantFrom(
      '{',
      '}',
      '[',
      ']',
      '"a"',
      ':',
      ',',
      '1',
      '-0.5e+3',
      '.5',
      'true',
      'null',
      ' ',
      '"\\u00e9"',
      '"\\',
      '\t',
      '\u0001',
    )
    fc.assert(
      fc.property(
        fc.oneof(
          fc.array(pieces, { maxLength: 10 }).map(p => p.join('')),
          fc.json(),
        ),
        text => {
          const parsed = parseDesiredState(text)
          const refused = !parsed.ok && parsed.problems.some(p => p.message.startsWith('not JSON'))
          let accepted = true
          try {
            JSON.parse(text)
          } catch {
            accepted = false
          }
          expect(refused).toBe(!accepted)
        },
      ),
      { numRuns: 500 },
    )
  })
})

describe('a key', () => {
  test('that stands twice is refused with its place', () => {
    expect(problems('{"schemaVersion":1,"cluster":"a",\n"services":{},\n "services":{}}')).toEqual([
      '/services: the key "services" stands here twice (line 3 column 2)',
    ])
  })

  test('__proto__ is refused and reaches no prototype', () => {
    const text = '{"schemaVersion":1,"cluster":"a","taskDefinitions":{"__proto__":{"polluted":true}}}'
    expect(problems(text)[0]).toBe('/taskDefinitions/__proto__: no key may be "__proto__" (line 1 column 53)')
    expect(problems(JSON.parse(text))).toEqual(problems(text))
    expect(Reflect.get({}, 'polluted')).toBeUndefined()
  })

  test('constructor is a name like any other', () => {
    expect(
      problems(
        document({
          taskDefinitions: { constructor: task },
          services: { toString: { taskDefinition: 'constructor' } },
        }),
      ),
    ).toEqual([])
    expect(problems(document({ services: { web: { taskDefinition: 'constructor' } } }))).toEqual([
      '/services/web/taskDefinition: no task definition of this document is named "constructor"',
    ])
  })
})

describe('a value that is no document', () => {
  test.each([
    [undefined, ': must be an object, not null'],
    [null, ': must be an object, not null'],
    [[], ': must be an object, not a list of 0'],
    [7, ': must be an object, not 7'],
    [{}, ': schemaVersion is missing'],
    [10n, ': not a JSON value'],
  ])('%s', (value, first) => {
    expect(problems(value)[0]).toBe(first)
  })
})

describe('what does not fit the schema', () => {
  test('is told all at once, together with the contradictions in the rest', () => {
    const given = {
      schemaVersion: 2,
      clster: 'prod',
      containerInstances: {
        'fra 1': { address: 'ssh://a' },
        b: { address: 'ssh://-b', attributes: { zone: '' } },
        c: { address: 'ssh://-c' },
      },
      taskDefinitions: {
        web: {
          networkMode: 'brige',
          containerDefinitions: [
            { ...container, memry: 3, cpu: '1', environment: [{ nam: 'A', value: 'b' }] },
          ],
        },
      },
      services: { web: { taskDefinition: 'wbe', desiredCount: -1 }, api: { taskDefinition: 'wbe' } },
    }
    expect(problems(given)).toEqual([
      '/clster: unknown property "clster"; did you mean cluster?',
      '/schemaVersion: must be 1, not 2',
      '/containerInstances/fra 1: the name "fra 1" is not 1 to 128 letters, digits, - and _, and dots, of which the first is a letter or a digit',
      '/containerInstances/b/attributes/zone: must have at least 1 character, not ""',
      '/taskDefinitions/web/networkMode: must be bridge, host, awsvpc or none, not "brige"; did you mean bridge?',
      '/taskDefinitions/web/containerDefinitions/0/memry: unknown property "memry"; did you mean memory?',
      '/taskDefinitions/web/containerDefinitions/0/environment/0/nam: unknown property "nam"; did you mean name?',
      '/taskDefinitions/web/containerDefinitions/0/cpu: must be a whole number, not "1"',
      '/services/web/desiredCount: must be at least 0, not -1',
      '/containerInstances/c/address: "-c" is not a host name',
      '/services/api/taskDefinition: no task definition of this document is named "wbe"; did you mean web?',
    ])
  })

  test.each([
    [withContainers({ name: 'nginx' }), '/taskDefinitions/web/containerDefinitions/0: image is missing'],
    [
      withContainers(),
      '/taskDefinitions/web/containerDefinitions: must have at least 1 element, not a list of 0',
    ],
    [
      withService({ deploymentConfiguration: { maximumPercent: 1.5 } }),
      '/services/web/deploymentConfiguration/maximumPercent: must be a whole number, not 1.5',
    ],
    [
      withService({ placementStrategy: [{ type: 'Spread' }] }),
      '/services/web/placementStrategy/0/type: must be random, spread or binpack, not "Spread"; did you mean spread?',
    ],
    [
      withService({ schedulingStrategy: 3 }),
      '/services/web/schedulingStrategy: must be REPLICA or DAEMON, not 3',
    ],
    [document({ services: [] }), '/services: must be an object, not a list of 0'],
    [
      document({ services: { 'a/b': {} } }),
      '/services/a~1b: the name "a/b" is not 1 to 255 letters, digits, - and _',
    ],
  ])('%#: %j', (given, message) => {
    expect(problems(given)).toContain(message)
  })
})

describe('what contradicts itself', () => {
  const at = '/taskDefinitions/web/containerDefinitions'
  const table: Record<string, [object, ...string[]]> = {
    'family is not its key': [
      withTask({ family: 'wbe' }),
      '/taskDefinitions/web/family: must be its key, "web"',
    ],
    'what a strategy spreads over is an instance or an attribute': [
      withService({
        placementStrategy: [
          'attribute:ecs.availability-zone',
          'attribute:',
          'attribute:a!',
          'xinstanceId',
          'instanceIdx',
        ].map(field => ({ type: 'spread', field })),
      }),
      ...['attribute:', 'attribute:a!', 'xinstanceId', 'instanceIdx'].map(
        (field, i) =>
          `/services/web/placementStrategy/${i + 1}/field: spread takes instanceId or attribute:NAME, not "${field}"${field.includes('instanceId') ? '; did you mean instanceId?' : ''}`,
      ),
    ],
    'a strategy without the field that it needs': [
      withService({
        placementStrategy: [
          { type: 'spread' },
          { type: 'binpack' },
          { type: 'binpack', field: 'cpu' },
          { type: 'random' },
        ],
      }),
      '/services/web/placementStrategy/0: spread needs a field: instanceId or attribute:NAME',
      '/services/web/placementStrategy/1: binpack needs a field: cpu or memory',
    ],
    'no container is essential': [
      withContainers({ ...container, essential: false }),
      `${at}: at least one container must be essential`,
    ],
    'two containers of one name': [
      withContainers(container, container),
      `${at}/1/name: another container has this name`,
    ],
    'memory under its reservation': [
      withContainers({ ...container, memory: 64, memoryReservation: 128 }),
      `${at}/0/memoryReservation: 128 MiB is more than the hard limit, memory 64 MiB`,
    ],
    'less than Docker takes': [
      withContainers({ ...container, memoryReservation: 5, workingDirectory: 'srv' }),
      `${at}/0/memoryReservation: Docker takes no less than 6 MiB`,
      `${at}/0/workingDirectory: must be an absolute path`,
    ],
    'reserved labels': [
      withContainers({
        ...container,
        dockerLabels: { 'stowage.x': '1', 'com.amazonaws.ecs.y': '2', fine: '3' },
      }),
      `${at}/0/dockerLabels/stowage.x: stowage.* and com.amazonaws.ecs.* are reserved`,
      `${at}/0/dockerLabels/com.amazonaws.ecs.y: stowage.* and com.amazonaws.ecs.* are reserved`,
    ],
    'a health check without CMD': [
      withContainers({ ...container, healthCheck: { command: ['curl', 'x'] } }),
      `${at}/0/healthCheck/command/0: must be "CMD" or "CMD-SHELL", not "curl"`,
    ],
    'a shell health check in pieces': [
      withContainers({ ...container, healthCheck: { command: ['CMD-SHELL', 'curl', 'x'] } }),
      `${at}/0/healthCheck/command: CMD-SHELL takes one text, the whole shell command`,
    ],
    'a dependency that is not there': [
      withContainers({ ...container, dependsOn: [{ containerName: 'ngnix', condition: 'START' }] }),
      `${at}/0/dependsOn/0/containerName: no container of this task is named "ngnix"; did you mean nginx?`,
    ],
    'containers that wait for each other': [
      withContainers(
        { ...container, name: 'a', dependsOn: [{ containerName: 'b', condition: 'START' }] },
        { ...container, name: 'b', dependsOn: [{ containerName: 'c', condition: 'START' }] },
        { ...container, name: 'c', dependsOn: [{ containerName: 'b', condition: 'START' }] },
      ),
      `${at}/1/dependsOn: containers wait for each other: b → c → b`,
    ],
    'a container that waits for itself': [
      withContainers({ ...container, dependsOn: [{ containerName: 'nginx', condition: 'START' }] }),
      `${at}/0/dependsOn: containers wait for each other: nginx → nginx`,
    ],
    'the end of an essential container': [
      withContainers(container, {
        ...container,
        name: 'b',
        dependsOn: [{ containerName: 'nginx', condition: 'SUCCESS' }],
      }),
      `${at}/1/dependsOn/0/condition: SUCCESS waits for the end of nginx, which is essential: its end ends the task`,
    ],
    'the health of a container without a check': [
      withContainers(container, {
        ...container,
        name: 'b',
        dependsOn: [{ containerName: 'nginx', condition: 'HEALTHY' }],
      }),
      `${at}/1/dependsOn/0/condition: nginx has no healthCheck`,
    ],
    'a mount of no volume': [
      withTask({
        volumes: [{ name: 'data' }],
        containerDefinitions: [{ ...container, mountPoints: [{ sourceVolume: 'dat', containerPath: '/x' }] }],
      }),
      `${at}/0/mountPoints/0/sourceVolume: no volume of this task definition is named "dat"; did you mean data?`,
    ],
    'one path mounted twice': [
      withTask({
        volumes: [{ name: 'd' }],
        containerDefinitions: [
          {
            ...container,
            mountPoints: [
              { sourceVolume: 'd', containerPath: '/x' },
              { sourceVolume: 'd', containerPath: '/x/' },
            ],
          },
        ],
      }),
      `${at}/0/mountPoints/1/containerPath: is mounted already`,
    ],
    'a path with a colon': [
      withTask({
        volumes: [{ name: 'd' }],
        containerDefinitions: [
          { ...container, mountPoints: [{ sourceVolume: 'd', containerPath: '/x:ro' }] },
        ],
      }),
      `${at}/0/mountPoints/0/containerPath: Docker takes no path with ":" in it`,
    ],
    'volumes that contradict': [
      withTask({
        volumes: [
          { name: 'd', host: {}, dockerVolumeConfiguration: {} },
          { name: 'd', dockerVolumeConfiguration: { autoprovision: true } },
        ],
      }),
      '/taskDefinitions/web/volumes/1/name: another volume has this name',
      '/taskDefinitions/web/volumes/0: a volume has host or dockerVolumeConfiguration, not both',
      '/taskDefinitions/web/volumes/1/dockerVolumeConfiguration/autoprovision: is for scope shared only',
    ],
    'ports without a network': [
      withTask({
        networkMode: 'none',
        containerDefinitions: [{ ...container, portMappings: [{ containerPort: 80 }] }],
      }),
      `${at}/0/portMappings: network mode none has no ports`,
    ],
    'another host port in network mode host': [
      withTask({
        networkMode: 'host',
        containerDefinitions: [
          {
            ...container,
            portMappings: [
              { containerPort: 80, hostPort: 81 },
              { containerPort: 82, hostPort: 0 },
            ],
          },
        ],
      }),
      `${at}/0/portMappings/0/hostPort: must be the container's own port 80 in network mode host`,
    ],
    'one host port for two containers': [
      withContainers(
        { ...container, portMappings: [{ containerPort: 80, hostPort: 8080 }] },
        {
          ...container,
          name: 'b',
          portMappings: [
            { containerPort: 90, hostPort: 8080 },
            { containerPort: 91, hostPort: 8080, protocol: 'udp' },
          ],
        },
      ),
      `${at}/1/portMappings/0: host port 8080/tcp is taken by this task already`,
    ],
    'one container port on two protocols': [
      withContainers({
        ...container,
        portMappings: [{ containerPort: 53 }, { containerPort: 53, protocol: 'udp' }],
      }),
      `${at}/0/portMappings/1: container port 53 is mapped with another protocol already`,
    ],
    'one container port twice': [
      withContainers({ ...container, portMappings: [{ containerPort: 53 }, { containerPort: 53 }] }),
      `${at}/0/portMappings/1: container port 53 has a free host port already`,
    ],
    'two ports of one name': [
      withContainers({
        ...container,
        portMappings: [
          { containerPort: 1, name: 'p' },
          { containerPort: 2 },
          { containerPort: 3, name: 'p' },
        ],
      }),
      `${at}/0/portMappings/2/name: another port of this container has this name`,
    ],
    'a service of no task definition': [
      document({ taskDefinitions: { web: task }, services: { web: { taskDefinition: 'wb' } } }),
      '/services/web/taskDefinition: no task definition of this document is named "wb"; did you mean web?',
    ],
    'a DAEMON like a REPLICA': [
      withService({
        schedulingStrategy: 'DAEMON',
        desiredCount: 1,
        placementStrategy: [{ type: 'random' }],
        deploymentConfiguration: { maximumPercent: 200 },
      }),
      '/services/web/desiredCount: a DAEMON service has no desiredCount: its tasks are one for each instance',
      '/services/web/placementStrategy: a DAEMON service has no placement strategy: it runs everywhere',
      '/services/web/deploymentConfiguration/maximumPercent: must be 100 for a DAEMON service',
    ],
    'percentages that leave no room': [
      withService({ deploymentConfiguration: { maximumPercent: 100 } }),
      '/services/web/deploymentConfiguration: minimumHealthyPercent 100 must be less than maximumPercent 100: else no task could ever be replaced',
    ],
    'a DAEMON without room': [
      withService({ schedulingStrategy: 'DAEMON', deploymentConfiguration: { minimumHealthyPercent: 100 } }),
      '/services/web/deploymentConfiguration: minimumHealthyPercent 100 must be less than maximumPercent 100: else no task could ever be replaced',
    ],
    'constraints and their expressions': [
      withService({
        placementConstraints: [
          { type: 'distinctInstance', expression: 'x' },
          { type: 'memberOf' },
          { type: 'distinctInstance' },
        ],
      }),
      '/services/web/placementConstraints/0/expression: distinctInstance takes no expression',
      '/services/web/placementConstraints/1: memberOf needs an expression',
    ],
    'too many constraints': [
      document({
        taskDefinitions: {
          web: { ...task, placementConstraints: [{ type: 'memberOf', expression: 'attribute:zone == a' }] },
        },
        services: {
          web: {
            taskDefinition: 'web',
            placementConstraints: Array.from({ length: 10 }, () => ({ type: 'distinctInstance' })),
          },
        },
      }),
      '/services/web/placementConstraints: at most 10 placement constraints, those of the task definition counted',
    ],
    'strategies and their fields': [
      withService({
        placementStrategy: [
          { type: 'spread' },
          { type: 'spread', field: 'zone' },
          { type: 'binpack', field: 'memry' },
          { type: 'random', field: 'x' },
          { type: 'binpack' },
        ],
      }),
      '/services/web/placementStrategy/0: spread needs a field: instanceId or attribute:NAME',
      '/services/web/placementStrategy/1/field: spread takes instanceId or attribute:NAME, not "zone"',
      '/services/web/placementStrategy/2/field: binpack takes cpu or memory, not "memry"; did you mean memory?',
      '/services/web/placementStrategy/3/field: random takes no field, not "x"',
      '/services/web/placementStrategy/4: binpack needs a field: cpu or memory',
    ],
    'container instances': [
      document({
        containerInstances: {
          a: { address: 'ssh://root@h' },
          b: { address: 'ssh://h:22', attributes: { zone: ' x' } },
          c: { address: 'ssh://h:x' },
        },
      }),
      '/containerInstances/b/address: is the Docker host of a already',
      '/containerInstances/b/attributes/zone: an attribute neither begins nor ends with a blank',
      '/containerInstances/c/address: "x" is not a port from 1 to 65535',
    ],
  }
  test.each(Object.entries(table))('%s', (_, [given, ...messages]) => {
    expect(problems(given)).toEqual(messages)
  })

  test('an expression that does not parse, in a service and in a task definition', () => {
    const placementConstraints = [{ type: 'memberOf', expression: 'attribute:zone ==' }]
    const given = document({
      taskDefinitions: { web: { ...task, placementConstraints } },
      services: { web: { taskDefinition: 'web', placementConstraints } },
    })
    expect(problems(given)).toEqual([
      expect.stringMatching(
        /^\/taskDefinitions\/web\/placementConstraints\/0\/expression: .+ \(at character 18\)$/,
      ),
      expect.stringMatching(/^\/services\/web\/placementConstraints\/0\/expression: .+ \(at character 18\)$/),
    ])
  })
})

describe('the sentences and the schema', () => {
  const schema: unknown = JSON.parse(
    readFileSync(new URL('../../../engine/desired-state/desired-state.schema.json', import.meta.url), 'utf8'),
  )

  test('every pattern has words', () => {
    const patterns = [...JSON.stringify(schema).matchAll(/"pattern":("(?:[^"\\]|\\.)*")/g)].map(m =>
      String(JSON.parse(m[1] ?? '""')),
    )
    expect(patterns.length).toBeGreaterThan(5)
    expect(patterns.filter(p => describePattern(p).startsWith('what fits'))).toEqual([])
  })

  test('the properties of the document are all known', () => {
    expect(schema).toHaveProperty('properties')
    const properties = Object.keys(Object(Reflect.get(Object(schema), 'properties')))
    expect(knownProperties('')).toEqual(properties)
    expect(knownProperties('/services/web/deploymentConfiguration')).toContain('maximumPercent')
    expect(knownProperties('/taskDefinitions/web/containerDefinitions/0/portMappings/1')).toContain(
      'hostPort',
    )
  })
})

test('parseDesiredState never throws', { timeout: 60_000 }, () => {
  const part = fc.letrec(tie => ({
    value: fc.oneof(
      { depthSize: 'small' },
      fc.constantFrom(null, 0, 1, -1, 'web', 'nginx', '', true),
      fc.array(tie('value'), { maxLength: 3 }),
      tie('object'),
    ),
    object: fc.dictionary(
      fc.constantFrom(
        'schemaVersion',
        'cluster',
        'services',
        'taskDefinitions',
        'containerInstances',
        'containerDefinitions',
        'web',
        'name',
        'address',
        'constructor',
        '__proto__',
      ),
      tie('value'),
      { maxKeys: 4 },
    ),
  }))
  fc.assert(fc.property(part.object, value => typeof parseDesiredState(value).ok === 'boolean'))
})

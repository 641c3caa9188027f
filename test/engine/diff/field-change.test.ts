import { describe, expect, it, test } from 'vitest'
import type { TaskDefinition } from '../../../engine/desired-state/desired-state.generated.ts'
import schema from '../../../engine/desired-state/desired-state.schema.json' with { type: 'json' }
import { withDefaults } from '../../../engine/desired-state/minimal.ts'
import { definitionChanges } from '../../../engine/diff/field-change.ts'

function task(container: object = {}, more: object = {}): TaskDefinition {
  return withDefaults('TaskDefinition', {
    networkMode: 'bridge',
    containerDefinitions: [{ name: 'app', image: 'app:1', ...container }],
    ...more,
  })
}

function lines(from: TaskDefinition, to: TaskDefinition): string[] {
  return definitionChanges(from, to).map(c => `${c.container ?? '(task)'} ${c.field}: ${c.from} → ${c.to}`)
}

/** Of each field of a container a value beside its default, and what is told of it. */
const CONTAINER: Record<string, [value: unknown, told: string]> = {
  image: ['app:2', 'image: app:1 → app:2'],
  command: [['serve'], 'command: (none) → ["serve"]'],
  entryPoint: [['sh'], 'entryPoint: (none) → ["sh"]'],
  environment: [[{ name: 'A', value: '' }], 'environment.A: (none) → ""'],
  cpu: [256, 'cpu: 0 → 256'],
  memory: [64, 'memory: (none) → 64 MiB'],
  memoryReservation: [32, 'memoryReservation: (none) → 32 MiB'],
  portMappings: [
    [
      { containerPort: 80, hostPort: 8080, name: 'web', appProtocol: 'http' },
      { containerPortRange: '9000-9009', protocol: 'udp', appProtocol: 'grpc' },
      { containerPort: 81 },
    ],
    'portMappings: (none) → 8080:80/tcp (web, http), 9000-9009/udp (grpc), 81/tcp',
  ],
  resourceRequirements: [
    [{ type: 'GPU', value: '1' }],
    'resourceRequirements: (none) → [{"type":"GPU","value":"1"}]',
  ],
  essential: [false, 'essential: true → false'],
  dependsOn: [
    [
      { containerName: 'db', condition: 'HEALTHY' },
      { containerName: 'log', condition: 'START' },
    ],
    'dependsOn: (none) → db HEALTHY, log START',
  ],
  stopTimeout: [9, 'stopTimeout: 30 s → 9 s'],
  startTimeout: [9, 'startTimeout: (none) → 9 s'],
  user: ['1000', 'user: (none) → 1000'],
  workingDirectory: ['/app', 'workingDirectory: (none) → /app'],
  dockerLabels: [{ team: 'x' }, 'dockerLabels.team: (none) → x'],
  mountPoints: [
    [
      { sourceVolume: 'data', containerPath: '/data', readOnly: true },
      { sourceVolume: 'tmp', containerPath: '/tmp' },
    ],
    'mountPoints: (none) → data:/data:ro, tmp:/tmp',
  ],
  volumesFrom: [
    [{ sourceContainer: 'db' }],
    'volumesFrom: (none) → [{"readOnly":false,"sourceContainer":"db"}]',
  ],
  links: [['db', 'log'], 'links: (none) → ["db","log"]'],
  hostname: ['app', 'hostname: (none) → app'],
  dnsServers: [['10.0.0.1'], 'dnsServers: (none) → ["10.0.0.1"]'],
  dnsSearchDomains: [['local'], 'dnsSearchDomains: (none) → ["local"]'],
  extraHosts: [
    [{ hostname: 'db', ipAddress: '10.0.0.1' }],
    'extraHosts: (none) → [{"hostname":"db","ipAddress":"10.0.0.1"}]',
  ],
  disableNetworking: [true, 'disableNetworking: false → true'],
  privileged: [true, 'privileged: false → true'],
  readonlyRootFilesystem: [true, 'readonlyRootFilesystem: false → true'],
  dockerSecurityOptions: [['apparmor:x'], 'dockerSecurityOptions: (none) → ["apparmor:x"]'],
  interactive: [true, 'interactive: false → true'],
  pseudoTerminal: [true, 'pseudoTerminal: false → true'],
  ulimits: [
    [{ name: 'nofile', softLimit: 1, hardLimit: 2 }],
    'ulimits: (none) → [{"hardLimit":2,"name":"nofile","softLimit":1}]',
  ],
  systemControls: [
    [{ namespace: 'net.core.somaxconn', value: '9' }],
    'systemControls: (none) → [{"namespace":"net.core.somaxconn","value":"9"}]',
  ],
  linuxParameters: [
    { capabilities: { add: ['SYS_ADMIN'], drop: [] } },
    'linuxParameters.capabilities.add: (none) → ["SYS_ADMIN"]',
  ],
  environmentFiles: [
    [
      { value: 'a.env', type: 's3' },
      { value: 'b.env', type: 's3' },
    ],
    'environmentFiles: (none) → a.env, b.env',
  ],
  repositoryCredentials: [
    { credentialsParameter: 'env:REGISTRY' },
    'repositoryCredentials.credentialsParameter: (none) → env:REGISTRY',
  ],
  versionConsistency: ['disabled', 'versionConsistency: enabled → disabled'],
}

/** Those that say several things. */
const SEVERAL: Record<string, [value: unknown, told: string[]]> = {
  healthCheck: [
    { command: ['CMD', 'a'], retries: 2 },
    [
      'command: (none) → ["CMD","a"]',
      'retries: (none) → 2',
      'interval: (none) → 30 s',
      'timeout: (none) → 5 s',
    ],
  ],
  logConfiguration: [
    { logDriver: 'syslog', options: { tag: 'x', 'splunk-token': 'hunter2' } },
    ['logDriver: (none) → syslog', 'options.tag: (none) → x', 'options.splunk-token: (none) → (hidden)'],
  ],
  restartPolicy: [{ enabled: true }, ['enabled: (none) → true', 'restartAttemptPeriod: (none) → 300']],
  firelensConfiguration: [
    { type: 'fluentbit', options: { 'enable-ecs-log-metadata': 'true' } },
    ['type: (none) → fluentbit', 'options.enable-ecs-log-metadata: (none) → true'],
  ],
  secrets: [
    [
      { name: 'DB', valueFrom: 'env:DB_PASSWORD' },
      { name: 'KEY', valueFrom: 'file:key', deliverAs: 'file' },
    ],
    ['DB: (none) → env:DB_PASSWORD', 'KEY: (none) → file:key (as a file)'],
  ],
}

describe('a field of a container that is another', () => {
  test.each(Object.entries(CONTAINER))('%s is told', (field, [value, told]) => {
    expect(lines(task(), task({ [field]: value }))).toEqual([`app ${told}`])
  })

  test.each(Object.entries(SEVERAL))('%s is told', (field, [value, told]) => {
    const shown = lines(task(), task({ [field]: value }))
    expect(shown).toEqual(expect.arrayContaining(told.map(line => `app ${field}.${line}`)))
  })

  it('is any that there is, so that nobody reads of a change without what changes', () => {
    const fields = Object.keys(schema.$defs.ContainerDefinition.properties).filter(f => f !== 'name')
    expect(Object.keys({ ...CONTAINER, ...SEVERAL }).sort()).toEqual(fields.sort())
  })

  it('is the same one way round as the other', () => {
    expect(lines(task({ privileged: true, memory: 9 }), task())).toEqual([
      'app privileged: true → false',
      'app memory: 9 MiB → (none)',
    ])
  })

  it('is told in the order in which a person would look, the rest by name', () => {
    const more = { links: ['x'], hostname: 'x', user: 'x', cpu: 1, command: ['x'], image: 'x:1' }
    expect(definitionChanges(task(), task(more)).map(c => c.field)).toEqual(
      'image command cpu user hostname links'.split(' '),
    )
  })
})

describe('a field of the task that is another', () => {
  const volume = (parts: object) => ({ volumes: [{ name: 'data', ...parts }] })
  const TASK: Record<string, [more: object, told: string[]]> = {
    networkMode: [{ networkMode: 'host' }, ['networkMode: bridge → host']],
    pidMode: [{ pidMode: 'host' }, ['pidMode: (none) → host']],
    ipcMode: [{ ipcMode: 'host' }, ['ipcMode: (none) → host']],
    cpu: [{ cpu: '256' }, ['cpu: (none) → 256']],
    memory: [{ memory: '512' }, ['memory: (none) → 512']],
    runtimePlatform: [
      { runtimePlatform: { cpuArchitecture: 'ARM64' } },
      ['runtimePlatform.cpuArchitecture: (none) → ARM64'],
    ],
    requiresCompatibilities: [
      { requiresCompatibilities: ['EC2'] },
      ['requiresCompatibilities: (none) → ["EC2"]'],
    ],
    ignoreUnsupported: [{ ignoreUnsupported: ['x'] }, ['ignoreUnsupported: (none) → ["x"]']],
    tags: [{ tags: [{ key: 'a', value: 'b' }] }, ['tags: (none) → [{"key":"a","value":"b"}]']],
    placementConstraints: [
      { placementConstraints: ['a', 'b'].map(expression => ({ type: 'memberOf', expression })) },
      ['placementConstraints: (none) → a and b'],
    ],
    volumes: [volume({}), ['volumes.data: (none) → lives as long as its task']],
  }
  test.each(Object.entries(TASK))('%s is told', (_, [more, told]) => {
    expect(lines(task(), task({}, more))).toEqual(told.map(line => `(task) ${line}`))
  })

  it('is any that there is', () => {
    const apart = ['family', 'containerDefinitions']
    const fields = Object.keys(schema.$defs.TaskDefinition.properties).filter(f => !apart.includes(f))
    expect(Object.keys(TASK).sort()).toEqual(fields.sort())
  })

  test.each<[object, string[]]>([
    [{ host: { sourcePath: '/srv' } }, ['volumes.data: lives as long as its task → /srv']],
    [
      { dockerVolumeConfiguration: { scope: 'shared', autoprovision: true } },
      ['volumes.data: lives as long as its task → shared', 'volumes.data.autoprovision: (none) → true'],
    ],
    [
      { dockerVolumeConfiguration: { driver: 'local', driverOpts: { type: 'nfs' } } },
      ['volumes.data.driver: (none) → local', 'volumes.data.driverOpts.type: (none) → nfs'],
    ],
  ])('a volume %j tells where its data is, and how it is made', (parts, told) => {
    expect(lines(task({}, volume({})), task({}, volume(parts)))).toEqual(told.map(line => `(task) ${line}`))
  })
})

describe('containers', () => {
  const two = (...names: string[]) =>
    task({}, { containerDefinitions: names.map(name => ({ name, image: `${name}:1` })) })

  it('that come and go are told as a whole', () => {
    expect(lines(two('a', 'b'), two('a', 'c'))).toEqual([
      'c container: (none) → c:1',
      'b container: b:1 → (none)',
    ])
  })

  it('in another order are told, for they are another revision', () => {
    expect(lines(two('a', 'b', 'x'), two('y', 'b', 'a')).at(-1)).toBe(
      '(task) containerDefinitions: a, b → b, a',
    )
    expect(lines(two('a', 'b'), two('x', 'a', 'b'))).toEqual(['x container: (none) → x:1'])
    const volumes = (...names: string[]) => task({}, { volumes: names.map(name => ({ name })) })
    expect(lines(volumes('a', 'b'), volumes('b', 'a'))).toEqual(['(task) volumes: a, b → b, a'])
  })
})

import * as fc from 'fast-check'
import type {
  ContainerDefinition,
  LogConfiguration,
  PortMapping,
  TaskDefinition,
} from '../../../engine/desired-state/document.generated.ts'

/** What ends strings, begins templates, or is no letter. */
const HOSTILE = [
  "'",
  '"',
  '`',
  '\\',
  '${x}',
  '$(rm -rf /)',
  '\n',
  '\r',
  '\u2028',
  '*/',
  '//',
  '</script>',
  '\u{1F6A2}',
  'é',
  ' ',
  '{{x}}',
  '\t',
  '\u0001',
]
const hostile = fc
  .array(fc.oneof(fc.constantFrom(...HOSTILE), fc.string({ maxLength: 4, unit: 'binary' })), { maxLength: 5 })
  .map(parts => parts.join('').replaceAll('\0', ''))
const someText = hostile.map(text => `x${text}`)
const path = hostile.map(text => `/${text.replaceAll(/[:/]/g, '')}x`)
const name = fc.constantFrom(
  'app',
  'my-app',
  'my_app',
  'MyApp',
  '1st',
  'class',
  'scope',
  'task',
  'Duration',
  '-',
  '_',
  'constructor',
)
const maybe = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: undefined })
/** Whoever adds a field to the schema adds it here: the compiler wants all of them. */
const record = <T>(
  shape: { [K in keyof T]-?: fc.Arbitrary<NonNullable<T[K]>> },
  required: (keyof T)[] = [],
): fc.Arbitrary<T> => fc.record(shape, { requiredKeys: required }) as fc.Arbitrary<T>
const map = fc
  .uniqueArray(fc.tuple(someText, hostile), { selector: ([key]) => key, maxLength: 3 })
  .map(pairs => Object.fromEntries(pairs))
const source = fc.oneof(
  fc.constantFrom('env:A', 'exec:op read "a b" \'c\'', 'age:s.age', 'age:s.age#KEY'),
  path.map(p => `file:${p}`),
)
const seconds = (min: number, max: number) => fc.integer({ min, max })

const portMapping = record<Omit<PortMapping, 'containerPortRange'>>(
  {
    containerPort: fc.integer({ min: 1, max: 65535 }),
    hostPort: fc.constant(0),
    protocol: fc.constantFrom('tcp' as const, 'udp' as const),
    name: fc.constantFrom('http', '1-2_3'),
    appProtocol: fc.constantFrom('http' as const, 'grpc' as const),
  },
  ['containerPort'],
)
  // a protocol of the application needs TCP and a name, and each name is its port's alone
  .map(({ appProtocol, name, ...port }) => ({
    ...port,
    ...(name !== undefined && { name: `${name}-${port.containerPort}` }),
    ...(name !== undefined && port.protocol !== 'udp' && appProtocol && { appProtocol }),
  }))

const container = record<
  Omit<ContainerDefinition, 'dependsOn' | 'links' | 'volumesFrom' | 'mountPoints' | 'firelensConfiguration'>
>(
  {
    name,
    image: fc.constantFrom('nginx', 'ghcr.io/a/b:1', 'a.b:5000/c@sha256:'.padEnd(82, 'a')),
    command: fc.array(hostile, { maxLength: 2 }),
    entryPoint: fc.array(hostile, { maxLength: 2 }),
    environment: fc.uniqueArray(
      fc.record({ name: someText.map(t => t.replaceAll('=', '')), value: hostile }),
      {
        selector: e => e.name,
        maxLength: 3,
      },
    ),
    cpu: fc.integer({ min: 0, max: 2048 }),
    memory: fc.integer({ min: 64, max: 512 }),
    memoryReservation: fc.integer({ min: 6, max: 64 }),
    portMappings: fc.uniqueArray(portMapping, { selector: p => p.containerPort, maxLength: 2 }),
    resourceRequirements: fc.constantFrom([], [{ type: 'GPU' as const, value: '2' }]),
    healthCheck: record(
      {
        command: hostile.map(text => ['CMD-SHELL', text]),
        interval: seconds(5, 300),
        timeout: seconds(2, 60),
        retries: seconds(1, 10),
        startPeriod: seconds(0, 300),
      },
      ['command'],
    ),
    essential: fc.constant(true),
    restartPolicy: fc.oneof(
      fc.constant({ enabled: false }),
      record(
        {
          enabled: fc.constant(true),
          ignoredExitCodes: fc.array(fc.integer({ min: 0, max: 255 }), { maxLength: 2 }),
          restartAttemptPeriod: seconds(60, 1800),
        },
        ['enabled'],
      ),
    ),
    stopTimeout: seconds(0, 120),
    startTimeout: seconds(1, 120),
    user: fc.constantFrom('1000', 'app:app'),
    workingDirectory: path,
    versionConsistency: fc.constantFrom('enabled' as const, 'disabled' as const),
    dockerLabels: map,
    hostname: fc.constant('host.example'),
    dnsServers: fc.constantFrom([], ['10.0.0.1', 'fd00::1']),
    dnsSearchDomains: fc.constantFrom([], ['a.example']),
    extraHosts: fc.constantFrom([], [{ hostname: 'a', ipAddress: '10.0.0.1' }]),
    disableNetworking: fc.constant(false),
    privileged: fc.boolean(),
    readonlyRootFilesystem: fc.boolean(),
    dockerSecurityOptions: fc.constantFrom([], ['no-new-privileges', 'label:type:x']),
    interactive: fc.boolean(),
    pseudoTerminal: fc.boolean(),
    ulimits: fc.constantFrom([], [{ name: 'nofile' as const, softLimit: 1, hardLimit: -1 }]),
    systemControls: fc.constantFrom([], [{ namespace: 'net.core.somaxconn', value: '1' }]),
    linuxParameters: record({
      capabilities: record({
        add: fc.constantFrom([], ['NET_ADMIN' as const, 'SYS_PTRACE' as const]),
        drop: fc.constantFrom([], ['ALL' as const]),
      }),
      devices: fc.constantFrom(
        [],
        [
          { hostPath: '/dev/null' },
          { hostPath: '/dev/a', containerPath: '/dev/b', permissions: ['read' as const] },
        ],
      ),
      initProcessEnabled: fc.boolean(),
      sharedMemorySize: seconds(1, 64),
      tmpfs: path.map(p => [{ containerPath: `/tmpfs${p}`, size: 4, mountOptions: ['noexec'] }]),
      swappiness: seconds(0, 100),
    }),
    logConfiguration: fc.constantFrom<LogConfiguration[]>(
      { logDriver: 'json-file', options: { 'max-size': '1m', tag: "'`${x}`" } },
      { logDriver: 'none' },
      {
        logDriver: 'splunk',
        options: { 'splunk-url': 'https://a' },
        secretOptions: [{ name: 'splunk-token', valueFrom: 'env:A' }],
      },
    ),
    secrets: fc.uniqueArray(
      record(
        {
          name: fc.constantFrom('SECRET_A', 'SECRET_B'),
          valueFrom: source,
          deliverAs: fc.constantFrom('environment' as const, 'file' as const),
        },
        ['name', 'valueFrom'],
      ),
      { selector: s => s.name, maxLength: 2 },
    ),
    environmentFiles: path.map(p => [{ value: `${p}.env` }]),
    repositoryCredentials: source.map(credentialsParameter => ({ credentialsParameter })),
  },
  ['name', 'image'],
)

const task = record<
  Omit<TaskDefinition, 'containerDefinitions' | 'volumes' | 'family' | 'ignoreUnsupported'>
>({
  networkMode: fc.constantFrom('bridge' as const),
  cpu: fc.constantFrom('10240', '12 vCPU'),
  memory: fc.constantFrom('8192', '8 GB'),
  ipcMode: fc.constantFrom('host' as const, 'none' as const),
  pidMode: fc.constant('host' as const),
  runtimePlatform: record({
    cpuArchitecture: fc.constantFrom('X86_64' as const, 'ARM64' as const),
    operatingSystemFamily: fc.constantFrom('LINUX' as const, 'WINDOWS_SERVER_2019_CORE' as const),
  }),
  requiresCompatibilities: fc.constantFrom([], ['EC2' as const, 'FARGATE' as const]),
  tags: fc
    .uniqueArray(fc.record({ key: someText, value: hostile }), { selector: t => t.key, maxLength: 2 })
    .map(tags => tags.toSorted((a, b) => (a.key < b.key ? -1 : 1))),
  placementConstraints: fc.constantFrom(
    [],
    [{ type: 'memberOf' as const, expression: "attribute:zone in ['a']" }],
  ),
})

const CONFIG_FILE = { 'config-file-type': 'file', 'config-file-value': '/extra.conf' }

/** Task definitions that are valid, with every field of the schema, and with texts that end any quoting. */
export const anyTaskDefinition: fc.Arbitrary<{ family: string; task: TaskDefinition }> = fc
  .record({
    family: fc.constantFrom('web', 'my-app', '1', 'class', '-', 'Task-Definition', 'constructor'),
    task,
    containers: fc.uniqueArray(container, { selector: c => c.name, minLength: 1, maxLength: 3 }),
    volumes: fc.subarray([
      { name: 'a' },
      { name: 'b', host: {} },
      { name: 'c', host: { sourcePath: "/it's" } },
      {
        name: 'd',
        dockerVolumeConfiguration: {
          scope: 'shared' as const,
          autoprovision: true,
          driver: 'local',
          driverOpts: { type: "t'" },
          labels: { '`': '${x}' },
        },
      },
      { name: 'e', dockerVolumeConfiguration: {} },
    ]),
    condition: maybe(fc.constantFrom('START' as const)),
    alias: maybe(fc.constantFrom('db', 'side.example')),
    readOnly: maybe(fc.boolean()),
    routed: maybe(fc.constantFrom({}, { 'enable-ecs-log-metadata': 'false', ...CONFIG_FILE })),
  })
  .map(({ family, task, containers, volumes, condition, alias, readOnly, routed }) => {
    const [first, ...others] = containers
    const tied = others.map(
      (c, i): ContainerDefinition => ({
        ...c,
        ...(condition && first && { dependsOn: [{ containerName: first.name, condition }] }),
        ...(alias && first && i === 0 && { links: [`${first.name}:${alias}`, first.name] }),
        ...(readOnly !== undefined && first && { volumesFrom: [{ sourceContainer: first.name, readOnly }] }),
      }),
    )
    const mountPoints = volumes.map((v, i) => ({
      sourceVolume: v.name,
      containerPath: `/mnt/'${i}`,
      ...(readOnly !== undefined && { readOnly }),
    }))
    const router: ContainerDefinition = {
      name: 'router',
      image: 'router:1',
      firelensConfiguration: { type: 'fluentbit', ...(routed && { options: routed }) },
    }
    const log = { logDriver: 'awsfirelens', options: { Name: 'http', Host: "it's `${x}`" } }
    const containerDefinitions = first
      ? [
          { ...first, mountPoints, ...(routed && { logConfiguration: log }) },
          ...tied,
          ...(routed ? [router] : []),
        ]
      : []
    return { family, task: { ...task, volumes, containerDefinitions } }
  })

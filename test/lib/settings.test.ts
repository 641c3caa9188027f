import { describe, expect, test } from 'vitest'
import { parseDesiredState } from '../../engine/desired-state/parse.ts'
import {
  App,
  Cluster,
  type ContainerDefinitionOptions,
  ContainerImage,
  ContainerInstance,
  CpuArchitecture,
  DevicePermission,
  FirelensConfigFileType,
  FirelensLogRouterType,
  Duration,
  GenericLogDriver,
  ImagePullBehavior,
  IpcMode,
  LinuxParameters,
  LogDrivers,
  NetworkMode,
  PidMode,
  Scope,
  Secret,
  Service,
  Size,
  SynthError,
  TaskDefinition,
  type TaskDefinitionProps,
  UlimitName,
  VersionConsistency,
} from '../../lib/index.ts'
import { synthesize } from '../../lib/synth.ts'

const image = ContainerImage.fromRegistry('nginx:1')

/** A task definition of one container in a whole app. */
function app(
  options: (task: TaskDefinition) => Partial<ContainerDefinitionOptions>,
  props: TaskDefinitionProps = {},
) {
  const root = new App()
  const cluster = new Cluster(root, 'prod')
  new ContainerInstance(cluster, 'a', { address: 'ssh://a' })
  const task = new TaskDefinition(cluster, 'web', props)
  const container = task.addContainer('app', { image, ...options(task) })
  new Service(cluster, 'web', { taskDefinition: task })
  return { root, task, container }
}

function definitionOf(root: App) {
  const [document] = synthesize(root)
  expect(parseDesiredState(document)).toMatchObject({ ok: true })
  return document?.taskDefinitions?.web
}

function refusals(root: App): string {
  try {
    synthesize(root)
    return ''
  } catch (error) {
    if (error instanceof SynthError) return error.message
    throw error
  }
}

describe('the settings of a container', () => {
  test('stand in the document under the names of ECS', () => {
    const { root, task, container } = app(
      definition => {
        const linuxParameters = new LinuxParameters(definition, 'linux', {
          initProcessEnabled: true,
          sharedMemorySize: 16,
          maxSwap: Size.gibibytes(1),
          swappiness: 10,
        })
        linuxParameters.addCapabilities('NET_ADMIN')
        linuxParameters.dropCapabilities('MKNOD', 'CHOWN')
        linuxParameters.addDevices({ hostPath: '/dev/fuse', permissions: [DevicePermission.READ] })
        linuxParameters.addTmpfs({ containerPath: '/run', size: 4, mountOptions: ['noexec', 'mode=1777'] })
        return {
          hostname: 'other',
          dnsServers: ['10.0.0.2', 'fd00::2'],
          dnsSearchDomains: ['example.org'],
          extraHosts: { db: '10.0.0.9', self: 'host-gateway' },
          privileged: true,
          readonlyRootFilesystem: true,
          dockerSecurityOptions: ['no-new-privileges'],
          interactive: true,
          pseudoTerminal: true,
          startTimeout: Duration.minutes(1),
          systemControls: [{ namespace: 'net.core.somaxconn', value: '512' }],
          linuxParameters,
          logging: LogDrivers.fluentd({ address: 'log:24224', subSecondPrecision: true, tag: 'web' }),
        }
      },
      {
        cpu: '1 vCPU',
        memoryMiB: '2048',
        pidMode: PidMode.TASK,
        ipcMode: IpcMode.TASK,
        runtimePlatform: { cpuArchitecture: CpuArchitecture.ARM64 },
        tags: { team: 'core' },
      },
    )
    task.addVolume({
      name: 'data',
      dockerVolumeConfiguration: {
        scope: Scope.SHARED,
        driver: 'local',
        driverOpts: { o: 'ro' },
        labels: { a: 'b' },
      },
    })
    const side = task.addContainer('side', { image })
    container.addUlimits({ name: UlimitName.NOFILE, softLimit: 1024, hardLimit: -1 })
    container.addLink(side, 'backend')
    container.addVolumesFrom({ sourceContainer: 'side', readOnly: true })
    expect(definitionOf(root)).toEqual({
      cpu: '1 vCPU',
      memory: '2048',
      pidMode: 'task',
      ipcMode: 'task',
      runtimePlatform: { cpuArchitecture: 'ARM64' },
      tags: [{ key: 'team', value: 'core' }],
      volumes: [
        {
          name: 'data',
          dockerVolumeConfiguration: {
            scope: 'shared',
            driver: 'local',
            driverOpts: { o: 'ro' },
            labels: { a: 'b' },
          },
        },
      ],
      containerDefinitions: [
        {
          name: 'app',
          image: 'nginx:1',
          hostname: 'other',
          dnsServers: ['10.0.0.2', 'fd00::2'],
          dnsSearchDomains: ['example.org'],
          extraHosts: [
            { hostname: 'db', ipAddress: '10.0.0.9' },
            { hostname: 'self', ipAddress: 'host-gateway' },
          ],
          privileged: true,
          readonlyRootFilesystem: true,
          dockerSecurityOptions: ['no-new-privileges'],
          interactive: true,
          pseudoTerminal: true,
          startTimeout: 60,
          ulimits: [{ name: 'nofile', softLimit: 1024, hardLimit: -1 }],
          systemControls: [{ namespace: 'net.core.somaxconn', value: '512' }],
          links: ['side:backend'],
          volumesFrom: [{ sourceContainer: 'side', readOnly: true }],
          linuxParameters: {
            capabilities: { add: ['NET_ADMIN'], drop: ['MKNOD', 'CHOWN'] },
            devices: [{ hostPath: '/dev/fuse', permissions: ['read'] }],
            initProcessEnabled: true,
            sharedMemorySize: 16,
            tmpfs: [{ containerPath: '/run', size: 4, mountOptions: ['noexec', 'mode=1777'] }],
            maxSwap: 1024,
            swappiness: 10,
          },
          logConfiguration: {
            logDriver: 'fluentd',
            options: { 'fluentd-address': 'log:24224', 'fluentd-sub-second-precision': 'true', tag: 'web' },
          },
        },
        { name: 'side', image: 'nginx:1' },
      ],
    })
  })

  test('what becomes of tags stands in the document, for a cluster and for a container', () => {
    const root = new App()
    const cluster = new Cluster(root, 'prod', { imagePullBehavior: ImagePullBehavior.PREFER_CACHED })
    const task = new TaskDefinition(cluster, 'web')
    task.addContainer('app', { image, versionConsistency: VersionConsistency.DISABLED })
    const [document] = synthesize(root)
    expect(parseDesiredState(document)).toMatchObject({ ok: true })
    expect(document).toMatchObject({
      imagePullBehavior: 'prefer-cached',
      taskDefinitions: { web: { containerDefinitions: [{ versionConsistency: 'disabled' }] } },
    })
  })

  test('a log router, and a container that sends to it', () => {
    const root = new App()
    const cluster = new Cluster(root, 'prod')
    const task = new TaskDefinition(cluster, 'web')
    const options = {
      enableECSLogMetadata: false,
      configFileType: FirelensConfigFileType.FILE,
      configFileValue: '/extra.conf',
    }
    const router = task.addFirelensLogRouter('router', {
      image,
      firelensConfig: { type: FirelensLogRouterType.FLUENTBIT, options },
    })
    const logging = LogDrivers.firelens({
      options: { Name: 'es' },
      secretOptions: { Pass: Secret.fromEnv('A') },
    })
    const app = task.addContainer('app', { image, logging })
    new Service(cluster, 'web', { taskDefinition: task })
    expect(definitionOf(root)?.containerDefinitions).toEqual([
      {
        name: 'router',
        image: 'nginx:1',
        firelensConfiguration: {
          type: 'fluentbit',
          options: {
            'enable-ecs-log-metadata': 'false',
            'config-file-type': 'file',
            'config-file-value': '/extra.conf',
          },
        },
      },
      {
        name: 'app',
        image: 'nginx:1',
        logConfiguration: {
          logDriver: 'awsfirelens',
          options: { Name: 'es' },
          secretOptions: [{ name: 'Pass', valueFrom: 'env:A' }],
        },
      },
    ])
    router.addContainerDependencies({ container: app, condition: 'START' })
    expect(refusals(root)).toMatch(/containers wait for each other/)
  })

  test('how many deployments keep their images stands in the document', () => {
    const root = new App()
    new Cluster(root, 'prod', { imageCleanup: { deployments: 5 } })
    new Cluster(root, 'test', { imageCleanup: { enabled: false } })
    expect(synthesize(root).map(d => d.imageCleanup)).toEqual([{ deployments: 5 }, { enabled: false }])
    new Cluster(root, 'none', { imageCleanup: { deployments: 0 } })
    expect(() => synthesize(root)).toThrow('imageCleanup.deployments')
  })

  test('options of a log driver may be secrets, in the document as their sources', () => {
    const logs = [
      LogDrivers.splunk({
        url: 'https://splunk',
        secretToken: Secret.fromEnv('TOKEN'),
        insecureSkipVerify: true,
      }),
      new GenericLogDriver({
        logDriver: 'loki',
        secretOptions: { 'loki-url': Secret.fromFile('loki'), 'a-key': Secret.fromAge('a.age', 'b') },
      }),
    ]
    expect(logs.map(log => log.renderLogDriver())).toEqual([
      {
        logDriver: 'splunk',
        options: { 'splunk-url': 'https://splunk', 'splunk-insecureskipverify': 'true' },
        secretOptions: [{ name: 'splunk-token', valueFrom: 'env:TOKEN' }],
      },
      {
        logDriver: 'loki',
        secretOptions: [
          { name: 'a-key', valueFrom: 'age:a.age#b' },
          { name: 'loki-url', valueFrom: 'file:loki' },
        ],
      },
    ])
  })

  test.each<[string, Partial<ContainerDefinitionOptions>, TaskDefinitionProps, RegExp]>([
    ['a name for an address', { dnsServers: ['dns.example'] }, {}, /is no IP address/],
    // TypeScript says so, and an app is run without asking it
    ['a text for a command', { command: 'sleep 5' as never }, {}, /command must be a list.*"sleep 5"/],
    ['a list for variables', { environment: ['A=b'] as never }, {}, /environment must be an object/],
    [
      'a port with a misspelt property',
      { portMappings: [{ containerPort: 80, hostport: 8080 } as never] },
      {},
      /no property "hostport"; did you mean hostPort/,
    ],
    [
      'a soft limit above the hard one',
      { ulimits: [{ name: 'nofile', softLimit: 2, hardLimit: 1 }] },
      {},
      /softLimit 2 of nofile is more/,
    ],
    [
      'a control of the whole kernel',
      { systemControls: [{ namespace: 'vm.swappiness', value: '1' }] },
      {},
      /not a container's own/,
    ],
    [
      'a network control of the host',
      { systemControls: [{ namespace: 'net.a', value: '1' }] },
      { networkMode: NetworkMode.HOST },
      /network mode host/,
    ],
    ['a Windows credential', { dockerSecurityOptions: ['credentialspec:x'] }, {}, /Windows/],
    [
      "CloudWatch's log driver",
      { logging: new GenericLogDriver({ logDriver: 'awslogs' }) },
      {},
      /awslogs sends to CloudWatch/,
    ],
    ['a task that is too small', {}, { cpu: '64' }, /cpu must be 128 to 196608/],
    ['containers larger than the task', { cpu: 512 }, { cpu: '256' }, /ask for 512 units/],
    [
      'more memory than the task has',
      { memoryLimitMiB: 128 },
      { memoryMiB: '64' },
      /more than the task's memory/,
    ],
  ])('%s is refused', (_, options, props, words) => {
    expect(refusals(app(() => options, props).root)).toMatch(words)
  })

  test('what is misspelt in a volume or a dependency is refused: its data would lie in another place', () => {
    const { root, task, container } = app(() => ({}))
    task.addVolume({ name: 'data', hosts: { sourcePath: '/srv' } } as never)
    task.addVolume({ name: 'more', dockerVolumeConfiguration: { scpoe: 'shared' } } as never)
    const side = task.addContainer('side', { image })
    side.addContainerDependencies({ container, conditon: 'START' } as never)
    const errors = refusals(root)
    for (const name of ['hosts', 'scpoe', 'conditon']) expect(errors).toContain(`no property "${name}"`)
  })

  test('a link that closes a circle, or leads out of a bridge, is refused', () => {
    const circle = app(() => ({}))
    const side = circle.task.addContainer('side', { image })
    circle.container.addLink(side)
    side.addVolumesFrom({ sourceContainer: 'app' })
    expect(refusals(circle.root)).toMatch(/wait for each other/)
    const host = app(() => ({}), { networkMode: NetworkMode.HOST })
    host.container.addLink(host.task.addContainer('side', { image }))
    expect(refusals(host.root)).toMatch(/links are for network mode bridge/)
  })
})

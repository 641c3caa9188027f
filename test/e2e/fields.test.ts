import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { ContainerDefinition, TaskDefinition } from '../../engine/desired-state/document.generated.ts'
import { hasLab, Scenario } from './support.ts'

/** A look at one container, by `docker inspect` with a template or by a shell inside it. */
type Look = { readonly inspect: string } | { readonly shell: string }

interface Row {
  readonly field: string
  /** "task definition container" */
  readonly of: string
  readonly look: Look
  readonly shows: RegExp
}

const MIB = 1024 * 1024

const inspect = (field: string, of: string, template: string, shows: RegExp): Row => ({
  field,
  of,
  look: { inspect: `{{json ${template}}}` },
  shows,
})
const shell = (field: string, of: string, text: string, shows: RegExp): Row => ({
  field,
  of,
  look: { shell: text },
  shows,
})

const ROWS: readonly Row[] = [
  inspect(
    'family',
    'plain app',
    '(index .Config.Labels "com.amazonaws.ecs.task-definition-family")',
    /^"plain"$/,
  ),
  inspect('name', 'plain app', '(index .Config.Labels "com.amazonaws.ecs.container-name")', /^"app"$/),
  inspect('image', 'plain app', '.Config.Image', /lab\/sleep@sha256:[0-9a-f]{64}"$/),
  inspect('entryPoint', 'plain app', '.Config.Entrypoint', /^\["sh","-c"\]$/),
  inspect('command', 'plain app', '.Config.Cmd', /sleep 3600/),
  shell('environment', 'plain app', 'echo "$MODE"', /^fast & "quoted" \$\(x\)$/),
  inspect('cpu', 'plain app', '.HostConfig.CpuShares', /^128$/),
  inspect('memory', 'plain app', '.HostConfig.Memory', new RegExp(`^${32 * MIB}$`)),
  inspect('memoryReservation', 'plain app', '.HostConfig.MemoryReservation', new RegExp(`^${16 * MIB}$`)),
  shell('user', 'plain app', 'id -u; id -g', /^65534\n1000$/),
  shell('workingDirectory', 'plain app', 'pwd', /^\/tmp$/),
  inspect('dockerLabels', 'plain app', '(index .Config.Labels "com.example.team")', /^"core"$/),
  shell(
    'mountPoints',
    'plain app',
    'cat /proc/mounts',
    /^(?=.* \/scratch \S+ rw,)(?=.* \/the-passwd \S+ ro,)/s,
  ),
  shell('host.sourcePath', 'plain app', 'cat /the-passwd', /^root:/),
  inspect(
    'dockerVolumeConfiguration.scope shared',
    'plain app',
    '.Mounts',
    /"Name":"kept",[^}]*"Destination":"\/kept"/,
  ),
  inspect(
    'portMappings',
    'plain app',
    '.HostConfig.PortBindings',
    /^{"53\/udp":\[{"HostIp":"","HostPort":"0?"}\],"8080\/tcp":\[{"HostIp":"","HostPort":"18080"}\]}$/,
  ),
  inspect(
    'healthCheck',
    'plain app',
    '.Config.Healthcheck',
    /^{"Test":\["CMD","true"\],"Interval":7000000000,"Timeout":3000000000,"StartPeriod":1000000000,"Retries":2}$/,
  ),
  inspect('networkMode host', 'host app', '.HostConfig.NetworkMode', /^"host"$/),
  shell('networkMode none', 'quiet app', 'ls /sys/class/net', /^lo$/),
  shell('hostname', 'one app', 'hostname', /^other\.example$/),
  shell('dnsServers', 'one app', 'cat /etc/resolv.conf', /nameserver 10\.0\.0\.2\nnameserver 10\.0\.0\.1/),
  shell('dnsSearchDomains', 'one app', 'cat /etc/resolv.conf', /search b\.example a\.example/),
  shell('extraHosts', 'one app', 'cat /etc/hosts', /10\.0\.0\.9\tdb\n.*fd00::1\tsix\n/s),
  shell('readonlyRootFilesystem', 'one app', 'touch /x 2>&1 || true', /Read-only file system/),
  shell('dockerSecurityOptions', 'one app', 'cat /proc/1/status', /NoNewPrivs:\t1/),
  inspect('interactive', 'one app', '.Config.OpenStdin', /^true$/),
  inspect('pseudoTerminal', 'one app', '.Config.Tty', /^true$/),
  shell('ulimits', 'one app', 'cat /proc/1/limits', /Max open files +1024 +2048 /),
  shell('systemControls', 'one app', 'cat /proc/sys/net/core/somaxconn', /^512$/),
  shell('systemControls of shared memory', 'one app', 'cat /proc/sys/kernel/msgmax', /^4096$/),
  inspect(
    'logConfiguration',
    'one app',
    '.HostConfig.LogConfig',
    /^{"Type":"local","Config":{"max-size":"1m"}}$/,
  ),
  inspect('linuxParameters.capabilities.add', 'one app', '.HostConfig.CapAdd', /^\["SYS_TIME","KILL"\]$/),
  // bit 27 of the bounding set is CAP_MKNOD: the 7th digit from the right lacks 8
  shell(
    'linuxParameters.capabilities.drop',
    'one app',
    'cat /proc/1/status',
    /CapBnd:\t[0-9a-f]{9}[0-7][0-9a-f]{6}\n/,
  ),
  shell('linuxParameters.devices', 'one app', 'test -c /dev/void && echo yes', /^yes$/),
  shell('linuxParameters.initProcessEnabled', 'one app', 'cat /proc/1/comm', /docker-init|tini/),
  shell('linuxParameters.sharedMemorySize', 'one app', 'df -k /dev/shm', /16384/),
  shell('linuxParameters.tmpfs', 'one app', 'cat /proc/mounts', /tmpfs \/scratch tmpfs .*noexec.*size=4096k/),
  inspect('linuxParameters.maxSwap', 'one app', '.HostConfig.MemorySwap', new RegExp(`^(${96 * MIB}|-1)$`)),
  inspect('linuxParameters.swappiness', 'one app', '.HostConfig.MemorySwappiness', /^(10|null)$/),
  inspect('cpu of the task', 'one app', '.HostConfig.NanoCpus', /^250000000$/),
  inspect('memory of the task', 'one app', '.HostConfig.Memory', new RegExp(`^${64 * MIB}$`)),
  inspect('tags', 'one app', '(index .Config.Labels "stowage.tag.team")', /^"core"$/),
  shell('dockerVolumeConfiguration.driverOpts', 'one app', 'cat /proc/mounts', / \/data tmpfs .*size=1024k/),
  shell('links', 'pair app', 'cat /etc/hosts', /\tbackend /),
  shell('links, the other way', 'pair side', 'cat /etc/hosts', /^(?!.*(backend|\.app))/s),
  shell('volumesFrom', 'pair app', 'cat /proc/mounts', / \/shared \S+ ro,/),
  shell('pidMode task', 'pair app', 'cat /proc/1/cmdline', /holder/),
  shell('ipcMode task', 'pair app', 'cat /dev/shm/of-the-side', /^here$/),
  inspect('volume with labels', 'pair side', '.Mounts', /"Destination":"\/shared"/),
  shell('disableNetworking', 'alone app', 'ls /sys/class/net', /^lo$/),
  inspect('pidMode host', 'host app', '.HostConfig.PidMode', /^"host"$/),
  inspect('ipcMode host', 'host app', '.HostConfig.IpcMode', /^"host"$/),
  inspect('ipcMode none', 'alone app', '.HostConfig.IpcMode', /^"none"$/),
  inspect(
    'containerPortRange',
    'ranges app',
    '.NetworkSettings.Ports',
    /"8000\/tcp":\[[^\]]*"61000"[^\]]*\],"8001\/tcp":\[[^\]]*"61001"[^\]]*\],"8002\/tcp":\[[^\]]*"61002"[^\]]*\],"9000\/udp":\[[^\]]*"61000"/,
  ),
  inspect('logConfiguration none', 'alone app', '.HostConfig.LogConfig.Type', /^"none"$/),
]

describe.runIf(hasLab)(
  'every field that Docker has has its effect, and reads back as it was asked for',
  () => {
    let scenario: Scenario
    beforeAll(async () => {
      scenario = await Scenario.start({ hosts: 2 })
      await scenario.apply(document())
    })
    afterAll(() => scenario.end())

    const container = (name: string, more: Partial<ContainerDefinition> = {}): ContainerDefinition => ({
      name,
      image: scenario.lab.registry.image('sleep:1'),
      stopTimeout: 1,
      ...more,
    })

    const definitions = (): Record<string, TaskDefinition> => ({
      plain: {
        volumes: [
          { name: 'scratch', host: {} },
          { name: 'passwd', host: { sourcePath: '/etc/passwd' } },
          { name: 'kept', dockerVolumeConfiguration: { scope: 'shared', autoprovision: true } },
        ],
        containerDefinitions: [
          container('app', {
            entryPoint: ['sh', '-c'],
            command: ['trap "exit 0" TERM; while :; do sleep 3600 & wait $!; done'],
            environment: [{ name: 'MODE', value: 'fast & "quoted" $(x)' }],
            cpu: 128,
            memory: 32,
            memoryReservation: 16,
            user: '65534:1000',
            workingDirectory: '/tmp',
            dockerLabels: { 'com.example.team': 'core' },
            mountPoints: [
              { sourceVolume: 'scratch', containerPath: '/scratch' },
              { sourceVolume: 'passwd', containerPath: '/the-passwd', readOnly: true },
              { sourceVolume: 'kept', containerPath: '/kept' },
            ],
            portMappings: [
              { containerPort: 8080, hostPort: 18080 },
              { containerPort: 53, protocol: 'udp', name: 'dns' },
            ],
            healthCheck: { command: ['CMD', 'true'], interval: 7, timeout: 3, retries: 2, startPeriod: 1 },
          }),
        ],
      },
      quiet: { networkMode: 'none', containerDefinitions: [container('app')] },
      one: {
        cpu: '0.25 vCPU',
        memory: '64',
        tags: [{ key: 'team', value: 'core' }],
        runtimePlatform: { operatingSystemFamily: 'LINUX' },
        requiresCompatibilities: ['EC2', 'EXTERNAL'],
        volumes: [
          {
            name: 'data',
            dockerVolumeConfiguration: {
              driver: 'local',
              driverOpts: { type: 'tmpfs', device: 'tmpfs', o: 'size=1m' },
              labels: { 'com.example.team': 'core' },
            },
          },
        ],
        containerDefinitions: [
          container('app', {
            hostname: 'other.example',
            dnsServers: ['10.0.0.2', '10.0.0.1'],
            dnsSearchDomains: ['b.example', 'a.example'],
            extraHosts: [
              { hostname: 'db', ipAddress: '10.0.0.9' },
              { hostname: 'six', ipAddress: 'fd00::1' },
            ],
            readonlyRootFilesystem: true,
            dockerSecurityOptions: ['no-new-privileges', 'seccomp:unconfined'],
            interactive: true,
            pseudoTerminal: true,
            ulimits: [
              { name: 'nofile', softLimit: 1024, hardLimit: 2048 },
              { name: 'core', softLimit: 0, hardLimit: -1 },
            ],
            systemControls: [
              { namespace: 'net.core.somaxconn', value: '512' },
              { namespace: 'kernel.msgmax', value: '4096' },
            ],
            logConfiguration: { logDriver: 'local', options: { 'max-size': '1m' } },
            mountPoints: [{ sourceVolume: 'data', containerPath: '/data' }],
            linuxParameters: {
              capabilities: { add: ['SYS_TIME', 'KILL'], drop: ['MKNOD'] },
              devices: [
                { hostPath: '/dev/null', containerPath: '/dev/void', permissions: ['read', 'mknod'] },
              ],
              initProcessEnabled: true,
              sharedMemorySize: 16,
              tmpfs: [{ containerPath: '/scratch', size: 4, mountOptions: ['noexec', 'mode=1777'] }],
              maxSwap: 32,
              swappiness: 10,
            },
          }),
        ],
      },
      pair: {
        pidMode: 'task',
        ipcMode: 'task',
        volumes: [{ name: 'shared' }],
        containerDefinitions: [
          container('app', {
            links: ['side:backend'],
            volumesFrom: [{ sourceContainer: 'side', readOnly: true }],
          }),
          container('side', {
            command: [
              'sh',
              '-c',
              'echo here > /dev/shm/of-the-side; trap "exit 0" TERM; : holder; while :; do sleep 3600 & wait $!; done',
            ],
            mountPoints: [{ sourceVolume: 'shared', containerPath: '/shared' }],
          }),
        ],
      },
      alone: {
        ipcMode: 'none',
        containerDefinitions: [
          container('app', { disableNetworking: true, logConfiguration: { logDriver: 'none' } }),
        ],
      },
      host: {
        networkMode: 'host',
        pidMode: 'host',
        ipcMode: 'host',
        containerDefinitions: [container('app')],
      },
      ranges: {
        containerDefinitions: [
          container('app', {
            portMappings: [
              { containerPortRange: '8000-8002', name: 'web', appProtocol: 'http' },
              { containerPortRange: '9000-9001', protocol: 'udp' },
              { containerPort: 7000 },
            ],
          }),
        ],
      },
    })

    const document = () => {
      const taskDefinitions = definitions()
      const services = Object.fromEntries(
        Object.keys(taskDefinitions).map(family => [
          family,
          { taskDefinition: family, deploymentConfiguration: { steadyAfterSeconds: 0 } },
        ]),
      )
      return scenario.document({ taskDefinitions, services }, [scenario.host(0)])
    }

    /** Its id on the one host. */
    const find = async (of: string): Promise<string> => {
      const [service, name] = of.split(' ')
      const found = (await scenario.containers()).find(
        c => c.service === service && c.name.endsWith(`.${name}`),
      )
      if (!found) throw new Error(`no container ${of}`)
      return found.id
    }

    it('nothing is left to do once it was made', async () => {
      expect(await scenario.diff(document())).toMatchObject({ code: 0 })
    })

    it.each(ROWS)('$field of $of', async ({ of, look, shows }) => {
      const host = scenario.host(0)
      const id = await find(of)
      const seen =
        'inspect' in look
          ? await host.docker('inspect', '-f', look.inspect, id)
          : await host.docker('exec', id, 'sh', '-c', look.shell)
      expect(seen.trim()).toMatch(shows)
    })

    it('a container that others are tied to is made anew with them', async () => {
      const host = scenario.host(0)
      const before = [await find('pair app'), await find('pair side')]
      await host.docker('rm', '-f', before[1] ?? '')
      await scenario.apply(document())
      expect(await scenario.diff(document())).toMatchObject({ code: 0 })
      expect(before).not.toContain(await find('pair app'))
      expect(await host.docker('exec', await find('pair app'), 'cat', '/proc/1/cmdline')).toMatch(/holder/)
    })

    it('a task stays where the data of its shared volume is, also when it is replaced', async () => {
      const db = (more: Partial<ContainerDefinition> = {}, draining = '') => {
        const wanted = scenario.document({
          cluster: 'stateful',
          taskDefinitions: {
            db: {
              volumes: [
                {
                  name: 'stateful-data',
                  dockerVolumeConfiguration: { scope: 'shared', autoprovision: true },
                },
              ],
              containerDefinitions: [
                container('app', {
                  mountPoints: [{ sourceVolume: 'stateful-data', containerPath: '/data' }],
                  ...more,
                }),
              ],
            },
          },
          services: { db: { taskDefinition: 'db', deploymentConfiguration: { steadyAfterSeconds: 0 } } },
        })
        const containerInstances = Object.fromEntries(
          Object.entries(wanted.containerInstances ?? {}).map(([name, instance]) => [
            name,
            name === draining ? { ...instance, status: 'DRAINING' as const } : instance,
          ]),
        )
        return { ...wanted, containerInstances }
      }
      const running = async () => {
        const all = await scenario.containers('stateful')
        const [app, ...others] = all.filter(c => c.service === 'db')
        const host = scenario.hosts.find(h => h.name === app?.host)
        if (!app || !host || others.length > 0) throw new Error('not exactly one task')
        return { app, host }
      }
      await scenario.apply(db())
      const first = await running()
      await first.host.docker('exec', first.app.id, 'sh', '-c', 'echo precious > /data/file')
      // its host has the other cluster's tasks, and would not be the first choice any more
      await scenario.apply(db({ environment: [{ name: 'VERSION', value: '2' }] }))
      const second = await running()
      expect(second.app.id).not.toBe(first.app.id)
      expect(second.host.name).toBe(first.host.name)
      expect(await second.host.docker('exec', second.app.id, 'cat', '/data/file')).toMatch(/precious/)
      const emptied = db({ environment: [{ name: 'VERSION', value: '2' }] }, first.host.name)
      const refused = await scenario.stowage('apply', emptied, '--yes')
      expect(refused.code).toBe(1)
      expect(refused.stdout + refused.stderr).toContain(
        `1 is draining, 1 fails volume stateful-data (its data is on ${first.host.name})`,
      )
      expect((await running()).app.id).toBe(second.app.id)
      await scenario.stowage('destroy', emptied, '--volumes', '--yes')
      expect((await first.host.docker('volume', 'ls', '-q')).split('\n')).not.toContain('stateful-data')
    }, 120_000)

    it('a GPU is asked of Docker, which has none here and says so', async () => {
      const [host] = scenario.hosts
      const wanted = scenario.document({
        cluster: 'visual',
        containerInstances: { [host?.name ?? '']: { address: host?.address ?? '', gpus: ['7', '8'] } },
        taskDefinitions: {
          app: {
            containerDefinitions: [container('app', { resourceRequirements: [{ type: 'GPU', value: '1' }] })],
          },
        },
        services: { app: { taskDefinition: 'app' } },
      })
      const ended = await scenario.stowage('apply', wanted, '--yes', '--json')
      expect(ended.stdout).toContain('could not select device driver')
      const [app] = await scenario.containers('visual')
      const asked = await scenario
        .host(0)
        .docker('inspect', '-f', '{{json .HostConfig.DeviceRequests}}', app?.id ?? '')
      expect(JSON.parse(asked)).toMatchObject([{ DeviceIDs: ['7'], Capabilities: [['gpu']] }])
      await scenario.stowage('destroy', wanted, '--yes')
    })

    it('privileged is asked for and read back, also where this machine does not allow it', async () => {
      const privileged = scenario.document({
        cluster: 'mighty',
        taskDefinitions: { app: { containerDefinitions: [container('app', { privileged: true })] } },
        services: { app: { taskDefinition: 'app', deploymentConfiguration: { steadyAfterSeconds: 0 } } },
      })
      const ended = await scenario.stowage('apply', privileged, '--yes', '--json')
      const [app] = await scenario.containers('mighty')
      expect(
        await scenario.host(0).docker('inspect', '-f', '{{.HostConfig.Privileged}}', app?.id ?? ''),
      ).toBe('true')
      const { stdout } = await scenario.stowage('diff', privileged)
      expect(stdout).not.toMatch(/changed by hand/)
      expect(ended.code === 0 || ended.stdout.includes('operation not permitted'), ended.stdout).toBe(true)
    })
  },
)

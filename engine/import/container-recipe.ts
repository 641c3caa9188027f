import type {
  ContainerDefinition,
  HealthCheck,
  LinuxParameters,
} from '../desired-state/document.generated.ts'
import { firelens, logging } from './log-recipe.ts'
import { type PropTable, propsOf } from './props-of.ts'
import {
  call,
  constant,
  constructId,
  entries,
  type Expression,
  method,
  props,
  result,
  type Step,
  TASK,
} from './recipe.ts'
import { secret } from './secret-recipe.ts'

/** Of fields that are an argument or a step of their own. */
const later = () => undefined

const CONTAINER_PROPS: PropTable<ContainerDefinition> = {
  name: later,
  image: later,
  repositoryCredentials: later,
  command: command => ['command', command],
  entryPoint: entryPoint => ['entryPoint', entryPoint],
  environment: list => unlessEmpty('environment', list, () => map(list.map(e => [e.name, e.value]))),
  secrets: list =>
    unlessEmpty('secrets', list, () => map(list.map(s => [s.name, secret(s.valueFrom, s.deliverAs)]))),
  environmentFiles: list =>
    unlessEmpty('environmentFiles', list, () =>
      list.map(({ value }) => call('EnvironmentFile.fromAsset', value)),
    ),
  cpu: cpu => ['cpu', cpu],
  memory: memory => ['memoryLimitMiB', memory],
  memoryReservation: memory => ['memoryReservationMiB', memory],
  portMappings: list =>
    unlessEmpty('portMappings', list, () =>
      list.map(({ containerPort, containerPortRange, hostPort, protocol, name, appProtocol }) =>
        props({
          containerPort,
          containerPortRange,
          hostPort,
          protocol: protocol && constant('Protocol', { tcp: 'TCP', udp: 'UDP' }, protocol),
          name,
          appProtocol:
            appProtocol &&
            constant('AppProtocol', { http: 'http', http2: 'http2', grpc: 'grpc' }, appProtocol),
        }),
      ),
    ),
  resourceRequirements: list =>
    unlessEmpty('gpuCount', list, () => (list[0]?.value === 'ALL' ? 'ALL' : Number(list[0]?.value))),
  healthCheck: check => ['healthCheck', healthCheck(check)],
  essential: essential => ['essential', essential],
  restartPolicy: ({ enabled }) => ['enableRestartPolicy', enabled],
  stopTimeout: seconds => ['stopTimeout', duration(seconds)],
  startTimeout: seconds => ['startTimeout', duration(seconds)],
  user: user => ['user', user],
  workingDirectory: path => ['workingDirectory', path],
  versionConsistency: value => [
    'versionConsistency',
    constant('VersionConsistency', { enabled: 'ENABLED', disabled: 'DISABLED' }, value),
  ],
  dockerLabels: labels => unlessEmpty('dockerLabels', Object.keys(labels), () => map(Object.entries(labels))),
  hostname: hostname => ['hostname', hostname],
  dnsServers: list => unlessEmpty('dnsServers', list, () => list),
  dnsSearchDomains: list => unlessEmpty('dnsSearchDomains', list, () => list),
  extraHosts: list => unlessEmpty('extraHosts', list, () => map(list.map(h => [h.hostname, h.ipAddress]))),
  disableNetworking: value => ['disableNetworking', value],
  privileged: value => ['privileged', value],
  readonlyRootFilesystem: value => ['readonlyRootFilesystem', value],
  dockerSecurityOptions: list => unlessEmpty('dockerSecurityOptions', list, () => list),
  interactive: value => ['interactive', value],
  pseudoTerminal: value => ['pseudoTerminal', value],
  ulimits: list =>
    unlessEmpty('ulimits', list, () =>
      list.map(({ name, softLimit, hardLimit }) =>
        props({ name: constant('UlimitName', { [name]: name.toUpperCase() }, name), softLimit, hardLimit }),
      ),
    ),
  systemControls: list =>
    unlessEmpty('systemControls', list, () =>
      list.map(({ namespace, value }) => props({ namespace, value })),
    ),
  logConfiguration: log => ['logging', logging(log)],
  firelensConfiguration: router => ['firelensConfig', firelens(router)],
  linuxParameters: later,
  dependsOn: later,
  mountPoints: later,
  volumesFrom: later,
  links: later,
}

/** All containers first, then what ties them together, since one may be tied to a later one. */
export function containerSteps(containers: readonly ContainerDefinition[]): Step[] {
  const names = new Map(containers.map(({ name }) => [name, `container ${name}`]))
  const ties = containers.map(c => tieSteps(c, names))
  const isNamed = new Set([
    ...containers.flatMap((c, i) => ((ties[i]?.length ?? 0) > 0 ? [c.name] : [])),
    ...containers.flatMap(c => [
      ...(c.dependsOn ?? []).map(d => d.containerName),
      ...(c.links ?? []).map(link => link.split(':')[0] ?? ''),
    ]),
  ])
  return [
    ...containers.flatMap(c => [
      ...linuxSteps(c),
      {
        ...(isNamed.has(c.name) && { as: `container ${c.name}` }),
        call: method(TASK, 'addContainer', constructId(c.name), entries(containerProps(c))),
      },
    ]),
    ...ties.flat(),
  ]
}

function containerProps(container: ContainerDefinition): (readonly [string, Expression])[] {
  const { image, repositoryCredentials, restartPolicy, linuxParameters } = container
  const login =
    repositoryCredentials && props({ credentials: secret(repositoryCredentials.credentialsParameter) })
  const { ignoredExitCodes, restartAttemptPeriod } = restartPolicy ?? {}
  // they mean nothing where it is not enabled
  const restarts = restartPolicy?.enabled
    ? props({
        restartIgnoredExitCodes: ignoredExitCodes,
        restartAttemptPeriod: restartAttemptPeriod === undefined ? undefined : duration(restartAttemptPeriod),
      }).members
    : []
  return [
    ...(constructId(container.name) === container.name ? [] : [['containerName', container.name] as const]),
    ['image', call('ContainerImage.fromRegistry', image, ...(login ? [login] : []))],
    ...propsOf(CONTAINER_PROPS, container),
    ...restarts,
    ...(linuxParameters ? [['linuxParameters', result(`linux ${container.name}`)] as const] : []),
  ]
}

/** What a container asks of the kernel is a construct of its own, which it is given. */
function linuxSteps({ name, linuxParameters }: ContainerDefinition): Step[] {
  if (!linuxParameters) return []
  const { capabilities, devices, tmpfs, ...rest } = linuxParameters
  const as = `linux ${name}`
  const own = linuxProps(rest)
  const add = (callee: string, args: readonly Expression[] | undefined): Step[] =>
    args === undefined || args.length === 0 ? [] : [{ call: method(as, callee, ...args) }]
  return [
    {
      as,
      // no container has a dot in its name
      call: call(
        'new LinuxParameters',
        result(TASK),
        `${name}.linux`,
        ...(own.members.length > 0 ? [own] : []),
      ),
    },
    ...add('addCapabilities', capabilities?.add),
    ...add('dropCapabilities', capabilities?.drop),
    ...add(
      'addDevices',
      devices?.map(({ hostPath, containerPath, permissions }) =>
        props({
          hostPath,
          containerPath,
          permissions: permissions?.map(p =>
            constant('DevicePermission', { read: 'READ', write: 'WRITE', mknod: 'MKNOD' }, p),
          ),
        }),
      ),
    ),
    ...add(
      'addTmpfs',
      tmpfs?.map(({ containerPath, size, mountOptions }) => props({ containerPath, size, mountOptions })),
    ),
  ]
}

function linuxProps({
  initProcessEnabled,
  sharedMemorySize,
  maxSwap,
  swappiness,
}: Omit<LinuxParameters, 'capabilities' | 'devices' | 'tmpfs'>) {
  return props({
    initProcessEnabled,
    sharedMemorySize,
    maxSwap: maxSwap === undefined ? undefined : call('Size.mebibytes', maxSwap),
    swappiness,
  })
}

function tieSteps(container: ContainerDefinition, names: ReadonlyMap<string, string>): Step[] {
  const { name, mountPoints = [], volumesFrom = [], links = [], dependsOn = [] } = container
  const on = names.get(name) ?? ''
  const step = (callee: string, args: readonly Expression[]): Step[] =>
    args.length === 0 ? [] : [{ call: method(on, callee, ...args) }]
  return [
    ...step(
      'addMountPoints',
      mountPoints.map(({ sourceVolume, containerPath, readOnly }) =>
        props({ sourceVolume, containerPath, readOnly }),
      ),
    ),
    ...step(
      'addVolumesFrom',
      volumesFrom.map(({ sourceContainer, readOnly }) => props({ sourceContainer, readOnly })),
    ),
    ...links.flatMap(link => {
      const [to = '', alias] = link.split(':')
      return step('addLink', [result(names.get(to) ?? ''), ...(alias === undefined ? [] : [alias])])
    }),
    ...step(
      'addContainerDependencies',
      dependsOn.map(({ containerName, condition }) =>
        props({
          container: result(names.get(containerName) ?? ''),
          condition: constant('ContainerDependencyCondition', { [condition]: condition }, condition),
        }),
      ),
    ),
  ]
}

function healthCheck({ command, interval, timeout, retries, startPeriod }: HealthCheck): Expression {
  const seconds = (value: number | undefined) => (value === undefined ? undefined : duration(value))
  return props({
    command,
    interval: seconds(interval),
    timeout: seconds(timeout),
    retries,
    startPeriod: seconds(startPeriod),
  })
}

export function duration(seconds: number): Expression {
  return call('Duration.seconds', seconds)
}

function map(members: readonly (readonly [string, Expression])[]): Expression {
  return entries(members)
}

/** What an empty list would ask for is so anyway. */
function unlessEmpty(
  name: string,
  list: readonly unknown[],
  make: () => Expression,
): readonly [string, Expression] | undefined {
  return list.length === 0 ? undefined : [name, make()]
}

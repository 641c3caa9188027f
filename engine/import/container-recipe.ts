import type { ContainerDefinition } from '../desired-state/document.generated.ts'
import {
  DEVICE,
  duration,
  HEALTH_CHECK,
  LINUX_PARAMETERS,
  MOUNT_POINT,
  PORT_MAPPING,
  RESTART_POLICY,
  SYSTEM_CONTROL,
  TMPFS,
  ULIMIT,
  VOLUME_FROM,
} from './container-parts.ts'
import { firelens, logging } from './log-recipe.ts'
import { as, elsewhere, listAs, mapAs, objectOf, type Prop, propsOf, type PropTable } from './props-of.ts'
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

const text = (value: string): Expression => value

const CONTAINER_PROPS: PropTable<ContainerDefinition> = {
  name: elsewhere,
  image: elsewhere,
  repositoryCredentials: elsewhere,
  command: as('command'),
  entryPoint: as('entryPoint'),
  environment: mapAs('environment', ({ name, value }) => [name, value]),
  secrets: mapAs('secrets', ({ name, valueFrom, deliverAs }) => [name, secret(valueFrom, deliverAs)]),
  environmentFiles: listAs('environmentFiles', ({ value }) => call('EnvironmentFile.fromAsset', value)),
  cpu: as('cpu'),
  memory: as('memoryLimitMiB'),
  memoryReservation: as('memoryReservationMiB'),
  portMappings: listAs('portMappings', objectOf(PORT_MAPPING)),
  // the check of the document knows GPUs alone, and one requirement of them
  resourceRequirements: ([gpus]) => gpus && ['gpuCount', gpus.value === 'ALL' ? 'ALL' : Number(gpus.value)],
  healthCheck: check => ['healthCheck', objectOf(HEALTH_CHECK)(check)],
  essential: as('essential'),
  restartPolicy: elsewhere,
  stopTimeout: seconds => ['stopTimeout', duration(seconds)],
  startTimeout: seconds => ['startTimeout', duration(seconds)],
  user: as('user'),
  workingDirectory: as('workingDirectory'),
  versionConsistency: value => [
    'versionConsistency',
    constant('VersionConsistency', { enabled: 'ENABLED', disabled: 'DISABLED' }, value),
  ],
  dockerLabels: labels => mapAs<Prop>('dockerLabels', entry => entry)(Object.entries(labels)),
  hostname: as('hostname'),
  dnsServers: listAs('dnsServers', text),
  dnsSearchDomains: listAs('dnsSearchDomains', text),
  extraHosts: mapAs('extraHosts', ({ hostname, ipAddress }) => [hostname, ipAddress]),
  disableNetworking: as('disableNetworking'),
  privileged: as('privileged'),
  readonlyRootFilesystem: as('readonlyRootFilesystem'),
  dockerSecurityOptions: listAs('dockerSecurityOptions', text),
  interactive: as('interactive'),
  pseudoTerminal: as('pseudoTerminal'),
  ulimits: listAs('ulimits', objectOf(ULIMIT)),
  systemControls: listAs('systemControls', objectOf(SYSTEM_CONTROL)),
  logConfiguration: log => ['logging', logging(log)],
  firelensConfiguration: router => ['firelensConfig', firelens(router)],
  linuxParameters: elsewhere,
  dependsOn: elsewhere,
  mountPoints: elsewhere,
  volumesFrom: elsewhere,
  links: elsewhere,
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

function containerProps(container: ContainerDefinition): Prop[] {
  const { image, repositoryCredentials, restartPolicy, linuxParameters } = container
  const login =
    repositoryCredentials && props({ credentials: secret(repositoryCredentials.credentialsParameter) })
  return [
    ...(constructId(container.name) === container.name ? [] : [['containerName', container.name] as const]),
    ['image', call('ContainerImage.fromRegistry', image, ...(login ? [login] : []))],
    ...propsOf(CONTAINER_PROPS, container),
    ...(restartPolicy ? propsOf(RESTART_POLICY, restartPolicy) : []),
    ...(linuxParameters ? [['linuxParameters', result(`linux ${container.name}`)] as const] : []),
  ]
}

/** What a container asks of the kernel is a construct of its own, which it is given. */
function linuxSteps({ name, linuxParameters }: ContainerDefinition): Step[] {
  if (!linuxParameters) return []
  const { capabilities, devices = [], tmpfs = [] } = linuxParameters
  const as = `linux ${name}`
  const own = propsOf(LINUX_PARAMETERS, linuxParameters)
  const add = (callee: string, args: readonly Expression[] = []): Step[] =>
    args.length === 0 ? [] : [{ call: method(as, callee, ...args) }]
  return [
    {
      as,
      // no container has a dot in its name
      call: call(
        'new LinuxParameters',
        result(TASK),
        `${name}.linux`,
        ...(own.length > 0 ? [entries(own)] : []),
      ),
    },
    ...add('addCapabilities', capabilities?.add),
    ...add('dropCapabilities', capabilities?.drop),
    ...add('addDevices', devices.map(objectOf(DEVICE))),
    ...add('addTmpfs', tmpfs.map(objectOf(TMPFS))),
  ]
}

function tieSteps(container: ContainerDefinition, names: ReadonlyMap<string, string>): Step[] {
  const { name, mountPoints = [], volumesFrom = [], links = [], dependsOn = [] } = container
  const on = names.get(name) ?? ''
  const step = (callee: string, args: readonly Expression[]): Step[] =>
    args.length === 0 ? [] : [{ call: method(on, callee, ...args) }]
  return [
    ...step('addMountPoints', mountPoints.map(objectOf(MOUNT_POINT))),
    ...step('addVolumesFrom', volumesFrom.map(objectOf(VOLUME_FROM))),
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

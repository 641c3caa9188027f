import type {
  ContainerDefinition as ContainerDefinitionJson,
  Ulimit as UlimitJson,
} from '../engine/desired-state/document.generated.ts'
import { compact, sortedByKey, unlessEmpty } from './document.ts'
import type { Duration } from './duration.ts'
import { checkName, checkWhole, duplicates } from './limits.ts'
import { checkLinuxParameters, type LinuxParameters } from './linux-parameters.ts'
import type { TaskDefinition } from './task-definition.ts'

/** What a ulimit limits. */
export const UlimitName = {
  CORE: 'core',
  CPU: 'cpu',
  DATA: 'data',
  FSIZE: 'fsize',
  LOCKS: 'locks',
  MEMLOCK: 'memlock',
  MSGQUEUE: 'msgqueue',
  NICE: 'nice',
  NOFILE: 'nofile',
  NPROC: 'nproc',
  RSS: 'rss',
  RTPRIO: 'rtprio',
  RTTIME: 'rttime',
  SIGPENDING: 'sigpending',
  STACK: 'stack',
} as const satisfies Record<string, UlimitJson['name']>
export type UlimitName = (typeof UlimitName)[keyof typeof UlimitName]

export interface Ulimit {
  readonly name: UlimitName
  /** -1: none. */
  readonly softLimit: number
  /** -1: none. */
  readonly hardLimit: number
}

/** A parameter of the kernel that a container has for itself. */
export interface SystemControl {
  /** Of net.*, fs.mqueue.*, or the kernel's shared memory and messages. */
  readonly namespace: string
  readonly value: string
}

export interface VolumeFrom {
  /** The name of another container of the task definition. */
  readonly sourceContainer: string
  /** @default false */
  readonly readOnly?: boolean
}

/** What Docker has an option of its own for. Each default is Docker's. */
export interface ContainerSettings {
  /** How long after its start it may take to become what others wait for, in whole seconds. @default no limit */
  readonly startTimeout?: Duration
  readonly hostname?: string
  /** IP addresses. */
  readonly dnsServers?: readonly string[]
  readonly dnsSearchDomains?: readonly string[]
  /** Further lines of /etc/hosts: an IP address by host name. */
  readonly extraHosts?: Readonly<Record<string, string>>
  /** @default false */
  readonly disableNetworking?: boolean
  /** How many GPUs of its own it gets, or all of the container instance's. @default none */
  readonly gpuCount?: number | 'ALL'
  /** @default false */
  readonly privileged?: boolean
  /** @default false */
  readonly readonlyRootFilesystem?: boolean
  /** no-new-privileges, apparmor:PROFILE, label:VALUE, seccomp:unconfined. */
  readonly dockerSecurityOptions?: readonly string[]
  /** Whether its standard input stays open. @default false */
  readonly interactive?: boolean
  /** @default false */
  readonly pseudoTerminal?: boolean
  readonly ulimits?: readonly Ulimit[]
  readonly systemControls?: readonly SystemControl[]
  readonly linuxParameters?: LinuxParameters
}

/** Their places in the document. */
export function renderSettings(o: ContainerSettings, ulimits: readonly Ulimit[]) {
  return {
    startTimeout: o.startTimeout?.toSeconds(),
    resourceRequirements: unlessEmpty(gpusOf(o.gpuCount ?? 0)),
    hostname: o.hostname,
    dnsServers: o.dnsServers && unlessEmpty([...o.dnsServers]),
    dnsSearchDomains: o.dnsSearchDomains && unlessEmpty([...o.dnsSearchDomains]),
    extraHosts: unlessEmpty(
      Object.entries(sortedByKey(Object.entries(o.extraHosts ?? {}))).map(([hostname, ipAddress]) => ({
        hostname,
        ipAddress,
      })),
    ),
    disableNetworking: o.disableNetworking,
    privileged: o.privileged,
    readonlyRootFilesystem: o.readonlyRootFilesystem,
    dockerSecurityOptions: o.dockerSecurityOptions && unlessEmpty([...o.dockerSecurityOptions]),
    interactive: o.interactive,
    pseudoTerminal: o.pseudoTerminal,
    ulimits: unlessEmpty(ulimits.map(u => compact({ ...u }))),
    systemControls: unlessEmpty((o.systemControls ?? []).map(s => ({ ...s }))),
    linuxParameters: o.linuxParameters && unlessEmpty(o.linuxParameters.renderLinuxParameters()),
  }
}

/** GPUs as they stand in the document. */
export function gpusOf(count: number | 'ALL') {
  return count === 0 ? [] : [{ type: 'GPU' as const, value: String(count) }]
}

/** What is wrong with them, in the container as it stands in the document. */
export function checkSettings(json: ContainerDefinitionJson, task: TaskDefinition): string[] {
  const { dnsServers = [], extraHosts = [], ulimits = [], linuxParameters = {} } = json
  const hasMemory = json.memory !== undefined || task.hasMemory
  return [
    ...checkWhole('startTimeout in seconds', json.startTimeout, 1),
    ...(json.resourceRequirements ?? []).flatMap(({ value }) =>
      value === 'ALL' ? [] : checkWhole('gpuCount', Number(value), 0, 999),
    ),
    ...checkName('hostname', json.hostname, 'hostname'),
    ...dnsServers.filter(a => !isIpAddress(a)).map(a => `dnsServers: ${JSON.stringify(a)} is no IP address`),
    ...(json.dnsSearchDomains ?? []).flatMap(d => checkName('one of dnsSearchDomains', d, 'domain')),
    ...extraHosts.flatMap(({ hostname, ipAddress }) => [
      ...checkName('a host of extraHosts', hostname, 'domain'),
      ...(ipAddress === 'host-gateway' || isIpAddress(ipAddress)
        ? []
        : [`extraHosts: ${JSON.stringify(ipAddress)} is no IP address, nor host-gateway`]),
    ]),
    ...(json.disableNetworking && (json.portMappings ?? []).length > 0
      ? ['a container with disableNetworking has no ports']
      : []),
    ...(json.dockerSecurityOptions ?? []).flatMap(checkSecurityOption),
    ...ulimits.flatMap(({ name, softLimit, hardLimit }) => [
      ...checkWhole(`softLimit of ${name}`, softLimit, -1),
      ...checkWhole(`hardLimit of ${name}`, hardLimit, -1),
      ...(hardLimit >= 0 && (softLimit > hardLimit || softLimit < 0)
        ? [`softLimit ${softLimit} of ${name} is more than hardLimit ${hardLimit}`]
        : []),
    ]),
    ...duplicates(ulimits.map(u => u.name)).map(name => `${name} is limited twice`),
    ...checkSystemControls(json, task),
    ...checkLinuxParameters(
      linuxParameters,
      hasMemory,
      (json.mountPoints ?? []).map(m => m.containerPath),
    ),
    ...checkTies(json, task),
  ]
}

function checkTies(
  { name, links = [], volumesFrom = [], disableNetworking }: ContainerDefinitionJson,
  task: TaskDefinition,
): string[] {
  const targets = links.map(link => link.split(':'))
  const sources = volumesFrom.map(v => v.sourceContainer)
  return [
    ...(links.length > 0 && task.networkMode !== 'bridge'
      ? [`links are for network mode bridge, not ${task.networkMode}`]
      : []),
    ...(links.length > 0 && disableNetworking ? ['a container with disableNetworking has no links'] : []),
    ...links
      .filter(link => !/^[A-Za-z0-9_-]{1,255}(:[A-Za-z0-9_.-]{1,255})?$/.test(link))
      .map(link => `${JSON.stringify(link)} is no link: NAME or NAME:ALIAS`),
    ...(targets.some(([to]) => to === name) ? ['a container cannot link to itself'] : []),
    ...duplicates(targets.map(([to, alias = to]) => alias)).map(alias => `two links are named ${alias}`),
    ...(sources.includes(name) ? ['a container has its own volumes already'] : []),
    ...sources
      .filter(source => !task.findContainer(source))
      .map(source => `no container of its task definition is named ${JSON.stringify(source)}`),
    ...duplicates(sources).map(source => `it has the volumes of ${source} twice`),
  ]
}

const IPC_CONTROLS =
  /^(kernel\.(msgmax|msgmnb|msgmni|sem|shmall|shmmax|shmmni|shm_rmid_forced)|fs\.mqueue\..*)$/

function checkSystemControls(
  { systemControls = [] }: ContainerDefinitionJson,
  task: TaskDefinition,
): string[] {
  return [
    ...systemControls.flatMap(({ namespace, value }) => {
      const isIpc = IPC_CONTROLS.test(namespace)
      const where = isIpc
        ? task.ipcMode === 'host' && 'ipcMode'
        : task.networkMode === 'host' && 'network mode'
      return [
        ...checkName('the namespace of a system control', namespace, 'domain'),
        ...(value.includes('\0') ? [`${namespace} has a NUL character`] : []),
        ...(isIpc || namespace.startsWith('net.')
          ? []
          : [
              `${namespace} is not a container's own: only net.*, fs.mqueue.* and the kernel's shared memory and messages are`,
            ]),
        ...(where ? [`${namespace} is the container instance's with ${where} host`] : []),
      ]
    }),
    ...duplicates(systemControls.map(s => s.namespace)).map(name => `${name} is set twice`),
  ]
}

function checkSecurityOption(option: string): string[] {
  if (/^credentialspec[:=]/.test(option))
    return ['credentialspec is for Windows containers, which Stowage does not run']
  return /^no-new-privileges([:=](true|false))?$|^(apparmor|label|seccomp)[:=][^\0]/.test(option)
    ? []
    : [
        `dockerSecurityOptions must be no-new-privileges, apparmor:PROFILE, label:VALUE or seccomp:unconfined, not ${JSON.stringify(option)}`,
      ]
}

/** Whether a text is an address of IPv4 or IPv6. */
function isIpAddress(text: string): boolean {
  const parts = text.split('.')
  if (parts.length === 4 && !text.includes(':'))
    return parts.every(part => /^(0|[1-9]\d{0,2})$/.test(part) && Number(part) < 256)
  return text.includes(':') && /^[\da-fA-F:.]{2,45}$/.test(text) && URL.canParse(`http://[${text}]`)
}

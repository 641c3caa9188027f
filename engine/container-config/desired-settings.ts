import { linkOf, linksOf, namespaceHolder } from '../dependencies.ts'
import type {
  ContainerDefinition,
  Device,
  LinuxParameters,
  TaskDefinition,
} from '../desired-state/desired-state.generated.ts'
import { cpuUnits } from '../desired-state/task-size.ts'
import type { DockerDevice, HostSettings } from '../docker/docker-host.ts'
import { onlySet, type Settings } from './settings.ts'

const MIB = 1024 * 1024

/**
 * The settings of a container of this task definition.
 * @param memory its memory limit in bytes, to which maxSwap is added; 0: none
 */
export function desiredSettings(
  task: TaskDefinition,
  container: ContainerDefinition,
  memory: number,
): Settings {
  const cpu = task.cpu === undefined ? undefined : cpuUnits(task.cpu)
  return onlySet({
    Hostname: container.hostname,
    OpenStdin: container.interactive,
    Tty: container.pseudoTerminal,
    NetworkDisabled: container.disableNetworking,
    Dns: container.dnsServers,
    DnsSearch: container.dnsSearchDomains,
    ExtraHosts: container.extraHosts.map(e => `${e.hostname}:${e.ipAddress}`),
    Links: linksOf(task, container)
      .map(linkOf)
      .map(({ container: name, alias }) => `task/${name}:${alias}`),
    VolumesFrom: container.volumesFrom.map(v => `task/${v.sourceContainer}${v.readOnly ? ':ro' : ''}`),
    Privileged: container.privileged,
    ReadonlyRootfs: container.readonlyRootFilesystem,
    // Docker itself has used "=" for years, and still takes ECS's ":" with a warning
    SecurityOpt: container.dockerSecurityOptions.map(option => option.replace(':', '=')),
    Ulimits: container.ulimits.map(u => ({ Name: u.name, Soft: u.softLimit, Hard: u.hardLimit })),
    Sysctls: Object.fromEntries(container.systemControls.map(s => [s.namespace, s.value])),
    NanoCpus: cpu === undefined ? undefined : Math.round((cpu / 1024) * 1e9),
    ...namespaces(task, container),
    ...linuxParameters(container.linuxParameters, memory),
  })
}

function namespaces(task: TaskDefinition, { name }: ContainerDefinition): HostSettings {
  const { pidMode, ipcMode } = task
  const holder = namespaceHolder(task)?.name
  const joined = holder === undefined || holder === name ? undefined : `container:task/${holder}`
  return {
    PidMode: pidMode === 'task' ? joined : pidMode,
    IpcMode: ipcMode === 'task' ? (joined ?? (holder && 'shareable')) : ipcMode,
  }
}

function linuxParameters(parameters: LinuxParameters, memory: number): HostSettings {
  const { capabilities, devices, initProcessEnabled, sharedMemorySize, tmpfs } = parameters
  const { maxSwap, swappiness } = parameters
  return {
    CapAdd: capabilities.add,
    CapDrop: capabilities.drop,
    Devices: devices.map(device),
    Init: initProcessEnabled,
    ShmSize: sharedMemorySize && sharedMemorySize * MIB,
    Tmpfs: Object.fromEntries(
      tmpfs.map(t => [t.containerPath, [...t.mountOptions, `size=${t.size}m`].join(',')]),
    ),
    MemorySwap: maxSwap === undefined ? undefined : memory + maxSwap * MIB,
    // as ECS says: without maxSwap it is ignored
    MemorySwappiness: maxSwap === undefined ? undefined : swappiness,
  }
}

const PERMISSIONS = { read: 'r', write: 'w', mknod: 'm' } as const

function device({ hostPath, containerPath = hostPath, permissions }: Device): DockerDevice {
  const granted = (['read', 'write', 'mknod'] as const).filter(
    p => permissions.length === 0 || permissions.includes(p),
  )
  return {
    PathOnHost: hostPath,
    PathInContainer: containerPath,
    CgroupPermissions: granted.map(p => PERMISSIONS[p]).join(''),
  }
}

import type {
  ContainerRestartPolicy,
  Device,
  HealthCheck,
  LinuxParameters,
  MountPoint,
  PortMapping,
  SystemControl,
  Tmpfs,
  Ulimit,
  VolumeFrom,
} from '../desired-state/document.generated.ts'
import { as, elsewhere, type PropTable } from './props-of.ts'
import { call, constant, type Expression } from './recipe.ts'

export function duration(seconds: number): Expression {
  return call('Duration.seconds', seconds)
}

export const PORT_MAPPING: PropTable<PortMapping> = {
  containerPort: as('containerPort'),
  containerPortRange: as('containerPortRange'),
  hostPort: as('hostPort'),
  protocol: protocol => ['protocol', constant('Protocol', { tcp: 'TCP', udp: 'UDP' }, protocol)],
  name: as('name'),
  appProtocol: word => ['appProtocol', constant('AppProtocol', { [word]: word }, word)],
}

export const HEALTH_CHECK: PropTable<HealthCheck> = {
  command: as('command'),
  interval: seconds => ['interval', duration(seconds)],
  timeout: seconds => ['timeout', duration(seconds)],
  retries: as('retries'),
  startPeriod: seconds => ['startPeriod', duration(seconds)],
}

/** They stand among the properties of the container itself. */
export const RESTART_POLICY: PropTable<ContainerRestartPolicy> = {
  enabled: as('enableRestartPolicy'),
  ignoredExitCodes: as('restartIgnoredExitCodes'),
  restartAttemptPeriod: seconds => ['restartAttemptPeriod', duration(seconds)],
}

export const ULIMIT: PropTable<Ulimit> = {
  name: name => ['name', constant('UlimitName', { [name]: name.toUpperCase() }, name)],
  softLimit: as('softLimit'),
  hardLimit: as('hardLimit'),
}

export const SYSTEM_CONTROL: PropTable<SystemControl> = {
  namespace: as('namespace'),
  value: as('value'),
}

/** Of the construct's own properties; the rest is added to it. */
export const LINUX_PARAMETERS: PropTable<LinuxParameters> = {
  initProcessEnabled: as('initProcessEnabled'),
  sharedMemorySize: as('sharedMemorySize'),
  maxSwap: mebibytes => ['maxSwap', call('Size.mebibytes', mebibytes)],
  swappiness: as('swappiness'),
  capabilities: elsewhere,
  devices: elsewhere,
  tmpfs: elsewhere,
}

export const DEVICE: PropTable<Device> = {
  hostPath: as('hostPath'),
  containerPath: as('containerPath'),
  permissions: permissions => [
    'permissions',
    permissions.map(p => constant('DevicePermission', { read: 'READ', write: 'WRITE', mknod: 'MKNOD' }, p)),
  ],
}

export const TMPFS: PropTable<Tmpfs> = {
  containerPath: as('containerPath'),
  size: as('size'),
  mountOptions: as('mountOptions'),
}

export const MOUNT_POINT: PropTable<MountPoint> = {
  sourceVolume: as('sourceVolume'),
  containerPath: as('containerPath'),
  readOnly: as('readOnly'),
}

export const VOLUME_FROM: PropTable<VolumeFrom> = {
  sourceContainer: as('sourceContainer'),
  readOnly: as('readOnly'),
}

import type { ConfigSettings, HostSettings, Nullable } from '../docker/docker-host.ts'

/**
 * What Docker has a field of its own for, in Docker's words; nothing that is Docker's default. Other containers of
 * the task are written task/NAME, so that it is the same for every task.
 */
export type Settings = ConfigSettings & HostSettings

/** ECS's name of each. */
export const SETTING_FIELDS: Readonly<Record<keyof Settings, string>> = {
  CapAdd: 'linuxParameters.capabilities.add',
  CapDrop: 'linuxParameters.capabilities.drop',
  Devices: 'linuxParameters.devices',
  Dns: 'dnsServers',
  DnsSearch: 'dnsSearchDomains',
  ExtraHosts: 'extraHosts',
  Hostname: 'hostname',
  Init: 'linuxParameters.initProcessEnabled',
  IpcMode: 'ipcMode',
  Links: 'links',
  MemorySwap: 'linuxParameters.maxSwap',
  MemorySwappiness: 'linuxParameters.swappiness',
  NanoCpus: 'cpu of the task',
  NetworkDisabled: 'disableNetworking',
  OpenStdin: 'interactive',
  PidMode: 'pidMode',
  Privileged: 'privileged',
  ReadonlyRootfs: 'readonlyRootFilesystem',
  SecurityOpt: 'dockerSecurityOptions',
  ShmSize: 'linuxParameters.sharedMemorySize',
  Sysctls: 'systemControls',
  Tmpfs: 'linuxParameters.tmpfs',
  Tty: 'pseudoTerminal',
  Ulimits: 'ulimits',
  VolumesFrom: 'volumesFrom',
}

const CONFIG_KEYS: ReadonlySet<string> = new Set<keyof ConfigSettings>([
  'Hostname',
  'OpenStdin',
  'Tty',
  'NetworkDisabled',
])

/** The settings that are set: without null, false, '' and what is empty. */
export function onlySet(settings: Nullable<Settings>): Settings {
  return Object.fromEntries(Object.entries(settings).filter(([, value]) => isSet(value)))
}

/** The two objects of the Engine API among which the settings are divided. */
export function divided(settings: Settings): {
  readonly config: ConfigSettings
  readonly host: HostSettings
} {
  const entries = Object.entries(settings)
  return {
    config: Object.fromEntries(entries.filter(([key]) => CONFIG_KEYS.has(key))),
    host: Object.fromEntries(entries.filter(([key]) => !CONFIG_KEYS.has(key))),
  }
}

function isSet(value: unknown): boolean {
  if (value === undefined || value === null || value === false || value === '') return false
  return typeof value !== 'object' || Object.keys(value).length > 0
}

import type { ContainerInspect } from '../docker/docker-host.ts'
import { containerName } from '../identity.ts'
import type { TaskIdentity } from '../plan.ts'
import { onlySet, type Settings } from './settings.ts'

/**
 * The settings that `docker inspect` shows.
 * @param nameOf the name of the container of this id on the same host, without the slash
 */
export function observedSettings(
  raw: ContainerInspect,
  task: TaskIdentity,
  nameOf: (id: string) => string | undefined,
): Settings {
  const { Config: config, HostConfig: host } = raw
  return onlySet({
    // without one of its own Docker makes it of the id, which is another for each container
    Hostname: raw.Id.slice(0, 12) === config.Hostname ? undefined : config.Hostname,
    OpenStdin: config.OpenStdin,
    Tty: config.Tty,
    NetworkDisabled: config.NetworkDisabled,
    CapAdd: host.CapAdd,
    CapDrop: host.CapDrop,
    Devices: host.Devices,
    Dns: host.Dns,
    DnsSearch: host.DnsSearch,
    ExtraHosts: host.ExtraHosts,
    Init: host.Init,
    IpcMode: host.IpcMode === 'private' ? undefined : joined(host.IpcMode, task, nameOf),
    Links: host.Links?.map(link => linkTemplate(link, task)),
    // a host without swap accounting has -1
    MemorySwap: positive(host.MemorySwap),
    MemorySwappiness: (host.MemorySwappiness ?? -1) < 0 ? undefined : host.MemorySwappiness,
    NanoCpus: positive(host.NanoCpus),
    PidMode: joined(host.PidMode, task, nameOf),
    Privileged: host.Privileged,
    ReadonlyRootfs: host.ReadonlyRootfs,
    SecurityOpt: host.SecurityOpt,
    ShmSize: positive(host.ShmSize),
    Sysctls: host.Sysctls,
    Tmpfs: host.Tmpfs,
    Ulimits: host.Ulimits,
    VolumesFrom: host.VolumesFrom?.map(source => template(source, task)),
  })
}

const CONTAINER = 'container:'

/** Docker keeps the id of the container whose namespace was joined. One that is gone, or another task's, stays an id. */
export function joined(
  mode: string | null | undefined,
  task: TaskIdentity,
  nameOf: (id: string) => string | undefined,
): string | undefined {
  if (!mode?.startsWith(CONTAINER)) return mode ?? undefined
  const id = mode.slice(CONTAINER.length)
  return `${CONTAINER}${template(nameOf(id) ?? id, task)}`
}

/** "/target:/own name/alias", as Docker shows it. */
function linkTemplate(link: string, task: TaskIdentity): string {
  const [target = '', alias = ''] = link.split(':')
  return `${template(target.replace(/^\//, ''), task)}:${alias.slice(alias.lastIndexOf('/') + 1)}`
}

/** The name of a container of the same task, written so that it is the same for every task. */
function template(name: string, task: TaskIdentity): string {
  const prefix = containerName(task, '')
  return name.startsWith(prefix) ? `task/${name.slice(prefix.length)}` : name
}

function positive(value: number | null | undefined): number | undefined {
  return value && value > 0 ? value : undefined
}

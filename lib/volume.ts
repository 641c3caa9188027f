import type {
  MountPoint as MountPointJson,
  Volume as VolumeJson,
} from '../engine/desired-state/document.generated.ts'
import { compact, sortedByKey, unlessEmpty } from './document.ts'
import { checked } from './fit.ts'
import { checkName, duplicates } from './limits.ts'
import { props, required, text, texts } from './shape.ts'

/** How long a Docker volume lives. */
export const Scope = {
  /** Made and removed with its task. */
  TASK: 'task',
  /** Kept, under its own name, for whichever task mounts it next. */
  SHARED: 'shared',
} as const
export type Scope = (typeof Scope)[keyof typeof Scope]

/** With `host.sourcePath` a bind mount, with `dockerVolumeConfiguration` a Docker volume; else it lives as long as its task. */
export interface Volume {
  readonly name: string
  readonly host?: Host
  readonly dockerVolumeConfiguration?: DockerVolumeConfiguration
}

/** A volume on an NFS server. */
export interface NfsVolume {
  readonly name: string
  /** Its name or address, as the container instances reach it. */
  readonly server: string
  /** The path that it exports. */
  readonly path: string
  /** Options of `mount`. @default nfsvers=4.1, hard, timeo=600, retrans=2 */
  readonly options?: readonly string[]
}

export const Volume = {
  /**
   * A shared volume on an NFS server, mounted by Docker itself: its data is reached from every container instance, so
   * that its tasks may go anywhere. In the place of EFS.
   */
  nfs(given: NfsVolume): Volume {
    const { name, server, path, options = NFS_OPTIONS } = given
    const made: Volume = {
      name,
      dockerVolumeConfiguration: {
        scope: Scope.SHARED,
        autoprovision: true,
        driver: 'local',
        driverOpts: { type: 'nfs', o: [`addr=${server}`, ...options].join(','), device: `:${path}` },
      },
    }
    return checked(made, given, '', NFS_VOLUME)
  },
}

const NFS_VOLUME = props<NfsVolume>({
  name: required(text),
  server: required(text),
  path: required(text),
  options: texts,
})

/** A server that is away for a while makes its tasks wait, and no write fail. */
const NFS_OPTIONS = ['nfsvers=4.1', 'hard', 'timeo=600', 'retrans=2']

export interface Host {
  /** An absolute path on the container instance. @default an empty volume that lives as long as its task */
  readonly sourcePath?: string
}

export interface DockerVolumeConfiguration {
  /** @default Scope.TASK */
  readonly scope?: Scope
  /** Scope.SHARED only: whether to make the volume where it is missing. @default false */
  readonly autoprovision?: boolean
  /** What `docker volume create` calls driver. @default local */
  readonly driver?: string
  /** @default none */
  readonly driverOpts?: Readonly<Record<string, string>>
  /** The volume's labels; `stowage.*` and `com.amazonaws.ecs.*` are reserved. @default none */
  readonly labels?: Readonly<Record<string, string>>
}

export interface MountPoint {
  /** The name of one of the task definition's volumes. */
  readonly sourceVolume: string
  /** An absolute path in the container. */
  readonly containerPath: string
  /** @default false */
  readonly readOnly?: boolean
}

/** Its place in the document. */
export function renderVolume({ name, host, dockerVolumeConfiguration: docker }: Volume): VolumeJson {
  return compact({
    name,
    host: host && compact({ sourcePath: host.sourcePath }),
    dockerVolumeConfiguration:
      docker &&
      compact({
        scope: docker.scope,
        autoprovision: docker.autoprovision,
        driver: docker.driver,
        driverOpts: docker.driverOpts && unlessEmpty(sortedByKey(Object.entries(docker.driverOpts))),
        labels: docker.labels && unlessEmpty(sortedByKey(Object.entries(docker.labels))),
      }),
  })
}

/** What is wrong with the volumes of a task definition. */
export function checkVolumes(volumes: readonly VolumeJson[]): string[] {
  return [
    ...duplicates(volumes.map(v => v.name)).map(name => `two volumes are named ${name}`),
    ...volumes.flatMap(({ name, host, dockerVolumeConfiguration: docker }) => [
      ...checkName('the name of a volume', name, 'cluster'),
      ...checkName(`volume ${name}: host.sourcePath`, host?.sourcePath, 'path'),
      ...(host && docker ? [`volume ${name} has host or dockerVolumeConfiguration, not both`] : []),
      ...(docker?.autoprovision && docker.scope !== 'shared'
        ? [`volume ${name}: autoprovision is for Scope.SHARED only`]
        : []),
      ...checkName(`driver of volume ${name}`, docker?.driver, 'driver'),
      ...checkNfs(name, docker?.driver, docker?.driverOpts),
      ...Object.keys(docker?.driverOpts ?? {}).flatMap(option =>
        checkName(`the name of an option of volume ${name}`, option, 'text'),
      ),
      ...Object.keys(docker?.labels ?? {}).flatMap(label => [
        ...checkName(`the name of a label of volume ${name}`, label, 'text'),
        ...(/^(?:stowage|com\.amazonaws\.ecs)\./.test(label)
          ? [`the label ${label} is reserved, as all of stowage.* and com.amazonaws.ecs.*`]
          : []),
      ]),
    ]),
  ]
}

/** What Docker says of it only when a task is started. */
function checkNfs(name: string, driver = 'local', options: Readonly<Record<string, string>> = {}): string[] {
  if (driver !== 'local' || !/^nfs\d?$/.test(options['type'] ?? '')) return []
  return [
    ...(/(?:^|,)addr=[A-Za-z0-9.:_-]+(?:,|$)/.test(options['o'] ?? '')
      ? []
      : [`volume ${name}: NFS needs the name or address of its server: addr=… in the option o`]),
    ...(/^[^:]*:\/[^\0]*$/.test(options['device'] ?? '')
      ? []
      : [`volume ${name}: NFS needs the path that the server exports, as the device :/path`]),
  ]
}

/** What is wrong with the mount points of one container. */
export function checkMountPoints(
  mounts: readonly MountPointJson[],
  volumes: readonly VolumeJson[],
): string[] {
  const names = new Set(volumes.map(v => v.name))
  const paths = mounts.map(m => m.containerPath.replace(/(?<=.)\/+$/, ''))
  return [
    ...mounts.flatMap(m => [
      ...(names.has(m.sourceVolume)
        ? []
        : [`its task definition has no volume ${JSON.stringify(m.sourceVolume)}`]),
      ...checkName('containerPath', m.containerPath, 'path'),
    ]),
    ...duplicates(paths).map(path => `${path} is mounted twice`),
  ]
}

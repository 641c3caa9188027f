import type { ExecOptions, ExecStreams, LogOptions } from './container-io.ts'
import type { Output } from './log-frames.ts'
import type { ConfigSettings, HostSettings, Nullable } from './host-settings.ts'

export type { ConfigSettings, DockerDevice, HostSettings, Nullable } from './host-settings.ts'

/**
 * The only thing that is spoken to a host: the part of the Docker Engine API (1.41 to 1.52) that stowage uses.
 * Implemented once, over dockerode and SSH or a local socket (connect.ts). Shapes are the Engine API's own, narrowed.
 *
 * Each method has a deadline. Each rejects with a StowageError, `instance` set: DOCKER_NOT_FOUND (404), DOCKER_CONFLICT (409), DOCKER_ERROR (other statuses), DOCKER_TIMEOUT,
 * CONNECTION_LOST, one of the IMAGE_ codes, or, where dockerd has ended meanwhile, DOCKER_NOT_RUNNING or DOCKER_MISSING.
 * Idempotent calls are repeated once after a reset connection.
 * An effect may have happened although its call rejected with DOCKER_TIMEOUT or CONNECTION_LOST.
 */
export interface DockerHost {
  /** The container instance's name. */
  readonly name: string
  /** GET /info, GET /version and GET /plugins. */
  info(): Promise<DockerInfo>
  /** GET /containers/json?all=true. */
  listContainers(): Promise<ContainerSummary[]>
  inspectContainer(id: string): Promise<ContainerInspect>
  /** POST /containers/create?name=…; resolves to the id. 409 (name taken) is DOCKER_CONFLICT, 404 (image) DOCKER_NOT_FOUND. */
  createContainer(name: string, body: ContainerCreateBody): Promise<string>
  /** An already running container is a success (304). A port that is taken is PORT_TAKEN. */
  startContainer(id: string): Promise<void>
  /** Seconds between SIGTERM and SIGKILL; the call's deadline is longer. Already stopped is a success (304). */
  stopContainer(id: string, timeoutSeconds: number): Promise<void>
  unpauseContainer(id: string): Promise<void>
  /** Force-removes, with its anonymous volumes. Already gone is a success. */
  removeContainer(id: string): Promise<void>
  /** POST /containers/{id}/update. */
  updateContainer(id: string, resources: ContainerResources): Promise<void>
  /** The last lines of stdout and stderr together, without timestamps; [] where the log driver cannot be read. */
  containerLogs(id: string, lines: number): Promise<string[]>
  /**
   * The last `tail` lines of a container's log, each with its time before it, and with `follow` what comes later;
   * resolves when there is no more, or the signal is aborted. A log driver that cannot be read gives nothing.
   */
  streamLogs(id: string, options: LogOptions, onOutput: (output: Output) => void): Promise<void>
  /** Runs a command in a running container; resolves to its exit code. A container that does not run is DOCKER_CONFLICT. */
  exec(id: string, options: ExecOptions, streams: ExecStreams): Promise<number>
  /** Unpacks a tar into a container, also one that was never started. An urgent one waits for no other request. */
  putArchive(id: string, path: string, tar: Uint8Array, options?: { readonly urgent: boolean }): Promise<void>
  /** A tar of one path. */
  getArchive(id: string, path: string): Promise<Uint8Array>
  /** GET /images/json. */
  listImages(): Promise<ImageSummary[]>
  /** undefined where the host has no such image. */
  inspectImage(reference: string): Promise<ImageInspect | undefined>
  /** Asks the registry, through the host: the digest that a tag stands for now. Changes nothing. */
  resolveDigest(reference: string, auth?: RegistryAuth): Promise<string>
  /** POST /images/create?fromImage=…; resolves when the pull has ended well. Deadline: 2 hours, and 2 minutes without progress. */
  pullImage(reference: string, options?: PullOptions): Promise<void>
  /** POST /images/create?fromSrc=-: a tar as a one-layer image; `changes` are Dockerfile lines such as LABEL a=b. */
  importImage(tar: Uint8Array, repository: string, tag: string, changes: readonly string[]): Promise<void>
  /** POST /images/{name}/tag: one more name, `repository:tag`, taken from any other image that has it. */
  tagImage(reference: string, repository: string, tag: string): Promise<void>
  /** Without force: an image that is in use is DOCKER_CONFLICT. Already gone is a success. */
  removeImage(reference: string): Promise<void>
  listVolumes(): Promise<VolumeSummary[]>
  /** Creating one that exists changes nothing. */
  createVolume(name: string, body: VolumeCreateBody): Promise<void>
  /** In use is DOCKER_CONFLICT. Already gone is a success. */
  removeVolume(name: string): Promise<void>
  listNetworks(): Promise<NetworkSummary[]>
  /** A bridge network. A name that is taken is DOCKER_CONFLICT. */
  createNetwork(name: string, labels: Record<string, string>): Promise<void>
  removeNetwork(id: string): Promise<void>
  /** This host, whose every change is sent only if `mayChange` does not throw at that very moment. */
  guarded(mayChange: () => void): DockerHost
  /** Ends the connection at once; pending calls reject with CONNECTION_LOST. */
  close(): void
}

/** Registry credentials; sent as X-Registry-Auth, kept in memory only. */
export interface RegistryAuth {
  readonly username?: string
  readonly password?: string
  readonly identitytoken?: string
  readonly serveraddress: string
}

export interface PullOptions {
  readonly auth?: RegistryAuth
  /** os/architecture, of an image that is made for several. Default: the host's own. */
  readonly platform?: string
  readonly onProgress?: (status: string) => void
}

export interface DockerInfo {
  readonly ServerVersion: string
  readonly ApiVersion: string
  readonly OSType: string
  /** x86_64, aarch64 */
  readonly Architecture: string
  readonly NCPU: number
  /** Bytes. */
  readonly MemTotal: number
  /** RFC 3339, the host's own clock. */
  readonly SystemTime: string
  readonly DockerRootDir: string
  /** The drivers that Docker brings, and those that it has used. */
  readonly Plugins?: { readonly Log?: readonly string[] | null; readonly Volume?: readonly string[] | null }
  /** GET /plugins. */
  readonly EnabledPlugins: readonly EnabledPlugin[]
  readonly MemoryLimit?: boolean
  readonly SwapLimit?: boolean
  readonly CpuCfsQuota?: boolean
  /** 1 or 2 */
  readonly CgroupVersion?: string
  /** "name=seccomp,profile=default" */
  readonly SecurityOptions?: readonly string[] | null
  /** What dockerd was told to have: node-generic-resources. */
  readonly GenericResources?:
    | readonly {
        readonly NamedResourceSpec?: { readonly Kind: string; readonly Value: string }
        readonly DiscreteResourceSpec?: { readonly Kind: string; readonly Value: number }
      }[]
    | null
  /** From API 1.50 on: what it found by CDI. */
  readonly DiscoveredDevices?: readonly { readonly Source: string; readonly ID: string }[] | null
}

export interface EnabledPlugin {
  /** "grafana/loki-docker-driver:latest", or the alias that it was installed under. */
  readonly name: string
  /** "docker.logdriver/1.0" */
  readonly types: readonly string[]
}

export interface ContainerSummary {
  readonly Id: string
  readonly Names: readonly string[]
  readonly Image: string
  readonly ImageID: string
  readonly Labels: Readonly<Record<string, string>> | null
  readonly State: string
  readonly Ports: readonly { IP?: string; PrivatePort: number; PublicPort?: number; Type: string }[] | null
}

export interface ContainerInspect {
  readonly Id: string
  readonly Name: string
  readonly Created: string
  readonly Image: string
  readonly RestartCount: number
  readonly State: {
    readonly Status: string
    readonly ExitCode: number
    readonly OOMKilled: boolean
    readonly Error: string
    readonly StartedAt: string
    readonly FinishedAt: string
    readonly Health?: {
      readonly Status: string
      readonly FailingStreak?: number
      readonly Log?: readonly { ExitCode: number; Output: string }[] | null
    }
  }
  readonly Config: {
    readonly Image: string
    readonly Env: readonly string[] | null
    readonly Cmd: readonly string[] | null
    readonly Entrypoint: readonly string[] | null
    readonly User: string
    readonly WorkingDir: string
    readonly Labels: Readonly<Record<string, string>> | null
    readonly StopTimeout?: number | null
    readonly Healthcheck?: DockerHealthcheck | null
    readonly ExposedPorts?: Readonly<Record<string, object>> | null
  } & Nullable<ConfigSettings>
  readonly HostConfig: {
    readonly CpuShares: number
    readonly Memory: number
    readonly MemoryReservation: number
    readonly NetworkMode: string
    readonly Binds: readonly string[] | null
    readonly PortBindings: Readonly<
      Record<string, readonly { HostIp?: string; HostPort?: string }[] | null>
    > | null
    readonly RestartPolicy: { readonly Name: string; readonly MaximumRetryCount?: number }
    readonly LogConfig: { readonly Type: string; readonly Config: Readonly<Record<string, string>> | null }
    readonly DeviceRequests?: readonly DeviceRequest[] | null
  } & Nullable<HostSettings>
  readonly NetworkSettings: {
    /** By name; NetworkID is '' before the first start. */
    readonly Networks?: Readonly<Record<string, { readonly NetworkID?: string }>> | null
    readonly Ports: Readonly<Record<string, readonly { HostIp: string; HostPort: string }[] | null>> | null
  }
}

/** Durations in ns. */
export interface DockerHealthcheck {
  readonly Test?: readonly string[]
  readonly Interval?: number
  readonly Timeout?: number
  readonly Retries?: number
  readonly StartPeriod?: number
}

export interface ContainerCreateBody extends ConfigSettings {
  Image: string
  Cmd?: string[]
  Entrypoint?: string[]
  Env?: string[]
  User?: string
  WorkingDir?: string
  Labels?: Record<string, string>
  StopTimeout?: number
  Healthcheck?: DockerHealthcheck
  ExposedPorts?: Record<string, object>
  HostConfig?: {
    CpuShares?: number
    Memory?: number
    MemoryReservation?: number
    NetworkMode?: string
    Binds?: string[]
    /** Without a source Docker makes a volume that goes with the container. */
    Mounts?: { Type: 'volume'; Target: string; VolumeOptions?: { Labels: Record<string, string> } }[]
    PortBindings?: Record<string, { HostPort: string }[]>
    RestartPolicy?: { Name: string }
    LogConfig?: { Type: string; Config: Record<string, string> }
    DeviceRequests?: DeviceRequest[]
  } & HostSettings
}

/** GPUs, by id. */
export interface DeviceRequest {
  readonly Driver?: string
  readonly DeviceIDs?: readonly string[] | null
  readonly Capabilities?: readonly (readonly string[])[] | null
}

export interface ContainerResources {
  CpuShares: number
  /** Bytes. Absent: as it is; Docker cannot lift a limit. */
  Memory?: number
  MemorySwap?: number
  MemoryReservation?: number
}

export interface ImageSummary {
  readonly Id: string
  readonly RepoTags: readonly string[] | null
  readonly RepoDigests: readonly string[] | null
  /** Bytes, layers that other images share with it counted in. */
  readonly Size: number
}

export interface ImageInspect extends ImageSummary {
  readonly Config: {
    readonly Env?: readonly string[] | null
    readonly Cmd?: readonly string[] | null
    readonly Entrypoint?: readonly string[] | null
    readonly User?: string
    readonly WorkingDir?: string
    readonly Labels?: Readonly<Record<string, string>> | null
    readonly ExposedPorts?: Readonly<Record<string, object>> | null
  } | null
}

export interface VolumeSummary {
  readonly Name: string
  readonly Driver: string
  readonly Labels: Readonly<Record<string, string>> | null
  /** What the driver was given. */
  readonly Options?: Readonly<Record<string, string>> | null
  /** local or global: whether it is on this host alone. */
  readonly Scope?: string
}

export interface VolumeCreateBody {
  readonly Labels?: Readonly<Record<string, string>>
  /** Default: local. */
  readonly Driver?: string
  readonly DriverOpts?: Readonly<Record<string, string>>
}

export interface NetworkSummary {
  readonly Id: string
  readonly Name: string
  readonly Labels: Readonly<Record<string, string>> | null
}

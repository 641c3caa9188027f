/** What the engine shows of an optional part: null or nothing where it was not set. */
export type Nullable<T> = { readonly [K in keyof T]?: T[K] | null }

/** The part of Config that is passed on as it stands in the task definition. */
export interface ConfigSettings {
  readonly Hostname?: string
  readonly OpenStdin?: boolean
  readonly Tty?: boolean
  readonly NetworkDisabled?: boolean
}

/** The part of HostConfig that is passed on as it stands in the task definition. Sizes are in bytes. */
export interface HostSettings {
  readonly CapAdd?: readonly string[]
  readonly CapDrop?: readonly string[]
  readonly Devices?: readonly DockerDevice[]
  readonly Dns?: readonly string[]
  readonly DnsSearch?: readonly string[]
  /** "host:address" */
  readonly ExtraHosts?: readonly string[]
  readonly Init?: boolean
  readonly IpcMode?: string
  /** "container:alias"; read back as "/container:/its own name/alias". */
  readonly Links?: readonly string[]
  /** Memory and swap together. */
  readonly MemorySwap?: number
  readonly MemorySwappiness?: number
  /** 1e9 a core. */
  readonly NanoCpus?: number
  readonly PidMode?: string
  readonly Privileged?: boolean
  readonly ReadonlyRootfs?: boolean
  readonly SecurityOpt?: readonly string[]
  readonly ShmSize?: number
  readonly Sysctls?: Readonly<Record<string, string>>
  /** Options by path. */
  readonly Tmpfs?: Readonly<Record<string, string>>
  readonly Ulimits?: readonly DockerUlimit[]
  /** "container[:ro]" */
  readonly VolumesFrom?: readonly string[]
}

export interface DockerDevice {
  readonly PathOnHost: string
  readonly PathInContainer: string
  /** Some of rwm. */
  readonly CgroupPermissions: string
}

export interface DockerUlimit {
  readonly Name: string
  readonly Soft: number
  readonly Hard: number
}

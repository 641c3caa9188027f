import { createHash } from 'node:crypto'
import type {
  ConfigSettings,
  ContainerCreateBody,
  DockerHealthcheck,
  HostSettings,
  Nullable,
} from '../../engine/docker/docker-host.ts'
import type { Behaviour } from './behaviour.ts'

/** All that is on one fake host, as plain data; a test may read it and change it. */
export interface World {
  readonly hostName: string
  /** By id, in the order of their creation. */
  readonly containers: Map<string, FakeContainer>
  /** By id. */
  readonly images: Map<string, FakeImage>
  /** By name. */
  readonly volumes: Map<string, FakeVolume>
  /** By id. */
  readonly networks: Map<string, FakeNetwork>
  /** What can be pulled, by reference; hosts may share one table. */
  readonly registry: Record<string, RegistryImage>
  /** "8080/tcp": ports that a process which is no container holds. */
  readonly busyPorts: Set<string>
  /** The first port that Docker chooses by itself, and the next one. */
  readonly firstPort: number
  nextPort: number
  nextId: number
}

/** An image in the fake registry. */
export interface RegistryImage {
  /** sha256:… of the manifest. Default: derived from the name and the content. */
  digest?: string
  behaviour?: Behaviour
  env?: string[]
  cmd?: string[]
  entrypoint?: string[]
  user?: string
  workingDir?: string
  labels?: Record<string, string>
  /** "80/tcp" */
  exposedPorts?: string[]
  healthcheck?: DockerHealthcheck
  /** Absolute path → content. */
  files?: Record<string, string>
  /** Only this login may pull it. */
  needsLogin?: { username: string; password: string }
  /** A pull begins, and then says this error inside its stream. */
  pullError?: string
}

export interface ImageSettings {
  Env: string[] | null
  Cmd: string[] | null
  Entrypoint: string[] | null
  User: string
  WorkingDir: string
  Labels: Record<string, string> | null
  ExposedPorts?: Record<string, object>
  Healthcheck?: DockerHealthcheck
}

export interface FakeImage {
  id: string
  /** repository:tag */
  tags: string[]
  /** repository@sha256:… */
  digests: string[]
  createdAt: number
  settings: ImageSettings
  behaviour: Behaviour
  files: Files
}

/** By absolute path without a slash at the end; the root is always there and not in it. */
export type Files = Map<string, FakeFile>

export interface FakeFile {
  kind: 'file' | 'directory'
  mode: number
  /** ms since 1970. */
  modifiedAt: number
  content: Uint8Array
}

export type FakeStatus = 'created' | 'running' | 'paused' | 'restarting' | 'exited' | 'dead'

export interface FakeContainer {
  readonly id: string
  /** Without the leading slash. */
  name: string
  readonly createdAt: number
  readonly imageId: string
  readonly config: ImageSettings & Required<ConfigSettings> & { Image: string; StopTimeout?: number }
  readonly host: Required<Pick<NonNullable<ContainerCreateBody['HostConfig']>, HostKey>> & {
    MemorySwap: number
  }
  /** The rest of HostConfig as it is shown; a link keeps the id of its target. */
  readonly settings: Nullable<Omit<HostSettings, 'MemorySwap' | 'Links'>> & {
    readonly IpcMode: string
    readonly PidMode: string
    readonly Links: readonly FakeLink[]
  }
  behaviour: Behaviour
  status: FakeStatus
  /** ms since 1970; 0: never. */
  startedAt: number
  finishedAt: number
  exitCode: number
  oomKilled: boolean
  error: string
  /** How often Docker's restart policy has started it again since it was last started by a person or a boot. */
  restartCount: number
  /** How many runs there were, by whomever they were started. */
  runs: number
  backoffMs: number
  /** When `restarting`: the moment of the next start. */
  restartAt: number
  /** It was stopped through the API, and its restart policy holds no more until it is started. */
  stopped: boolean
  /** A stop that is under way: when it ends, and with which exit code. */
  stopping?: { at: number; exitCode: number }
  health?: FakeHealth
  /** Only while it runs. */
  ports: { containerPort: number; protocol: string; hostPort: number }[]
  /** The network of its own that it has run on. */
  networkId?: string
  logs: { stream: 'stdout' | 'stderr'; line: string }[]
  files: Files
  mounts: Mount[]
}

/** `anonymous`: a volume that Docker has named itself. */
export interface Mount {
  source: string
  target: string
  mode: string
  kind: 'volume' | 'bind'
  anonymous?: true
}

type HostKey =
  | 'CpuShares'
  | 'Memory'
  | 'MemoryReservation'
  | 'NetworkMode'
  | 'Binds'
  | 'PortBindings'
  | 'RestartPolicy'
  | 'LogConfig'

export interface FakeLink {
  /** The id of the container that it leads to. */
  readonly target: string
  /** Its name when the link was made. */
  readonly name: string
  readonly alias: string
}

export interface FakeHealth {
  status: 'starting' | 'healthy' | 'unhealthy'
  failingStreak: number
  /** When the next check is made. */
  nextAt: number
  /** The last five. */
  log: { at: number; exitCode: number; output: string }[]
}

export interface FakeVolume {
  name: string
  createdAt: number
  labels: Record<string, string> | null
  /** Default: none. */
  options?: Readonly<Record<string, string>>
  /** What is in it, its own root being "/". */
  files: Files
}

export interface FakeNetwork {
  id: string
  name: string
  driver: string
  createdAt: number
  labels: Record<string, string>
}

/** An empty host with Docker's own three networks. */
export function createWorld(options: {
  hostName: string
  registry: Record<string, RegistryImage>
  firstPort: number
  now: number
}): World {
  const { hostName, registry, firstPort, now } = options
  const world: World = {
    hostName,
    registry,
    firstPort,
    containers: new Map(),
    images: new Map(),
    volumes: new Map(),
    networks: new Map(),
    busyPorts: new Set(),
    nextPort: firstPort,
    nextId: 1,
  }
  for (const [name, driver] of [
    ['none', 'null'],
    ['host', 'host'],
    ['bridge', 'bridge'],
  ] as const) {
    const id = newId(world, 'network')
    world.networks.set(id, { id, name, driver, createdAt: now, labels: {} })
  }
  return world
}

/** 64 hexadecimal digits, as Docker's ids are; the same in each run. */
export function newId(world: World, kind: string): string {
  return sha256(`${world.hostName}/${kind}/${world.nextId++}`)
}

/** The SHA-256 of a text, in hexadecimal. */
export function sha256(text: string | Uint8Array): string {
  return createHash('sha256').update(text).digest('hex')
}

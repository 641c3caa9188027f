import type { ContainerConfig } from './container-config.ts'
import type { Problem } from './errors.ts'

/** What the Docker hosts say is there, at one moment; by container instance name. */
export interface ObservedState {
  readonly instances: Readonly<Record<string, ObservedInstance>>
}

export type ObservedInstance = ReachableInstance | UnreachableInstance

/** It did not answer. Unreachable is not dead: what runs there is unknown, not gone. */
export interface UnreachableInstance {
  readonly name: string
  readonly reachable: false
  readonly problem: Problem
}

export interface ReachableInstance {
  readonly name: string
  readonly reachable: true
  readonly engine: EngineFacts
  /** The id of Docker's own network `bridge`, new at each start of a daemon: where two have the same they are one host. */
  readonly bridge?: string
  /** The host's own time when it was looked at, in ms since 1970. Ages on this host are measured by it alone. */
  readonly clock: number
  /** This cluster's containers, by Docker id. */
  readonly containers: readonly ObservedContainer[]
  /** Everybody else's containers: never touched; their names and ports are taken. */
  readonly foreign: readonly ForeignContainer[]
  /** Every Docker volume on the host; `cluster` is set where it carries a cluster's label. */
  readonly volumes: readonly ObservedVolume[]
  /** What the label of this cluster's lock says, where somebody has it, or left it. */
  readonly lock?: string
  /** This cluster's Docker networks. */
  readonly networks: readonly { readonly id: string; readonly name: string }[]
  /** The images on the host, by id; `config` only where one of our containers runs it. */
  readonly images: Readonly<Record<string, ObservedImage>>
}

/** From `GET /info` and `GET /version`. */
export interface EngineFacts {
  readonly version: string
  readonly apiVersion: string
  /** linux */
  readonly os: string
  /** x86_64, arm64: ECS's words for ecs.cpu-architecture. */
  readonly architecture: string
  /** CPU units: 1024 a core. */
  readonly cpu: number
  readonly memoryMiB: number
  /** The folder in which Docker keeps all that it has. Default: /var/lib/docker. */
  readonly dockerRoot?: string
  /** What it can do: the names of ECS's attributes. */
  readonly capabilities: readonly string[]
  /** The GPUs that Docker tells of, by id. */
  readonly gpus: readonly string[]
}

export type ContainerStatus = 'created' | 'running' | 'paused' | 'restarting' | 'removing' | 'exited' | 'dead'

export interface ObservedContainer {
  readonly id: string
  /** Without the leading slash. */
  readonly name: string
  readonly identity: ContainerIdentity
  readonly status: ContainerStatus
  /** `none`: it has no health check. */
  readonly health: 'none' | 'starting' | 'healthy' | 'unhealthy'
  readonly exitCode: number
  readonly oomKilled: boolean
  /** Docker's own words on why it did not start, or ''. */
  readonly error: string
  /** How often Docker's restart policy has started it again. */
  readonly restartCount: number
  /** ms since 1970 by the host's clock; 0: never. */
  readonly createdAt: number
  readonly startedAt: number
  readonly finishedAt: number
  /** Config.Image: what it was created from. */
  readonly image: string
  /** The id of the image it runs; a key of `images`. */
  readonly imageId: string
  /** Shared: containers that are configured alike refer to one object. */
  readonly config: ContainerConfig
  readonly ports: readonly PublishedPort[]
  /** The GPUs that it was given, by id; absent: none. */
  readonly gpus?: readonly string[]
  /** The cluster's network of tasks that it has run on. Docker starts it on no other, whatever its name. */
  readonly networkId?: string
}

/** What the labels of a container of ours say that it is. */
export interface ContainerIdentity {
  readonly cluster: string
  readonly service: string
  /** REPLICA: a number from 1; DAEMON: the container instance's name. Unique in (service, revision). */
  readonly slot: string
  readonly family: string
  readonly revision: string
  /** The container's name in its task definition. */
  readonly container: string
  /** The deployment, one run of apply, that created it. */
  readonly deployment: string
  /** The task definition it was made from, as canonical JSON; '' where the label is missing. */
  readonly taskDefinition: string
  /** The text of the label stowage.secrets, where there is one. */
  readonly secrets?: string
}

export interface PublishedPort {
  readonly containerPort: number
  readonly hostPort: number
  readonly protocol: 'tcp' | 'udp'
}

export interface ForeignContainer {
  readonly id: string
  readonly name: string
  /** Set where it belongs to another cluster of stowage's. */
  readonly cluster?: string
  readonly ports: readonly PublishedPort[]
  /** The id of the image it runs; a key of `images`. */
  readonly imageId: string
}

export interface ObservedVolume {
  readonly name: string
  readonly cluster?: string
  /** Set on a task-scoped volume of ours: `service/slot/revision`. */
  readonly task?: string
  /** Its data is elsewhere than on this instance: on a server, in a cluster-wide plugin, or nowhere. */
  readonly remote?: boolean
}

export interface ObservedImage {
  readonly id: string
  /** repository@sha256:… under which it can be referred to. */
  readonly digests: readonly string[]
  readonly tags: readonly string[]
  /** What it takes on the disk, layers that it shares counted in. */
  readonly bytes: number
  /** What the image brings of its own, and what is not drift when a container has it. */
  readonly config?: ImageConfig
}

/** Shared like ContainerConfig. */
export interface ImageConfig {
  readonly env: readonly string[]
  readonly command: readonly string[]
  readonly entryPoint: readonly string[]
  readonly user: string
  readonly workingDirectory: string
  readonly labels: Readonly<Record<string, string>>
  readonly exposedPorts: readonly string[]
}

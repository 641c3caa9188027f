import type { HostRanges } from './container-config/port-ranges.ts'
import type {
  ContainerDefinition,
  DockerVolumeConfiguration,
  TaskDefinition,
} from './desired-state/desired-state.generated.ts'

/** Which task: one slot of a service at one revision, on one container instance. */
export interface TaskIdentity {
  readonly cluster: string
  readonly service: string
  readonly slot: string
  readonly revision: string
}

/** One call of the Docker API. Everything that the call needs is in it. */
export type Action =
  | {
      readonly kind: 'pull-image'
      readonly instance: string
      readonly image: string
      /** os/architecture, where the task definition asks for one. */
      readonly platform?: string
      /** The tag that it gets, so that it is known later as one that this cluster pulled. */
      readonly mark: string
    }
  | {
      readonly kind: 'create-volume'
      readonly instance: string
      readonly name: string
      /** Set for a volume that lives as long as this task. */
      readonly task?: TaskIdentity
      /** The volume's configuration, as far as it has one. */
      readonly configuration?: DockerVolumeConfiguration
    }
  | {
      readonly kind: 'create-container'
      readonly instance: string
      readonly name: string
      readonly task: TaskIdentity
      readonly family: string
      readonly taskDefinition: TaskDefinition
      /** The container's name in the task definition. */
      readonly container: string
      /** The image pinned: repository@sha256:… or an image id. */
      readonly image: string
      readonly deployment: string
      /** The host ports of its ranges of ports. Absent: it has none. */
      readonly hostRanges?: HostRanges
      /** The ids of the GPUs that it is given. Absent: none. */
      readonly gpus?: readonly string[]
      /** What the label stowage.secrets is to say. Absent: it has no secrets. */
      readonly secrets?: string
      /** The folder of the instance's Docker, for the socket of a log router. Absent: /var/lib/docker. */
      readonly dockerRoot?: string
    }
  | {
      /** Puts the secrets that are delivered as files into a container that was never started. */
      readonly kind: 'put-secrets'
      readonly instance: string
      readonly container: ContainerRef
      /** Where they come from; their values are known to act() alone. */
      readonly definition: ContainerDefinition
    }
  | {
      /** Puts its generated configuration into a log router that was never started. */
      readonly kind: 'put-log-config'
      readonly instance: string
      readonly container: ContainerRef
      readonly task: TaskIdentity
      readonly family: string
      readonly taskDefinition: TaskDefinition
    }
  /** The pause image, for the instance's processor: no registry has it. */
  | {
      readonly kind: 'import-image'
      readonly instance: string
      readonly image: string
      readonly architecture: string
    }
  | { readonly kind: 'create-network'; readonly instance: string; readonly name: string }
  | { readonly kind: 'start-container'; readonly instance: string; readonly container: ContainerRef }
  | { readonly kind: 'unpause-container'; readonly instance: string; readonly container: ContainerRef }
  | {
      readonly kind: 'update-container'
      readonly instance: string
      readonly container: ContainerRef
      readonly cpuShares: number
      /** Bytes; 0: it has no limit and gets none. */
      readonly memory: number
      readonly memoryReservation: number
      /** Memory and swap together, where that is asked for. Default: twice the memory, as Docker's. */
      readonly memorySwap?: number
    }
  | {
      readonly kind: 'stop-container'
      readonly instance: string
      readonly container: ContainerRef
      /** Seconds between SIGTERM and SIGKILL. */
      readonly timeout: number
    }
  | { readonly kind: 'remove-container'; readonly instance: string; readonly container: ContainerRef }
  /** Takes one name of an image away; with its last one the image goes. */
  | {
      readonly kind: 'remove-image'
      readonly instance: string
      readonly image: string
      /** What goes with this name, in bytes; 0: the image has others. */
      readonly bytes: number
    }
  | { readonly kind: 'remove-volume'; readonly instance: string; readonly name: string }
  | { readonly kind: 'remove-network'; readonly instance: string; readonly id: string; readonly name: string }

export type ActionKind = Action['kind']

/** Whether an action gets an image onto a host: that comes before all else. */
export function isFetch({ kind }: Action): boolean {
  return kind === 'pull-image' || kind === 'import-image'
}

/** Whether a wave does nothing but clean up: that comes last, and nothing depends on it. */
export function isCleanUp({ steps }: Plan): boolean {
  return steps.length > 0 && steps.every(s => s.action.kind === 'remove-image')
}

/**
 * A container that was observed is meant by its id, so that another which took its name is never hit;
 * one that this plan creates has only its name yet, and `id` is ''.
 */
export interface ContainerRef {
  readonly id: string
  readonly name: string
}

/** A container that was observed, as a plan means it. */
export function refOf({ id, name }: ContainerRef): ContainerRef {
  return { id, name }
}

export interface Step {
  /** Its place in `Plan.steps`. */
  readonly id: number
  readonly action: Action
  /** The steps that must have succeeded before; all of smaller id. Where one failed, this one is skipped. */
  readonly after: readonly number[]
  /** Why, in a few words: "revision 3f9ac1d2 → 81c2e07b", "no longer in the document". */
  readonly cause: string
  /** The task or thing that it is done for: "web.5", "volume data". */
  readonly subject: string
  /** The service it is done for; undefined for what belongs to none. */
  readonly service?: string
}

/** The steps of one wave, in an order in which they can be done one after the other. */
export interface Plan {
  readonly steps: readonly Step[]
}

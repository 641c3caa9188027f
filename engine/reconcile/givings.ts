import type { HostRanges } from '../container-config/port-ranges.ts'
import type {
  ContainerDefinition,
  DesiredState,
  TaskDefinition,
} from '../desired-state/desired-state.generated.ts'
import type { ReachableInstance } from '../observed-state.ts'
import type { Fleet } from '../scheduler/fleet.ts'
import { GivenGpus } from './gpus.ts'
import { HostPorts, needsHostRange } from './host-ranges.ts'

/** What a container is given of its instance that no other has meanwhile. */
export interface Given {
  readonly gpus?: readonly string[]
  readonly hostRanges?: HostRanges
}

/** What this wave gives away of the container instances, thing by thing. */
export class Givings {
  readonly gpus: GivenGpus
  readonly #hostPorts: HostPorts

  constructor(desired: DesiredState, fleet: Fleet) {
    this.gpus = new GivenGpus(desired.containerInstances)
    this.#hostPorts = new HostPorts(fleet)
  }

  /** For a container that is made now; undefined: it is not there, so that the container cannot be made. */
  take(instance: ReachableInstance, task: TaskDefinition, container: ContainerDefinition): Given | undefined {
    const gpus = this.gpus.take(instance, container)
    if (!gpus && container.resourceRequirements.length > 0) return undefined
    const hostRanges = this.#hostPorts.take(instance, task, container)
    if (!hostRanges && needsHostRange(task, container)) return undefined
    return { ...(gpus && { gpus }), ...(hostRanges && { hostRanges }) }
  }
}

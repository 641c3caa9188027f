import type {
  ContainerDefinition,
  ContainerInstance,
  DesiredState,
} from '../desired-state/desired-state.generated.ts'
import { taskKey } from '../identity.ts'
import type { ReachableInstance } from '../observed-state.ts'
import { isUp } from './task.ts'

/** The ids of the GPUs that tasks may have: what the person says, else what Docker tells of. */
export function gpusOn(
  { engine }: ReachableInstance,
  wanted: ContainerInstance | undefined,
): readonly string[] {
  return wanted?.gpus ?? engine.gpus
}

/** Which GPU is whose, also as far as this wave gives them away. The counts are the fleet's; here are the ids. */
export class GivenGpus {
  readonly #instances: DesiredState['containerInstances']
  readonly #given = new Map<string, Set<string>>()

  constructor(instances: DesiredState['containerInstances']) {
    this.#instances = instances
  }

  /**
   * The GPUs for a container that is made now, which no task has of which anything is up; of those the ones first that
   * no stopped task has, which may be started again. undefined: it asks for none, or they are not there.
   */
  take(instance: ReachableInstance, { resourceRequirements }: ContainerDefinition): string[] | undefined {
    const asked = resourceRequirements[0]?.value
    if (asked === undefined) return undefined
    const given = this.#givenOn(instance.name)
    const held = (which: (c: ReachableInstance['containers'][number]) => boolean) =>
      new Set(instance.containers.filter(which).flatMap(c => c.gpus ?? []))
    const up = new Set(instance.containers.filter(isUp).map(c => taskKey(c.identity)))
    const running = held(c => up.has(taskKey(c.identity)))
    const stopped = held(c => !up.has(taskKey(c.identity)))
    const free = gpusOn(instance, this.#instances[instance.name]).filter(
      id => !running.has(id) && !given.has(id),
    )
    const inOrder = [...free.filter(id => !stopped.has(id)), ...free.filter(id => stopped.has(id))]
    const taken = asked === 'ALL' ? inOrder : inOrder.slice(0, Number(asked))
    if (taken.length === 0 || (asked !== 'ALL' && taken.length < Number(asked))) return undefined
    for (const id of taken) given.add(id)
    return taken
  }

  /** Whether what a task that is stopped had is still free for it; then it has it again. */
  retake(instance: ReachableInstance, containers: ReachableInstance['containers']): boolean {
    const own = new Set(containers.flatMap(c => c.gpus ?? []))
    if (own.size === 0) return true
    const given = this.#givenOn(instance.name)
    const others = instance.containers
      .filter(c => isUp(c) && !containers.includes(c))
      .flatMap(c => c.gpus ?? [])
    if ([...own].some(id => given.has(id) || others.includes(id))) return false
    for (const id of own) given.add(id)
    return true
  }

  #givenOn(instance: string): Set<string> {
    let given = this.#given.get(instance)
    if (!given) this.#given.set(instance, (given = new Set()))
    return given
  }
}

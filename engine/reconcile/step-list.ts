import { inCreationOrder, neededBy } from '../dependencies.ts'
import { isRouted } from '../firelens/router.ts'
import { taskKey, taskName, containerName } from '../identity.ts'
import type { ObservedContainer, ReachableInstance } from '../observed-state.ts'
import { type Action, type Plan, refOf, type TaskIdentity } from '../plan.ts'
import { asRun, AWSVPC, taskNetworkName } from '../task-network.ts'
import type { StoredDefinitions } from './definitions.ts'
import { neverStarted } from './dependency-state.ts'
import { isUp, type ObservedTask } from './task.ts'
import { type Fingerprints, secretsLabel } from '../secrets/fingerprints.ts'
import type { Givings } from './givings.ts'
import { NotedPulls } from './noted-pulls.ts'
import { updateOf } from './resources.ts'
import { bringImage, hasImage } from './images-there.ts'
import type { Target } from './target.ts'
import { platformOf } from './platform.ts'
import { inShutdownOrder } from './shutdown.ts'
import { putsOf } from './puts.ts'
import { startsNow } from './start-order.ts'
import { isHalfMade, volumesOf } from './volumes.ts'
import { type Reason, WaveSteps } from './wave-steps.ts'

/** Collects the steps of one wave; each method adds what one intention takes, one Docker call a step. */
export class StepList {
  readonly #steps = new WaveSteps()
  readonly #pulls = new NotedPulls()
  /** Volumes and networks, as `INSTANCE/NAME`, that a task of this wave is made with. */
  readonly #reused = new Set<string>()
  /** The instances on which this wave makes each shared volume. */
  readonly makers = new Map<string, string[]>()
  readonly #cluster: string
  readonly #deployment: string
  readonly #definitions: StoredDefinitions
  readonly givings: Givings
  readonly #fingerprints: Fingerprints | undefined

  constructor(
    { cluster, deployment }: { readonly cluster: string; readonly deployment: string },
    definitions: StoredDefinitions,
    givings: Givings,
    fingerprints?: Fingerprints,
  ) {
    this.#cluster = cluster
    this.#deployment = deployment
    this.#definitions = definitions
    this.givings = givings
    this.#fingerprints = fingerprints
  }

  plan(): Plan {
    return { steps: this.#steps.all }
  }

  get length(): number {
    return this.#steps.all.length
  }

  /** Pulls an image onto an instance unless it is there, once however many ask; the step to come after, if one. */
  pull(
    instance: ReachableInstance,
    image: string,
    service: string,
    cause: string,
    platform?: string,
  ): number[] {
    if (hasImage(instance, image)) return []
    const before = this.length
    const id = this.#steps.addOnce(instance, image, () => ({
      action: bringImage(instance, image, this.#cluster, platform),
      reason: { cause, subject: image, service },
    }))
    if (id === before) this.#pulls.note(service, id)
    return [id]
  }

  /** The pulls of this wave that a service waits for: what it stops comes after them. */
  pullsOf(service: string): readonly number[] {
    return this.#pulls.of(service)
  }

  /** The steps of this wave that remove these containers, by id. */
  removalsOf(containers: readonly string[]): number[] {
    const meant = new Set(containers)
    return this.#steps.all.flatMap(({ id, action }) =>
      action.kind === 'remove-container' && meant.has(action.container.id) ? [id] : [],
    )
  }

  /** Pulls all images of a target onto an instance. */
  pullAll(instance: ReachableInstance, target: Target, cause: string): number[] {
    const pulls: number[] = []
    const platform = platformOf(target.taskDefinition.runtimePlatform, instance)
    for (const image of target.images.values()) {
      if (image !== undefined) pulls.push(...this.pull(instance, image, target.service, cause, platform))
    }
    return pulls
  }

  /**
   * Makes what a task lacks and starts what may start now: a whole new task where `existing` is undefined.
   * What waits for another container is started in a later wave.
   */
  bringUp(
    instance: ReachableInstance,
    task: TaskIdentity,
    target: Target,
    cause: string,
    existing?: ObservedTask,
    after: readonly number[] = [],
  ): void {
    const reason: Reason = { cause, subject: taskName(task), service: task.service }
    const ready = [
      ...after,
      ...this.pullAll(instance, target, cause),
      ...this.#createVolumes(instance, task, target, reason),
      ...this.#createNetwork(instance, task, target, reason),
    ]
    const { dockerRoot } = instance.engine
    const there = existing ? new Map(existing.containers.map(c => [c.identity.container, c])) : NOTHING_THERE
    const created = new Map<string, number>()
    for (const definition of inCreationOrder(target.taskDefinition)) {
      const image = target.images.get(definition.name)
      if (there.has(definition.name) || image === undefined) continue
      const name = containerName(task, definition.name)
      const secrets = secretsLabel(definition, this.#fingerprints)
      const given = this.givings.take(instance, target.taskDefinition, definition)
      if (!given) continue
      const action: Action = {
        kind: 'create-container',
        instance: instance.name,
        name,
        task,
        family: target.family,
        taskDefinition: target.taskDefinition,
        container: definition.name,
        image,
        deployment: this.#deployment,
        ...given,
        ...(secrets !== undefined && { secrets }),
        ...(isRouted(definition) && dockerRoot !== undefined && { dockerRoot }),
      }
      const needed = neededBy(target.taskDefinition, definition).flatMap(n => created.get(n) ?? [])
      created.set(definition.name, this.#steps.add(action, [...ready, ...needed], reason))
    }
    this.#startInOrder(instance, task, target, there, created, reason)
  }

  /**
   * Stops what is up, each container once those that depend on it have ended, then removes all of a task with the
   * volumes that go with it.
   */
  takeDown(task: ObservedTask, reason: Reason, after: readonly number[] = []): void {
    const removed = this.#end(task, reason, after, (container, stopped) =>
      this.#remove(task.instance, container, reason, stopped),
    )
    const key = taskKey(task)
    const { name: instance, containers, volumes } = task.instance
    const own = volumes.flatMap(v => (v.task === key && v.cluster === task.cluster ? [v.name] : []))
    // what a renamed container leaves behind may belong to the rest of its task
    const isShared = () => containers.some(c => taskKey(c.identity) === key && !task.containers.includes(c))
    if (own.length === 0 || isShared()) return
    for (const name of own.sort()) this.#steps.add({ kind: 'remove-volume', instance, name }, removed, reason)
  }

  /** Stops what is up of a task, in the same order, and keeps it. */
  halt(task: ObservedTask, reason: Reason): void {
    this.#end(task, reason, [], () => undefined)
  }

  /** @param then what follows on each container's end */
  #end<T>(
    task: ObservedTask,
    reason: Reason,
    after: readonly number[],
    then: (container: ObservedContainer, stopped: readonly number[]) => T,
  ): T[] {
    const definition = this.#definitions.of(task)
    const ended = new Map<ObservedContainer, readonly number[]>()
    return inShutdownOrder(task.containers, definition && asRun(definition)).map(
      ({ container, dependents }) => {
        const before = [...new Set(dependents.flatMap(d => ended.get(d) ?? []))]
        const stopped = this.#stop(task.instance, container, reason, before.length > 0 ? before : after)
        ended.set(container, stopped)
        return then(container, stopped)
      },
    )
  }

  /** The step that stops a container, or, where it is not up, those that it would come after. */
  #stop(
    instance: ReachableInstance,
    container: ObservedContainer,
    reason: Reason,
    after: readonly number[],
  ): readonly number[] {
    if (!isUp(container)) return after
    const timeout = container.config.stopTimeout
    const action = {
      kind: 'stop-container',
      instance: instance.name,
      container: refOf(container),
      timeout,
    } as const
    return [this.#steps.add(action, after, reason)]
  }

  #remove(
    instance: ReachableInstance,
    container: ObservedContainer,
    reason: Reason,
    after: readonly number[],
  ): number {
    const action = { kind: 'remove-container', instance: instance.name, container: refOf(container) } as const
    return this.#steps.add(action, after, reason)
  }

  /** Sets CPU shares and memory back to what the document says, in place. */
  setResources(
    instance: ReachableInstance,
    container: ObservedContainer,
    target: Target,
    reason: Reason,
  ): void {
    const config = target.configs.get(container.identity.container)
    if (!config) return
    this.#steps.add(updateOf(instance.name, refOf(container), config), [], reason)
  }

  /** Not where a task of this wave is made with it: a task that is made anew takes over what it left behind. */
  removeVolume(
    instance: ReachableInstance,
    name: string,
    reason: Reason,
    after: readonly number[] = [],
  ): void {
    if (this.#reused.has(`${instance.name}/${name}`)) return
    this.#steps.add({ kind: 'remove-volume', instance: instance.name, name }, after, reason)
  }

  /** Not where a task of this wave is made with it. */
  removeNetwork(
    instance: ReachableInstance,
    network: { id: string; name: string },
    reason: Reason,
    after: readonly number[],
  ): void {
    if (this.#reused.has(`${instance.name}/network ${network.name}`)) return
    this.#steps.add({ kind: 'remove-network', instance: instance.name, ...network }, after, reason)
  }

  /** Takes an image's names away, one after the other; the image goes with the last. */
  removeImage(instance: ReachableInstance, names: readonly string[], bytes: number, reason: Reason): void {
    let before: number[] = []
    for (const [i, image] of names.entries()) {
      const freed = i === names.length - 1 ? bytes : 0
      const action = { kind: 'remove-image', instance: instance.name, image, bytes: freed } as const
      before = [this.#steps.add(action, before, reason)]
    }
  }

  #createVolumes(instance: ReachableInstance, task: TaskIdentity, target: Target, reason: Reason): number[] {
    return volumesOf(task, target).flatMap(({ name, ...volume }) => {
      const at = { instance: instance.name, name }
      const isHalf = isHalfMade(instance, { name, ...volume }, task)
      const after = isHalf ? [this.#steps.add({ kind: 'remove-volume', ...at }, [], reason)] : []
      if (!isHalf && instance.volumes.some(v => v.name === name)) {
        this.#reused.add(`${instance.name}/${name}`)
        return []
      }
      if (!volume.task) this.makers.set(name, [...(this.makers.get(name) ?? []), instance.name])
      const make = () => ({ action: { kind: 'create-volume', ...at, ...volume } as const, reason, after })
      return [this.#steps.addOnce(instance, `volume ${name}`, make)]
    })
  }

  #createNetwork(instance: ReachableInstance, task: TaskIdentity, target: Target, reason: Reason): number[] {
    if (target.taskDefinition.networkMode !== AWSVPC) return []
    const name = taskNetworkName(task.cluster)
    this.#reused.add(`${instance.name}/network ${name}`)
    if (instance.networks.some(n => n.name === name)) return []
    const make = () =>
      ({ action: { kind: 'create-network', instance: instance.name, name }, reason }) as const
    return [this.#steps.addOnce(instance, `network ${name}`, make)]
  }

  #startInOrder(
    instance: ReachableInstance,
    task: TaskIdentity,
    target: Target,
    there: ReadonlyMap<string, ObservedContainer>,
    created: ReadonlyMap<string, number>,
    reason: Reason,
  ): void {
    const started = new Map<string, number>()
    for (const { name, after } of startsNow(target.taskDefinition, there, created, instance.clock)) {
      const container = there.get(name)
      const ref = container ? refOf(container) : { id: '', name: containerName(task, name) }
      const definition = target.taskDefinition.containerDefinitions.find(c => c.name === name)
      let ready = created.get(name)
      if (definition && (!container || neverStarted(container))) {
        // that they were put there once cannot be seen, and twice does no harm
        for (const put of putsOf(definition, { instance: instance.name, container: ref, task, target }))
          ready = this.#steps.add(put, ready === undefined ? [] : [ready], reason)
      }
      const kind = container?.status === 'paused' ? 'unpause-container' : 'start-container'
      const before = [ready, ...after.map(other => started.get(other))]
      started.set(
        name,
        this.#steps.add(
          { kind, instance: instance.name, container: ref },
          before.filter(id => id !== undefined),
          reason,
        ),
      )
    }
  }
}

const NOTHING_THERE: ReadonlyMap<string, ObservedContainer> = new Map()

import { Construct } from 'constructs'
import { importTaskDefinition } from '../engine/import/import-task-definition.ts'
import { type Kept, partUnsupported, putBack } from '../engine/import/unsupported-parts.ts'
import { taskRecipe } from '../engine/import/task-recipe.ts'
import { carryOut, type ImportProps, readJson, refuseProblems } from './import.ts'
import type { TaskDefinition as TaskDefinitionJson } from '../engine/desired-state/document.generated.ts'
import { ContainerDefinition, type ContainerDefinitionOptions } from './container-definition.ts'
import { compact, sortedByKey, unlessEmpty } from './document.ts'
import type { FirelensConfig } from './firelens.ts'
import { fitAll, fitProps } from './fit.ts'
import { checkName, duplicates } from './limits.ts'
import { placed } from './placed.ts'
import { checkConstraints, type PlacementConstraint } from './placement.ts'
import { fixedHostPorts } from './port-mapping.ts'
import { type RuntimePlatform, renderRuntimePlatform } from './runtime-platform.ts'
import { checkTags, checkTaskSize, type TaskSize } from './task-size.ts'
import { CONSTRAINT, TASK_DEFINITION_PROPS, VOLUME } from './task-shape.ts'
import { checkVolumes, renderVolume, type Volume } from './volume.ts'

/** How a task's containers are connected. */
export const NetworkMode = {
  /** Docker's bridge: ports are published one by one. */
  BRIDGE: 'bridge',
  /** The container instance's own network. */
  HOST: 'host',
  /** An address of the task's own, shared by its containers, which reach each other on localhost. */
  AWS_VPC: 'awsvpc',
  /** No network. */
  NONE: 'none',
} as const
export type NetworkMode = (typeof NetworkMode)[keyof typeof NetworkMode]

/** Whose processes the containers see. */
export const PidMode = {
  /** The container instance's. */
  HOST: 'host',
  /** Those of all containers of the task. */
  TASK: 'task',
} as const
export type PidMode = (typeof PidMode)[keyof typeof PidMode]

/** With whom the containers share memory. */
export const IpcMode = {
  /** Each has its own, without /dev/shm. */
  NONE: 'none',
  /** The container instance. */
  HOST: 'host',
  /** All containers of the task. */
  TASK: 'task',
} as const
export type IpcMode = (typeof IpcMode)[keyof typeof IpcMode]

export interface FirelensLogRouterDefinitionOptions extends ContainerDefinitionOptions {
  readonly firelensConfig: FirelensConfig
}

/** A launch type of ECS. */
export type Compatibility = NonNullable<TaskDefinitionJson['requiresCompatibilities']>[number]

export interface TaskDefinitionProps extends TaskSize {
  /** @default its construct id */
  readonly family?: string
  /** @default NetworkMode.BRIDGE */
  readonly networkMode?: NetworkMode
  /** What mount points refer to. @default none */
  readonly volumes?: readonly Volume[]
  /** memberOf constraints that hold for every service of it. @default none */
  readonly placementConstraints?: readonly PlacementConstraint[]
  /** @default each container sees its own */
  readonly pidMode?: PidMode
  /** @default each container has its own */
  readonly ipcMode?: IpcMode
  /** What the images are made for. @default any */
  readonly runtimePlatform?: RuntimePlatform
  /** The launch types that it is meant for. Every one runs on the container instances; none changes anything. @default none */
  readonly requiresCompatibilities?: readonly Compatibility[]
  /** Labels `stowage.tag.KEY` of each container. @default none */
  readonly tags?: Readonly<Record<string, string>>
  /**
   * Fields of ECS that do nothing here and may be left out, as docs/ecs-compatibility.md calls them:
   * `taskRoleArn`, `logConfiguration:awslogs`. Each that is there is a warning, else an error. @default none
   */
  readonly ignoreUnsupported?: readonly string[]
}

const CONTAINERS_MAX = 10

/**
 * Containers that run together on one container instance. It may stand anywhere in the app: it goes into the document
 * of each cluster with a service of it, and into that of the cluster it stands in.
 */
export class TaskDefinition extends Construct {
  readonly family: string
  readonly networkMode: NetworkMode
  readonly #props: TaskDefinitionProps
  readonly #volumes: Volume[]
  readonly #constraints: PlacementConstraint[]
  /** What was imported with it and nothing here does: the document shows it, and that it is left out. */
  #kept: readonly Kept[] = []

  constructor(scope: Construct, id: string, given: TaskDefinitionProps = {}) {
    super(placed(scope, 'task definition', id), id)
    const props = fitProps(this, given, TASK_DEFINITION_PROPS)
    this.family = props.family ?? id
    this.networkMode = props.networkMode ?? NetworkMode.BRIDGE
    this.#props = props
    this.#volumes = [...(props.volumes ?? [])]
    this.#constraints = [...(props.placementConstraints ?? [])]
    this.node.addValidation({ validate: () => this.#validate() })
  }

  /**
   * The task definition that RegisterTaskDefinition takes, or with `lenient` what describe-task-definition prints: a
   * value of JSON or its text. Its family is its own, else `id`. Throws a SynthError with all that is wrong with it.
   */
  static fromJson(scope: Construct, id: string, json: unknown, props: ImportProps = {}): TaskDefinition {
    const { family, taskDefinition, problems } = importTaskDefinition(json, { ...props, family: id })
    refuseProblems(scope, id, problems)
    const { supported, kept } = partUnsupported('task definition', taskDefinition)
    const task = carryOut(taskRecipe(id, family, supported), scope, {
      classes: { TaskDefinition },
    })
    if (!(task instanceof TaskDefinition)) throw new TypeError('a recipe begins with the task definition')
    task.#kept = kept
    return task
  }

  /** The same from a file; its path is relative to the folder that the app runs in. */
  static fromFile(scope: Construct, id: string, path: string, props: ImportProps = {}): TaskDefinition {
    return TaskDefinition.fromJson(scope, id, readJson(scope, id, path), props)
  }

  /** Its containers, in the order in which they were added. */
  get containers(): readonly ContainerDefinition[] {
    return this.node.children.filter(child => child instanceof ContainerDefinition)
  }

  /** Its volumes, in the order in which they were added. */
  get volumes(): readonly Volume[] {
    return this.#volumes
  }

  /** What may be left out of it, and of its containers. */
  get ignoreUnsupported(): readonly string[] {
    return this.#props.ignoreUnsupported ?? []
  }

  /** undefined: each container has its own. */
  get ipcMode(): IpcMode | undefined {
    return this.#props.ipcMode
  }

  /** Whether a limit of its own holds for each container that has none. */
  get hasMemory(): boolean {
    return this.#props.memoryMiB !== undefined
  }

  /** The first essential container; undefined where there is none. */
  get defaultContainer(): ContainerDefinition | undefined {
    return this.containers.find(container => container.essential)
  }

  /** Adds a container; `id` is its name unless `containerName` is given. */
  addContainer(id: string, props: ContainerDefinitionOptions): ContainerDefinition {
    return new ContainerDefinition(this, id, props)
  }

  /** Adds the container that takes the output of those with LogDrivers.firelens(). */
  addFirelensLogRouter(id: string, props: FirelensLogRouterDefinitionOptions): ContainerDefinition {
    return this.addContainer(id, props)
  }

  /** Adds a volume, for addMountPoints to refer to. */
  addVolume(volume: Volume): void {
    this.#volumes.push(...fitAll(this, 'addVolume', [volume], VOLUME))
  }

  /** Adds a memberOf constraint that holds for every service of it. */
  addPlacementConstraint(constraint: PlacementConstraint): void {
    this.#constraints.push(...fitAll(this, 'addPlacementConstraint', [constraint], CONSTRAINT))
  }

  /** The container of this name; undefined where there is none. */
  findContainer(containerName: string): ContainerDefinition | undefined {
    return this.containers.find(container => container.containerName === containerName)
  }

  /** Its place in the document. */
  renderTaskDefinition(): TaskDefinitionJson {
    const task: TaskDefinitionJson = compact({
      ignoreUnsupported: unlessEmpty([...this.ignoreUnsupported]),
      networkMode: this.#props.networkMode,
      pidMode: this.#props.pidMode,
      ipcMode: this.#props.ipcMode,
      cpu: this.#props.cpu,
      memory: this.#props.memoryMiB,
      requiresCompatibilities:
        this.#props.requiresCompatibilities && unlessEmpty([...this.#props.requiresCompatibilities]),
      runtimePlatform: this.#props.runtimePlatform && renderRuntimePlatform(this.#props.runtimePlatform),
      tags: unlessEmpty(
        Object.entries(sortedByKey(Object.entries(this.#props.tags ?? {}))).map(([key, value]) => ({
          key,
          value,
        })),
      ),
      containerDefinitions: this.containers.map(container => container.renderContainerDefinition()),
      volumes: unlessEmpty(this.#volumes.map(renderVolume)),
      // distinctInstances has been refused
      placementConstraints: unlessEmpty(
        this.#constraintsJson().flatMap(({ expression }) =>
          expression === undefined ? [] : [{ type: 'memberOf' as const, expression }],
        ),
      ),
    })
    return putBack(task, this.#kept)
  }

  #constraintsJson() {
    return this.#constraints.flatMap(constraint => constraint.toJson())
  }

  /** As the document check has it: the others join the namespace of one container. */
  #checkNamespaces(): string[] {
    const { pidMode, ipcMode } = this.#props
    if ((pidMode !== 'task' && ipcMode !== 'task') || this.containers.length < 2) return []
    const isFree = (c: ContainerDefinition) =>
      c.essential && c.containerDependencies.length === 0 && c.neededContainers.length === 0
    return this.containers.some(isFree)
      ? []
      : [
          `${pidMode === 'task' ? 'pidMode' : 'ipcMode'} task needs an essential container that waits for no other: the others join its namespace`,
        ]
  }

  #validate(): string[] {
    const { containers, networkMode } = this
    const constraints = this.#constraintsJson()
    const hostPorts = containers.flatMap(c => [...fixedHostPorts(c.portMappings, networkMode)])
    return [
      ...checkName('family', this.family, 'family'),
      ...(containers.length === 0 ? ['it has no container: addContainer()'] : []),
      ...(containers.length > CONTAINERS_MAX
        ? [`at most ${CONTAINERS_MAX} containers, not ${containers.length}`]
        : []),
      ...(containers.length > 0 && !this.defaultContainer
        ? ['at least one container must be essential']
        : []),
      ...duplicates(containers.map(c => c.containerName)).map(name => `two containers are named ${name}`),
      ...duplicates(hostPorts).map(port => `two containers or ports ask for host port ${port}`),
      ...checkVolumes(this.#volumes.map(renderVolume)),
      ...checkTaskSize(
        this.#props,
        containers.map(c => c.renderContainerDefinition()),
      ),
      ...checkTags(this.#props.tags ?? {}),
      ...this.#checkNamespaces(),
      ...checkConstraints(constraints),
      ...(constraints.some(c => c.type !== 'memberOf')
        ? ['a task definition takes memberOf constraints only; distinctInstances is for a service']
        : []),
      ...cycles(containers),
    ]
  }
}

/** Containers that wait for each other, each cycle once. */
function cycles(containers: readonly ContainerDefinition[]): string[] {
  const found: string[] = []
  const done = new Set<ContainerDefinition>()
  const visit = (container: ContainerDefinition, path: readonly ContainerDefinition[]): void => {
    if (done.has(container)) return
    const start = path.indexOf(container)
    if (start >= 0) {
      const names = [...path.slice(start), container].map(c => c.containerName)
      found.push(`containers wait for each other: ${names.join(' → ')}`)
      return
    }
    const others = [...container.containerDependencies.map(d => d.container), ...container.neededContainers]
    for (const other of others) visit(other, [...path, container])
    done.add(container)
  }
  for (const container of containers) visit(container, [])
  return found
}

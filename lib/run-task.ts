import type { Construct } from 'constructs'
import type {
  RunTask as RunTaskJson,
  TaskOverride as TaskOverrideJson,
} from '../engine/desired-state/document.generated.ts'
import { Cluster } from './cluster.ts'
import { compact, sortedByKey, unlessEmpty } from './document.ts'
import { fitProps } from './fit.ts'
import { checkName, checkWhole, duplicates } from './limits.ts'
import {
  checkConstraints,
  checkStrategies,
  type PlacementConstraint,
  type PlacementStrategy,
} from './placement.ts'
import { gpusOf } from './container-settings.ts'
import type { EnvironmentFile } from './secret.ts'
import { RUN_TASK_PROPS } from './service-shape.ts'
import type { TaskDefinition } from './task-definition.ts'
import { checkTags } from './task-size.ts'
import { Workload } from './workload.ts'

/** What of one container is otherwise than its definition says. */
export interface ContainerOverride {
  readonly containerName: string
  /** In the place of its command. @default its own */
  readonly command?: readonly string[]
  /** Besides its variables, or in the place of those of the same name. @default none */
  readonly environment?: Readonly<Record<string, string>>
  /** CPU units. @default its own */
  readonly cpu?: number
  /** The hard limit in MiB. @default its own */
  readonly memoryLimitMiB?: number
  /** The soft limit in MiB. @default its own */
  readonly memoryReservationMiB?: number
  /** In the place of its environment files. @default its own */
  readonly environmentFiles?: readonly EnvironmentFile[]
  /** How many GPUs, or all of the container instance's; 0: none. @default its own */
  readonly gpuCount?: number | 'ALL'
}

export interface RunTaskProps {
  readonly taskDefinition: TaskDefinition
  /** @default the nearest cluster above it */
  readonly cluster?: Cluster
  /** No service of its cluster has the same. @default the id that it is made with */
  readonly taskName?: string
  /** How many tasks run at once, 1 to 10. @default 1 */
  readonly count?: number
  /** @default none */
  readonly containerOverrides?: readonly ContainerOverride[]
  /** CPU of the whole task, as a task definition has it: units, 1024 a core. @default the task definition's */
  readonly cpu?: number
  /** Memory of the whole task in MiB. @default the task definition's */
  readonly memoryMiB?: number
  /** The task group. @default family:FAMILY */
  readonly group?: string
  /** @default none */
  readonly placementConstraints?: readonly PlacementConstraint[]
  /** @default spread over attribute:ecs.availability-zone, then over the container instances */
  readonly placementStrategies?: readonly PlacementStrategy[]
  /** 1 to 128 letters, digits, - _ and /; the label stowage.tag.startedBy. @default none */
  readonly startedBy?: string
  /** The label stowage.tag.KEY of each container. @default none */
  readonly tags?: Readonly<Record<string, string>>
  /** Another one runs it once more. @default none */
  readonly nonce?: string
}

/**
 * A task that runs to its end, once for each revision of what it runs: a migration before a deployment, say. A service
 * waits for it by addDependency. In the construct tree its id is `<id>.task`.
 */
export class RunTask extends Workload {
  readonly taskName: string
  readonly taskDefinition: TaskDefinition
  /** undefined: there is none, and synth says so. */
  readonly cluster: Cluster | undefined
  readonly #props: RunTaskProps

  constructor(scope: Construct, id: string, given: RunTaskProps) {
    super(scope, 'task', id)
    const props = fitProps(this, given, RUN_TASK_PROPS)
    this.taskName = props.taskName ?? id
    this.taskDefinition = props.taskDefinition
    this.cluster = props.cluster ?? Cluster.of(this)
    this.#props = props
    this.node.addValidation({ validate: () => this.#validate() })
  }

  get dependencyName(): string {
    return this.taskName
  }

  /** Its place in the document. */
  renderRunTask(): RunTaskJson {
    const { count, group, startedBy, tags = {}, nonce } = this.#props
    return compact({
      taskDefinition: this.taskDefinition.family,
      count,
      overrides: unlessEmpty(this.#overrides()),
      group,
      placementConstraints: unlessEmpty(this.#constraints()),
      placementStrategy: unlessEmpty(this.#strategies()),
      startedBy,
      tags: unlessEmpty(
        Object.entries(sortedByKey(Object.entries(tags))).map(([key, value]) => ({ key, value })),
      ),
      dependsOn: this.renderDependencies(),
      nonce,
    })
  }

  #overrides(): TaskOverrideJson {
    const { containerOverrides = [], cpu, memoryMiB } = this.#props
    return compact({
      containerOverrides: unlessEmpty(containerOverrides.map(renderOverride)),
      cpu: cpu === undefined ? undefined : String(cpu),
      memory: memoryMiB === undefined ? undefined : String(memoryMiB),
    })
  }

  #constraints() {
    return (this.#props.placementConstraints ?? []).flatMap(c => c.toJson())
  }

  #strategies() {
    return (this.#props.placementStrategies ?? []).flatMap(s => s.toJson())
  }

  #validate(): string[] {
    const { count, containerOverrides = [], startedBy, nonce } = this.#props
    const known = this.taskDefinition.renderTaskDefinition().containerDefinitions.map(c => c.name)
    const names = containerOverrides.map(o => o.containerName)
    return [
      ...this.checkSurroundings(),
      ...checkName('taskName', this.taskName, 'family'),
      ...checkWhole('count', count, 1, 10),
      ...names
        .filter(name => !known.includes(name))
        .map(name => `its task definition has no container ${name}`),
      ...containerOverrides.flatMap(({ gpuCount }) =>
        gpuCount === 'ALL' ? [] : checkWhole('gpuCount', gpuCount, 0, 999),
      ),
      ...duplicates(names).map(name => `two containerOverrides are for ${name}`),
      ...(startedBy !== undefined && !/^[A-Za-z0-9_/-]{1,128}$/.test(startedBy)
        ? ['startedBy must be 1 to 128 letters, digits, - _ and /']
        : []),
      ...(nonce !== undefined && (nonce === '' || nonce.length > 255)
        ? ['nonce must have 1 to 255 characters']
        : []),
      ...checkTags(this.#props.tags ?? {}),
      ...checkConstraints(this.#constraints()),
      ...checkStrategies(this.#strategies()),
    ]
  }
}

function renderOverride(override: ContainerOverride) {
  const { containerName: name, command, environment = {}, environmentFiles, cpu, gpuCount } = override
  return compact({
    name,
    command: command && [...command],
    environment: unlessEmpty(
      Object.entries(sortedByKey(Object.entries(environment))).map(([key, value]) => ({ name: key, value })),
    ),
    cpu,
    memory: override.memoryLimitMiB,
    memoryReservation: override.memoryReservationMiB,
    environmentFiles: environmentFiles?.map(({ path }) => ({ value: path })),
    resourceRequirements: gpuCount === undefined ? undefined : gpusOf(gpuCount),
  })
}

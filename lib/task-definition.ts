import { Construct } from 'constructs'
import type { TaskDefinition as TaskDefinitionJson } from '../engine/desired-state/document.generated.ts'
import { ContainerDefinition, type ContainerDefinitionOptions } from './container-definition.ts'
import { compact, unlessEmpty } from './document.ts'
import { checkName, duplicates } from './limits.ts'
import { checkConstraints, type PlacementConstraint } from './placement.ts'
import { fixedHostPorts } from './port-mapping.ts'
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

export interface TaskDefinitionProps {
  /** @default its construct id */
  readonly family?: string
  /** @default NetworkMode.BRIDGE */
  readonly networkMode?: NetworkMode
  /** What mount points refer to. @default none */
  readonly volumes?: readonly Volume[]
  /** memberOf constraints that hold for every service of it. @default none */
  readonly placementConstraints?: readonly PlacementConstraint[]
}

const CONTAINERS_MAX = 10

/**
 * Containers that run together on one container instance. It may stand anywhere in the app: it goes into the document
 * of each cluster with a service of it, and into that of the cluster it stands in.
 */
export class TaskDefinition extends Construct {
  readonly family: string
  readonly networkMode: NetworkMode
  readonly #networkModeGiven: NetworkMode | undefined
  readonly #volumes: Volume[]
  readonly #constraints: PlacementConstraint[]

  constructor(scope: Construct, id: string, props: TaskDefinitionProps = {}) {
    super(scope, id)
    this.family = props.family ?? id
    this.networkMode = props.networkMode ?? NetworkMode.BRIDGE
    this.#networkModeGiven = props.networkMode
    this.#volumes = [...(props.volumes ?? [])]
    this.#constraints = [...(props.placementConstraints ?? [])]
    this.node.addValidation({ validate: () => this.#validate() })
  }

  /** Its containers, in the order in which they were added. */
  get containers(): readonly ContainerDefinition[] {
    return this.node.children.filter(child => child instanceof ContainerDefinition)
  }

  /** Its volumes, in the order in which they were added. */
  get volumes(): readonly Volume[] {
    return this.#volumes
  }

  /** The first essential container; undefined where there is none. */
  get defaultContainer(): ContainerDefinition | undefined {
    return this.containers.find(container => container.essential)
  }

  /** Adds a container; `id` is its name unless `containerName` is given. */
  addContainer(id: string, props: ContainerDefinitionOptions): ContainerDefinition {
    return new ContainerDefinition(this, id, props)
  }

  /** Adds a volume, for addMountPoints to refer to. */
  addVolume(volume: Volume): void {
    this.#volumes.push(volume)
  }

  /** Adds a memberOf constraint that holds for every service of it. */
  addPlacementConstraint(constraint: PlacementConstraint): void {
    this.#constraints.push(constraint)
  }

  /** The container of this name; undefined where there is none. */
  findContainer(containerName: string): ContainerDefinition | undefined {
    return this.containers.find(container => container.containerName === containerName)
  }

  /** Its place in the document. */
  renderTaskDefinition(): TaskDefinitionJson {
    return compact({
      networkMode: this.#networkModeGiven,
      containerDefinitions: this.containers.map(container => container.renderContainerDefinition()),
      volumes: unlessEmpty(this.#volumes.map(renderVolume)),
      // distinctInstances has been refused
      placementConstraints: unlessEmpty(
        this.#constraintsJson().flatMap(({ expression }) =>
          expression === undefined ? [] : [{ type: 'memberOf' as const, expression }],
        ),
      ),
    })
  }

  #constraintsJson() {
    return this.#constraints.flatMap(constraint => constraint.toJson())
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
    for (const dependency of container.containerDependencies)
      visit(dependency.container, [...path, container])
    done.add(container)
  }
  for (const container of containers) visit(container, [])
  return found
}

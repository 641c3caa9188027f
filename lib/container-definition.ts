import { Construct } from 'constructs'
import type { ContainerDefinition as ContainerDefinitionJson } from '../engine/desired-state/document.generated.ts'
import { type ContainerDependency, ContainerDependencyCondition } from './container-dependency.ts'
import { checkImage, type ContainerImage, type VersionConsistency } from './container-image.ts'
import {
  checkSettings,
  type ContainerSettings,
  renderSettings,
  type Ulimit,
  type VolumeFrom,
} from './container-settings.ts'
import {
  CONDITION,
  CONTAINER_DEFINITION_OPTIONS,
  MOUNT_POINT,
  PORT_MAPPING,
  ULIMIT,
  VOLUME_FROM,
} from './container-shape.ts'
import { type FirelensConfig, renderFirelensConfig } from './firelens.ts'
import { compact, sortedByKey, unlessEmpty } from './document.ts'
import type { Duration } from './duration.ts'
import { fitAll, fitProps, fits } from './fit.ts'
import { checkHealthCheck, type HealthCheck, renderHealthCheck } from './health-check.ts'
import { checkName, checkWhole, duplicates } from './limits.ts'
import { checkLogConfiguration, FIRELENS, type LogDriver } from './log-driver.ts'
import { placed } from './placed.ts'
import { checkPortMappings, type PortMapping, renderPortMapping } from './port-mapping.ts'
import { checkSecrets, checkSource, type EnvironmentFile, type Secret, takesSecretsFolder } from './secret.ts'
import { SECRET } from './secret-shape.ts'
import { instance, member, props, required, text, unquoted } from './shape.ts'
import type { TaskDefinition } from './task-definition.ts'
import { checkRestartPolicy, renderRestartPolicy } from './restart-policy.ts'
import { checkMountPoints, type MountPoint, renderVolume } from './volume.ts'

export interface ContainerDefinitionOptions extends ContainerSettings {
  readonly image: ContainerImage
  /** @default its construct id */
  readonly containerName?: string
  /** @default the image's */
  readonly command?: readonly string[]
  /** @default the image's */
  readonly entryPoint?: readonly string[]
  /** @default none beyond the image's */
  readonly environment?: Readonly<Record<string, string>>
  /** Values that stand in no document, by the name of the variable or file. @default none */
  readonly secrets?: Readonly<Record<string, Secret>>
  /** `environment` and `secrets` win over them, the first file over the next. @default none */
  readonly environmentFiles?: readonly EnvironmentFile[]
  /** CPU units, 1024 a core: reserved when placing, and a share of the time when it is scarce. @default 0 */
  readonly cpu?: number
  /** Hard limit: a container that goes beyond it is killed. At least 6. @default none */
  readonly memoryLimitMiB?: number
  /** Soft limit, and what placement reserves. @default memoryLimitMiB */
  readonly memoryReservationMiB?: number
  /** @default none */
  readonly portMappings?: readonly PortMapping[]
  /** @default none: it is well as long as it runs */
  readonly healthCheck?: HealthCheck
  /** Whether the task stands and falls with it. @default true */
  readonly essential?: boolean
  /** Whether it is started again when it ends, and its task goes on. @default false */
  readonly enableRestartPolicy?: boolean
  /** Exit codes after which it is not started again; needs enableRestartPolicy. @default none */
  readonly restartIgnoredExitCodes?: readonly number[]
  /** How long it must have run to be started again, 60 to 1800 seconds; needs enableRestartPolicy. @default Duration.seconds(300) */
  readonly restartAttemptPeriod?: Duration
  /** Between SIGTERM and SIGKILL, in whole seconds. @default Duration.seconds(30) */
  readonly stopTimeout?: Duration
  /** `user[:group]`, by name or number. @default the image's */
  readonly user?: string
  /** @default the image's */
  readonly workingDirectory?: string
  /** Whether all tasks of a revision run the same image, though its tag may move. @default VersionConsistency.ENABLED */
  readonly versionConsistency?: VersionConsistency
  /** `stowage.*` and `com.amazonaws.ecs.*` are reserved. @default none */
  readonly dockerLabels?: Readonly<Record<string, string>>
  /** @default the Docker daemon's */
  readonly logging?: LogDriver
  /** Makes it the log router of its task; `TaskDefinition.addFirelensLogRouter` asks for it. @default none */
  readonly firelensConfig?: FirelensConfig
}

const RESERVED_LABEL = /^(?:stowage|com\.amazonaws\.ecs)\./

/** One container of a task definition; made by `TaskDefinition.addContainer`. */
export class ContainerDefinition extends Construct {
  /** The containerPort of a port mapping that has a containerPortRange, as in aws-cdk-lib. */
  static readonly CONTAINER_PORT_USE_RANGE = 0
  readonly containerName: string
  readonly essential: boolean
  readonly taskDefinition: TaskDefinition
  readonly #options: ContainerDefinitionOptions
  readonly #environment: Map<string, string>
  readonly #secrets: Map<string, Secret>
  readonly #dockerLabels: Map<string, string>
  readonly #portMappings: PortMapping[]
  readonly #mountPoints: MountPoint[] = []
  readonly #dependencies: ContainerDependency[] = []
  readonly #links: { container: ContainerDefinition; alias: string | undefined }[] = []
  readonly #volumesFrom: VolumeFrom[] = []
  readonly #ulimits: Ulimit[]

  constructor(taskDefinition: TaskDefinition, id: string, options: ContainerDefinitionOptions) {
    super(placed(taskDefinition, 'container', id), id)
    this.taskDefinition = taskDefinition
    const o = fitProps(this, options, CONTAINER_DEFINITION_OPTIONS)
    this.containerName = o.containerName ?? id
    this.essential = o.essential ?? true
    this.#options = o
    this.#environment = new Map(Object.entries(o.environment ?? {}))
    this.#secrets = new Map(Object.entries(o.secrets ?? {}))
    this.#dockerLabels = new Map(Object.entries(o.dockerLabels ?? {}))
    this.#portMappings = [...(o.portMappings ?? [])]
    this.#ulimits = [...(o.ulimits ?? [])]
    this.node.addValidation({ validate: () => this.#validate() })
  }

  /** Its ports, in the order in which they were added. */
  get portMappings(): readonly PortMapping[] {
    return this.#portMappings
  }

  /** The containers that it cannot be made without, because of links, volumes and its log router. */
  get neededContainers(): readonly ContainerDefinition[] {
    const sources = new Set(this.#volumesFrom.map(v => v.sourceContainer))
    const containers = this.taskDefinition.containers.filter(c => sources.has(c.containerName))
    return [...this.#links.map(link => link.container), ...containers, ...this.#router()]
  }

  /** What it waits for, in the order in which it was added. */
  get containerDependencies(): readonly ContainerDependency[] {
    return this.#dependencies
  }

  /** Adds ports; `stowage ps` shows the host ports that Docker chose. */
  addPortMappings(...portMappings: readonly PortMapping[]): void {
    this.#portMappings.push(...fitAll(this, 'addPortMappings', portMappings, PORT_MAPPING))
  }

  /** Mounts volumes of its task definition. */
  addMountPoints(...mountPoints: readonly MountPoint[]): void {
    this.#mountPoints.push(...fitAll(this, 'addMountPoints', mountPoints, MOUNT_POINT))
  }

  /** Mounts all that other containers of its task definition mount; they are started first. */
  addVolumesFrom(...volumesFrom: readonly VolumeFrom[]): void {
    this.#volumesFrom.push(...fitAll(this, 'addVolumesFrom', volumesFrom, VOLUME_FROM))
  }

  /** Limits what its processes may take up. */
  addUlimits(...ulimits: readonly Ulimit[]): void {
    this.#ulimits.push(...fitAll(this, 'addUlimits', ulimits, ULIMIT))
  }

  /** Lets it find another container under a name, which is the container's own unless given; that one is started first. */
  addLink(container: ContainerDefinition, alias?: string): void {
    if (fits(this, 'addLink', container, CONTAINER)) this.#links.push({ container, alias })
  }

  /** Sets an environment variable; the last value of a name holds. */
  addEnvironment(name: string, value: string): void {
    if (fits(this, member('environment', name), value, unquoted(text))) this.#environment.set(name, value)
  }

  /** Sets a secret; the last source of a name holds. */
  addSecret(name: string, secret: Secret): void {
    if (fits(this, member('secrets', name), secret, SECRET)) this.#secrets.set(name, secret)
  }

  /** Sets a label of the Docker container; the last value of a name holds. */
  addDockerLabel(name: string, value: string): void {
    if (fits(this, member('dockerLabels', name), value, unquoted(text))) this.#dockerLabels.set(name, value)
  }

  /** Starts it only after other containers of its task definition. */
  addContainerDependencies(...dependencies: readonly ContainerDependency[]): void {
    const fitting = fitAll(this, 'addContainerDependencies', dependencies, CONTAINER_DEPENDENCY)
    this.#dependencies.push(...fitting)
  }

  /** Its place in the document. */
  renderContainerDefinition(): ContainerDefinitionJson {
    const o = this.#options
    return compact({
      name: this.containerName,
      image: o.image.imageName,
      command: o.command && [...o.command],
      entryPoint: o.entryPoint && [...o.entryPoint],
      environment: unlessEmpty(
        Object.entries(sortedByKey(this.#environment)).map(([name, value]) => ({ name, value })),
      ),
      secrets: unlessEmpty(
        Object.entries(sortedByKey(this.#secrets)).map(([name, secret]) => secret.renderSecret(name)),
      ),
      environmentFiles: unlessEmpty((o.environmentFiles ?? []).map(({ path }) => ({ value: path }))),
      repositoryCredentials: o.image.credentials && {
        credentialsParameter: o.image.credentials.valueFrom,
      },
      cpu: o.cpu,
      memory: o.memoryLimitMiB,
      memoryReservation: o.memoryReservationMiB,
      portMappings: unlessEmpty(this.#portMappings.map(renderPortMapping)),
      healthCheck: o.healthCheck && renderHealthCheck(o.healthCheck),
      essential: o.essential,
      restartPolicy: renderRestartPolicy(o),
      dependsOn: unlessEmpty(
        this.#dependencies.map(({ container, condition }) => ({
          containerName: container.containerName,
          condition: condition ?? ContainerDependencyCondition.HEALTHY,
        })),
      ),
      ...renderSettings(o, this.#ulimits),
      links: unlessEmpty(
        this.#links.map(({ container: { containerName }, alias }) =>
          alias === undefined ? containerName : `${containerName}:${alias}`,
        ),
      ),
      volumesFrom: unlessEmpty(this.#volumesFrom.map(from => compact({ ...from }))),
      stopTimeout: o.stopTimeout?.toSeconds(),
      user: o.user,
      workingDirectory: o.workingDirectory,
      versionConsistency: o.versionConsistency,
      dockerLabels: unlessEmpty(sortedByKey(this.#dockerLabels)),
      mountPoints: unlessEmpty(this.#mountPoints.map(mount => compact({ ...mount }))),
      logConfiguration: o.logging?.renderLogDriver(),
      firelensConfiguration: o.firelensConfig && renderFirelensConfig(o.firelensConfig),
    })
  }

  /** The log router that takes its output. */
  #router(): ContainerDefinition[] {
    if (this.#options.logging?.renderLogDriver().logDriver !== FIRELENS) return []
    return this.taskDefinition.containers.filter(c => c !== this && c.#options.firelensConfig)
  }

  #validate(): string[] {
    const json = this.renderContainerDefinition()
    const { memory, memoryReservation } = json
    return [
      ...checkName('the name of a container', this.containerName, 'family'),
      ...checkImage(json.image),
      ...checkWhole('cpu', json.cpu, 0),
      ...checkWhole('memoryLimitMiB', memory, 6),
      ...checkWhole('memoryReservationMiB', memoryReservation, 6),
      ...(memory !== undefined && memoryReservation !== undefined && memory < memoryReservation
        ? [`memoryReservationMiB ${memoryReservation} is more than memoryLimitMiB ${memory}`]
        : []),
      ...checkWhole('stopTimeout in seconds', json.stopTimeout, 0),
      ...checkRestartPolicy(this.#options),
      ...checkName('user', json.user, 'text'),
      ...checkName('workingDirectory', json.workingDirectory, 'text'),
      ...(json.workingDirectory?.startsWith('/') === false
        ? [`workingDirectory ${json.workingDirectory} must be an absolute path`]
        : []),
      ...[...this.#environment].flatMap(([name, value]) => [
        ...checkName('the name of an environment variable', name, 'environment'),
        ...(value.includes('\0') ? [`environment ${name} has a NUL character`] : []),
      ]),
      ...[...this.#secrets.keys()].flatMap(name => checkName('the name of a secret', name, 'environment')),
      ...checkSecrets(this.#secrets, this.#environment, this.#options.environmentFiles ?? []),
      ...(this.#options.image.credentials
        ? checkSource('the registry login', this.#options.image.credentials)
        : []),
      ...this.#mountPoints
        .filter(m => takesSecretsFolder(this.#secrets, m.containerPath))
        .map(m => `${m.containerPath} is where its secrets are put`),
      ...[...this.#dockerLabels.keys()].flatMap(label => [
        ...checkName('the name of a label', label, 'text'),
        ...(RESERVED_LABEL.test(label)
          ? [`the label ${label} is reserved, as all of stowage.* and com.amazonaws.ecs.*`]
          : []),
      ]),
      ...(json.healthCheck ? checkHealthCheck(json.healthCheck) : []),
      ...checkLogConfiguration(json.logConfiguration, this.taskDefinition.ignoreUnsupported),
      ...checkSettings(json, this.taskDefinition),
      ...this.#links.flatMap(({ container }) =>
        container.taskDefinition === this.taskDefinition
          ? []
          : [`it links to ${container.node.path}, which is of another task definition`],
      ),
      ...checkPortMappings(json.portMappings ?? [], this.taskDefinition.networkMode),
      ...checkMountPoints(json.mountPoints ?? [], this.taskDefinition.volumes.map(renderVolume)),
      ...this.#dependencies.flatMap(dependency => this.#checkDependency(dependency)),
      ...duplicates(this.#dependencies.map(d => d.container.containerName)).map(
        name => `it depends on ${name} twice`,
      ),
    ]
  }

  #checkDependency({ container, condition = 'HEALTHY' }: ContainerDependency): string[] {
    const name = container.containerName
    if (container.taskDefinition !== this.taskDefinition)
      return [`it depends on ${container.node.path}, which is of another task definition`]
    if ((condition === 'COMPLETE' || condition === 'SUCCESS') && container.essential)
      return [`${condition} waits for the end of ${name}, which is essential: its end ends the task`]
    if (condition === 'HEALTHY' && !container.#options.healthCheck)
      return [`it waits until ${name} is HEALTHY, which has no healthCheck`]
    return []
  }
}

const CONTAINER = instance(ContainerDefinition, "what addContainer('db', …) returned")
const CONTAINER_DEPENDENCY = props<ContainerDependency>(
  { container: required(CONTAINER), condition: CONDITION },
  'an object, such as { container: db }',
)

import type { Construct } from 'constructs'
import type {
  DeploymentConfiguration,
  Service as ServiceJson,
} from '../engine/desired-state/document.generated.ts'
import { importService } from '../engine/import/import-service.ts'
import { CLUSTER, TASK } from '../engine/import/recipe.ts'
import { serviceRecipe } from '../engine/import/service-recipe.ts'
import { type Kept, partUnsupported, putBack } from '../engine/import/unsupported-parts.ts'
import { Cluster } from './cluster.ts'
import { compact, unlessEmpty } from './document.ts'
import type { Duration } from './duration.ts'
import { fitAll, fitProps } from './fit.ts'
import { carryOut, type ImportProps, refuseProblems } from './import.ts'
import { checkName, checkWhole } from './limits.ts'
import {
  checkConstraints,
  checkStrategies,
  type PlacementConstraint,
  type PlacementStrategy,
} from './placement.ts'
import { SERVICE_PROPS } from './service-shape.ts'
import type { TaskDefinition } from './task-definition.ts'
import { CONSTRAINT, STRATEGY } from './task-shape.ts'
import { Workload } from './workload.ts'

/** When a deployment whose tasks keep failing is ended, and whether it is undone. */
export interface DeploymentCircuitBreaker {
  /** false: it is tried again and again, until it is steady or the time of apply has run out. @default true */
  readonly enable?: boolean
  /** Whether the service goes back to what it ran before. @default false */
  readonly rollback?: boolean
  /** Whether a task that becomes healthy sets the number of failures back to 0. @default true */
  readonly resetOnHealthyTask?: boolean
  /** So many failures end a deployment. @default half of the desired tasks, rounded up; at least 3, at most 200 */
  readonly thresholdConfiguration?: ThresholdConfiguration
}

/** How many failures end a deployment. */
export interface ThresholdConfiguration {
  readonly type: ThresholdType
  /** Failures or percent, from 1. */
  readonly value: number
}

/** What the value of a ThresholdConfiguration is. */
export const ThresholdType = {
  /** So many failures. */
  COUNT: 'COUNT',
  /** This share of the desired tasks, rounded up; at least 3 and at most 200. */
  BOUNDED_PERCENT: 'BOUNDED_PERCENT',
  /** This share of the desired tasks, rounded up. */
  UNBOUNDED_PERCENT: 'UNBOUNDED_PERCENT',
} as const
export type ThresholdType = (typeof ThresholdType)[keyof typeof ThresholdType]

export interface ForceNewDeployment {
  readonly enabled: boolean
  /** 1 to 255 characters; needed where it is enabled. Another nonce is another deployment. */
  readonly nonce?: string
}

export interface ServiceProps {
  readonly taskDefinition: TaskDefinition
  /** @default the nearest cluster above it */
  readonly cluster?: Cluster
  /** @default the id that it is made with */
  readonly serviceName?: string
  /** How many tasks run; not with `daemon`. @default 1 */
  readonly desiredCount?: number
  /** One task on each ACTIVE container instance that meets the constraints. @default false */
  readonly daemon?: boolean
  /**
   * The healthy tasks never fall below this share of the desired ones during a deployment, rounded up.
   * @default 100, as in the ECS API (aws-cdk-lib has 50); 0 with `daemon`
   */
  readonly minHealthyPercent?: number
  /** The tasks never exceed this share of the desired ones, rounded down. @default 200; 100 with `daemon`, and only that */
  readonly maxHealthyPercent?: number
  /** @default a deployment that keeps failing is ended, reported, and stays as it is */
  readonly circuitBreaker?: DeploymentCircuitBreaker
  /** @default none */
  readonly placementConstraints?: readonly PlacementConstraint[]
  /** Not with `daemon`. @default spread over attribute:ecs.availability-zone, then over the container instances */
  readonly placementStrategies?: readonly PlacementStrategy[]
  /** Whether `stowage exec` may run commands in its containers; changing it replaces nothing. @default false */
  readonly enableExecuteCommand?: boolean
  /** Replaces every task though the task definition stays as it is. @default none */
  readonly forceNewDeployment?: ForceNewDeployment
  /** For so long after a task's start a failing health check of it is not held against it, in whole seconds. @default none */
  readonly healthCheckGracePeriod?: Duration
  /** Fields of ECS that do nothing here and may be left out, as docs/ecs-compatibility.md calls them. @default none */
  readonly ignoreUnsupported?: readonly string[]
  /** A task with no health check is healthy after it has run for so long, in whole seconds. @default Duration.seconds(5) */
  readonly steadyAfter?: Duration
}

export interface ServiceImportProps extends ImportProps {
  /** The one that the JSON names by its family. */
  readonly taskDefinition: TaskDefinition
  /** @default the nearest cluster above it */
  readonly cluster?: Cluster
}

const CONSTRAINTS_MAX = 10

/**
 * A task definition kept running on a cluster. In the construct tree its id is `<id>.service`, so that a service and
 * its task definition may have one id.
 */
export class Service extends Workload {
  readonly serviceName: string
  readonly taskDefinition: TaskDefinition
  /** undefined: there is none, and synth says so. */
  readonly cluster: Cluster | undefined
  readonly #props: ServiceProps
  readonly #constraints: PlacementConstraint[]
  readonly #strategies: PlacementStrategy[]
  #nonce: string | undefined
  /** What was imported with it and nothing here does: the document shows it, and that it is left out. */
  #kept: readonly Kept[] = []

  constructor(scope: Construct, id: string, given: ServiceProps) {
    super(scope, 'service', id)
    const props = fitProps(this, given, SERVICE_PROPS)
    this.serviceName = props.serviceName ?? id
    this.taskDefinition = props.taskDefinition
    this.cluster = props.cluster ?? Cluster.of(this)
    this.#props = props
    this.#constraints = [...(props.placementConstraints ?? [])]
    this.#strategies = [...(props.placementStrategies ?? [])]
    // '' is refused by the validation below
    if (props.forceNewDeployment?.enabled) this.#nonce = props.forceNewDeployment.nonce ?? ''
    this.node.addValidation({ validate: () => this.#validate() })
  }

  /**
   * The service that CreateService takes, or with `lenient` what describe-services prints: a value of JSON or its text.
   * Its name is its own, else `id`. Throws a SynthError with all that is wrong with it.
   */
  static fromJson(scope: Construct, id: string, json: unknown, props: ServiceImportProps): Service {
    const { serviceName, cluster, service, problems } = importService(json, { ...props, serviceName: id })
    const { taskDefinition, cluster: given = Cluster.of(scope) } = props
    refuseProblems(scope, id, [
      ...problems,
      ...mismatch('/taskDefinition', service.taskDefinition, taskDefinition.family),
      ...(cluster === undefined || given === undefined
        ? []
        : mismatch('/cluster', cluster, given.clusterName)),
    ])
    const { supported, kept } = partUnsupported('service', service)
    const made = carryOut(serviceRecipe(id, serviceName, supported), scope, {
      classes: { Service },
      given: { [TASK]: taskDefinition, [CLUSTER]: props.cluster },
    })
    if (!(made instanceof Service)) throw new TypeError('a recipe of a service makes it')
    made.#kept = kept
    return made
  }

  /** Adds placement constraints; all of them must hold. */
  addPlacementConstraints(...constraints: readonly PlacementConstraint[]): void {
    this.#constraints.push(...fitAll(this, 'addPlacementConstraints', constraints, CONSTRAINT))
  }

  /** Adds placement strategies after those that it has. */
  addPlacementStrategies(...strategies: readonly PlacementStrategy[]): void {
    this.#strategies.push(...fitAll(this, 'addPlacementStrategies', strategies, STRATEGY))
  }

  get dependencyName(): string {
    return this.serviceName
  }

  /** Replaces every task whenever `nonce` is another one than before. */
  forceNewDeployment(nonce: string): void {
    this.#nonce = nonce
  }

  /** Its place in the document. */
  renderService(): ServiceJson {
    const { daemon, desiredCount } = this.#props
    const service: ServiceJson = compact({
      taskDefinition: this.taskDefinition.family,
      ignoreUnsupported: unlessEmpty([...(this.#props.ignoreUnsupported ?? [])]),
      schedulingStrategy: daemon ? ('DAEMON' as const) : undefined,
      desiredCount,
      deploymentConfiguration: unlessEmpty(this.#deploymentConfiguration()),
      placementConstraints: unlessEmpty(this.#constraints.flatMap(c => c.toJson())),
      placementStrategy: unlessEmpty(this.#strategies.flatMap(s => s.toJson())),
      enableExecuteCommand: this.#props.enableExecuteCommand,
      dependsOn: this.renderDependencies(),
      healthCheckGracePeriodSeconds: this.#props.healthCheckGracePeriod?.toSeconds(),
      forceNewDeployment: this.#nonce === undefined ? undefined : { nonce: this.#nonce },
    })
    return putBack(service, this.#kept)
  }

  #deploymentConfiguration(): DeploymentConfiguration {
    const { minHealthyPercent, maxHealthyPercent, steadyAfter, circuitBreaker } = this.#props
    return compact({
      minimumHealthyPercent: minHealthyPercent,
      maximumPercent: maxHealthyPercent,
      steadyAfterSeconds: steadyAfter?.toSeconds(),
      deploymentCircuitBreaker:
        circuitBreaker &&
        compact({
          enable: circuitBreaker.enable ?? true,
          rollback: circuitBreaker.rollback ?? false,
          resetOnHealthyTask: circuitBreaker.resetOnHealthyTask,
          thresholdConfiguration: circuitBreaker.thresholdConfiguration,
        }),
    })
  }

  #validate(): string[] {
    const { desiredCount, minHealthyPercent, maxHealthyPercent, steadyAfter, circuitBreaker } = this.#props
    const constraints = this.#constraints.flatMap(c => c.toJson())
    const inherited = this.taskDefinition.renderTaskDefinition().placementConstraints ?? []
    return [
      ...this.checkSurroundings(),
      ...checkName('serviceName', this.serviceName, 'family'),
      ...checkWhole('desiredCount', desiredCount, 0, 1_000_000),
      ...checkWhole('minHealthyPercent', minHealthyPercent, 0, 100),
      ...checkWhole('maxHealthyPercent', maxHealthyPercent, 100, 1000),
      ...checkWhole('steadyAfter in seconds', steadyAfter?.toSeconds(), 0, 3600),
      ...checkWhole(
        'healthCheckGracePeriod in seconds',
        this.#props.healthCheckGracePeriod?.toSeconds(),
        0,
        2_147_483_647,
      ),
      ...checkWhole(
        'the value of thresholdConfiguration',
        circuitBreaker?.thresholdConfiguration?.value,
        1,
        1_000_000,
      ),
      ...(this.#nonce !== undefined && (this.#nonce === '' || this.#nonce.length > 255)
        ? ['forceNewDeployment needs a nonce of 1 to 255 characters']
        : []),
      ...this.#checkDaemon(),
      ...checkConstraints(constraints),
      ...(constraints.length <= CONSTRAINTS_MAX && constraints.length + inherited.length > CONSTRAINTS_MAX
        ? [`at most ${CONSTRAINTS_MAX} placement constraints, those of the task definition counted`]
        : []),
      ...checkStrategies(this.#strategies.flatMap(s => s.toJson())),
    ]
  }

  /** As aws-cdk-lib, and with the defaults counted. */
  #checkDaemon(): string[] {
    const { daemon = false, desiredCount, minHealthyPercent, maxHealthyPercent } = this.#props
    const minimum = minHealthyPercent ?? (daemon ? 0 : 100)
    const maximum = maxHealthyPercent ?? (daemon ? 100 : 200)
    const errors: string[] = []
    if (daemon && desiredCount !== undefined)
      errors.push('a daemon has no desiredCount: its tasks are one for each instance')
    if (daemon && this.#strategies.length > 0)
      errors.push('a daemon has no placementStrategies: it runs everywhere')
    if (daemon && maximum !== 100) errors.push(`maxHealthyPercent must be 100 for a daemon, not ${maximum}`)
    else if (minimum >= maximum)
      errors.push(
        `minHealthyPercent ${minimum} must be less than maxHealthyPercent ${maximum}: else no task could ever be replaced`,
      )
    return errors
  }
}

function mismatch(pointer: string, theirs: string, ours: string): { pointer: string; message: string }[] {
  return theirs === ours ? [] : [{ pointer, message: `is ${theirs}, and it is given ${ours}` }]
}

import { Construct, type IConstruct } from 'constructs'
import { ContainerInstance, type ContainerInstanceProps } from './container-instance.ts'
import type { Duration } from './duration.ts'
import { CLUSTER_PROPS } from './cluster-shape.ts'
import { fitProps } from './fit.ts'
import { checkName, checkWhole } from './limits.ts'
import { placed } from './placed.ts'

/** How a tag becomes a digest: ECS's ECS_IMAGE_PULL_BEHAVIOR, for the whole cluster. */
export const ImagePullBehavior = {
  /** The registry is asked; where it does not answer what the hosts have is taken, with a warning. */
  DEFAULT: 'default',
  /** The registry must answer. */
  ALWAYS: 'always',
  /** As PREFER_CACHED. */
  ONCE: 'once',
  /** The registry is asked only where no host has an image for the tag. */
  PREFER_CACHED: 'prefer-cached',
} as const
export type ImagePullBehavior = (typeof ImagePullBehavior)[keyof typeof ImagePullBehavior]

export interface ClusterProps {
  /** @default its construct id */
  readonly clusterName?: string
  /** How tags become digests. @default ImagePullBehavior.DEFAULT */
  readonly imagePullBehavior?: ImagePullBehavior
  /** lostAfter of every container instance that has none of its own. @default never, only by `stowage instance lost` */
  readonly lostAfter?: Duration
  /** Which of the images that stowage pulled go again. @default those that the last 3 COMPLETED deployments do not need */
  readonly imageCleanup?: ImageCleanup
}

export interface ImageCleanup {
  /** @default true */
  readonly enabled?: boolean
  /** The images of so many COMPLETED deployments are kept, 1 to 30. @default 3 */
  readonly deployments?: number
}

/** A named group of container instances, and all that is to run on them. Gives one document. */
export class Cluster extends Construct {
  readonly clusterName: string
  readonly imagePullBehavior: ImagePullBehavior | undefined
  /** In seconds. */
  readonly lostAfterSeconds: number | undefined
  readonly imageCleanup: ImageCleanup | undefined

  constructor(scope: Construct, id: string, given: ClusterProps = {}) {
    super(placed(scope, 'cluster', id), id)
    const props = fitProps(this, given, CLUSTER_PROPS)
    this.clusterName = props.clusterName ?? id
    this.imagePullBehavior = props.imagePullBehavior
    this.lostAfterSeconds = props.lostAfter?.toSeconds()
    this.imageCleanup = props.imageCleanup
    this.node.addValidation({
      validate: () => [
        ...checkName('clusterName', this.clusterName, 'cluster'),
        ...checkWhole('imageCleanup.deployments', props.imageCleanup?.deployments, 1, 30),
      ],
    })
  }

  /** The cluster that a construct is in: the nearest one above it. undefined: none. */
  static of(construct: IConstruct): Cluster | undefined {
    return construct.node.scopes.reverse().find(scope => scope instanceof Cluster)
  }

  /** Adds a Docker host under its name. */
  addContainerInstance(name: string, props: ContainerInstanceProps): ContainerInstance {
    return new ContainerInstance(this, name, props)
  }
}

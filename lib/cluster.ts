import { Construct, type IConstruct } from 'constructs'
import { ContainerInstance, type ContainerInstanceProps } from './container-instance.ts'
import { checkKnown } from './known-props.ts'
import { checkName } from './limits.ts'
import { CLUSTER_PROPS } from './prop-names.ts'

export interface ClusterProps {
  /** @default its construct id */
  readonly clusterName?: string
}

/** A named group of container instances, and all that is to run on them. Gives one document. */
export class Cluster extends Construct {
  readonly clusterName: string

  constructor(scope: Construct, id: string, props: ClusterProps = {}) {
    super(scope, id)
    this.clusterName = props.clusterName ?? id
    this.node.addValidation({
      validate: () => [
        ...checkKnown(props, CLUSTER_PROPS),
        ...checkName('clusterName', this.clusterName, 'cluster'),
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

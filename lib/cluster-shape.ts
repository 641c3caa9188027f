import type { ClusterProps, ImageCleanup, ImagePullBehavior } from './cluster.ts'
import type { ContainerInstanceProps, ContainerInstanceStatus } from './container-instance.ts'
import { DURATION } from './container-shape.ts'
import { either, flag, number, props, required, type Shapes, text, textMap, texts, word } from './shape.ts'

export const CLUSTER_PROPS: Shapes<ClusterProps> = {
  clusterName: text,
  imageCleanup: props<ImageCleanup>({ enabled: flag, deployments: number }),
  imagePullBehavior: word<ImagePullBehavior>({
    default: true,
    always: true,
    once: true,
    'prefer-cached': true,
  }),
  lostAfter: DURATION,
}

export const CONTAINER_INSTANCE_PROPS: Shapes<ContainerInstanceProps> = {
  address: required(text),
  attributes: textMap,
  containerInstanceName: text,
  gpus: either(number, texts),
  lostAfter: DURATION,
  status: word<ContainerInstanceStatus>({ ACTIVE: true, DRAINING: true }),
}

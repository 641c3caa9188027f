import { Construct } from 'constructs'
import type { ContainerInstance as ContainerInstanceJson } from '../engine/desired-state/document.generated.ts'
import { CONTAINER_INSTANCE_PROPS } from './cluster-shape.ts'
import { compact, unlessEmpty } from './document.ts'
import type { Duration } from './duration.ts'
import { fitProps } from './fit.ts'
import { checkName, checkWhole, duplicates } from './limits.ts'
import { placed } from './placed.ts'

/** Whether a container instance takes tasks. */
export const ContainerInstanceStatus = {
  /** It takes tasks. */
  ACTIVE: 'ACTIVE',
  /** Nothing is placed on it, and what runs there moves away within the services' percentages. */
  DRAINING: 'DRAINING',
} as const
export type ContainerInstanceStatus = (typeof ContainerInstanceStatus)[keyof typeof ContainerInstanceStatus]

export interface ContainerInstanceProps {
  /** `ssh://[user@]host[:port][/path/of/docker.sock]`, or `unix:///path` for this machine's own Docker. */
  readonly address: string
  /** For placement, as `attribute:NAME`. @default none beyond the built-in ones */
  readonly attributes?: Readonly<Record<string, string>>
  /**
   * How many GPUs tasks may have, or their ids: UUIDs (`nvidia-smi -L`), indexes, or CDI names (`nvidia.com/gpu=0`).
   * @default those that Docker tells of: node-generic-resources, or what it found by CDI
   */
  readonly gpus?: number | readonly string[]
  /** @default ContainerInstanceStatus.ACTIVE */
  readonly status?: ContainerInstanceStatus
  /**
   * Once it has not answered for so long, as the applies of that time saw it, its tasks are replaced; those with local
   * data only by `stowage instance lost`. At least a minute. @default the cluster's
   */
  readonly lostAfter?: Duration
  /** @default its construct id */
  readonly containerInstanceName?: string
}

const GPUS_MAX = 64

/** One Docker host of the cluster that it stands in. */
export class ContainerInstance extends Construct {
  readonly containerInstanceName: string
  readonly #props: ContainerInstanceProps

  constructor(scope: Construct, id: string, props: ContainerInstanceProps) {
    super(placed(scope, 'container instance', id), id)
    this.#props = fitProps(this, props, CONTAINER_INSTANCE_PROPS)
    this.containerInstanceName = this.#props.containerInstanceName ?? id
    this.node.addValidation({ validate: () => this.#validate() })
  }

  /** Its place in the document. */
  renderContainerInstance(): ContainerInstanceJson {
    const { address, attributes = {}, status, lostAfter } = this.#props
    const lostAfterSeconds = lostAfter?.toSeconds()
    const given = { address, attributes: unlessEmpty({ ...attributes }), gpus: this.#gpus() }
    return compact({ ...given, status, lostAfterSeconds })
  }

  /** A number of GPUs as Docker numbers them. */
  #gpus(): string[] | undefined {
    const { gpus } = this.#props
    if (gpus === undefined) return undefined
    return typeof gpus === 'number'
      ? Array.from({ length: Math.min(Math.max(0, Math.trunc(gpus) || 0), GPUS_MAX) }, (_, i) => String(i))
      : [...gpus]
  }

  #validate(): string[] {
    const { gpus } = this.#props
    return [
      ...(typeof gpus === 'number' ? checkWhole('gpus', gpus, 0, GPUS_MAX) : []),
      ...(this.#gpus() ?? []).flatMap(id => checkName('the id of a GPU', id, 'gpu')),
      ...duplicates(this.#gpus() ?? []).map(id => `two GPUs have the id ${id}`),
      ...((this.#gpus()?.length ?? 0) > GPUS_MAX ? [`at most ${GPUS_MAX} GPUs`] : []),
      ...checkName('the name of a container instance', this.containerInstanceName, 'instance'),
      ...Object.entries(this.#props.attributes ?? {}).flatMap(([name, value]) => [
        ...checkName('the name of an attribute', name, 'attribute'),
        ...checkName(`attribute ${name}`, value, 'attributeValue'),
      ]),
    ]
  }
}

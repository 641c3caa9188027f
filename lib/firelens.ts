import type { FirelensConfiguration } from '../engine/desired-state/document.generated.ts'
import { compact, unlessEmpty } from './document.ts'

export const FirelensLogRouterType = { FLUENTBIT: 'fluentbit', FLUENTD: 'fluentd' } as const
export type FirelensLogRouterType = (typeof FirelensLogRouterType)[keyof typeof FirelensLogRouterType]

export interface FirelensOptions {
  /** Whether each message gets ecs_cluster, ecs_task_arn and ecs_task_definition. @default true */
  readonly enableECSLogMetadata?: boolean
  /** The path of a configuration in the router's container, which is included. @default none */
  readonly configFileValue?: string
}

export interface FirelensConfig {
  readonly type: FirelensLogRouterType
  readonly options?: FirelensOptions
}

/** Its place in the document. */
export function renderFirelensConfig({ type, options = {} }: FirelensConfig): FirelensConfiguration {
  const { enableECSLogMetadata: metadata, configFileValue } = options
  return compact({
    type,
    options: unlessEmpty({
      ...(metadata !== undefined && { 'enable-ecs-log-metadata': String(metadata) }),
      ...(configFileValue !== undefined && {
        'config-file-type': 'file',
        'config-file-value': configFileValue,
      }),
    }),
  })
}

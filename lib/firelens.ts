import type { FirelensConfiguration } from '../engine/desired-state/document.generated.ts'
import { compact, unlessEmpty } from './document.ts'

export const FirelensLogRouterType = { FLUENTBIT: 'fluentbit', FLUENTD: 'fluentd' } as const
export type FirelensLogRouterType = (typeof FirelensLogRouterType)[keyof typeof FirelensLogRouterType]

/** Where the included configuration lies. There is no S3 here. */
export const FirelensConfigFileType = { FILE: 'file' } as const
export type FirelensConfigFileType = (typeof FirelensConfigFileType)[keyof typeof FirelensConfigFileType]

export interface FirelensOptions {
  /** Whether each message gets ecs_cluster, ecs_task_arn and ecs_task_definition. @default true */
  readonly enableECSLogMetadata?: boolean
  /** @default FirelensConfigFileType.FILE, where there is a configFileValue */
  readonly configFileType?: FirelensConfigFileType
  /** The path of a configuration in the router's container, which is included. @default none */
  readonly configFileValue?: string
}

export interface FirelensConfig {
  readonly type: FirelensLogRouterType
  readonly options?: FirelensOptions
}

/** Its place in the document. */
export function renderFirelensConfig({ type, options = {} }: FirelensConfig): FirelensConfiguration {
  const { enableECSLogMetadata: metadata, configFileType, configFileValue } = options
  const fileType = configFileType ?? (configFileValue === undefined ? undefined : FirelensConfigFileType.FILE)
  return compact({
    type,
    options: unlessEmpty({
      ...(metadata !== undefined && { 'enable-ecs-log-metadata': String(metadata) }),
      ...(fileType !== undefined && { 'config-file-type': fileType }),
      ...(configFileValue !== undefined && { 'config-file-value': configFileValue }),
    }),
  })
}

import type { ContainerDefinition } from './container-definition.ts'

/** What a container waits for before it is started. */
export const ContainerDependencyCondition = {
  /** The other one has been started. */
  START: 'START',
  /** The other one has ended. */
  COMPLETE: 'COMPLETE',
  /** The other one has ended with exit code 0. */
  SUCCESS: 'SUCCESS',
  /** The other one's health check has passed. */
  HEALTHY: 'HEALTHY',
} as const
export type ContainerDependencyCondition =
  (typeof ContainerDependencyCondition)[keyof typeof ContainerDependencyCondition]

export interface ContainerDependency {
  /** A container of the same task definition. */
  readonly container: ContainerDefinition
  /** @default ContainerDependencyCondition.HEALTHY */
  readonly condition?: ContainerDependencyCondition
}

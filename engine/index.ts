/** The engine for programs: what the CLI is made of. Takes documents; knows nothing of constructs. */
export { applyChange, type ApplyOptions } from './apply-change.ts'
export type { Change } from './change.ts'
export { emptied } from './emptied.ts'
export { type ConnectedCluster, connectCluster } from './connect-cluster.ts'
export type { DesiredState } from './desired-state/desired-state.generated.ts'
export { type DocumentProblem, type ParsedDesiredState, parseDesiredState } from './desired-state/parse.ts'
export { registryAuth } from './docker/registry-auth.ts'
export { ERRORS, type ErrorCode, type Problem, StowageError } from './errors.ts'
export type { Event, Report, TaskFailure } from './events.ts'
export {
  type ImportedTaskDefinition,
  importTaskDefinition,
  type ImportOptions,
} from './import/import-task-definition.ts'
export { thisOwner } from './lock/owner.ts'
export { observe } from './observe/observe.ts'
export type { ObservedState } from './observed-state.ts'
export type { Action, Plan, Step } from './plan.ts'
export { planChange, type PlanOptions } from './plan-change.ts'
export { printPlan } from './print-plan.ts'
export { type ReconcileContext, type Reconciliation, reconcile } from './reconcile/reconcile.ts'
export type { ServiceState } from './reconcile/service-state.ts'
export { type Forecast, forecast, simulate } from './simulate.ts'

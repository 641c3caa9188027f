import type { ResolvedSecrets } from './apply/resolved-secrets.ts'
import type { DesiredState } from './desired-state/desired-state.generated.ts'
import type { Problem } from './errors.ts'
import type { PinnedImages } from './image.ts'
import type { Ledger, Marks } from './ledger/record.ts'
import type { ObservedState } from './observed-state.ts'
import type { ReconcileContext } from './reconcile/reconcile.ts'
import type { Forecast } from './simulate.ts'

/** What an apply would do: made by diff to be shown, and by apply to be confirmed. */
export interface Change {
  readonly desired: DesiredState
  readonly observed: ObservedState
  readonly images: PinnedImages
  readonly forecast: Forecast
  /** What stands in the way now: nothing is applied while there are any. */
  readonly problems: readonly Problem[]
  readonly warnings: readonly Problem[]
  /** The number of Docker calls; 0: there is nothing to do. */
  readonly steps: number
  /** Container instances with the lock of a run that is known to have died. */
  readonly deadLocks: readonly string[]
  /** Keeps the values to itself. */
  readonly secrets: ResolvedSecrets
  readonly formerDependencies?: ReconcileContext['formerDependencies']
  readonly leavesOneOffs?: ReconcileContext['leavesOneOffs']
  /** The images that stay beside those that run; absent: all of them. */
  readonly keepImages?: ReconcileContext['keepImages']
  /** What is known of earlier deployments. */
  readonly ledger: Ledger
  /** What was said and seen of container instances before, and what is said with this change. */
  readonly marks: Marks
  /** ms since 1970: by which the document's times ran out, or did not. */
  readonly now: number | undefined
  /** The ledger has to be written, or removed, also where there is nothing else to do. */
  readonly upkeep: boolean
}

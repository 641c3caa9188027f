import type { DesiredState } from '../desired-state/desired-state.generated.ts'
import { type Problem, problem } from '../errors.ts'
import type { PinnedImages } from '../image.ts'
import type { ServiceHistory } from '../ledger/query.ts'
import type { ObservedState } from '../observed-state.ts'
import type { Marks } from '../ledger/record.ts'
import type { Plan } from '../plan.ts'
import { cleanUpImages } from './clean-up.ts'
import { reconcileDaemon } from './daemon.ts'
import { removeLeftovers } from './leftovers.ts'
import { reconcileOneOff } from './one-off.ts'
import { inOrder } from './order.ts'
import { lostWarnings } from './lost.ts'
import { reconcileReplica } from './replica.ts'
import type { ServiceState } from './service-state.ts'
import type { Fingerprints } from '../secrets/fingerprints.ts'
import { createWorld, type World } from './world.ts'

export interface ReconcileContext {
  /** Which run of apply asks. It goes into the labels of what is created; failures are counted for it. '' in a diff. */
  readonly deployment: string
  /** Image references of the document by what they resolve to, as far as they were resolved. */
  readonly images: PinnedImages
  /** Services whose deployment this run has given up: they go back to their last COMPLETED revision. */
  readonly failed: ReadonlySet<string>
  /** Services that did not fail, and go back along with one that did. Default: none. */
  readonly undone?: ReadonlySet<string>
  /** What is known of earlier deployments, by service. Default: nothing, and what runs counts. */
  readonly history?: ReadonlyMap<string, ServiceHistory>
  /** Services whose old revision could not be made anew in this run: it is not tried again. Default: none. */
  readonly unkept?: ReadonlySet<string>
  /**
   * How many of each service were in service when this run first looked. What failed before is not made anew at its old
   * revision, nor what the run itself has stopped. Default: no bound.
   */
  readonly inServiceAtFirst?: Readonly<Record<string, number>>
  /** A plan that was reviewed is carried out: nothing is made anew of an old revision. Default: false. */
  readonly asReviewed?: boolean
  /** Remove the cluster's shared volumes that are in no task definition. Default: they are kept, and told of. */
  readonly removeVolumes?: boolean
  /**
   * Images that going back may need: of those that this cluster pulled all others are removed, once nothing else is to
   * be done. Default: none is removed.
   */
  readonly keepImages?: ReadonlySet<string>
  /** Of services that are in the document no more, what each waited for: they stop before that does. Default: no order. */
  readonly formerDependencies?: Readonly<Record<string, readonly string[]>>
  /**
   * Tasks that run once and are not in the document are left as they are, running or ended: going back by hand neither
   * stops them nor forgets that they have run. Default: they go, as all does that is not in the document.
   */
  readonly leavesOneOffs?: boolean
  /** What persons said of container instances, and since when which do not answer. Default: nothing. */
  readonly marks?: Marks
  /** ms since 1970, by the engine's clock: for what the document gives a time. Default: no time runs out. */
  readonly now?: number
  /** What the secrets are now. Default: not known, and what runs counts as having them. */
  readonly fingerprints?: Fingerprints
}

/** What is to be done now, and how things stand. Data only. */
export interface Reconciliation {
  /** The next wave: all that may be done at once without leaving the bounds. */
  readonly plan: Plan
  /** By name. */
  readonly services: readonly ServiceState[]
  /** What stands in the way: placements that cannot be met, names that are taken. */
  readonly problems: readonly Problem[]
  readonly warnings: readonly Problem[]
  /** References that must be resolved before their tasks can be planned; then reconcile again. */
  readonly unresolved: readonly string[]
  /**
   * The images of the revisions that services are to run, by pinKey. Whoever reconciles again hands them in again:
   * a revision keeps its images also when the last task that showed them is gone.
   */
  readonly pins: PinnedImages
  /** Something is on its way without our doing (a health check, a steady window): look again. */
  readonly waiting: boolean
  /** All is as the document says and healthy. */
  readonly converged: boolean
}

/** Compares what is to be with what is. The only place where it is decided what happens. */
export function reconcile(
  desired: DesiredState,
  observed: ObservedState,
  context: ReconcileContext,
): Reconciliation {
  const world = createWorld(desired, observed, context)
  const names = Object.keys(desired.services).sort()
  const isDaemon = new Set(names.filter(name => desired.services[name]?.schedulingStrategy === 'DAEMON'))
  const dependsOn = (n: string) => (desired.tasks[n] ?? desired.services[n])?.dependsOn ?? []
  // a name counts where it comes first
  for (const name of inOrder([...isDaemon, ...Object.keys(desired.tasks).sort(), ...names], dependsOn)) {
    const decide = desired.tasks[name]
      ? reconcileOneOff
      : isDaemon.has(name)
        ? reconcileDaemon
        : reconcileReplica
    world.states.set(name, decide(world, name))
  }
  const services = [...world.states.values()].sort((a, b) => (a.service < b.service ? -1 : 1))
  removeLeftovers(world)
  const problems = [...world.problems, ...services.flatMap(s => s.problem ?? [])]
  const settled =
    world.steps.length === 0 &&
    problems.length === 0 &&
    world.unresolved.size === 0 &&
    services.every(s => s.rollout === 'COMPLETED')
  if (settled && context.keepImages) cleanUpImages(world, context.keepImages)
  const plan = world.steps.plan()
  return {
    plan,
    services,
    problems,
    warnings: [...unreachable(world), ...lostWarnings(world), ...world.warnings],
    unresolved: [...world.unresolved].sort(),
    pins: world.pins,
    waiting: services.some(s => s.pending > 0 || s.retries),
    converged: settled && plan.steps.length === 0,
  }
}

/** What is taken for gone is told of as that alone. */
function unreachable({ observed, lost }: World): Problem[] {
  return Object.values(observed.instances)
    .flatMap(i =>
      i.reachable || lost.has(i.name)
        ? []
        : [problem(i.problem.code, i.problem.message, { ...i.problem, instance: i.name })],
    )
    .sort((a, b) => ((a.instance ?? '') < (b.instance ?? '') ? -1 : 1))
}

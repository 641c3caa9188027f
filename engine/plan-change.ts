import type { ActContext } from './apply/act.ts'
import type { SourceOptions } from './apply/read-source.ts'
import { seenOf } from './apply/remember.ts'
import { resolveImages } from './apply/resolve-images.ts'
import { ResolvedSecrets } from './apply/resolved-secrets.ts'
import { missingReturnImages } from './apply/return-images.ts'
import type { Change } from './change.ts'
import type { ConnectedCluster } from './connect-cluster.ts'
import type { DesiredState } from './desired-state/desired-state.generated.ts'
import type { Problem } from './errors.ts'
import { type FormerInstance, formerInstances } from './former-instances.ts'
import type { PinnedImages } from './image.ts'
import { isRecorded } from './ledger/compose.ts'
import { keptImages } from './ledger/kept-images.ts'
import { historyOf } from './ledger/query.ts'
import type { Said } from './ledger/record.ts'
import { LedgerStore } from './ledger/store.ts'
import { deadLocksOf } from './lock/lock-container.ts'
import { marksWith, type Word } from './marks.ts'
import { observe } from './observe/observe.ts'
import { refuseOneHostTwice } from './observe/one-host-twice.ts'
import type { ObservedState } from './observed-state.ts'
import { type ReconcileContext, reconcile } from './reconcile/reconcile.ts'
import { type Forecast, forecast } from './simulate.ts'

export interface PlanOptions {
  readonly registryAuth: ActContext['registryAuth']
  readonly removeVolumes?: boolean
  /** What the images are by a plan that was reviewed: they are not looked up again. Default: none is known. */
  readonly images?: PinnedImages
  /** Whether what stowage itself keeps on the hosts is to go as well. For destroy. */
  readonly leaveNothing?: boolean
  /** What is said of a container instance with this change. Default: nothing. */
  readonly word?: Word
  /** Who says it, and when. Default: nobody who has a name. */
  readonly said?: Said
  /** Looks at instances that are in the document no more. Default: nobody does. */
  readonly lookAtFormer?: (former: readonly FormerInstance[]) => Promise<Problem[]>
  /** ms since 1970, by which times in the document run out. Default: none runs out. */
  readonly now?: number
  /** What there is to know of the document itself; comes before all else. Default: none. */
  readonly warnings?: readonly Problem[]
  readonly formerDependencies?: ReconcileContext['formerDependencies']
  /** Tasks that run once and are not in the document stay as they are. For going back by hand. Default: they go. */
  readonly leavesOneOffs?: boolean
  /** What the document's secrets are read with. Default: this process's folder and environment. */
  readonly sources?: SourceOptions
  /** What it is that a secret cannot be read. `warning`: it is taken to be as it was. Default: problem. */
  readonly unavailableSecrets?: 'problem' | 'warning'
}

/** Reads the secrets, observes the hosts, resolves the images that are needed, and plans every wave. Changes nothing. */
export async function planChange(
  desired: DesiredState,
  cluster: ConnectedCluster,
  options: PlanOptions,
): Promise<Change> {
  const secrets = await ResolvedSecrets.resolve(desired, options.sources ?? sourcesOfThisProcess())
  const [{ instances }, store] = await Promise.all([
    observe(desired.cluster, cluster.hosts.values()),
    LedgerStore.read(desired.cluster, cluster.hosts.values()),
  ])
  const observed = { instances: { ...cluster.skipped, ...instances } }
  refuseOneHostTwice(observed)
  const fingerprints = await secrets.fingerprints(observed)
  const { formerDependencies, leavesOneOffs, now } = options
  const seen = seenOf(cluster)
  const { marks, isNews } = marksWith(store.ledger.marks, seen, options.word, options.said ?? NOBODY)
  const keepImages = options.leaveNothing ? new Set<string>() : keptImages(desired, store)
  const cleanUp = keepImages ? { keepImages } : {}
  const history = historyOf(store.ledger)
  const blank = {
    deployment: '',
    marks,
    ...(now !== undefined && { now }),
    images: options.images ?? {},
    failed: new Set<string>(),
    history,
    ...(formerDependencies && { formerDependencies }),
    ...(leavesOneOffs && { leavesOneOffs }),
    ...(fingerprints && { fingerprints }),
  }
  const { unresolved } = reconcile(desired, observed, blank)
  const login = secrets.registryAuth(options.registryAuth)
  const registry = { hosts: cluster.hosts, registryAuth: login, behavior: desired.imagePullBehavior }
  const resolved = await resolveImages(unresolved, observed, registry)
  const plan = forecast(desired, observed, {
    ...blank,
    images: { ...blank.images, ...resolved.images },
    ...(options.removeVolumes && { removeVolumes: options.removeVolumes }),
    ...cleanUp,
  })
  const steps = plan.waves.reduce((sum, wave) => sum + wave.plan.steps.length, 0)
  const past = { services: plan.now.services, history }
  const tolerant = options.unavailableSecrets === 'warning'
  return {
    desired,
    observed,
    images: { ...blank.images, ...resolved.images, ...plan.now.pins },
    forecast: plan,
    problems: [...(tolerant ? [] : secrets.problems), ...resolved.problems, ...plan.end.problems],
    warnings: [
      ...(options.warnings ?? []),
      ...(tolerant ? secrets.problems.map(p => unread(p, observed)) : []),
      ...resolved.warnings,
      ...warningsOf(plan),
      ...(await missingReturnImages(desired, observed, past, registry)),
      ...((await options.lookAtFormer?.(formerInstances(store.ledger, desired))) ?? []),
      ...store.problems,
    ],
    steps,
    deadLocks: deadLocksOf(observed),
    secrets,
    ...(formerDependencies && { formerDependencies }),
    ...(leavesOneOffs && { leavesOneOffs }),
    ...cleanUp,
    ledger: store.ledger,
    marks,
    now,
    upkeep: options.leaveNothing
      ? store.isThere
      : steps === 0 && plan.now.converged && (isNews || !isRecorded(store.ledger, desired)),
  }
}

/** Of what nobody says it is not asked who speaks. */
const NOBODY = { time: '', who: '' }

function sourcesOfThisProcess(): SourceOptions {
  return { folder: process.cwd(), env: process.env }
}

/** That it is as it was can be said only where something has secrets already. */
function unread(found: Problem, { instances }: ObservedState): Problem {
  const hasSecrets = Object.values(instances).some(
    i => i.reachable && i.containers.some(c => c.identity.secrets !== undefined),
  )
  const what = hasSecrets ? 'it is taken to be as it was' : 'apply needs it'
  return { ...found, message: `${found.message}; ${what}` }
}

function warningsOf({ waves }: Forecast): Problem[] {
  const all = waves.flatMap(w => w.warnings)
  return all.filter((w, i) => all.findIndex(v => v.message === w.message) === i)
}

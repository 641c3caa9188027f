import type { DesiredState } from './desired-state/desired-state.generated.ts'
import { converge, type ConvergeContext } from './apply/converge.ts'
import type { ActContext } from './apply/act.ts'
import type { SourceOptions } from './apply/read-source.ts'
import { redactEvent, redactReport } from './apply/redact.ts'
import { resolveImages } from './apply/resolve-images.ts'
import { missingReturnImages } from './apply/return-images.ts'
import { ResolvedSecrets } from './apply/resolved-secrets.ts'
import type { ConnectedCluster } from './connect-cluster.ts'
import { type Problem, toProblem } from './errors.ts'
import type { Emit, Report } from './events.ts'
import { type FormerInstance, formerInstances } from './former-instances.ts'
import type { PinnedImages } from './image.ts'
import { type Beginning, isRecorded } from './ledger/compose.ts'
import { Journal } from './ledger/journal.ts'
import { keptImages } from './ledger/kept-images.ts'
import { historyOf } from './ledger/query.ts'
import type { Commit, Ledger, Marks } from './ledger/record.ts'
import { LedgerStore, removeLedger } from './ledger/store.ts'
import type { LockOptions } from './lock/lock.ts'
import { Locks } from './lock/locks.ts'
import { deadLocksOf } from './lock/lock-container.ts'
import type { LockOwner } from './lock/owner.ts'
import { marksOfLook, marksOfSteady, marksOfWord, marksWith, type Word } from './marks.ts'
import { removeImages } from './apply/own-images.ts'
import { saidBy, seenOf } from './apply/remember.ts'
import { observe } from './observe/observe.ts'
import { refuseOneHostTwice } from './observe/one-host-twice.ts'
import type { ObservedState } from './observed-state.ts'
import { isFetch } from './plan.ts'
import { type ReconcileContext, reconcile } from './reconcile/reconcile.ts'
import { Review } from './saved-plan/review.ts'
import { type Forecast, forecast } from './simulate.ts'

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

export interface PlanOptions {
  readonly registryAuth: ActContext['registryAuth']
  readonly removeVolumes?: boolean
  /** What the images are by a plan that was reviewed: they are not looked up again. Default: none is known. */
  readonly images?: PinnedImages
  /** Whether what stowage itself keeps on the hosts is to go as well. For destroy. */
  readonly leaveNothing?: boolean
  /** What is said of a container instance with this change. Default: nothing. */
  readonly word?: Word
  /** Looks at instances that are in the document no more. Default: nobody does. */
  readonly lookAtFormer?: (former: readonly FormerInstance[]) => Promise<Problem[]>
  /** ms since 1970, by which times in the document run out. Default: none runs out. */
  readonly now?: number
  /** What there is to know of the document itself; comes before all else. Default: none. */
  readonly warnings?: readonly Problem[]
  readonly formerDependencies?: ReconcileContext['formerDependencies']
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
  const { formerDependencies } = options
  const { now } = options
  const seen = seenOf(cluster)
  const { marks, isNews } = marksWith(store.ledger.marks, seen, options.word, NOBODY)
  const keepImages = options.leaveNothing ? new Set<string>() : keptImages(desired, store)
  const cleanUp = keepImages ? { keepImages } : {}
  const blank = {
    deployment: '',
    marks,
    ...(now !== undefined && { now }),
    images: options.images ?? {},
    failed: new Set<string>(),
    ...(formerDependencies && { formerDependencies }),
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
  const past = { services: plan.now.services, history: historyOf(store.ledger) }
  const tolerant = options.unavailableSecrets === 'warning'
  return {
    desired,
    observed,
    images: { ...blank.images, ...resolved.images, ...plan.now.pins },
    forecast: plan,
    problems: [...(tolerant ? [] : secrets.problems), ...resolved.problems, ...plan.end.problems],
    warnings: [
      ...(options.warnings ?? []),
      ...(tolerant ? secrets.problems.map(takenAsItWas) : []),
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
    ...cleanUp,
    ledger: store.ledger,
    marks,
    now,
    upkeep: options.leaveNothing
      ? store.isThere
      : steps === 0 && plan.now.converged && (isNews || !isRecorded(store.ledger, desired)),
  }
}

export interface ApplyOptions {
  readonly registryAuth: ActContext['registryAuth']
  /** Names this run in the labels of all that it creates; unique. */
  readonly deployment: string
  readonly owner: LockOwner
  readonly emit: Emit
  readonly signal: AbortSignal
  readonly wait: boolean
  /** ms without a step after which it is given up. */
  readonly patienceMs: number
  /** How long to wait for another's locks, and when one counts as a dead owner's; in ms. Defaults: LockOptions'. */
  readonly lockWaitMs?: number
  readonly lockStaleMs?: number
  readonly lockHeartbeatMs?: number
  readonly lockClock?: LockOptions['clock']
  /** How often a world that moves by itself is looked at, in ms. Default: 500. */
  readonly lookMs?: number
  readonly removeVolumes?: boolean
  /** Whether nothing may be done beyond the change as it was planned. Default: what there is to do is done. */
  readonly asReviewed?: boolean
  /** At a steady end also remove what stowage itself keeps on the hosts. For destroy. */
  readonly leaveNothing?: boolean
  /** What is said of a container instance with this change. Default: nothing. */
  readonly word?: Word
  /** Of the document's folder. Default: none is known. */
  readonly commit?: Commit
  /** The deployment that this one goes back to. Default: none. */
  readonly returnsTo?: string
  /** What goes back where a deployment fails whose circuit breaker says so. Default: deployment. */
  readonly rollback?: ConvergeContext['rollback']
}

/** Makes it so: takes the lock of every host, converges, releases. What was planned before is planned again under the lock. */
export async function applyChange(
  change: Change,
  cluster: ConnectedCluster,
  options: ApplyOptions,
): Promise<Report> {
  const { desired, images, secrets } = change
  const { signal, deployment } = options
  let leftNothing = false
  const emit: Emit = event => options.emit(redactEvent(event, secrets))
  emit({
    event: 'apply-started',
    cluster: desired.cluster,
    deployment,
    instances: [...cluster.hosts.keys()].sort(),
  })
  const locks = await Locks.acquire(cluster.hosts.values(), {
    cluster: desired.cluster,
    owner: options.owner,
    emit,
    signal,
    waitMs: options.lockWaitMs,
    staleMs: options.lockStaleMs,
    heartbeatMs: options.lockHeartbeatMs,
    clock: options.lockClock,
  })
  try {
    const hosts = guarded(cluster.hosts, locks)
    const journal = await Journal.begin([...hosts.values()], beginningOf(change, options), emit)
    const said = saidBy(options.owner)
    const seen = seenOf(cluster)
    const { word } = options
    if (word) await journal.mark(before => marksOfWord(before, word, said))
    // what is known now holds for the whole run: also of one that was lost until now
    const { marks } = journal.ledger
    await journal.mark(before => marksOfLook(before, seen, said))
    // what others COMPLETED while this one waited for its locks is needed too
    const keepImages =
      options.leaveNothing || !change.keepImages ? change.keepImages : keptImages(desired, journal)
    const report = await journaled(journal, secrets, {
      desired,
      images,
      deployment,
      emit,
      signal,
      cluster: desired.cluster,
      hosts,
      skipped: cluster.skipped,
      registryAuth: secrets.registryAuth(options.registryAuth),
      secrets,
      wait: options.wait,
      patienceMs: options.patienceMs,
      lookMs: options.lookMs,
      mayAct: instance => locks.confirm(instance),
      ...(options.asReviewed && { review: new Review(change.forecast) }),
      history: historyOf(journal.ledger),
      marks,
      ...(change.now !== undefined && { now: change.now }),
      ...(options.rollback && { rollback: options.rollback }),
      ...(options.removeVolumes && { removeVolumes: options.removeVolumes }),
      ...(change.formerDependencies && { formerDependencies: change.formerDependencies }),
      ...(keepImages && { keepImages }),
    })
    if (report.outcome === 'steady') await journal.mark(before => marksOfSteady(before, seen, said))
    if (options.leaveNothing && report.outcome === 'steady') {
      leftNothing = true
      await Promise.all([...hosts.values()].map(host => removeLedger(host, desired.cluster)))
    }
    return report
  } finally {
    await locks.release()
    if (leftNothing) await removeImages(cluster)
  }
}

/** Converges, and writes down how it ended, whatever the end is. */
async function journaled(
  journal: Journal,
  secrets: ResolvedSecrets,
  context: ConvergeContext,
): Promise<Report> {
  const end = async (report: Report) => {
    await journal.end(redactReport(report, secrets), new Date())
  }
  try {
    const report = await converge(context)
    await end(report)
    return redactReport(report, secrets)
  } catch (error) {
    await end({ outcome: 'failed', services: [], failures: [], problems: [toProblem(error)], done: 0 })
    throw error
  }
}

function beginningOf({ desired, observed, forecast }: Change, options: ApplyOptions): Beginning {
  const { deployment: id, owner, commit, returnsTo } = options
  const steps = forecast.waves.flatMap(w => w.plan.steps)
  return {
    id,
    who: owner.who,
    command: owner.command,
    started: owner.since,
    ...(commit && { commit }),
    ...(returnsTo !== undefined && { returnsTo }),
    desired,
    observed,
    services: forecast.now.services,
    changed: new Set(steps.flatMap(s => (isFetch(s.action) ? [] : (s.service ?? [])))),
  }
}

/** The hosts, so that each change is held against the lock at the moment at which it is sent, however long it had to wait. */
function guarded(hosts: ConnectedCluster['hosts'], locks: Locks): ConnectedCluster['hosts'] {
  return new Map([...hosts].map(([name, host]) => [name, host.guarded(() => locks.check(name))]))
}

/** For a plan it is not asked who speaks. */
const NOBODY = { time: '', who: '' }

function sourcesOfThisProcess(): SourceOptions {
  return { folder: process.cwd(), env: process.env }
}

function takenAsItWas(unread: Problem): Problem {
  return { ...unread, message: `${unread.message}; it is taken to be as it was` }
}

function warningsOf({ waves }: Forecast): Problem[] {
  const all = waves.flatMap(w => w.warnings)
  return all.filter((w, i) => all.findIndex(v => v.message === w.message) === i)
}

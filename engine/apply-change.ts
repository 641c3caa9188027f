import type { ActContext } from './apply/act.ts'
import { converge, type ConvergeContext } from './apply/converge.ts'
import { removeImages } from './apply/own-images.ts'
import { redactEvent, redactReport } from './apply/redact.ts'
import { saidBy, seenOf } from './apply/remember.ts'
import type { ResolvedSecrets } from './apply/resolved-secrets.ts'
import type { Change } from './change.ts'
import type { ConnectedCluster } from './connect-cluster.ts'
import { toProblem } from './errors.ts'
import type { Emit, Report } from './events.ts'
import type { Beginning } from './ledger/compose.ts'
import { Journal } from './ledger/journal.ts'
import { keptImages } from './ledger/kept-images.ts'
import { historyOf } from './ledger/query.ts'
import type { Commit } from './ledger/record.ts'
import { removeLedger } from './ledger/store.ts'
import type { LockOptions } from './lock/lock.ts'
import { Locks } from './lock/locks.ts'
import type { LockOwner } from './lock/owner.ts'
import { marksOfLook, marksOfSteady, marksOfWord, type Word } from './marks.ts'
import { isFetch } from './plan.ts'
import { Review } from './saved-plan/review.ts'

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
  /** The digest of the saved plan that is carried out. Default: there is none. */
  readonly plan?: string
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
      ...(change.leavesOneOffs && { leavesOneOffs: true }),
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

function beginningOf(
  { desired, observed, forecast, leavesOneOffs }: Change,
  options: ApplyOptions,
): Beginning {
  const { deployment: id, owner, commit, returnsTo, plan } = options
  const steps = forecast.waves.flatMap(w => w.plan.steps)
  return {
    id,
    who: owner.who,
    command: owner.command,
    started: owner.since,
    ...(commit && { commit }),
    ...(returnsTo !== undefined && { returnsTo }),
    ...(plan !== undefined && { plan }),
    desired,
    observed,
    ...(leavesOneOffs && { leavesOneOffs }),
    services: forecast.now.services,
    changed: new Set(steps.flatMap(s => (isFetch(s.action) ? [] : (s.service ?? [])))),
  }
}

/** The hosts, so that each change is held against the lock at the moment at which it is sent, however long it had to wait. */
function guarded(hosts: ConnectedCluster['hosts'], locks: Locks): ConnectedCluster['hosts'] {
  return new Map([...hosts].map(([name, host]) => [name, host.guarded(() => locks.check(name))]))
}

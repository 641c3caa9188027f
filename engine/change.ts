import type { DesiredState } from './desired-state/desired-state.generated.ts'
import { converge } from './apply/converge.ts'
import type { ActContext } from './apply/act.ts'
import type { SourceOptions } from './apply/read-source.ts'
import { redactEvent, redactReport } from './apply/redact.ts'
import { resolveImages } from './apply/resolve-images.ts'
import { ResolvedSecrets } from './apply/resolved-secrets.ts'
import type { ConnectedCluster } from './connect-cluster.ts'
import type { DockerHost } from './docker/docker-host.ts'
import { removeEmptyImage } from './docker/empty-image.ts'
import { type Problem, StowageError } from './errors.ts'
import type { Emit, Report } from './events.ts'
import type { PinnedImages } from './image.ts'
import type { LockOptions } from './lock/lock.ts'
import { Locks } from './lock/locks.ts'
import { hasDied, type LockOwner, readOwner } from './lock/owner.ts'
import { observe } from './observe/observe.ts'
import type { ObservedState } from './observed-state.ts'
import { PAUSE_IMAGE } from './pause/image.ts'
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
}

export interface PlanOptions {
  readonly registryAuth: ActContext['registryAuth']
  readonly removeVolumes?: boolean
  /** What the images are by a plan that was reviewed: they are not looked up again. Default: none is known. */
  readonly images?: PinnedImages
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
  const { instances } = await observe(desired.cluster, cluster.hosts.values())
  const observed = { instances: { ...cluster.skipped, ...instances } }
  refuseOneHostTwice(observed)
  const fingerprints = await secrets.fingerprints(observed)
  const { formerDependencies } = options
  const blank = {
    deployment: '',
    images: options.images ?? {},
    failed: new Set<string>(),
    ...(formerDependencies && { formerDependencies }),
    ...(fingerprints && { fingerprints }),
  }
  const { unresolved } = reconcile(desired, observed, blank)
  const login = secrets.registryAuth(options.registryAuth)
  const resolved = await resolveImages(unresolved, observed, {
    hosts: cluster.hosts,
    registryAuth: login,
    behavior: desired.imagePullBehavior,
  })
  const plan = forecast(desired, observed, {
    ...blank,
    images: { ...blank.images, ...resolved.images },
    ...(options.removeVolumes && { removeVolumes: options.removeVolumes }),
  })
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
    ],
    steps: plan.waves.reduce((sum, wave) => sum + wave.plan.steps.length, 0),
    deadLocks: deadLocksOf(observed),
    secrets,
    ...(formerDependencies && { formerDependencies }),
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
  /** Also remove what stowage itself keeps on the hosts. For destroy. */
  readonly removeLockImage?: boolean
}

/** Makes it so: takes the lock of every host, converges, releases. What was planned before is planned again under the lock. */
export async function applyChange(
  change: Change,
  cluster: ConnectedCluster,
  options: ApplyOptions,
): Promise<Report> {
  const { desired, images, secrets } = change
  const { signal, deployment } = options
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
    const report = await converge({
      desired,
      images,
      deployment,
      emit,
      signal,
      cluster: desired.cluster,
      hosts: guarded(cluster.hosts, locks),
      skipped: cluster.skipped,
      registryAuth: secrets.registryAuth(options.registryAuth),
      secrets,
      wait: options.wait,
      patienceMs: options.patienceMs,
      lookMs: options.lookMs,
      mayAct: instance => locks.confirm(instance),
      ...(options.asReviewed && { review: new Review(change.forecast) }),
      ...(options.removeVolumes && { removeVolumes: options.removeVolumes }),
      ...(change.formerDependencies && { formerDependencies: change.formerDependencies }),
    })
    return redactReport(report, secrets)
  } finally {
    await locks.release()
    if (options.removeLockImage)
      await Promise.all([...cluster.hosts.values()].flatMap(h => [removeEmptyImage(h), removePauseImage(h)]))
  }
}

/** The hosts, so that each change is held against the lock at the moment at which it is sent, however long it had to wait. */
function guarded(hosts: ConnectedCluster['hosts'], locks: Locks): ConnectedCluster['hosts'] {
  return new Map([...hosts].map(([name, host]) => [name, host.guarded(() => locks.check(name))]))
}

/** What each service and task of a document waits for. */
export function dependenciesOf({
  services,
  tasks,
}: DesiredState): Readonly<Record<string, readonly string[]>> {
  return Object.fromEntries(
    Object.entries({ ...tasks, ...services }).map(([name, { dependsOn }]) => [name, dependsOn]),
  )
}

/** The document with everything gone but the hosts: what `destroy` converges to. */
export function emptied(desired: DesiredState): DesiredState {
  return { ...desired, services: {}, tasks: {}, taskDefinitions: {} }
}

/** Every task of such a host would be counted twice. @throws INSTANCE_TWICE */
function refuseOneHostTwice({ instances }: ObservedState): void {
  const names = new Map<string, string>()
  for (const name of Object.keys(instances).sort()) {
    const instance = instances[name]
    if (!instance?.reachable || instance.bridge === undefined) continue
    const other = names.get(instance.bridge)
    if (other !== undefined)
      throw new StowageError(
        'INSTANCE_TWICE',
        `${other} and ${name} are the same Docker host; nothing was changed`,
      )
    names.set(instance.bridge, name)
  }
}

function sourcesOfThisProcess(): SourceOptions {
  return { folder: process.cwd(), env: process.env }
}

function takenAsItWas(unread: Problem): Problem {
  return { ...unread, message: `${unread.message}; it is taken to be as it was` }
}

/** Where no task of another cluster has it. */
async function removePauseImage(host: DockerHost): Promise<void> {
  await host.removeImage(PAUSE_IMAGE).catch(() => {})
}

function deadLocksOf({ instances }: ObservedState): string[] {
  const left = Object.values(instances).filter(
    i => i.reachable && i.lock !== undefined && hasDied(readOwner(i.lock)),
  )
  return left.map(i => i.name).sort()
}

function warningsOf({ waves }: Forecast): Problem[] {
  const all = waves.flatMap(w => w.warnings)
  return all.filter((w, i) => all.findIndex(v => v.message === w.message) === i)
}

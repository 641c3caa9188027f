import type { DesiredState } from './desired-state/desired-state.generated.ts'
import { converge } from './apply/converge.ts'
import type { ActContext } from './apply/act.ts'
import { resolveImages } from './apply/resolve-images.ts'
import type { ConnectedCluster } from './connect-cluster.ts'
import type { DockerHost } from './docker/docker-host.ts'
import type { Problem } from './errors.ts'
import type { Emit, Report } from './events.ts'
import type { PinnedImages } from './image.ts'
import { removeLockImage } from './lock/lock.ts'
import { Locks } from './lock/locks.ts'
import { hasDied, type LockOwner, readOwner } from './lock/owner.ts'
import { observe } from './observe/observe.ts'
import type { ObservedState } from './observed-state.ts'
import { PAUSE_IMAGE } from './pause/image.ts'
import { reconcile } from './reconcile/reconcile.ts'
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
}

/** Observes the hosts, resolves the images that are needed, and plans every wave. Changes nothing. */
export async function planChange(
  desired: DesiredState,
  cluster: ConnectedCluster,
  options: { readonly registryAuth: ActContext['registryAuth']; readonly removeVolumes?: boolean },
): Promise<Change> {
  const { instances } = await observe(desired.cluster, cluster.hosts.values())
  const observed = { instances: { ...cluster.skipped, ...instances } }
  const blank = { deployment: '', images: {}, failed: new Set<string>() }
  const { unresolved } = reconcile(desired, observed, blank)
  const resolved = await resolveImages(unresolved, observed, cluster.hosts, options.registryAuth)
  const plan = forecast(desired, observed, {
    ...blank,
    images: resolved.images,
    ...(options.removeVolumes && { removeVolumes: options.removeVolumes }),
  })
  return {
    desired,
    observed,
    images: { ...resolved.images, ...plan.now.pins },
    forecast: plan,
    problems: [...resolved.problems, ...plan.end.problems],
    warnings: [...resolved.warnings, ...warningsOf(plan)],
    steps: plan.waves.reduce((sum, wave) => sum + wave.plan.steps.length, 0),
    deadLocks: deadLocksOf(observed),
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
  /** How often a world that moves by itself is looked at, in ms. Default: 500. */
  readonly lookMs?: number
  readonly removeVolumes?: boolean
  /** Also remove what stowage itself keeps on the hosts. For destroy. */
  readonly removeLockImage?: boolean
}

/** Makes it so: takes the lock of every host, converges, releases. What was planned before is planned again under the lock. */
export async function applyChange(
  change: Change,
  cluster: ConnectedCluster,
  options: ApplyOptions,
): Promise<Report> {
  const { desired, images } = change
  const { emit, signal, deployment } = options
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
  })
  try {
    return await converge({
      desired,
      images,
      deployment,
      emit,
      signal,
      cluster: desired.cluster,
      hosts: cluster.hosts,
      skipped: cluster.skipped,
      registryAuth: options.registryAuth,
      wait: options.wait,
      patienceMs: options.patienceMs,
      lookMs: options.lookMs,
      mayAct: instance => locks.check(instance),
      ...(options.removeVolumes && { removeVolumes: options.removeVolumes }),
    })
  } finally {
    await locks.release()
    if (options.removeLockImage)
      await Promise.all([...cluster.hosts.values()].flatMap(h => [removeLockImage(h), removePauseImage(h)]))
  }
}

/** The document with everything gone but the hosts: what `destroy` converges to. */
export function emptied(desired: DesiredState): DesiredState {
  return { ...desired, services: {}, taskDefinitions: {} }
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

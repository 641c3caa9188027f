import { setTimeout as sleep } from 'node:timers/promises'
import type { DesiredState } from '../desired-state/desired-state.generated.ts'
import type { Problem } from '../errors.ts'
import type { Report, TaskFailure } from '../events.ts'
import { observe } from '../observe/observe.ts'
import type { PinnedImages } from '../image.ts'
import type { Review } from '../saved-plan/review.ts'
import type { ObservedState } from '../observed-state.ts'
import { isCleanUp, isFetch, type Plan } from '../plan.ts'
import { type ReconcileContext, type Reconciliation, reconcile } from '../reconcile/reconcile.ts'
import { forecast } from '../simulate.ts'
import { type Applied, apply, type ApplyContext } from './apply.ts'
import { endings } from './endings.ts'
import { explainFailures } from './failures.ts'
import type { Fingerprints } from '../secrets/fingerprints.ts'
import { resolveImages } from './resolve-images.ts'
import { Tries } from './tries.ts'
import type { ResolvedSecrets } from './resolved-secrets.ts'

export interface ConvergeContext extends ApplyContext {
  readonly desired: DesiredState
  readonly deployment: string
  readonly images: ReconcileContext['images']
  readonly removeVolumes?: boolean
  readonly formerDependencies?: ReconcileContext['formerDependencies']
  readonly leavesOneOffs?: boolean
  /** Whether to wait for health checks and steady windows. false: everything that can be done at once is. */
  readonly wait: boolean
  /** How long it may go without a step before it is given up, in ms. */
  readonly patienceMs: number
  /** How often a world that moves by itself is looked at, in ms. Default: 500. */
  readonly lookMs?: number
  /** Container instances that did not answer at the start, and which the person said to go on without. */
  readonly skipped: ObservedState['instances']
  /** The plan that was reviewed, beyond which nothing is done. Default: what there is to do is done. */
  readonly review?: Review
  /** What persons said of container instances, and since when which do not answer. Default: nothing. */
  readonly marks?: ReconcileContext['marks']
  /** ms since 1970, by which times in the document run out in this run. Default: none runs out. */
  readonly now?: number
  /** What is known of earlier deployments. Default: nothing. */
  readonly history?: ReconcileContext['history']
  /**
   * What goes back where a service fails: all that this deployment moves, the failing one alone, or none: a rollback is
   * never rolled back. Default: deployment.
   */
  readonly rollback?: 'deployment' | 'service' | 'none'
  /** Which images are kept. Default: none is removed. */
  readonly keepImages?: ReconcileContext['keepImages']
  /** The values that the document names sources of. Default: none. */
  readonly secrets?: ResolvedSecrets
}

const LOOK_MS = 500
/** A host that does not answer so often is not there. */
const MOST_LOOKS = 3

/** Observes, decides, does one wave, until all is as the document says, or it is clear that it will not be. */
export async function converge(context: ConvergeContext): Promise<Report> {
  return new Convergence(context).run()
}

class Convergence {
  readonly #context: ConvergeContext
  readonly #failed = new Set<string>()
  readonly #undone = new Set<string>()
  readonly #tries = new Tries()
  #inServiceAtFirst: ReconcileContext['inServiceAtFirst']
  readonly #failures: TaskFailure[] = []
  #images: PinnedImages
  #fingerprints: Fingerprints | undefined
  #problems: readonly Problem[] = []
  #done = 0
  #wave = 0

  constructor(context: ConvergeContext) {
    this.#context = context
    this.#images = context.images
  }

  async run(): Promise<Report> {
    const { emit, signal, wait, patienceMs } = this.#context
    let observed = await this.#look()
    if (!(await this.#prefetch(observed)))
      return this.#end(signal.aborted ? 'interrupted' : 'failed', this.#reconcile(observed))
    observed = await this.#look()
    let seen: Reconciliation | undefined
    for (let lastMove = Date.now(); ; ) {
      const now = await this.#decide(observed)
      if (signal.aborted) return this.#end('interrupted', now)
      const lost = this.#lostHosts(observed)
      if (lost.length > 0) {
        // how many run there in the middle of a change is not known, nor is it steady without them
        this.#problems = lost
        return this.#end('failed', seen ?? now)
      }
      seen = now
      this.#inServiceAtFirst ??= Object.fromEntries(now.services.map(s => [s.service, s.healthy]))
      emit({ event: 'services', services: now.services })
      if (await this.#rollsBack(now)) continue
      const beyond = this.#context.review?.check(now, observed, this.#context.deployment)
      if (isCleanUp(now.plan)) return this.#end('steady', now, beyond ? 0 : await this.#cleanUp(now.plan))
      if (beyond) {
        this.#problems = [beyond]
        return this.#end('failed', now)
      }
      if (now.plan.steps.length > 0) {
        const applied = await this.#apply(now.plan)
        if (!isRetry(now)) lastMove = Date.now()
        if (this.#tries.areHopeless(applied.failed, now.services))
          return this.#end('failed', await this.#lookOnceMore(now))
      } else if (now.converged) return this.#end('steady', now)
      else if (!now.waiting) return this.#end('failed', now)
      else if (!wait) return this.#end('applied', now)
      else if (Date.now() - lastMove > patienceMs) return this.#end('timeout', now)
      else await this.#pause()
      observed = await this.#look()
    }
  }

  /** Looks again, a few times, where a host does not answer all at once: dockerd may have been restarted. */
  async #look(): Promise<ObservedState> {
    for (let tries = 1; ; tries++) {
      const observed = await this.#observe()
      const lost = this.#lostHosts(observed)
      // what is silent was waited for already
      const isGone = tries === MOST_LOOKS || lost.some(p => p.code === 'DOCKER_TIMEOUT')
      if (lost.length === 0 || isGone || this.#context.signal.aborted) return observed
      await this.#pause()
    }
  }

  /** How things stand at the end, or stood, where not all of it can be seen any more. */
  async #lookOnceMore(before: Reconciliation): Promise<Reconciliation> {
    const observed = await this.#observe()
    return this.#lostHosts(observed).length > 0 ? before : this.#reconcile(observed)
  }

  async #pause(): Promise<void> {
    const { lookMs = LOOK_MS, signal } = this.#context
    await sleep(lookMs, undefined, { signal }).catch(() => {})
  }

  async #observe(): Promise<ObservedState> {
    const { desired, hosts, skipped, secrets } = this.#context
    const { instances } = await observe(desired.cluster, hosts.values())
    const observed = { instances: { ...skipped, ...instances } }
    this.#fingerprints = await secrets?.fingerprints(observed)
    return observed
  }

  /** Reconciles; where a task turns out to be needed whose image was not looked up yet, looks it up. */
  async #decide(observed: ObservedState): Promise<Reconciliation> {
    const now = this.#reconcile(observed)
    if (now.unresolved.length === 0) return now
    const { desired, hosts, registryAuth } = this.#context
    const resolved = await resolveImages(now.unresolved, observed, {
      hosts,
      registryAuth,
      behavior: desired.imagePullBehavior,
    })
    this.#images = { ...this.#images, ...resolved.images }
    this.#problems = resolved.problems
    return this.#reconcile(observed)
  }

  #reconcile(observed: ObservedState): Reconciliation {
    const { desired, keepImages } = this.#context
    const now = reconcile(desired, observed, {
      ...this.#reconcileContext(),
      // it is a part of a change, and its end
      ...(this.#done > 0 && keepImages && { keepImages }),
    })
    this.#images = { ...this.#images, ...now.pins }
    return now
  }

  #reconcileContext(): ReconcileContext {
    const { deployment, history, removeVolumes, formerDependencies, leavesOneOffs, marks, now, review } =
      this.#context
    return {
      deployment,
      images: this.#images,
      failed: this.#failed,
      undone: this.#undone,
      unkept: this.#tries.unkept,
      inServiceAtFirst: this.#inServiceAtFirst ?? {},
      ...(review && { asReviewed: true }),
      ...(history && { history }),
      ...(marks && { marks }),
      ...(now !== undefined && { now }),
      ...(this.#fingerprints && { fingerprints: this.#fingerprints }),
      ...(removeVolumes && { removeVolumes }),
      ...(formerDependencies && { formerDependencies }),
      ...(leavesOneOffs && { leavesOneOffs }),
    }
  }

  /** The first wave of a forecast is the pulls, where there are any: done before all else. */
  async #prefetch(observed: ObservedState): Promise<boolean> {
    const { now } = forecast(this.#context.desired, observed, this.#reconcileContext())
    const pulls = now.plan.steps
    if (pulls.length === 0 || !pulls.every(s => isFetch(s.action))) return true
    const beyond = this.#context.review?.check(now, observed, this.#context.deployment)
    if (beyond) this.#problems = [beyond]
    if (beyond) return false
    const { failed } = await this.#apply(now.plan)
    return failed.length === 0
  }

  async #apply(plan: Plan): Promise<Applied> {
    this.#context.emit({ event: 'wave-started', wave: ++this.#wave, steps: plan.steps.length })
    const applied = await apply(plan, this.#context)
    this.#done += applied.done
    this.#problems = applied.failed.map(f => f.problem)
    return applied
  }

  /** All is steady already, and whatever becomes of this it stays so. The bytes that were freed. */
  async #cleanUp(plan: Plan): Promise<number> {
    const { failed } = await this.#apply(plan)
    this.#problems = []
    const left = new Set(failed.map(f => f.step))
    const gone = plan.steps.filter(step => !left.has(step))
    return gone.reduce((sum, { action }) => sum + (action.kind === 'remove-image' ? action.bytes : 0), 0)
  }

  /** Whether a service that failed goes back now, and all others with it. What goes back is never taken back again. */
  async #rollsBack({ services }: Reconciliation): Promise<boolean> {
    const { desired, hosts, rollback = 'deployment' } = this.#context
    const goesBack = (name: string) => this.#failed.has(name) || this.#undone.has(name)
    const failed = services.filter(
      s => s.rollout === 'FAILED' && undoesFailure(desired, s.service) && !goesBack(s.service),
    )
    if (failed.length === 0 || rollback === 'none') return false
    await this.#tellFailures(await explainFailures(failed, hosts))
    for (const { service } of failed) this.#failed.add(service)
    if (rollback === 'deployment')
      for (const { service } of services) if (!this.#failed.has(service)) this.#undone.add(service)
    return true
  }

  /** Those that answered at the start and do not any more. */
  #lostHosts(observed: ObservedState): Problem[] {
    return [...this.#context.hosts.keys()].flatMap(name => {
      const instance = observed.instances[name]
      return instance && !instance.reachable ? [instance.problem] : []
    })
  }

  /** Each once: a service that goes back is looked into before, and may still show the same at the end. */
  async #tellFailures(failures: readonly TaskFailure[]): Promise<void> {
    for (const failure of failures) {
      if (this.#failures.some(f => f.task === failure.task && f.container === failure.container)) continue
      this.#failures.push(failure)
      this.#context.emit({ event: 'task-failed', failure })
    }
  }

  async #end(how: Report['outcome'], last: Reconciliation, freedBytes = 0): Promise<Report> {
    const { hosts, emit } = this.#context
    if (how === 'failed' || how === 'timeout') {
      await this.#tellFailures(await explainFailures(last.services, hosts))
    }
    // a service that went back is where it was, and its deployment has failed all the same
    const outcome = how === 'steady' && this.#failed.size > 0 ? 'failed' : how
    const problems =
      outcome === 'steady' || outcome === 'applied'
        ? []
        : [...this.#problems, ...last.problems, ...endings(last, how, this.#failed)]
    const report: Report = {
      outcome,
      services: last.services,
      failures: this.#failures,
      problems: problems.filter(
        (p, i) =>
          problems.findIndex(
            q => q.code === p.code && q.message === p.message && q.instance === p.instance,
          ) === i,
      ),
      done: this.#done,
      ...(freedBytes > 0 && { freedBytes }),
    }
    emit({ event: 'apply-ended', report })
    return report
  }
}

/** All that it does is to try again what failed: that could go on for ever. */
function isRetry({ plan, services }: Reconciliation): boolean {
  return plan.steps.every(step => services.some(s => s.service === step.service && s.retries))
}

/** Whether a service goes back where it fails. */
function undoesFailure({ services }: DesiredState, name: string): boolean {
  const breaker = services[name]?.deploymentConfiguration.deploymentCircuitBreaker
  return breaker?.enable === true && breaker.rollback
}

import type { DesiredState } from '../../engine/desired-state/desired-state.generated.ts'
import type { ObservedState } from '../../engine/observed-state.ts'
import { reconcile } from '../../engine/reconcile/reconcile.ts'
import { context } from '../support/worlds.ts'
import { generateCluster } from './fleets.ts'
import { measure } from './measure.ts'
import { type Quality, qualityOf } from './quality.ts'
import { documentOf, emptyWorld, runningWorld, withNewRevision, withoutInstance } from './worlds.ts'

/** What one reconciliation took, and what came of it. */
export interface CaseResult {
  readonly case: 'cold' | 'no-op' | 'service changed' | 'host lost'
  readonly ms: number
  readonly cpuMs: number
  readonly peakRssMiB: number
  readonly heapMiB: number
  readonly steps: number
  readonly converged: boolean
  readonly quality: Quality
}

export interface SizeResult {
  readonly hosts: number
  readonly tasks: number
  readonly services: number
  readonly cases: readonly CaseResult[]
}

/** Plans one generated cluster in each of the four cases. */
export function runSize(hosts: number, tasks: number, seed: number): SizeResult {
  const cluster = generateCluster(seed, hosts, tasks)
  const desired = documentOf(cluster)
  const empty = emptyWorld(cluster)
  const running = runningWorld(empty, plan(desired, empty))
  const [largest] = [...cluster.services].sort((a, b) => b.count - a.count)
  const lost = cluster.instances[hosts >> 1]
  if (!largest || !lost) throw new Error('a cluster has services and instances')
  const without = withoutInstance(desired, running, lost.name)
  return {
    hosts,
    tasks,
    services: cluster.services.length,
    cases: [
      runCase('cold', desired, empty),
      runCase('no-op', desired, running),
      runCase('service changed', withNewRevision(desired, largest.name), running),
      runCase('host lost', without.desired, without.observed),
    ],
  }
}

function plan(desired: DesiredState, observed: ObservedState) {
  return reconcile(desired, observed, context(desired, { deployment: 'bench-0' })).plan
}

function runCase(name: CaseResult['case'], desired: DesiredState, observed: ObservedState): CaseResult {
  const given = context(desired, { deployment: 'bench-1' })
  const { result, ...took } = measure(() => reconcile(desired, observed, given))
  return {
    case: name,
    ...took,
    steps: result.plan.steps.length,
    converged: result.converged,
    quality: qualityOf(desired, observed, result.plan),
  }
}

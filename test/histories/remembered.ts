import type { Report } from '../../engine/events.ts'
import { begunRecord, endedRecord, isOpen, settledRecord, whatRuns } from '../../engine/ledger/compose.ts'
import { mergeLedgers } from '../../engine/ledger/merge.ts'
import { pruned } from '../../engine/ledger/prune.ts'
import type { DeploymentRecord, Ledger } from '../../engine/ledger/record.ts'
import { type Reconciliation, reconcile } from '../../engine/reconcile/reconcile.ts'
import { contextOf, desiredOf, inSight, type Run, type World } from './world.ts'

/** The ledger, as the journal of a run writes it. */

/** A run begins: how the last one turned out, where nobody has said it, and that this one is under way. */
export function begun<W extends World & { readonly run: Run }>(world: W): W {
  const { ledger, run } = world
  if (!ledger) return world
  const desired = desiredOf(world)
  const observed = inSight(world)
  const started = new Date(world.now).toISOString()
  const last = ledger.deployments.at(-1)
  const settled = last && isOpen(last) ? settledRecord(last, servicesOf(last, world), started) : undefined
  const known = settled ? written(ledger, settled) : ledger
  const record = begunRecord(known, {
    id: run.deployment,
    who: 'ann@laptop',
    command: 'stowage apply',
    started,
    desired,
    observed,
    services: reconcile(desired, observed, contextOf(world, run)).services,
    changed: new Set(),
  })
  return { ...world, ledger: written(known, record) }
}

/** It has come to an end by itself. */
export function ended(world: World, { deployment, failed }: Run, end: Reconciliation): World {
  const { ledger } = world
  const mine = ledger?.deployments.find(d => d.id === deployment)
  if (!ledger || !mine) return world
  const outcome = end.converged && failed.size === 0 ? 'steady' : 'failed'
  const report: Report = { outcome, services: end.services, failures: [], problems: [], done: 0 }
  return { ...world, ledger: written(ledger, endedRecord(mine, report, new Date(world.now).toISOString())) }
}

function written(ledger: Ledger, record: DeploymentRecord): Ledger {
  return pruned(mergeLedgers([ledger, { deployments: [record], marks: {} }]))
}

function servicesOf({ document }: DeploymentRecord, world: World): Reconciliation['services'] {
  const desired = { ...desiredOf(world), ...whatRuns(document) }
  return reconcile(desired, inSight(world), { deployment: '', images: {}, failed: new Set() }).services
}

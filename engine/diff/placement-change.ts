import type { DesiredState, Service } from '../desired-state/desired-state.generated.ts'
import type { Ledger } from '../ledger/record.ts'

/** How a service is placed otherwise than the last deployment that the ledger knows had it. */
export interface PlacementChange {
  readonly field: 'placementConstraints' | 'placementStrategy'
  readonly from: string
  readonly to: string
  /** What it does to tasks that run. */
  readonly effect: string
}

/** What of a service's placement is another. It is no part of a revision, so that nothing else tells. */
export function placementChanges(desired: DesiredState, ledger: Ledger, name: string): PlacementChange[] {
  const before = serviceOf(ledger.deployments.at(-1)?.document, name)
  const after = serviceOf(desired, name)
  if (!before || !after || before.schedulingStrategy !== after.schedulingStrategy) return []
  const daemon = after.schedulingStrategy === 'DAEMON'
  const changes = [
    {
      field: 'placementConstraints',
      from: constraintsText(before),
      to: constraintsText(after),
      effect: daemon ? 'stops tasks that it does not let be' : 'moves no task that runs',
    },
    {
      field: 'placementStrategy',
      from: strategyText(before),
      to: strategyText(after),
      effect: 'moves no task that runs',
    },
  ] as const
  return changes.filter(({ from, to }) => from !== to)
}

function serviceOf(document: DesiredState | undefined, name: string): Service | undefined {
  return document && Object.hasOwn(document.services, name) ? document.services[name] : undefined
}

function constraintsText({ placementConstraints }: Service): string {
  return placementConstraints.map(c => c.expression ?? c.type).join(' and ') || '(none)'
}

function strategyText({ placementStrategy }: Service): string {
  return placementStrategy.map(s => [s.type, s.field].filter(Boolean).join(' ')).join(', ') || '(default)'
}

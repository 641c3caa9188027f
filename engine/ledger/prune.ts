import type { DeploymentRecord, Ledger } from './record.ts'

/** So many deployments are kept. */
const KEPT = 30

/**
 * The last `keep` deployments, and of each service in them the last that COMPLETED, however long ago that is. One that is
 * in none of them is gone: kept for ever, every name that was ever deployed would have its document and images.
 */
export function pruned(ledger: Ledger, keep = KEPT): Ledger {
  const { deployments } = ledger
  const latest = keep > 0 ? deployments.slice(-keep) : []
  const kept = new Set(latest)
  for (const service of new Set(latest.flatMap(d => Object.keys(d.services)))) {
    const last = deployments.findLast(d => isCompleted(d, service))
    if (last) kept.add(last)
  }
  return { ...ledger, deployments: deployments.filter(d => kept.has(d)) }
}

/** Whether this deployment brought the service to where it was to be, and left it there. */
export function isCompleted(deployment: DeploymentRecord, service: string): boolean {
  const record = Object.hasOwn(deployment.services, service) ? deployment.services[service] : undefined
  return record?.state === 'COMPLETED' && record.rolledBackTo === undefined
}

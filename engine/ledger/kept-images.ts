import type { DesiredState } from '../desired-state/desired-state.generated.ts'
import type { Problem } from '../errors.ts'
import { imagesNeeded } from './query.ts'
import type { DeploymentRecord, Ledger, ServiceRecord } from './record.ts'

/** What was read of a ledger, and what could not be. */
interface ReadLedger {
  readonly ledger: Ledger
  readonly problems: readonly Problem[]
}

/**
 * The images that going back may need once this change has COMPLETED and is the latest of so many deployments; those
 * that it runs itself aside. undefined: none is to be removed, or it is not known which are needed.
 */
export function keptImages(
  desired: DesiredState,
  { ledger, problems }: ReadLedger,
): ReadonlySet<string> | undefined {
  const { enabled, deployments } = desired.imageCleanup
  if (!enabled || problems.length > 0) return undefined
  const after = { ...ledger, deployments: [...ledger.deployments, completed(desired)] }
  return new Set(imagesNeeded(after, deployments))
}

/** This change as the record that it will be. */
function completed(document: DesiredState): DeploymentRecord {
  const service: ServiceRecord = { revision: '', state: 'COMPLETED', images: {}, changed: true }
  return {
    id: '',
    number: Number.MAX_SAFE_INTEGER,
    edition: 1,
    cluster: document.cluster,
    started: '',
    who: '',
    command: '',
    state: 'COMPLETED',
    document,
    services: Object.fromEntries(Object.keys(document.services).map(name => [name, service])),
    removed: [],
    problems: [],
  }
}

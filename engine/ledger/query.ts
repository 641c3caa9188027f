import type { TaskDefinition } from '../desired-state/desired-state.generated.ts'
import { isCompleted } from './prune.ts'
import type { DeploymentRecord, Ledger } from './record.ts'

/** A revision of a service as it once COMPLETED, with all that is needed to run it again. */
export interface CompletedRevision {
  /** The deployment that completed it last. */
  readonly deployment: string
  readonly family: string
  readonly revision: string
  readonly taskDefinition: TaskDefinition
  /** How many tasks of it there were to be. Absent: it is a DAEMON's, or the default. */
  readonly desiredCount?: number
  /** By container name. */
  readonly images: Readonly<Record<string, string>>
}

/** What is known of the deployments of one service. */
export interface ServiceHistory {
  readonly completed?: CompletedRevision
  /** The revisions that any deployment was to bring it to. */
  readonly tried: ReadonlySet<string>
}

/** What a service may go back to, for each that the ledger knows. */
export function historyOf(ledger: Ledger): ReadonlyMap<string, ServiceHistory> {
  const services = new Set(ledger.deployments.flatMap(d => Object.keys(d.services)))
  return new Map(
    [...services].map(service => {
      const completed = lastCompleted(ledger, service)
      const tried = ledger.deployments.flatMap(d => d.services[service]?.revision ?? [])
      return [service, { ...(completed && { completed }), tried: new Set(tried) }]
    }),
  )
}

/** The last COMPLETED revision of a service; undefined where the ledger knows of none. */
export function lastCompleted(ledger: Ledger, service: string): CompletedRevision | undefined {
  const deployment = ledger.deployments.findLast(d => isCompleted(d, service))
  const record = deployment?.services[service]
  const { taskDefinition: family, desiredCount } = deployment?.document.services[service] ?? {}
  const taskDefinition = family === undefined ? undefined : deployment?.document.taskDefinitions[family]
  if (!deployment || !record || family === undefined || !taskDefinition) return undefined
  return {
    deployment: deployment.id,
    family,
    revision: record.revision,
    taskDefinition,
    ...(desiredCount !== undefined && { desiredCount }),
    images: record.images,
  }
}

/** So many COMPLETED deployments can be gone back to without a registry. */
const KEPT_IMAGES = 3

/**
 * The images that going back may need: those of the last `keep` COMPLETED deployments, of each service's last COMPLETED
 * revision, and of the last deployment, however it ended. Sorted; pinned, as `create-container` names them.
 */
export function imagesNeeded(ledger: Ledger, keep = KEPT_IMAGES): string[] {
  const { deployments } = ledger
  const completed = deployments
    .filter(d => d.state === 'COMPLETED')
    // a drain, or another count, is none that one goes back to for its images
    .filter((d, i, all) => i === all.length - 1 || imagesOf(d) !== imagesOf(all[i + 1]))
    .slice(keep > 0 ? -keep : deployments.length)
  const records = [...completed, ...deployments.slice(-1)].flatMap(d => Object.values(d.services))
  const services = new Set(deployments.flatMap(d => Object.keys(d.services)))
  const last = [...services].flatMap(service => lastCompleted(ledger, service) ?? [])
  return [...new Set([...records, ...last].flatMap(r => Object.values(r.images)))].sort()
}

function imagesOf(deployment: DeploymentRecord | undefined): string {
  const images = Object.values(deployment?.services ?? {}).flatMap(s => Object.values(s.images))
  return [...new Set(images)].sort().join(' ')
}

/** The number of the deployment that begins now. */
export function nextNumber(ledger: Ledger): number {
  return (ledger.deployments.at(-1)?.number ?? 0) + 1
}

/** The deployment that a person means: by its id, or by a beginning or an end of it that no other has. */
export function findDeployment(ledger: Ledger, text: string): DeploymentRecord | undefined {
  const exact = ledger.deployments.find(d => d.id === text)
  if (exact || text === '') return exact
  const alike = ledger.deployments.filter(d => d.id.startsWith(text) || d.id.endsWith(text))
  return alike.length === 1 ? alike[0] : undefined
}

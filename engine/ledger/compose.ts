import { canonicalJson } from '../desired-state/canonical.ts'
import type { DesiredState } from '../desired-state/desired-state.generated.ts'
import type { Report } from '../events.ts'
import type { ObservedState } from '../observed-state.ts'
import { StoredDefinitions } from '../reconcile/definitions.ts'
import { withoutOneOffs } from '../reconcile/left-alone.ts'
import type { ServiceState } from '../reconcile/service-state.ts'
import { isAlive, tasksByService } from '../reconcile/task.ts'
import { nextNumber } from './query.ts'
import type { Commit, DeploymentRecord, DeploymentState, Ledger, ServiceRecord } from './record.ts'

/** What is to be recorded of a deployment that begins. */
export interface Beginning {
  readonly id: string
  readonly who: string
  readonly command: string
  /** RFC 3339. */
  readonly started: string
  readonly commit?: Commit
  readonly returnsTo?: string
  readonly plan?: string
  readonly desired: DesiredState
  readonly observed: ObservedState
  /** Tasks that run once and are not in the document do not go. Default: false. */
  readonly leavesOneOffs?: boolean
  /** As they are now. */
  readonly services: readonly ServiceState[]
  /** Those for which there is something to do. */
  readonly changed: ReadonlySet<string>
}

/** So much of why it failed is kept. */
const MOST_PROBLEMS = 10
const LONGEST_PROBLEM = 500

/** A deployment as it stands in the ledger before the first change. */
export function begunRecord(ledger: Ledger, beginning: Beginning): DeploymentRecord {
  const { id, who, command, started, commit, returnsTo, plan, desired, services, changed } = beginning
  const running = runningRevisions(beginning)
  const record = (state: ServiceState): ServiceRecord => {
    const from = running.get(state.service)
    return {
      revision: state.revision,
      state: 'IN_PROGRESS',
      images: state.images,
      changed: changed.has(state.service),
      ...(from !== undefined && from !== state.revision && { from }),
    }
  }
  return {
    id,
    number: nextNumber(ledger),
    edition: 1,
    cluster: desired.cluster,
    started,
    who,
    command,
    ...(commit && { commit }),
    ...(returnsTo !== undefined && { returnsTo }),
    ...(plan !== undefined && { plan }),
    state: 'IN_PROGRESS',
    document: desired,
    services: Object.fromEntries(services.map(state => [state.service, record(state)])),
    removed: [...running.keys()].filter(name => !isWanted(desired, name)).sort(),
    problems: [],
  }
}

/** The same deployment at its end. */
export function endedRecord(begun: DeploymentRecord, report: Report, ended: string): DeploymentRecord {
  const states = new Map(report.services.map(s => [s.service, s]))
  const services = Object.entries(begun.services).map(([name, service]) => {
    const state = states.get(name)
    return [name, state ? endedService(service, state) : service] as const
  })
  return {
    ...begun,
    edition: begun.edition + 1,
    ended,
    state: STATES[report.outcome],
    services: Object.fromEntries(services),
    problems: report.problems.slice(0, MOST_PROBLEMS).map(p => p.message.slice(0, LONGEST_PROBLEM)),
  }
}

/** Not waited for is not COMPLETED: the next deployment sees how it went. */
const STATES: Readonly<Record<Report['outcome'], DeploymentState>> = {
  steady: 'COMPLETED',
  applied: 'IN_PROGRESS',
  failed: 'FAILED',
  timeout: 'FAILED',
  interrupted: 'INTERRUPTED',
}

function endedService(service: ServiceRecord, state: ServiceState): ServiceRecord {
  if (state.rolledBackFrom !== undefined)
    return { ...service, state: 'FAILED', changed: true, rolledBackTo: state.revision }
  return { ...service, state: state.rollout, images: { ...service.images, ...state.images } }
}

/** Whether nobody has said how it went, of all of it: its run died, or did not wait, or was ended by a person. */
export function isOpen({ state, services }: DeploymentRecord): boolean {
  return state === 'IN_PROGRESS' || Object.values(services).some(s => s.state === 'IN_PROGRESS')
}

/**
 * The last deployment, where it was left open and its run is over: what turned out well since COMPLETED, and the rest
 * never did. undefined where there is nothing new to say of it.
 * @param services how the services of its document are now
 */
export function settledRecord(
  last: DeploymentRecord,
  services: readonly ServiceState[],
  now: string,
): DeploymentRecord | undefined {
  const completed = new Set(services.filter(s => s.rollout === 'COMPLETED').map(s => s.service))
  const settled = Object.entries(last.services).map(([name, service]): [string, ServiceRecord] => {
    const isNow = service.state === 'IN_PROGRESS' && completed.has(name)
    return [name, isNow ? { ...service, state: 'COMPLETED' } : service]
  })
  const all = settled.every(([, { state }]) => state === 'COMPLETED')
  const state = all ? 'COMPLETED' : last.state === 'IN_PROGRESS' ? 'INTERRUPTED' : last.state
  const record = { ...last, state, ended: last.ended ?? now, services: Object.fromEntries(settled) }
  return canonicalJson(record) === canonicalJson(last) ? undefined : { ...record, edition: last.edition + 1 }
}

/** Whether the last deployment COMPLETED this very document: then there is nothing to write of it. */
export function isRecorded({ deployments }: Ledger, desired: DesiredState): boolean {
  const last = deployments.at(-1)
  return last?.state === 'COMPLETED' && runsTheSame(last.document, desired)
}

/** Whether two documents say the same of what is to run, wherever that is. */
export function runsTheSame(one: DesiredState, other: DesiredState): boolean {
  return canonicalJson(whatRuns(one)) === canonicalJson(whatRuns(other))
}

/** The part of a document that says what is to run, without where. */
export function whatRuns({
  services,
  tasks,
  taskDefinitions,
}: DesiredState): Pick<DesiredState, 'services' | 'tasks' | 'taskDefinitions'> {
  return { services, tasks, taskDefinitions }
}

function isWanted({ services, tasks }: DesiredState, name: string): boolean {
  return Object.hasOwn(services, name) || Object.hasOwn(tasks, name)
}

/** Of each service that runs, the revision of most of its tasks. */
function runningRevisions({ desired, observed, leavesOneOffs }: Beginning): Map<string, string> {
  const found = new Map<string, string>()
  const all = tasksByService(observed)
  const concerned = leavesOneOffs ? withoutOneOffs(all, desired, new StoredDefinitions()) : all
  for (const [service, tasks] of concerned) {
    const counts = new Map<string, number>()
    for (const task of tasks)
      if (isAlive(task)) counts.set(task.revision, (counts.get(task.revision) ?? 0) + 1)
    const [most] = [...counts].sort(([a, n], [b, m]) => m - n || (a < b ? -1 : 1))
    if (service !== '' && most) found.set(service, most[0])
  }
  return found
}

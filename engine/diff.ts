import type { Change } from './change.ts'
import { dataVolumes } from './diff/data-volumes.ts'
import type { DesiredState, TaskDefinition } from './desired-state/desired-state.generated.ts'
import { placementChanges } from './diff/placement-change.ts'
import { type ServiceDiff, serviceDiff } from './diff/service-diff.ts'
import { type TaskMove, taskMoves } from './diff/task-moves.ts'
import type { Problem } from './errors.ts'
import { type Standing, specialStandings } from './instance-standing.ts'
import { isFetch, type ActionKind, type Step } from './plan.ts'
import { describeAction } from './print-plan.ts'
import { StoredDefinitions } from './reconcile/definitions.ts'
import { withoutOneOffs } from './reconcile/left-alone.ts'
import type { Reconciliation } from './reconcile/reconcile.ts'
import { tasksByService } from './reconcile/task.ts'

export type { DataVolume, Reason, ServiceDiff } from './diff/service-diff.ts'

/** What a change does to a cluster, as data: what `diff --json` prints, and what the text is made of. */
export interface ClusterDiff {
  readonly schemaVersion: 1
  readonly cluster: string
  /** How many the document has. */
  readonly containerInstances: number
  /** The container instances that are drained or lost, and who says so. */
  readonly standings: readonly (Standing & { readonly instance: string })[]
  /** By name; also those that stay as they are, and those that go. */
  readonly services: readonly ServiceDiff[]
  /** What goes and belongs to no service of the document: volumes, networks, stray containers. */
  readonly leftovers: readonly PlannedStep[]
  /** Each image that is pulled, with the container instances that pull it. */
  readonly pulls: readonly { readonly image: string; readonly instances: readonly string[] }[]
  /** Images that are removed because nothing needs them any more; `bytes` is the most that it frees. */
  readonly cleanUp: { readonly images: number; readonly instances: number; readonly bytes: number }
  /** Tasks, in all waves. */
  readonly starts: number
  readonly stops: number
  /** The Docker calls, wave by wave. */
  readonly waves: readonly (readonly PlannedStep[])[]
  /** Nothing is done, and nothing is left to be done. */
  readonly upToDate: boolean
  /** While there are any, nothing is applied. */
  readonly problems: readonly Problem[]
  readonly warnings: readonly Problem[]
}

/** One Docker call, for a person. */
export interface PlannedStep {
  readonly instance: string
  readonly action: ActionKind
  /** The action in a few words: "create web.5 nginx of 81c2e07b". */
  readonly what: string
  readonly subject: string
  readonly cause: string
  readonly service?: string
}

/** Says what a change does, service by service. Pure. */
export function describeChange(change: Change): ClusterDiff {
  const { desired, observed, forecast, problems, warnings } = change
  const waves = forecast.waves.filter(w => w.plan.steps.length > 0)
  const moves = taskMoves(waves, observed)
  const all = tasksByService(observed)
  const tasks = change.leavesOneOffs ? withoutOneOffs(all, desired, new StoredDefinitions()) : all
  const byService = groupByService(moves)
  const waveCounts = countWaves(waves)
  const states = new Map(forecast.now.services.map(s => [s.service, s]))
  const names = [
    ...new Set([...Object.keys(desired.services), ...Object.keys(desired.tasks), ...tasks.keys()]),
  ]
    .filter(n => n !== '')
    .sort()
  const standings = specialStandings(desired, change.marks, change.now)
  const isOneLost = standings.some(s => s.lost)
  const services = names.map(name =>
    serviceDiff({
      name,
      desired,
      images: change.images,
      observed: tasks.get(name) ?? [],
      state: states.get(name),
      moves: byService.get(name) ?? [],
      waves: waveCounts.get(name) ?? 0,
      placementChanges: placementChanges(desired, change.ledger, name),
      volumes: dataVolumes(taskDefinitionOf(desired, name), observed, waves),
      problems: problems.filter(p => p.service === name),
      warnings: warnings.filter(p => p.service === name),
      hasLost: isOneLost && change.ledger.deployments.some(d => Object.hasOwn(d.services, name)),
    }),
  )
  return {
    schemaVersion: 1,
    cluster: desired.cluster,
    containerInstances: Object.keys(desired.containerInstances).length,
    standings,
    services,
    leftovers: leftovers(waves),
    pulls: pulls(waves),
    cleanUp: cleanUp(waves),
    ...totals(moves),
    waves: waves.map(w => w.plan.steps.map(plannedStep)),
    upToDate: change.steps === 0 && problems.length === 0 && forecast.now.converged,
    problems,
    warnings,
  }
}

/** Of a REPLICA service: a DAEMON's data is on every instance anyway. */
function taskDefinitionOf(
  { services, taskDefinitions }: DesiredState,
  name: string,
): TaskDefinition | undefined {
  const service = Object.hasOwn(services, name) ? services[name] : undefined
  return service?.schedulingStrategy === 'REPLICA' ? taskDefinitions[service.taskDefinition] : undefined
}

function countWaves(waves: readonly Reconciliation[]): Map<string, number> {
  const counts = new Map<string, number>()
  for (const { plan } of waves) {
    const touched = new Set(plan.steps.flatMap(s => (isFetch(s.action) ? [] : (s.service ?? []))))
    for (const service of touched) counts.set(service, (counts.get(service) ?? 0) + 1)
  }
  return counts
}

function leftovers(waves: readonly Reconciliation[]): PlannedStep[] {
  const steps = waves.flatMap(w => w.plan.steps.filter(s => s.service === undefined))
  // that a container is stopped first goes without saying
  const UNSAID: ReadonlySet<ActionKind> = new Set(['stop-container', 'remove-image'])
  return steps.filter(s => !UNSAID.has(s.action.kind)).map(plannedStep)
}

function pulls(waves: readonly Reconciliation[]): ClusterDiff['pulls'] {
  const images = new Map<string, Set<string>>()
  for (const { action } of waves.flatMap(w => w.plan.steps)) {
    if (action.kind !== 'pull-image') continue
    const instances = images.get(action.image) ?? new Set()
    images.set(action.image, instances.add(action.instance))
  }
  return [...images]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([image, on]) => ({ image, instances: [...on].sort() }))
}

function cleanUp(waves: readonly Reconciliation[]): ClusterDiff['cleanUp'] {
  const steps = waves.flatMap(w => w.plan.steps.filter(s => s.action.kind === 'remove-image'))
  return {
    // an image has several names; it is one subject
    images: new Set(steps.map(s => s.subject)).size,
    instances: new Set(steps.map(s => s.action.instance)).size,
    bytes: steps.reduce((sum, { action }) => sum + (action.kind === 'remove-image' ? action.bytes : 0), 0),
  }
}

function totals(moves: readonly TaskMove[]): { starts: number; stops: number } {
  return { starts: moves.filter(m => m.starts).length, stops: moves.filter(m => m.stops).length }
}

function plannedStep({ action, subject, cause, service }: Step): PlannedStep {
  return {
    instance: action.instance,
    action: action.kind,
    what: describeAction(action),
    subject,
    cause,
    ...(service !== undefined && { service }),
  }
}

function groupByService(moves: readonly TaskMove[]): Map<string, TaskMove[]> {
  const groups = new Map<string, TaskMove[]>()
  for (const move of moves) {
    const group = groups.get(move.service)
    if (group) group.push(move)
    else groups.set(move.service, [move])
  }
  return groups
}

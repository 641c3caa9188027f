import { canonicalJson } from '../desired-state/canonical.ts'
import type { DesiredState, Service } from '../desired-state/desired-state.generated.ts'
import { minimal } from '../desired-state/minimal.ts'
import { type DefinitionChange, definitionChanges } from '../diff/field-change.ts'
import type { Commit, DeploymentRecord, Ledger } from './record.ts'

/** One deployment, as `stowage history` shows it. */
export interface HistoryRow {
  readonly id: string
  readonly number: number
  readonly started: string
  readonly ended?: string
  readonly who: string
  readonly command: string
  readonly commit?: Commit
  readonly returnsTo?: string
  /** DIED: its run is over, and did not come to write down how it ended. */
  readonly state: DeploymentRecord['state'] | 'DIED'
  /** The services that there was something to do for, and those that went. */
  readonly changed: readonly string[]
}

/**
 * The deployments, the last one first.
 * @param running the ids of the runs that have the locks now
 */
export function historyRows({ deployments }: Ledger, running: ReadonlySet<string>): HistoryRow[] {
  return deployments.toReversed().map(d => {
    const { id, number, started, ended, who, command, commit, returnsTo, state } = d
    const changed = Object.keys(d.services).filter(name => d.services[name]?.changed)
    const died = state === 'IN_PROGRESS' && ended === undefined && !running.has(id)
    return {
      id,
      number,
      started,
      ...(ended !== undefined && { ended }),
      who,
      command,
      ...(commit && { commit }),
      ...(returnsTo !== undefined && { returnsTo }),
      state: died ? 'DIED' : state,
      changed: [...changed, ...d.removed].sort(),
    }
  })
}

/** What is another in one service of a document than in an earlier one. */
export interface DocumentChange {
  readonly service: string
  readonly kind: 'new' | 'gone' | 'changed'
  readonly fields: readonly DefinitionChange[]
}

/** What a document says otherwise than the one before, service by service. */
export function documentChanges(before: DesiredState | undefined, after: DesiredState): DocumentChange[] {
  const names = new Set([...Object.keys(before?.services ?? {}), ...Object.keys(after.services)])
  return [...names].sort().flatMap((service): DocumentChange[] => {
    const [from, to] = [before?.services[service], after.services[service]]
    if (!to) return [{ service, kind: 'gone', fields: [] }]
    if (!before || !from) return [{ service, kind: 'new', fields: [] }]
    const [old, now] = [before.taskDefinitions[from.taskDefinition], after.taskDefinitions[to.taskDefinition]]
    const fields = [...serviceChanges(from, to), ...(old && now ? definitionChanges(old, now) : [])]
    return fields.length === 0 ? [] : [{ service, kind: 'changed', fields }]
  })
}

function serviceChanges(from: Service, to: Service): DefinitionChange[] {
  const [old, now] = [from, to].map(s => new Map<string, unknown>(Object.entries(minimal('Service', s))))
  const names = new Set([...(old?.keys() ?? []), ...(now?.keys() ?? [])])
  return [...names].sort().flatMap(field => {
    const [a, b] = [old, now].map(fields => shown(fields?.get(field)))
    return a === b || a === undefined || b === undefined ? [] : [{ field, from: a, to: b }]
  })
}

function shown(value: unknown): string {
  if (value === undefined) return '(default)'
  return typeof value === 'string' ? value : canonicalJson(value)
}

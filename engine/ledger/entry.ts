import { canonicalJson } from '../desired-state/canonical.ts'
import type { DesiredState } from '../desired-state/desired-state.generated.ts'
import { minimal } from '../desired-state/minimal.ts'
import { parseDesiredState } from '../desired-state/parse.ts'
import type { DeploymentRecord, InstanceMark, Ledger, Marks, ServiceRecord } from './record.ts'

/** What one file of the ledger holds. */
export type Entry =
  | { readonly kind: 'deployment'; readonly record: DeploymentRecord }
  | { readonly kind: 'marks'; readonly marks: Marks }

const VERSION = 1

/** Every part of a ledger that is written as a file of its own. */
export function entriesOf({ deployments, marks }: Ledger): Entry[] {
  const records = deployments.map((record): Entry => ({ kind: 'deployment', record }))
  return Object.keys(marks).length === 0 ? records : [{ kind: 'marks', marks }, ...records]
}

export function ledgerOf(entries: readonly Entry[]): Ledger[] {
  return entries.map(entry =>
    entry.kind === 'marks'
      ? { deployments: [], marks: entry.marks }
      : { deployments: [entry.record], marks: {} },
  )
}

/** What the entry is about: of entries with the same subject one takes the place of the other. */
export function subjectOf(entry: Entry): string {
  return entry.kind === 'marks' ? 'marks' : `deployment ${entry.record.id}`
}

/** The one text of an entry. */
export function printEntry(entry: Entry): string {
  if (entry.kind === 'marks') return canonicalJson({ ledgerVersion: VERSION, marks: entry.marks })
  const { record } = entry
  return canonicalJson({
    ledgerVersion: VERSION,
    deployment: { ...record, document: minimalDocument(record.document) },
  })
}

/** Reads printEntry back; undefined for what is none, or was written by a version that is not understood. */
export function parseEntry(text: string): Entry | undefined {
  try {
    const value: unknown = JSON.parse(text)
    if (!isObject(value) || value['ledgerVersion'] !== VERSION) return undefined
    const { marks, deployment } = value
    if (isMarks(marks)) return { kind: 'marks', marks }
    if (!isRecord(deployment)) return undefined
    const parsed = parseDesiredState(deployment.document)
    return parsed.ok ? { kind: 'deployment', record: { ...deployment, document: parsed.state } } : undefined
  } catch {
    return undefined
  }
}

function minimalDocument({
  containerInstances,
  taskDefinitions,
  services,
  tasks,
  ...rest
}: DesiredState): object {
  return {
    ...rest,
    containerInstances: eachOf('ContainerInstance', containerInstances),
    taskDefinitions: eachOf('TaskDefinition', taskDefinitions),
    services: eachOf('Service', services),
    ...(Object.keys(tasks).length > 0 && { tasks: eachOf('RunTask', tasks) }),
  }
}

function eachOf(shape: string, members: Readonly<Record<string, unknown>>): object {
  return Object.fromEntries(Object.entries(members).map(([name, value]) => [name, minimal(shape, value)]))
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function isMarks(value: unknown): value is Marks {
  return isObject(value) && Object.values(value).every(isMark)
}

function isMark(value: unknown): value is InstanceMark {
  if (!isObject(value)) return false
  const { version, time, who, draining, lost, silentSince } = value
  return (
    isCount(version) &&
    [time, who].every(isText) &&
    (draining === undefined || isSaid(draining)) &&
    (lost === undefined || (isSaid(lost) && typeof lost['localData'] === 'boolean')) &&
    isTextOrAbsent(silentSince)
  )
}

function isSaid(value: unknown): value is Record<string, unknown> {
  return isObject(value) && [value['time'], value['who']].every(isText)
}

/** All but its document. */
function isRecord(value: unknown): value is DeploymentRecord {
  if (!isObject(value)) return false
  const { id, number, edition, cluster, started, ended, who, command, commit, state } = value
  return (
    [id, cluster, started, who, command].every(isText) &&
    [number, edition].every(isCount) &&
    [ended, value['returnsTo'], value['plan']].every(isTextOrAbsent) &&
    STATES.has(state) &&
    (commit === undefined ||
      (isObject(commit) && isText(commit['id']) && typeof commit['dirty'] === 'boolean')) &&
    [value['removed'], value['problems']].every(list => Array.isArray(list) && list.every(isText)) &&
    isObject(value['services']) &&
    Object.values(value['services']).every(isServiceRecord)
  )
}

const STATES: ReadonlySet<unknown> = new Set(['IN_PROGRESS', 'COMPLETED', 'FAILED', 'INTERRUPTED'])
const SERVICE_STATES: ReadonlySet<unknown> = new Set(['IN_PROGRESS', 'COMPLETED', 'FAILED'])

function isServiceRecord(value: unknown): value is ServiceRecord {
  if (!isObject(value)) return false
  const { revision, state, images, changed, from, rolledBackTo } = value
  return (
    isText(revision) &&
    SERVICE_STATES.has(state) &&
    isObject(images) &&
    Object.values(images).every(isText) &&
    typeof changed === 'boolean' &&
    [from, rolledBackTo].every(isTextOrAbsent)
  )
}

function isText(value: unknown): boolean {
  return typeof value === 'string'
}

function isTextOrAbsent(value: unknown): boolean {
  return value === undefined || isText(value)
}

/** However large: what is one more than a number of somebody's making has to be read back as well. */
function isCount(value: unknown): boolean {
  return Number.isInteger(value) && Number(value) >= 1
}

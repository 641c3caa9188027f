import type { DocumentChange, HistoryRow } from '../../engine/ledger/history.ts'
import type { DeploymentRecord } from '../../engine/ledger/record.ts'
import type { Style } from './style.ts'
import { count, duration, printable, shortDigests, some, table } from './text.ts'

const HEADER = ['WHEN', 'DEPLOYMENT', 'STATE', 'TOOK', 'WHO', 'COMMAND', 'COMMIT', 'SERVICES']
const MOST_SERVICES = 4

/** A line for each deployment, the last one first. */
export function historyLines(cluster: string, rows: readonly HistoryRow[], style: Style): string[] {
  const title = `${style.title(cluster)}   ${count(rows.length, 'deployment')}`
  if (rows.length === 0) return [`${title}: the ledger is empty, stowage apply writes it`]
  return [title, '', ...table([HEADER.map(style.quiet), ...rows.map(row => cells(row, style))])]
}

function cells(row: HistoryRow, style: Style): string[] {
  return [
    whenText(row.started),
    printable(row.id),
    stateText(row, style),
    tookText(row),
    printable(row.who),
    printable(row.command),
    commitText(row),
    row.changed.length === 0 ? '-' : printable(some(row.changed, MOST_SERVICES)),
  ]
}

/** One deployment: how it went, and what its document said otherwise than the one before. */
export function deploymentLines(
  row: HistoryRow,
  record: DeploymentRecord,
  { before, changes }: { before: DeploymentRecord | undefined; changes: readonly DocumentChange[] },
  style: Style,
): string[] {
  const facts = [
    ['state', stateText(row, style)],
    ['started', printable(row.started)],
    ['took', tookText(row)],
    ['who', printable(row.who)],
    ['command', printable(row.command)],
    ['commit', row.commit ? `${row.commit.id}${row.commit.dirty ? ', with changes' : ''}` : '-'],
    ...(row.returnsTo === undefined ? [] : [['went back to', printable(row.returnsTo)]]),
  ]
  const services = Object.entries(record.services).map(([name, s]) => [
    `  ${printable(name)}`,
    s.state,
    `revision ${s.from === undefined ? '' : `${printable(s.from).slice(0, 8)} → `}${printable(s.revision).slice(0, 8)}`,
    s.rolledBackTo === undefined ? '' : `went back to ${printable(s.rolledBackTo).slice(0, 8)}`,
    shortDigests(printable(Object.values(s.images).join(', '))),
  ])
  return [
    `${style.title(printable(row.id))}   deployment ${row.number}`,
    ...table(facts.map(([name = '', value = '']) => [`  ${name}`, value])),
    '',
    ...table(services),
    ...record.removed.map(name => `  ${printable(name)}  no longer in the document`),
    ...record.problems.flatMap(text =>
      text.split('\n').map(line => `  ${style.bad('✗')} ${printable(line)}`),
    ),
    '',
    before ? `The document, against that of ${printable(before.id)}:` : 'The first that is known.',
    ...(before && changes.length === 0
      ? ['  says the same of every service']
      : changes.flatMap(c => changeLines(c, style))),
  ]
}

function changeLines({ service, kind, fields }: DocumentChange, style: Style): string[] {
  const mark = kind === 'new' ? style.good('+') : kind === 'gone' ? style.bad('-') : style.warn('~')
  const rows = fields.map(f => [
    `      ${printable(f.container ?? '')}`,
    printable(f.field),
    `${printable(f.from)} → ${printable(f.to)}`,
  ])
  return [`  ${mark} ${printable(service)}`, ...table(rows)]
}

function stateText({ state, ended }: HistoryRow, style: Style): string {
  if (state === 'COMPLETED') return style.good(state)
  if (state === 'FAILED') return style.bad(state)
  if (state === 'DIED') return style.warn('IN_PROGRESS, its run is gone')
  return style.warn(state === 'IN_PROGRESS' && ended !== undefined ? 'IN_PROGRESS, not waited for' : state)
}

function tookText({ started, ended }: HistoryRow): string {
  const ms = Date.parse(ended ?? '') - Date.parse(started)
  return Number.isNaN(ms) ? '-' : duration(Math.max(0, ms / 1000))
}

function whenText(time: string): string {
  const ms = Date.parse(time)
  return Number.isNaN(ms) ? '-' : new Date(ms).toISOString().slice(0, 19).replace('T', ' ')
}

function commitText({ commit }: HistoryRow): string {
  return commit ? `${printable(commit.id).slice(0, 8)}${commit.dirty ? '+' : ''}` : '-'
}

import type { ConnectedCluster } from '../../engine/connect-cluster.ts'
import { unknownDeployment } from '../../engine/ledger/going-back.ts'
import { documentChanges, historyRows } from '../../engine/ledger/history.ts'
import { findDeployment } from '../../engine/ledger/query.ts'
import type { Ledger } from '../../engine/ledger/record.ts'
import { findLock } from '../../engine/lock/lock-container.ts'
import { documentOf } from '../document-of.ts'
import { readLedger } from '../read-ledger.ts'
import { deploymentLines, historyLines } from '../render/history.ts'
import { styleFor } from '../render/style.ts'
import type { Settings } from '../settings.ts'
import type { Terminal } from '../terminal.ts'

interface HistoryFlags {
  readonly deployment?: string
}

export async function run(
  terminal: Terminal,
  settings: Settings,
  { deployment: text }: HistoryFlags,
): Promise<number> {
  const { state } = await documentOf(terminal, settings, {})
  const { ledger, more: running } = await readLedger(terminal, settings, state, runsOf)
  const rows = historyRows(ledger, running)
  const { stdout, env } = terminal
  const style = styleFor(stdout, env)
  const print = (lines: readonly string[], value: object) => {
    const all = settings.json
      ? [JSON.stringify({ schemaVersion: 1, cluster: state.cluster, ...value })]
      : lines
    for (const line of all) stdout.write(`${line}\n`)
  }
  if (text === undefined) {
    print(historyLines(state.cluster, rows, style), { deployments: rows })
    return 0
  }
  const record = findDeployment(ledger, text)
  const row = rows.find(r => r.id === record?.id)
  if (!record || !row) throw unknownDeployment(ledger, text)
  const before = ledger.deployments.findLast(d => d.number < record.number)
  const changes = documentChanges(before?.document, record.document)
  print(deploymentLines(row, record, { before, changes }, style), { deployment: record, changes })
  return 0
}

/** The runs that have a lock: where nothing is in progress nobody is asked. */
async function runsOf({ hosts }: ConnectedCluster, { deployments }: Ledger): Promise<Set<string>> {
  const [last] = deployments.slice(-1)
  if (last?.state !== 'IN_PROGRESS') return new Set()
  const locks = await Promise.all(
    [...hosts.values()].map(h => findLock(h, last.cluster).catch(() => undefined)),
  )
  return new Set(locks.flatMap(lock => (lock ? [lock.owner.run] : [])))
}

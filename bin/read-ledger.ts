import type { ConnectedCluster } from '../engine/connect-cluster.ts'
import type { DesiredState } from '../engine/desired-state/desired-state.generated.ts'
import type { Ledger } from '../engine/ledger/record.ts'
import { LedgerStore } from '../engine/ledger/store.ts'
import { connect } from './connect.ts'
import { warningLines } from './render/problems.ts'
import { styleFor } from './render/style.ts'
import type { Settings } from './settings.ts'
import type { Terminal } from './terminal.ts'

/** Reads the ledger of all hosts that answer; says on stderr what is left out. `more` is asked while they are connected. */
export async function readLedger<T>(
  terminal: Terminal,
  settings: Settings,
  desired: DesiredState,
  more: (cluster: ConnectedCluster, ledger: Ledger) => Promise<T>,
): Promise<{ readonly ledger: Ledger; readonly more: T }> {
  const { stderr, env } = terminal
  const cluster = await connect(desired, settings, terminal, { onUnreachable: 'skip' })
  try {
    const { ledger, problems } = await LedgerStore.read(desired.cluster, cluster.hosts.values())
    const silent = Object.values(cluster.skipped).map(s => s.problem)
    for (const line of warningLines([...silent, ...problems], styleFor(stderr, env)))
      stderr.write(`${line}\n`)
    return { ledger, more: await more(cluster, ledger) }
  } finally {
    cluster.close()
  }
}

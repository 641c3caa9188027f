import { connectCluster } from '../../engine/connect-cluster.ts'
import type { Ledger } from '../../engine/ledger/record.ts'
import { LedgerStore } from '../../engine/ledger/store.ts'
import type { FakeCluster } from './cluster.ts'

/** What these hosts of a cluster remember, put together. Default: all of them. */
export async function ledgerOf(cluster: FakeCluster, ...hosts: number[]): Promise<Ledger> {
  const connected = await connectCluster(cluster.document({}), { onUnreachable: 'fail' })
  const names = hosts.map(i => cluster.host(i).name)
  const chosen = [...connected.hosts.values()].filter(h => names.length === 0 || names.includes(h.name))
  const { ledger } = await LedgerStore.read('prod', chosen)
  connected.close()
  return ledger
}

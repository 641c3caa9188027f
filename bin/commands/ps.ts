import { specialStandings, standingOf } from '../../engine/instance-standing.ts'
import { LedgerStore } from '../../engine/ledger/store.ts'
import { observe } from '../../engine/observe/observe.ts'
import { outOfSight, taskRows } from '../../engine/ps.ts'
import { reconcile } from '../../engine/reconcile/reconcile.ts'
import { connect } from '../connect.ts'
import { documentOf } from '../document-of.ts'
import { warningLines } from '../render/problems.ts'
import { psLines } from '../render/ps.ts'
import { styleFor } from '../render/style.ts'
import type { Settings } from '../settings.ts'
import type { Terminal } from '../terminal.ts'

export async function run(terminal: Terminal, settings: Settings): Promise<number> {
  const { state } = await documentOf(terminal, settings, {})
  const cluster = await connect(state, settings, terminal, { onUnreachable: 'skip' })
  try {
    const [seen, { ledger }] = await Promise.all([
      observe(state.cluster, cluster.hosts.values()),
      LedgerStore.read(state.cluster, cluster.hosts.values()),
    ])
    const { marks } = ledger
    const now = terminal.now()
    const standings = specialStandings(state, marks, now)
    const observed = { instances: { ...cluster.skipped, ...seen.instances } }
    const { services } = reconcile(state, observed, {
      deployment: '',
      images: {},
      failed: new Set(),
      marks,
      now,
    })
    const tasks = taskRows(observed)
    const away = outOfSight(observed, services)
    const instances = Object.keys(state.containerInstances)
      .sort()
      .flatMap(name => observed.instances[name] ?? [])
    const unreachable = instances.flatMap(i => (i.reachable ? [] : [i.problem]))
    const { stdout, stderr, env } = terminal
    if (settings.json) {
      const reached = instances.map(({ name, reachable }) => ({
        name,
        reachable,
        ...standingOf(state, marks, name, now),
      }))
      const value = {
        schemaVersion: 1,
        cluster: state.cluster,
        containerInstances: reached,
        services,
        tasks,
        outOfSight: away,
        problems: unreachable,
      }
      stdout.write(`${JSON.stringify(value)}\n`)
      return 0
    }
    const view = {
      cluster: state.cluster,
      instances: instances.length,
      services,
      tasks,
      standings,
      outOfSight: away,
    }
    for (const line of psLines(view, styleFor(stdout, env))) stdout.write(`${line}\n`)
    // of one that is marked as lost the table says it; the advice is to mark it
    const silent = unreachable.filter(p => !standings.some(s => s.instance === p.instance && s.lost))
    for (const line of warningLines(silent, styleFor(stderr, env))) stderr.write(`${line}\n`)
    return 0
  } finally {
    cluster.close()
  }
}

import type { DesiredState } from '../../engine/desired-state/desired-state.generated.ts'
import type { FakeCluster } from './cluster.ts'
import { tasksOf } from './state.ts'

/**
 * Looks at the hosts after each change of them; gives the list in which every breach of a service's bounds is put.
 * What is out of its bounds when the watch begins may come nearer to them, and not go further away.
 */
export function watchBounds(cluster: FakeCluster, desired: DesiredState): readonly string[] {
  const breaches: string[] = []
  const watched = Object.keys(desired.services).map(name => ({ name, ...boundsOf(cluster, desired, name) }))
  const before = new Map(watched.map(({ name }) => [name, countsOf(cluster, desired, name)]))
  cluster.onChange = () => {
    for (const { name, lower, upper } of watched) {
      const was = before.get(name)
      const now = countsOf(cluster, desired, name)
      before.set(name, now)
      if (was === undefined) continue
      if (now.healthy < lower && now.healthy < was.healthy)
        breaches.push(`${name}: ${now.healthy} healthy, at least ${lower} wanted`)
      if (now.running > upper && now.running > was.running)
        breaches.push(`${name}: ${now.running} run, at most ${upper} wanted`)
    }
  }
  return breaches
}

function countsOf(cluster: FakeCluster, desired: DesiredState, name: string) {
  const tasks = tasksOf(cluster, desired, name)
  return { healthy: tasks.filter(t => t.healthy).length, running: tasks.filter(t => t.runs).length }
}

/** Computed here once more, from ECS's words and not by the engine's own function. */
function boundsOf(cluster: FakeCluster, desired: DesiredState, name: string) {
  const service = desired.services[name]
  const isDaemon = service?.schedulingStrategy === 'DAEMON'
  const count = isDaemon ? cluster.hosts.length : (service?.desiredCount ?? 1)
  const { minimumHealthyPercent = isDaemon ? 0 : 100, maximumPercent = isDaemon ? 100 : 200 } =
    service?.deploymentConfiguration ?? {}
  return {
    lower: Math.ceil((count * minimumHealthyPercent) / 100),
    upper: Math.floor((count * maximumPercent) / 100),
  }
}

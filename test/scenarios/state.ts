import type { DesiredState } from '../../engine/desired-state/desired-state.generated.ts'
import type { FakeHost } from '../fake/fake-host.ts'
import { isUp } from '../fake/lifecycle.ts'
import type { FakeContainer } from '../fake/world.ts'
import type { FakeCluster } from './cluster.ts'

/** All of the cluster that is on its hosts but its ledger, a line each, without what differs from run to run. */
export function stateOf(cluster: FakeCluster): string[] {
  return cluster.hosts.flatMap(host => {
    const tasks = ours(host).filter(c => c.config.Labels?.['stowage.ledger'] === undefined)
    const containers = tasks.map(
      c => `${host.name} ${c.name} ${c.config.Image.slice(0, 5)} ${c.status} ${c.health?.status ?? ''}`,
    )
    const volumes = [...host.world.volumes.values()].filter(v => /^(prod\.(?!ledger$)|data$)/.test(v.name))
    return [...containers, ...volumes.map(v => `${host.name} volume ${v.name}`)]
      .map(line => line.trim())
      .sort()
  })
}

/** What there is of the cluster, wherever it is: what is doubled or left over makes it more. */
export function inventoryOf(lines: readonly string[]): string[] {
  return lines.map(line => line.replace(/^\w+ /, '').replace(/^((volume )?prod\.\w+)\.\w+/, '$1')).sort()
}

/** Tasks of one service as the hosts themselves know them. */
export function tasksOf(cluster: FakeCluster, desired: DesiredState, service: string): Task[] {
  const steadyAfter = (desired.services[service]?.deploymentConfiguration.steadyAfterSeconds ?? 0) * 1000
  const tasks = new Map<string, FakeContainer[]>()
  for (const host of cluster.hosts) {
    for (const container of ours(host)) {
      const labels = container.config.Labels ?? {}
      if (labels['stowage.service'] !== service) continue
      const key = `${host.name} ${labels['stowage.slot']} ${labels['stowage.revision']}`
      tasks.set(key, [...(tasks.get(key) ?? []), container])
    }
  }
  return [...tasks].map(([key, containers]) => ({
    name: key,
    id: containers.map(c => c.id).join(' '),
    revision: key.split(' ')[2] ?? '',
    runs: containers.some(isUp),
    healthy: containers.every(c => inService(c, cluster.clock.now(), steadyAfter)),
  }))
}

export interface Task {
  /** "HOST SLOT REVISION" */
  readonly name: string
  /** Those of its containers. */
  readonly id: string
  readonly revision: string
  readonly runs: boolean
  readonly healthy: boolean
}

export function locksOf(cluster: FakeCluster): string[] {
  return cluster.hosts.flatMap(host =>
    ours(host)
      .filter(c => c.config.Labels?.['stowage.lock'] !== undefined)
      .map(() => host.name),
  )
}

function ours(host: FakeHost): FakeContainer[] {
  return [...host.world.containers.values()].filter(c => c.config.Labels?.['stowage.cluster'] === 'prod')
}

function inService(container: FakeContainer, now: number, steadyAfter: number): boolean {
  if (container.status !== 'running') return false
  if (container.health) return container.health.status === 'healthy'
  return now - container.startedAt >= steadyAfter
}

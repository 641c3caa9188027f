import type { DesiredState } from './desired-state/desired-state.generated.ts'
import type { ConnectOptions } from './docker/connect.ts'
import { connectAll } from './docker/connect-all.ts'
import type { DockerHost } from './docker/docker-host.ts'
import { aboutInstance, type Problem, StowageError, toProblem } from './errors.ts'
import type { UnreachableInstance } from './observed-state.ts'

/** The hosts of a cluster, connected. */
export interface ConnectedCluster {
  /** By container instance name; those that answered. */
  readonly hosts: ReadonlyMap<string, DockerHost>
  /** Those that did not, where the person said to go on without them. */
  readonly skipped: Readonly<Record<string, UnreachableInstance>>
  close(): void
}

/**
 * Connects to every container instance of a document.
 * @throws StowageError with one problem for each host that cannot be used, unless `onUnreachable` is `skip`
 */
export async function connectCluster(
  desired: DesiredState,
  options: ConnectOptions & { readonly onUnreachable: 'fail' | 'skip' },
): Promise<ConnectedCluster> {
  const instances = Object.entries(desired.containerInstances).map(([name, { address }]) => ({
    name,
    address,
  }))
  const results = await connectAll(instances, options)
  const hosts = new Map<string, DockerHost>()
  const skipped: Record<string, UnreachableInstance> = {}
  for (const result of results) {
    if ('host' in result) hosts.set(result.name, result.host)
    else {
      const problem = aboutInstance(toProblem(result.error), result.name)
      skipped[result.name] = { name: result.name, reachable: false, problem }
    }
  }
  const close = () => {
    for (const host of hosts.values()) host.close()
  }
  const problems = Object.values(skipped).map(s => s.problem)
  // where none answers there is nothing to go on with, and nothing that could be said of the cluster
  if (problems.length > 0 && (options.onUnreachable === 'fail' || hosts.size === 0)) {
    close()
    throw unreachable(problems, results.length)
  }
  return { hosts, skipped, close }
}

/** That it does not go on without those that do not answer. */
export function unreachable(problems: readonly Problem[], all: number): StowageError {
  const [first] = problems
  const message = `${problems.length} of ${all} container instances cannot be used; nothing was changed`
  return new StowageError(first?.code ?? 'HOST_UNREACHABLE', message, { problems })
}

import type { ConnectedCluster } from '../engine/connect-cluster.ts'
import type { DesiredState } from '../engine/desired-state/desired-state.generated.ts'
import { StowageError } from '../engine/errors.ts'
import { observe } from '../engine/observe/observe.ts'
import { type TaskRow, taskRows } from '../engine/ps.ts'
import { type Hidden, type Selection, type Selector, selectContainers } from '../engine/select-containers.ts'

/** How one of what is there is chosen. */
type Choose = (rows: readonly TaskRow[], selector: Selector, hidden: Hidden) => Selection

/**
 * The containers that a person's words mean, as they are now.
 * @throws TASK_UNKNOWN; TASK_OUT_OF_SIGHT where they may be on an instance that does not answer
 */
export async function containersOf(
  state: DesiredState,
  cluster: ConnectedCluster,
  { task: name, container }: { readonly task: string; readonly container?: string },
  choose: Choose = selectContainers,
): Promise<readonly TaskRow[]> {
  const observed = await observe(state.cluster, cluster.hosts.values())
  const selector = { name, ...(container !== undefined && { container }) }
  const hidden = {
    instances: Object.keys(cluster.skipped).sort(),
    services: [...Object.keys(state.services), ...Object.keys(state.tasks)],
  }
  const found = choose(taskRows(observed), selector, hidden)
  if ('problem' in found) throw new StowageError(found.problem.code, found.problem.message, found.problem)
  return found.rows
}

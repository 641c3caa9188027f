import type { TaskDefinition } from '../desired-state/desired-state.generated.ts'
import type { ObservedState } from '../observed-state.ts'
import type { Reconciliation } from '../reconcile/reconcile.ts'
import { isBoundToInstance } from '../volume-reach.ts'
import type { DataVolume } from './service-diff.ts'

/** The shared volumes of a task definition whose data keeps its tasks where they are: where it is, and will be. */
export function dataVolumes(
  task: TaskDefinition | undefined,
  observed: ObservedState,
  waves: readonly Reconciliation[],
): DataVolume[] {
  return (task?.volumes ?? []).flatMap(({ name, dockerVolumeConfiguration: docker }) => {
    if (docker?.scope !== 'shared') return []
    const on = Object.values(observed.instances).flatMap(i =>
      i.reachable && i.volumes.some(v => v.name === name && !v.remote) ? [i.name] : [],
    )
    const isBound = isBoundToInstance({ driver: docker.driver, options: docker.driverOpts })
    const made = waves.flatMap(w =>
      w.plan.steps.flatMap(({ action }) =>
        isBound && action.kind === 'create-volume' && action.name === name ? [action.instance] : [],
      ),
    )
    return on.length + made.length === 0 ? [] : [{ volume: name, on: on.sort(), made: made.sort() }]
  })
}

import type { DesiredState, TaskDefinition } from '../desired-state/desired-state.generated.ts'
import { isBoundToInstance } from '../volume-reach.ts'

/**
 * The volumes of a task whose data is on its host alone: shared ones of Docker's own driver, and paths of the host that
 * it writes to. Started elsewhere the task would begin with other data, while the old is still somewhere.
 */
export function localDataOf(task: TaskDefinition): string[] {
  return task.volumes
    .filter(({ name, host, dockerVolumeConfiguration: docker }) => {
      if (host?.sourcePath !== undefined) return isWritten(task, name)
      return docker?.scope === 'shared' && isBoundToInstance({ ...docker, options: docker.driverOpts })
    })
    .map(v => v.name)
}

function isWritten(task: TaskDefinition, volume: string): boolean {
  return task.containerDefinitions.some(c =>
    c.mountPoints.some(m => m.sourceVolume === volume && !m.readOnly),
  )
}

/** The services of a document that have local data, with their volumes; DAEMON tasks are started nowhere else. */
export function localServices({
  services,
  taskDefinitions,
}: DesiredState): Readonly<Record<string, readonly string[]>> {
  return Object.fromEntries(
    Object.entries(services).flatMap(([name, { taskDefinition, schedulingStrategy }]) => {
      const task = taskDefinitions[taskDefinition]
      const volumes = task && schedulingStrategy !== 'DAEMON' ? localDataOf(task) : []
      return volumes.length === 0 ? [] : [[name, volumes]]
    }),
  )
}

import type { DockerVolumeConfiguration } from '../desired-state/desired-state.generated.ts'
import { routerOf, socketVolumeName } from '../firelens/router.ts'
import { taskVolumeName } from '../identity.ts'
import type { TaskIdentity } from '../plan.ts'
import type { Target } from './target.ts'

/** A Docker volume that a task is made with. */
export interface TaskVolume {
  readonly name: string
  /** Set where it lives as long as this task. */
  readonly task?: TaskIdentity
  readonly configuration?: DockerVolumeConfiguration
}

/** The Docker volumes that are made for a task where they are missing. */
export function volumesOf(task: TaskIdentity, target: Target): TaskVolume[] {
  const { taskDefinition } = target
  const volumes = taskDefinition.volumes.flatMap((volume): TaskVolume[] => {
    if (volume.host?.sourcePath !== undefined) return []
    const { dockerVolumeConfiguration: configuration } = volume
    if (configuration?.scope !== 'shared')
      return [{ name: taskVolumeName(task, volume.name), task, ...(configuration && { configuration }) }]
    return configuration.autoprovision ? [{ name: volume.name, configuration }] : []
  })
  return routerOf(taskDefinition) ? [...volumes, { name: socketVolumeName(task), task }] : volumes
}

import type { DockerVolumeConfiguration } from '../desired-state/desired-state.generated.ts'
import { routerOf, socketVolumeName } from '../firelens/router.ts'
import { taskKey, taskVolumeName } from '../identity.ts'
import type { ReachableInstance } from '../observed-state.ts'
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

/**
 * Whether Docker was stopped while it made a volume for this very task: it has the task's own name for it and no
 * label, and no container of the task was made with it. Such a one is made anew, since nothing would remove it.
 */
export function isHalfMade(instance: ReachableInstance, volume: TaskVolume, task: TaskIdentity): boolean {
  if (!volume.task) return false
  const there = instance.volumes.find(v => v.name === volume.name)
  if (!there || there.cluster !== undefined) return false
  return !instance.containers.some(c => taskKey(c.identity) === taskKey(task))
}

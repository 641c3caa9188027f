import { containerName } from '../identity.ts'
import type { TaskIdentity } from '../plan.ts'
import type { Settings } from './settings.ts'

/** The settings for one task: task/NAME becomes the name of its own container. */
export function forTask(settings: Settings, task: TaskIdentity): Settings {
  const { IpcMode, Links, PidMode, VolumesFrom } = settings
  return {
    ...settings,
    ...(IpcMode !== undefined && { IpcMode: named(IpcMode, task) }),
    ...(PidMode !== undefined && { PidMode: named(PidMode, task) }),
    ...(Links && { Links: Links.map(link => named(link, task)) }),
    ...(VolumesFrom && { VolumesFrom: VolumesFrom.map(source => named(source, task)) }),
  }
}

/** task/NAME, also after "container:", as the name of the task's own container. */
export function named(text: string, task: TaskIdentity): string {
  return text.replace(
    /^(container:)?task\//,
    (_, prefix = '') => `${String(prefix)}${containerName(task, '')}`,
  )
}

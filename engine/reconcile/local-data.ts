import type { TaskDefinition } from '../desired-state/desired-state.generated.ts'

/** File systems that Docker's own volume driver mounts from elsewhere. */
const REMOTE = new Set(['nfs', 'nfs4', 'cifs', 'smb3', 'ceph', 'glusterfs'])

/**
 * The volumes of a task whose data is on its host alone: shared ones of Docker's own driver, and paths of the host that
 * it writes to. Started elsewhere the task would begin with other data, while the old is still somewhere.
 */
export function localDataOf(task: TaskDefinition): string[] {
  return task.volumes
    .filter(({ name, host, dockerVolumeConfiguration: docker }) => {
      if (host?.sourcePath !== undefined) return isWritten(task, name)
      if (docker?.scope !== 'shared') return false
      return (docker.driver ?? 'local') === 'local' && !REMOTE.has(docker.driverOpts?.['type'] ?? '')
    })
    .map(v => v.name)
}

function isWritten(task: TaskDefinition, volume: string): boolean {
  return task.containerDefinitions.some(c =>
    c.mountPoints.some(m => m.sourceVolume === volume && !m.readOnly),
  )
}

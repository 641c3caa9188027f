import { taskVolumeName } from '../identity.ts'
import type { DesiredState, Service, TaskDefinition } from './desired-state.generated.ts'
import { type DocumentProblem, documentProblem, pointer } from './problem.ts'

/** A volume is a folder on the host, and file systems have no longer names. */
const MOST = 255
const REVISION = '0'.repeat(16)

/** Volumes that live with their tasks are named by cluster, service, slot and volume: together these may be too long. */
export function checkVolumeNames({ cluster, containerInstances, taskDefinitions, services }: DesiredState) {
  const instance = longest(Object.keys(containerInstances))
  const volumes = new Map(Object.entries(taskDefinitions).map(([family, task]) => [family, longestOf(task)]))
  return Object.entries(services).flatMap(([service, { taskDefinition, ...rest }]): DocumentProblem[] => {
    const volume = volumes.get(taskDefinition) ?? ''
    if (volume === '') return []
    const slot = longestSlot(rest, instance)
    const { length } = taskVolumeName({ cluster, service, slot, revision: REVISION }, volume)
    if (length <= MOST) return []
    const message = `a task's volume ${volume.slice(0, 20)} would have a name of ${length} characters, more than ${MOST}: the names of cluster, service and volume are too long together`
    return [documentProblem(pointer('/services', service), message)]
  })
}

/** '' where no volume lives with the task. */
function longestOf({ volumes }: TaskDefinition): string {
  const own = volumes.filter(
    v => v.host?.sourcePath === undefined && v.dockerVolumeConfiguration?.scope !== 'shared',
  )
  return longest(own.map(v => v.name))
}

/** A rollout has slots beyond the desired count for a while. */
function longestSlot(
  { schedulingStrategy, desiredCount = 1 }: Pick<Service, 'schedulingStrategy' | 'desiredCount'>,
  instance: string,
): string {
  return schedulingStrategy === 'DAEMON' ? instance : `${desiredCount}0`
}

function longest(names: readonly string[]): string {
  return names.reduce((most, name) => (name.length > most.length ? name : most), '')
}

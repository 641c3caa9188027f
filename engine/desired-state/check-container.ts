import { isReservedLabel } from '../identity.ts'
import { checkFirelens } from './check-firelens.ts'
import { checkImage } from './check-image.ts'
import { checkLinux } from './check-linux.ts'
import { checkLog } from './check-log.ts'
import { checkNetwork } from './check-network.ts'
import { checkArguments } from './check-arguments.ts'
import { closest } from './closest.ts'
import type { ContainerDefinition, TaskDefinition } from './desired-state.generated.ts'
import { mountPath } from './mount-path.ts'
import { type DocumentProblem, documentProblem, pointer, quote } from './problem.ts'
import { checkSecrets } from './check-secrets.ts'
import { checkPortMappings } from './check-ports.ts'
import { repeated } from './repeated.ts'

const DOCKERS_LEAST_MEMORY_MIB = 6

/** What a container of `task` must hold and the schema cannot say. */
export function checkContainer(
  at: string,
  container: ContainerDefinition,
  task: TaskDefinition,
): DocumentProblem[] {
  const { memory, memoryReservation, dockerLabels, workingDirectory } = container
  const problems: DocumentProblem[] = []
  if (memory !== undefined && memoryReservation !== undefined && memory < memoryReservation) {
    const message = `${memoryReservation} MiB is more than the hard limit, memory ${memory} MiB`
    problems.push(documentProblem(pointer(at, 'memoryReservation'), message))
  }
  if (memoryReservation !== undefined && memoryReservation < DOCKERS_LEAST_MEMORY_MIB)
    problems.push(
      documentProblem(
        pointer(at, 'memoryReservation'),
        `Docker takes no less than ${DOCKERS_LEAST_MEMORY_MIB} MiB`,
      ),
    )
  if (workingDirectory !== undefined && !workingDirectory.startsWith('/'))
    problems.push(documentProblem(pointer(at, 'workingDirectory'), 'must be an absolute path'))
  for (const label of Object.keys(dockerLabels).filter(isReservedLabel))
    problems.push(
      documentProblem(pointer(at, 'dockerLabels', label), 'stowage.* and com.amazonaws.ecs.* are reserved'),
    )
  return [
    ...problems,
    ...checkImage(at, container.name, container.image),
    ...checkHealthCheck(at, container),
    ...checkDependencies(at, container, task),
    ...checkMountPoints(at, container, task),
    ...checkPortMappings(at, container, task),
    ...checkVolumesFrom(at, container, task),
    ...checkLog(at, container),
    ...checkFirelens(at, container, task),
    ...checkNetwork(at, container, task),
    ...checkLinux(at, container, task),
    ...checkArguments(at, container),
    ...checkSecrets(at, container),
  ]
}

function checkHealthCheck(at: string, { healthCheck }: ContainerDefinition): DocumentProblem[] {
  const [kind, ...rest] = healthCheck?.command ?? ['CMD']
  const here = pointer(at, 'healthCheck', 'command')
  if (kind !== 'CMD' && kind !== 'CMD-SHELL')
    return [documentProblem(pointer(here, 0), `must be "CMD" or "CMD-SHELL", not ${quote(kind ?? '')}`)]
  // Docker hands the shell the first text as its script and the rest as $0, $1 …, which nobody means
  if (kind === 'CMD-SHELL' && rest.length > 1)
    return [documentProblem(here, 'CMD-SHELL takes one text, the whole shell command')]
  return []
}

function checkDependencies(
  at: string,
  container: ContainerDefinition,
  task: TaskDefinition,
): DocumentProblem[] {
  const names = container.dependsOn.map(d => d.containerName)
  return container.dependsOn.flatMap(({ containerName, condition }, i) => {
    const here = pointer(at, 'dependsOn', i)
    const dependency = task.containerDefinitions.find(c => c.name === containerName)
    if (dependency === undefined) {
      const message = `no container of this task is named ${quote(containerName)}`
      const suggestion = closest(
        containerName,
        task.containerDefinitions.map(c => c.name),
      )
      return [documentProblem(pointer(here, 'containerName'), message, suggestion)]
    }
    if (names.indexOf(containerName) < i)
      return [documentProblem(here, `${containerName} is depended on twice`)]
    if ((condition === 'COMPLETE' || condition === 'SUCCESS') && dependency.essential) {
      const message = `${condition} waits for the end of ${containerName}, which is essential: its end ends the task`
      return [documentProblem(pointer(here, 'condition'), message)]
    }
    if (condition === 'HEALTHY' && dependency.healthCheck === undefined)
      return [documentProblem(pointer(here, 'condition'), `${containerName} has no healthCheck`)]
    return []
  })
}

function checkMountPoints(
  at: string,
  { mountPoints }: ContainerDefinition,
  { volumes }: TaskDefinition,
): DocumentProblem[] {
  const names = new Set(volumes.map(v => v.name))
  const unknown = mountPoints.flatMap(({ sourceVolume }, i) => {
    if (names.has(sourceVolume)) return []
    const message = `no volume of this task definition is named ${quote(sourceVolume)}`
    const suggestion = closest(sourceVolume, names)
    return [documentProblem(pointer(at, 'mountPoints', i, 'sourceVolume'), message, suggestion)]
  })
  const colons = mountPoints.flatMap(({ containerPath }, i) =>
    containerPath.includes(':')
      ? [
          documentProblem(
            pointer(at, 'mountPoints', i, 'containerPath'),
            'Docker takes no path with ":" in it',
          ),
        ]
      : [],
  )
  const twice = repeated(mountPoints.map(m => mountPath(m.containerPath))).map(i =>
    documentProblem(pointer(at, 'mountPoints', i, 'containerPath'), 'is mounted already'),
  )
  return [...unknown, ...colons, ...twice]
}

function checkVolumesFrom(
  at: string,
  { name, volumesFrom }: ContainerDefinition,
  { containerDefinitions }: TaskDefinition,
): DocumentProblem[] {
  const names = containerDefinitions.map(c => c.name)
  const here = (i: number) => pointer(at, 'volumesFrom', i, 'sourceContainer')
  return [
    ...volumesFrom.flatMap(({ sourceContainer }, i) => {
      if (sourceContainer === name)
        return [documentProblem(here(i), 'a container has its own volumes already')]
      if (names.includes(sourceContainer)) return []
      const message = `no container of this task is named ${quote(sourceContainer)}`
      return [documentProblem(here(i), message, closest(sourceContainer, names))]
    }),
    ...repeated(volumesFrom.map(v => v.sourceContainer)).map(i =>
      documentProblem(here(i), 'its volumes are mounted already'),
    ),
  ]
}

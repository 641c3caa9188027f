import type { ContainerDefinition, TaskDefinition } from './desired-state/desired-state.generated.ts'
import { withDefaults } from './desired-state/minimal.ts'
import { PAUSE_IMAGE } from './pause/image.ts'

/** The name of the pause container in its task. No container of a person's has a dot in its name. */
export const PAUSE = 'internal.pause'

/** What ContainerConfig calls the network of the cluster's tasks, whatever its name. */
export const AWSVPC = 'awsvpc'

/** The Docker network on which the cluster's awsvpc tasks have their addresses, on each container instance. */
export function taskNetworkName(cluster: string): string {
  return `${cluster}.tasks`
}

const RUNNING = new WeakMap<TaskDefinition, TaskDefinition>()

/**
 * The task definition as it runs: where several containers share one address, with the pause container that holds it,
 * which is the first to start and the last to end. The same object where there is none.
 */
export function asRun(task: TaskDefinition): TaskDefinition {
  if (!sharesAddress(task) || hasPause(task)) return task
  let running = RUNNING.get(task)
  if (!running) {
    running = { ...task, containerDefinitions: [pauseContainer(task), ...task.containerDefinitions] }
    RUNNING.set(task, running)
  }
  return running
}

/** The containers that a person wrote. */
export function ownContainers({ containerDefinitions }: TaskDefinition): readonly ContainerDefinition[] {
  return containerDefinitions.some(isPause)
    ? containerDefinitions.filter(c => !isPause(c))
    : containerDefinitions
}

/** Whether the containers of the task are in the network namespace of a pause container. */
export function sharesAddress(task: TaskDefinition): boolean {
  return task.networkMode === 'awsvpc' && ownContainers(task).length > 1
}

export function hasPause({ containerDefinitions }: TaskDefinition): boolean {
  return containerDefinitions.some(isPause)
}

export function isPause({ name }: { readonly name: string }): boolean {
  return name === PAUSE
}

/** HostConfig.NetworkMode of a container, with what differs from task to task left open. */
export function networkModeOf(task: TaskDefinition, container: ContainerDefinition): string {
  return sharesAddress(task) && !isPause(container) ? `container:task/${PAUSE}` : task.networkMode
}

function pauseContainer({ containerDefinitions }: TaskDefinition): ContainerDefinition {
  return withDefaults<ContainerDefinition>('ContainerDefinition', {
    name: PAUSE,
    image: PAUSE_IMAGE,
    user: '65534:65534',
    stopTimeout: 5,
    // what is published for the others is published where the address is
    portMappings: containerDefinitions.flatMap(c => c.portMappings),
  })
}

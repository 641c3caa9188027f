import type {
  ContainerDefinition,
  ContainerDependency,
  TaskDefinition,
} from './desired-state/desired-state.generated.ts'
import { isRouted, routerFor, routerLink } from './firelens/router.ts'
import { hasPause, PAUSE } from './task-network.ts'

/**
 * All that a container waits for before it is started: what it says itself, and START of each container that it
 * cannot be made without, and of the router that takes its output.
 */
export function dependenciesOf(
  task: TaskDefinition,
  container: ContainerDefinition,
): readonly ContainerDependency[] {
  const router = routerFor(task, container)
  const needed = router === undefined ? neededBy(task, container) : [...neededBy(task, container), router]
  if (needed.length === 0) return container.dependsOn
  const said = new Set(container.dependsOn.map(d => d.containerName))
  const implied = [...new Set(needed)].filter(name => !said.has(name))
  return [
    ...container.dependsOn,
    ...implied.map(containerName => ({ containerName, condition: 'START' as const })),
  ]
}

/** The containers that must exist before this one is made: Docker wants their names to mean something. */
export function neededBy(task: TaskDefinition, container: ContainerDefinition): readonly string[] {
  const { volumesFrom } = container
  const links = linksOf(task, container)
  const holder = namespaceHolder(task)
  const joinsPause = hasPause(task)
  if (links.length === 0 && volumesFrom.length === 0 && !holder && !joinsPause) return NONE
  const names = [...links.map(link => linkOf(link).container), ...volumesFrom.map(v => v.sourceContainer)]
  if (holder) names.push(holder.name)
  if (joinsPause) names.push(PAUSE)
  return [...new Set(names)].filter(name => name !== container.name)
}

/** Its links, that to its log router too. */
export function linksOf(task: TaskDefinition, container: ContainerDefinition): readonly string[] {
  const toRouter = routerLink(task, container)
  return toRouter === undefined ? container.links : [...container.links, toRouter]
}

const NONE: readonly string[] = []

/** The containers in an order in which each comes after those that it needs; else as they stand. */
export function inCreationOrder(task: TaskDefinition): readonly ContainerDefinition[] {
  const all = task.containerDefinitions
  if (all.every(c => neededBy(task, c).length === 0)) return all
  const ordered = new Map<string, ContainerDefinition>()
  const add = (container: ContainerDefinition, above: ReadonlySet<string>): void => {
    if (ordered.has(container.name) || above.has(container.name)) return
    const path = new Set([...above, container.name])
    const needed = neededBy(task, container)
    for (const other of all) if (needed.includes(other.name)) add(other, path)
    ordered.set(container.name, container)
  }
  for (const container of all) add(container, new Set())
  return [...ordered.values()]
}

/**
 * With pidMode or ipcMode `task`: the container whose namespace the others join, which is the first essential one
 * that waits for no other. undefined: none is joined, or no container can hold it.
 */
export function namespaceHolder(task: TaskDefinition): ContainerDefinition | undefined {
  if (!joinsNamespace(task)) return undefined
  const isFree = ({ dependsOn, links, volumesFrom }: ContainerDefinition) =>
    dependsOn.length === 0 && links.length === 0 && volumesFrom.length === 0
  return task.containerDefinitions.find(c => c.essential && isFree(c) && !isRouted(c))
}

/** Whether containers of the task share a namespace of one of them. */
export function joinsNamespace(task: TaskDefinition): boolean {
  return (task.pidMode === 'task' || task.ipcMode === 'task') && task.containerDefinitions.length > 1
}

/** A link's two names; the alias is the container's own where none is given. */
export function linkOf(link: string): { readonly container: string; readonly alias: string } {
  const [container = '', alias = container] = link.split(':')
  return { container, alias }
}

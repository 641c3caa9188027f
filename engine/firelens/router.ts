import { createHash } from 'node:crypto'
import type { ContainerDefinition, TaskDefinition } from '../desired-state/desired-state.generated.ts'

/** The log driver of containers whose output the task's own log router takes. */
export const FIRELENS = 'awsfirelens'

/** Where the router listens, for Docker's own log driver: in a volume of the task's, which dockerd reaches by its path. */
export const SOCKET_FOLDER = '/var/run'
const SOCKET = 'fluent.sock'
const DOCKER_ROOT = '/var/lib/docker'
/** The kernel's, less the NUL at its end. */
const LONGEST_SOCKET_PATH = 107
/** Where the router listens for what programs send by themselves. */
const PORT = 24224
/** The router's name for the containers that send to it, in network mode bridge. */
const ALIAS = 'firelens'

/** Stands in a ContainerConfig for the volume of the socket and its path, so that they are the same for every task. */
export const SOCKET_VOLUME = 'task//firelens'
/** Stands for the task in a message's tag. */
const TASK = 'task'

/** Which task, as far as names are made of it. */
export interface RoutedTask {
  readonly cluster: string
  readonly service: string
  readonly slot: string
  readonly revision: string
}

/** The task's log router; undefined: it has none. */
export function routerOf({ containerDefinitions }: TaskDefinition): ContainerDefinition | undefined {
  return containerDefinitions.find(c => c.firelensConfiguration !== undefined)
}

/** Whether the container's output goes to a log router. */
export function isRouted({ logConfiguration }: ContainerDefinition): boolean {
  return logConfiguration?.logDriver === FIRELENS
}

/** The router that a container sends to. */
export function routerFor(task: TaskDefinition, container: ContainerDefinition): string | undefined {
  if (!isRouted(container)) return undefined
  const router = routerOf(task)?.name
  return router === container.name ? undefined : router
}

/** The link by which a container finds its router; in the other network modes they share an address. */
export function routerLink(task: TaskDefinition, container: ContainerDefinition): string | undefined {
  const router = task.networkMode === 'bridge' ? routerFor(task, container) : undefined
  return router && `${router}:${ALIAS}`
}

/** What ECS tells a program of its router: where the fluent logger libraries send to. NAME=value. */
export function routerEnvironment(task: TaskDefinition, container: ContainerDefinition): string[] {
  const { networkMode } = task
  if (routerFor(task, container) === undefined) return []
  if (networkMode !== 'bridge' && networkMode !== 'awsvpc') return []
  const own = new Set(container.environment.map(e => e.name))
  const set = [
    ['FLUENT_HOST', networkMode === 'bridge' ? ALIAS : '127.0.0.1'],
    ['FLUENT_PORT', String(PORT)],
  ] as const
  return set.flatMap(([name, value]) => (own.has(name) ? [] : [`${name}=${value}`]))
}

/**
 * The name of the volume with a task's socket. A digest keeps it short: the path of a socket has at most 107
 * characters.
 */
export function socketVolumeName({ cluster, service, slot, revision }: RoutedTask): string {
  const text = [cluster, service, slot, revision].join('/')
  return `stowage-firelens-${createHash('sha256').update(text).digest('hex').slice(0, 16)}`
}

/** Whether dockerd can open a task's socket below this folder: its path is longer than that of any other file. */
export function takesSocket(dockerRoot = DOCKER_ROOT): boolean {
  const any = { cluster: '', service: '', slot: '', revision: '' }
  return Buffer.byteLength(socketPath(dockerRoot, any)) <= LONGEST_SOCKET_PATH
}

/** What a container's log driver is told when it is created: with the task's own socket and tag. */
export function ownLogOptions(
  options: Readonly<Record<string, string>>,
  task: RoutedTask,
  dockerRoot = DOCKER_ROOT,
): Record<string, string> {
  if (options['fluentd-address'] !== SOCKET_VOLUME) return { ...options }
  const socket = `unix://${socketPath(dockerRoot, task)}`
  const tag = options['tag']?.replace(new RegExp(`-${TASK}$`), () => `-${taskId(task)}`)
  return { ...options, 'fluentd-address': socket, ...(tag !== undefined && { tag }) }
}

/** ownLogOptions back again, from what `docker inspect` shows. */
export function templateOfLogOptions(
  options: Readonly<Record<string, string>>,
  task: RoutedTask,
): Readonly<Record<string, string>> {
  const { 'fluentd-address': address, tag } = options
  if (!address?.endsWith(socketPath('', task))) return options
  const id = `-${taskId(task)}`
  const isOwn = tag?.endsWith(id) === true
  return {
    ...options,
    'fluentd-address': SOCKET_VOLUME,
    ...(isOwn && { tag: `${tag.slice(0, -id.length)}-${TASK}` }),
  }
}

/** The tag of a container's messages, by which the router's own configuration knows them. */
export function tagOf(container: string): string {
  return `${container}-firelens-${TASK}`
}

function socketPath(dockerRoot: string, task: RoutedTask): string {
  return `${dockerRoot}/volumes/${socketVolumeName(task)}/_data/${SOCKET}`
}

function taskId({ service, slot, revision }: RoutedTask): string {
  return `${service}-${slot}-${revision.slice(0, 8)}`
}

import { desiredLog, type LogConfig } from './container-config/log.ts'
import { desiredSettings } from './container-config/desired-settings.ts'
import type { Settings } from './container-config/settings.ts'
import type {
  ContainerDefinition,
  HealthCheck,
  TaskDefinition,
} from './desired-state/desired-state.generated.ts'
import { memoryMiB } from './desired-state/task-size.ts'
import { routerEnvironment, SOCKET_FOLDER, SOCKET_VOLUME } from './firelens/router.ts'
import { isOneOff } from './one-off.ts'
import { AWSVPC, isPause, networkModeOf, sharesAddress } from './task-network.ts'

/**
 * How one container is set up, in Docker's terms and nothing that differs from task to task:
 * what the document asks for (`desiredConfig`) and what `docker inspect` shows (observed) meet in this shape.
 */
export interface ContainerConfig {
  /** undefined: not set by us, the image's holds. */
  readonly command?: readonly string[]
  readonly entryPoint?: readonly string[]
  /** NAME=value, and NAME alone for a secret, whose value is in no config; sorted. */
  readonly environment: readonly string[]
  readonly user?: string
  readonly workingDirectory?: string
  /** The person's own; never stowage.* or com.amazonaws.ecs.*. */
  readonly labels: Readonly<Record<string, string>>
  readonly healthCheck?: HealthCheck
  /** HostConfig.CpuShares. */
  readonly cpuShares: number
  /** Bytes; 0: none. */
  readonly memory: number
  readonly memoryReservation: number
  /** bridge, host, none; awsvpc: on the cluster's network of tasks; "container:task/NAME": in that container's. */
  readonly networkMode: string
  /** "80/tcp=8080", "80/tcp=" for a port that Docker chooses, "80-89/tcp=" for a range that the planner finds; sorted. */
  readonly ports: readonly string[]
  /** "source:target[:ro]"; a task-scoped volume's source is "task/NAME", a log router's "task//firelens"; sorted. */
  readonly mounts: readonly string[]
  readonly restartPolicy: 'no' | 'on-failure' | 'unless-stopped'
  /** Seconds. */
  readonly stopTimeout: number
  /** How many GPUs, or ALL; absent: none. */
  readonly gpus?: string
  /** undefined: the daemon's own. */
  readonly log?: LogConfig
  /** All else that Docker has a field of its own for. */
  readonly settings: Settings
}

const MIB = 1024 * 1024

/** What a container of this task definition is to look like. */
export function desiredConfig(task: TaskDefinition, container: ContainerDefinition): ContainerConfig {
  const memory = (container.memory ?? taskMemory(task) ?? 0) * MIB
  return {
    command: container.command,
    entryPoint: container.entryPoint,
    environment: [
      ...new Map(container.environment.map(e => [e.name, `${e.name}=${e.value}`])).values(),
      ...routerEnvironment(task, container),
      ...container.secrets.filter(s => s.deliverAs === 'environment').map(s => s.name),
    ].sort(),
    user: container.user,
    workingDirectory: container.workingDirectory,
    labels: container.dockerLabels,
    healthCheck: container.healthCheck,
    // ECS's clamp: nothing reserved is 2, not Docker's 1024
    cpuShares: Math.min(Math.max(container.cpu, 2), 262144),
    memory,
    memoryReservation: (container.memoryReservation ?? 0) * MIB,
    networkMode: networkModeOf(task, container),
    ports: publishedPorts(task, container),
    mounts: [
      ...container.mountPoints.map(
        m => `${volumeSource(task, m.sourceVolume)}:${m.containerPath}${m.readOnly ? ':ro' : ''}`,
      ),
      ...(container.firelensConfiguration ? [`${SOCKET_VOLUME}:${SOCKET_FOLDER}`] : []),
    ].sort(),
    restartPolicy: dockerPolicy(task, container),
    stopTimeout: container.stopTimeout,
    log: container.logConfiguration && desiredLog(container.name, container.logConfiguration),
    ...(container.resourceRequirements[0] && { gpus: container.resourceRequirements[0].value }),
    settings: desiredSettings(task, container, memory),
  }
}

/**
 * What of a container's restart policy Docker can hold by itself: it knows no exit codes but "failed", and no period.
 * An essential container without a policy of its own is kept up; what runs once is not started again.
 */
export function dockerPolicy(
  task: TaskDefinition,
  { essential, restartPolicy }: Pick<ContainerDefinition, 'essential' | 'restartPolicy'>,
): ContainerConfig['restartPolicy'] {
  if (isOneOff(task)) return 'no'
  if (!restartPolicy?.enabled) return essential ? 'unless-stopped' : 'no'
  const { ignoredExitCodes } = restartPolicy
  if (ignoredExitCodes.length === 0) return 'unless-stopped'
  return ignoredExitCodes.every(code => code === 0) ? 'on-failure' : 'no'
}

/** What no container of the task may exceed; the sum of several cannot be limited by Docker alone. */
function taskMemory({ memory }: TaskDefinition): number | undefined {
  return memory === undefined ? undefined : memoryMiB(memory)
}

function publishedPorts(task: TaskDefinition, container: ContainerDefinition): string[] {
  if (task.networkMode === AWSVPC) {
    if (sharesAddress(task) && !isPause(container)) return []
    const published = container.portMappings.filter(p => p.hostPort)
    return [...new Set(published.map(p => `${p.containerPort}/${p.protocol}=${p.hostPort}`))].sort()
  }
  if (task.networkMode !== 'bridge') return []
  return container.portMappings
    .map(p => `${p.containerPortRange ?? p.containerPort}/${p.protocol}=${p.hostPort || ''}`)
    .sort()
}

function volumeSource(task: TaskDefinition, name: string): string {
  const volume = task.volumes.find(v => v.name === name)
  if (volume?.host?.sourcePath !== undefined) return volume.host.sourcePath
  return volume?.dockerVolumeConfiguration?.scope === 'shared' ? name : `task/${name}`
}

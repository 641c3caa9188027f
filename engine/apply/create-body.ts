import { type ContainerConfig, desiredConfig } from '../container-config.ts'
import { withLogDefaults } from '../container-config/log.ts'
import { withHostRanges } from '../container-config/port-ranges.ts'
import { divided } from '../container-config/settings.ts'
import { forTask, named } from '../container-config/task-references.ts'
import type { ContainerDefinition, HealthCheck } from '../desired-state/desired-state.generated.ts'
import { CONFIG_FILES } from '../firelens/config.ts'
import { ownLogOptions, SOCKET_VOLUME, socketVolumeName } from '../firelens/router.ts'
import type { ContainerCreateBody, DeviceRequest, DockerHealthcheck } from '../docker/docker-host.ts'
import {
  containerLabels,
  LABEL,
  storedTaskDefinition,
  tagLabels,
  taskKey,
  taskVolumeName,
} from '../identity.ts'
import type { Action, TaskIdentity } from '../plan.ts'
import { hasSecretFiles } from '../secrets/fingerprints.ts'
import { AWSVPC, taskNetworkName } from '../task-network.ts'

const NS = 1e9

/** Where a container finds the secrets that are delivered as files. */
export const SECRETS_FOLDER = '/run/secrets'

/** What a container is created with and the document does not have. */
export interface SecretParts {
  /** NAME=value */
  readonly environment: readonly string[]
  /** Options of the log driver. */
  readonly logOptions: Readonly<Record<string, string>>
}

const NO_SECRETS: SecretParts = { environment: [], logOptions: {} }

/** The body of POST /containers/create for a container of a task. */
export function createBody(
  action: Action & { kind: 'create-container' },
  secret: SecretParts = NO_SECRETS,
): ContainerCreateBody {
  const { task, family, taskDefinition, container: name, image, deployment } = action
  const definition = taskDefinition.containerDefinitions.find(c => c.name === name)
  if (!definition) throw new Error(`no container ${name} in ${family}`)
  const wanted = desiredConfig(taskDefinition, definition)
  const config = { ...wanted, ports: withHostRanges(wanted.ports, action.hostRanges) }
  const settings = divided(forTask(config.settings, task))
  const identity = {
    ...task,
    family,
    container: name,
    deployment,
    taskDefinition: storedTaskDefinition(taskDefinition),
    ...(action.secrets !== undefined && { secrets: action.secrets }),
  }
  return {
    Image: image,
    ...(config.command && { Cmd: [...config.command] }),
    ...(config.entryPoint && { Entrypoint: [...config.entryPoint] }),
    Env: [...config.environment.filter(e => e.includes('=')), ...secret.environment],
    ...(config.user && { User: config.user }),
    ...(config.workingDirectory && { WorkingDir: config.workingDirectory }),
    Labels: { ...config.labels, ...tagLabels(taskDefinition), ...containerLabels(identity) },
    StopTimeout: config.stopTimeout,
    Healthcheck: healthcheck(config.healthCheck),
    ExposedPorts: Object.fromEntries(config.ports.map(p => [portOf(p), {}])),
    ...settings.config,
    HostConfig: {
      ...settings.host,
      CpuShares: config.cpuShares,
      Memory: config.memory,
      MemoryReservation: config.memoryReservation,
      NetworkMode:
        config.networkMode === AWSVPC ? taskNetworkName(task.cluster) : named(config.networkMode, task),
      Binds: config.mounts.map(mount => bindOf(mount, task)),
      ...volumesOfItsOwn(definition, task),
      PortBindings: portBindings(config),
      RestartPolicy: { Name: config.restartPolicy },
      ...(action.gpus && { DeviceRequests: [gpuRequest(action.gpus)] }),
      ...(config.log && {
        LogConfig: {
          Type: config.log.driver,
          Config: {
            ...ownLogOptions(withLogDefaults(config.log), task, action.dockerRoot),
            ...secret.logOptions,
          },
        },
      }),
    },
  }
}

/**
 * Volumes that are made and removed with the container: what is put there survives a restart by Docker itself, takes
 * a read-only root, and is in no `docker inspect`, export or commit. Their labels tell one that was left behind.
 */
function volumesOfItsOwn(definition: ContainerDefinition, task: TaskIdentity) {
  const router = definition.firelensConfiguration
  const targets = [
    ...(hasSecretFiles(definition) ? [SECRETS_FOLDER] : []),
    ...(router ? [CONFIG_FILES[router.type].folder] : []),
  ]
  const labels = { [LABEL.cluster]: task.cluster, [LABEL.task]: taskKey(task) }
  return (
    targets.length > 0 && {
      Mounts: targets.map(target => ({
        Type: 'volume' as const,
        Target: target,
        VolumeOptions: { Labels: labels },
      })),
    }
  )
}

/** The image's own health check is switched off where the task definition has none, as in ECS. */
function healthcheck(check: HealthCheck | undefined): DockerHealthcheck {
  if (!check) return { Test: ['NONE'] }
  return {
    Test: [...check.command],
    Interval: check.interval * NS,
    Timeout: check.timeout * NS,
    Retries: check.retries,
    StartPeriod: check.startPeriod * NS,
  }
}

/** A name such as nvidia.com/gpu=0 is CDI's; Docker finds the driver of any other by what it can do. */
function gpuRequest(ids: readonly string[]): DeviceRequest {
  const isCdi = ids.every(id => id.includes('='))
  return isCdi ? { Driver: 'cdi', DeviceIDs: [...ids] } : { DeviceIDs: [...ids], Capabilities: [['gpu']] }
}

function portBindings(config: ContainerConfig): Record<string, { HostPort: string }[]> {
  const bindings: Record<string, { HostPort: string }[]> = {}
  for (const port of config.ports) {
    const key = portOf(port)
    bindings[key] = [...(bindings[key] ?? []), { HostPort: port.slice(key.length + 1) }]
  }
  return bindings
}

function portOf(port: string): string {
  return port.slice(0, port.indexOf('='))
}

function bindOf(mount: string, task: TaskIdentity): string {
  if (mount.startsWith(SOCKET_VOLUME)) return `${socketVolumeName(task)}${mount.slice(SOCKET_VOLUME.length)}`
  return mount.startsWith('task/') ? taskVolumeName(task, mount.slice('task/'.length)) : mount
}

import type { ContainerConfig } from '../container-config.ts'
import { observedLog } from '../container-config/log.ts'
import { joined, observedSettings } from '../container-config/observed-settings.ts'
import type { HealthCheck } from '../desired-state/desired-state.generated.ts'
import type {
  ContainerInspect,
  ContainerSummary,
  DockerHealthcheck,
  DockerInfo,
  ImageInspect,
  VolumeSummary,
} from '../docker/docker-host.ts'
import { SOCKET_VOLUME, socketVolumeName } from '../firelens/router.ts'
import { storedSecretNames } from '../secrets/stored-names.ts'
import { capabilitiesOf } from './capabilities.ts'
import { gpusOf } from './gpus.ts'
import { readLabel } from '../secrets/label.ts'
import { isReservedLabel, LABEL, readIdentity, taskVolumeName } from '../identity.ts'
import type {
  ContainerIdentity,
  ContainerStatus,
  EngineFacts,
  ForeignContainer,
  ImageConfig,
  ObservedContainer,
  ObservedVolume,
  PublishedPort,
} from '../observed-state.ts'
import { AWSVPC, taskNetworkName } from '../task-network.ts'
import { isBoundToInstance } from '../volume-reach.ts'

const NS = 1e9

/**
 * `docker inspect` of one of the cluster's containers, in our words.
 * @param nameOf the name of another container of the same host, by its id
 */
export function observedContainer(
  raw: ContainerInspect,
  nameOf: (id: string) => string | undefined,
): ObservedContainer {
  const identity = readIdentity(raw.Config.Labels ?? {})
  const { State: state } = raw
  const gpus = gpusGiven(raw)
  const networkId = raw.NetworkSettings.Networks?.[taskNetworkName(identity.cluster)]?.NetworkID
  return {
    id: raw.Id,
    name: raw.Name.replace(/^\//, ''),
    identity,
    status: state.Status as ContainerStatus,
    health: healthOf(raw),
    exitCode: state.ExitCode,
    oomKilled: state.OOMKilled,
    error: state.Error,
    restartCount: raw.RestartCount,
    createdAt: time(raw.Created),
    startedAt: time(state.StartedAt),
    finishedAt: time(state.FinishedAt),
    image: raw.Config.Image,
    imageId: raw.Image,
    config: containerConfig(raw, identity, nameOf),
    ports: publishedPorts(raw),
    ...(gpus.length > 0 && { gpus }),
    ...(networkId && { networkId }),
  }
}

export function foreignContainer(raw: ContainerSummary): ForeignContainer {
  const ports = (raw.Ports ?? []).flatMap(p =>
    p.PublicPort === undefined
      ? []
      : [{ containerPort: p.PrivatePort, hostPort: p.PublicPort, protocol: protocol(p.Type) }],
  )
  const cluster = raw.Labels?.[LABEL.cluster]
  return {
    id: raw.Id,
    name: nameOf(raw),
    ...(cluster !== undefined && { cluster }),
    // IPv4 and IPv6 are two entries of one port
    ports: ports.filter((p, i) => ports.findIndex(q => samePort(p, q)) === i),
    imageId: raw.ImageID,
  }
}

/** A container's own name; those that links give it have the linking container's before them. */
export function nameOf({ Names: names }: ContainerSummary): string {
  return (names.find(name => name.lastIndexOf('/') === 0) ?? names[0] ?? '').replace(/^\//, '')
}

export function observedVolume(raw: VolumeSummary): ObservedVolume {
  const cluster = raw.Labels?.[LABEL.cluster]
  const task = raw.Labels?.[LABEL.task]
  const isHere = isBoundToInstance({ driver: raw.Driver, options: raw.Options ?? {}, scope: raw.Scope })
  return {
    name: raw.Name,
    ...(cluster !== undefined && { cluster }),
    ...(task !== undefined && { task }),
    ...(!isHere && { remote: true }),
  }
}

export function engineFacts(raw: DockerInfo): EngineFacts {
  return {
    version: raw.ServerVersion,
    apiVersion: raw.ApiVersion,
    os: raw.OSType,
    architecture: ARCHITECTURES[raw.Architecture] ?? raw.Architecture,
    cpu: raw.NCPU * 1024,
    memoryMiB: Math.floor(raw.MemTotal / (1024 * 1024)),
    dockerRoot: raw.DockerRootDir,
    capabilities: capabilitiesOf(raw),
    gpus: gpusOf(raw),
  }
}

export function imageConfig({ Config: config }: ImageInspect): ImageConfig {
  return {
    env: config?.Env ?? [],
    command: config?.Cmd ?? [],
    entryPoint: config?.Entrypoint ?? [],
    user: config?.User ?? '',
    workingDirectory: config?.WorkingDir ?? '',
    labels: config?.Labels ?? {},
    exposedPorts: Object.keys(config?.ExposedPorts ?? {}).sort(),
  }
}

/** RFC 3339 as ms since 1970; Docker's year 1, which means never, as 0. */
export function time(text: string): number {
  const ms = Date.parse(text)
  return Number.isNaN(ms) || ms < 0 ? 0 : ms
}

const ARCHITECTURES: Readonly<Record<string, string>> = { aarch64: 'arm64', amd64: 'x86_64' }

function containerConfig(
  raw: ContainerInspect,
  identity: ContainerIdentity,
  nameOf: (id: string) => string | undefined,
): ContainerConfig {
  const { Config: config, HostConfig: host } = raw
  const labels = Object.entries(config.Labels ?? {}).filter(([key]) => !isReservedLabel(key))
  const policy = host.RestartPolicy.Name
  const gpus = gpusGiven(raw)
  return {
    command: config.Cmd ?? undefined,
    entryPoint: config.Entrypoint ?? undefined,
    environment: withoutSecrets(config.Env ?? [], identity).sort(),
    user: config.User,
    workingDirectory: config.WorkingDir,
    labels: Object.fromEntries(labels),
    healthCheck: healthCheck(config.Healthcheck ?? undefined),
    cpuShares: host.CpuShares,
    memory: host.Memory,
    memoryReservation: host.MemoryReservation,
    networkMode: networkMode(host.NetworkMode, identity, nameOf),
    ports: Object.entries(host.PortBindings ?? {})
      .flatMap(([port, bindings]) =>
        (bindings ?? []).map(b => `${port}=${b.HostPort === '0' ? '' : (b.HostPort ?? '')}`),
      )
      .sort(),
    mounts: (host.Binds ?? []).map(bind => templateOf(bind, identity)).sort(),
    restartPolicy: policy === '' || policy === 'no' ? 'no' : (policy as ContainerConfig['restartPolicy']),
    stopTimeout: config.StopTimeout ?? 10,
    log: observedLog(host.LogConfig, secretLogOptions(identity), identity),
    ...(gpus.length > 0 && { gpus: String(gpus.length) }),
    settings: observedSettings(raw, identity, nameOf),
  }
}

function gpusGiven({ HostConfig: host }: ContainerInspect): string[] {
  return (host.DeviceRequests ?? []).flatMap(r => r.DeviceIDs ?? [])
}

/**
 * No secret value goes further than here: of a variable that is a secret its name is kept, of one from an environment
 * file nothing, as the document does not name it.
 */
function withoutSecrets(env: readonly string[], identity: ContainerIdentity): string[] {
  const label = readLabel(identity.secrets)
  // the label of the task definition tells the names, too, where the other one was taken away
  const stored = storedSecretNames(identity.taskDefinition, identity.container).environment
  const named = new Set([...Object.keys(label?.environment ?? {}), ...stored])
  const variables = new Set(label?.variables)
  return env.flatMap(entry => {
    const name = entry.split('=', 1)[0] ?? ''
    if (variables.has(name)) return []
    return named.has(name) ? [name] : [entry]
  })
}

function secretLogOptions({ secrets, taskDefinition, container }: ContainerIdentity): ReadonlySet<string> {
  const stored = storedSecretNames(taskDefinition, container).logOptions
  return new Set([...Object.keys(readLabel(secrets)?.logOptions ?? {}), ...stored])
}

function networkMode(
  mode: string,
  identity: ContainerIdentity,
  nameOf: (id: string) => string | undefined,
): string {
  if (mode === 'default') return 'bridge'
  return mode === taskNetworkName(identity.cluster) ? AWSVPC : (joined(mode, identity, nameOf) ?? '')
}

/** A bind of a task's own volume, written so that it is the same for every task. */
function templateOf(bind: string, identity: ContainerIdentity): string {
  const socket = socketVolumeName(identity)
  if (bind.startsWith(`${socket}:`)) return `${SOCKET_VOLUME}${bind.slice(socket.length)}`
  const prefix = taskVolumeName(identity, '')
  return bind.startsWith(prefix) ? `task/${bind.slice(prefix.length)}` : bind
}

function healthCheck(raw: DockerHealthcheck | undefined): HealthCheck | undefined {
  const test = raw?.Test ?? []
  if (!raw || test.length === 0 || test[0] === 'NONE') return undefined
  return {
    command: [...test],
    interval: (raw.Interval ?? 0) / NS,
    timeout: (raw.Timeout ?? 0) / NS,
    retries: raw.Retries ?? 0,
    startPeriod: (raw.StartPeriod ?? 0) / NS,
  }
}

/**
 * A pause makes a healthy container unhealthy to Docker, until the first check after it: no check has failed. So does
 * its end: it was unhealthy before only where as many checks failed as that takes.
 */
export function healthOf({ State: state, Config: config }: ContainerInspect): ObservedContainer['health'] {
  const { Health: raw, Status: status } = state
  if (raw?.Status === 'unhealthy') {
    const ended = status === 'exited' || status === 'dead'
    const enough = ended ? config.Healthcheck?.Retries || DEFAULT_RETRIES : 1
    if ((raw.FailingStreak ?? enough) >= enough) return 'unhealthy'
    return ended ? 'none' : 'starting'
  }
  return raw?.Status === 'starting' || raw?.Status === 'healthy' ? raw.Status : 'none'
}

/** Docker's own. */
const DEFAULT_RETRIES = 3

/** With IPv4 and IPv6 a port is published twice, on some engines under two numbers: the IPv4 one is told. */
function publishedPorts(raw: ContainerInspect): PublishedPort[] {
  const ports = Object.entries(raw.NetworkSettings.Ports ?? {}).flatMap(([port, bindings]) => {
    const [containerPort, type] = port.split('/')
    const all = bindings ?? []
    const ipv4 = all.filter(b => !b.HostIp.includes(':'))
    return (ipv4.length > 0 ? ipv4 : all).map(b => ({
      containerPort: Number(containerPort),
      hostPort: Number(b.HostPort),
      protocol: protocol(type ?? 'tcp'),
    }))
  })
  return ports.filter((p, i) => ports.findIndex(q => samePort(p, q)) === i)
}

function protocol(type: string): 'tcp' | 'udp' {
  return type === 'udp' ? 'udp' : 'tcp'
}

function samePort(a: PublishedPort, b: PublishedPort): boolean {
  return a.hostPort === b.hostPort && a.protocol === b.protocol && a.containerPort === b.containerPort
}

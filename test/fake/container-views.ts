import { isUp } from './lifecycle.ts'
import { CONTAINER, linksView, namesOf } from './settings.ts'
import { rfc3339 } from './time.ts'
import type { FakeContainer, World } from './world.ts'

/** GET /containers/{id}/json. */
export function inspectView(world: World, container: FakeContainer) {
  const { config, host, settings, health } = container
  const [path = '', ...args] = [...(config.Entrypoint ?? []), ...(config.Cmd ?? [])]
  return {
    Id: container.id,
    Created: rfc3339(container.createdAt),
    Path: path,
    Args: args,
    State: {
      Status: container.status,
      Running: isUp(container),
      Paused: container.status === 'paused',
      Restarting: container.status === 'restarting',
      OOMKilled: container.oomKilled,
      Dead: container.status === 'dead',
      Pid: container.status === 'running' || container.status === 'paused' ? 1000 + container.runs : 0,
      ExitCode: container.exitCode,
      Error: container.error,
      StartedAt: rfc3339(container.startedAt),
      FinishedAt: rfc3339(container.finishedAt),
      ...(health !== undefined && { Health: healthView(health) }),
    },
    Image: container.imageId,
    Name: `/${container.name}`,
    RestartCount: container.restartCount,
    Driver: 'overlay2',
    Platform: 'linux',
    Mounts: mountsView(container),
    HostConfig: {
      ...host,
      ...settings,
      Links: linksView(world, container),
      Binds: host.Binds.length > 0 ? host.Binds : null,
      PortBindings: Object.fromEntries(
        Object.entries(host.PortBindings).map(([port, bindings]) => [
          port,
          bindings.map(b => ({ HostIp: '', HostPort: b.HostPort ?? '' })),
        ]),
      ),
      RestartPolicy: { MaximumRetryCount: 0, ...host.RestartPolicy },
    },
    Config: { ...config, Domainname: '', Volumes: null, OnBuild: null },
    NetworkSettings: { Ports: portsView(container), Networks: networksOf(container) },
  }
}

/** One entry of GET /containers/json. */
export function summaryView(world: World, container: FakeContainer, now: number) {
  const { config } = container
  return {
    Id: container.id,
    Names: namesOf(world, container),
    Image: imageName(world, container),
    ImageID: container.imageId,
    Command: [...(config.Entrypoint ?? []), ...(config.Cmd ?? [])].join(' '),
    Created: Math.floor(container.createdAt / 1000),
    Ports: summaryPorts(container),
    Labels: config.Labels,
    State: container.status,
    Status: statusText(container, now),
    HostConfig: { NetworkMode: container.host.NetworkMode },
    NetworkSettings: { Networks: networksOf(container) },
    Mounts: mountsView(container),
  }
}

function healthView(health: NonNullable<FakeContainer['health']>) {
  return {
    Status: health.status,
    FailingStreak: health.failingStreak,
    Log: health.log.map(entry => ({
      Start: rfc3339(entry.at),
      End: rfc3339(entry.at),
      ExitCode: entry.exitCode,
      Output: entry.output,
    })),
  }
}

/** What is published, and with null what is only exposed; nothing while it does not run. */
function portsView(container: FakeContainer): Record<string, { HostIp: string; HostPort: string }[] | null> {
  if (!onBridge(container) || !['running', 'paused'].includes(container.status)) return {}
  const ports: Record<string, { HostIp: string; HostPort: string }[] | null> = {}
  for (const port of Object.keys(container.config.ExposedPorts ?? {})) ports[port] = null
  for (const { containerPort, protocol, hostPort } of container.ports) {
    const key = `${containerPort}/${protocol}`
    ports[key] = [...(ports[key] ?? []), { HostIp: '0.0.0.0', HostPort: String(hostPort) }]
  }
  return ports
}

function summaryPorts(
  container: FakeContainer,
): { IP?: string; PrivatePort: number; PublicPort?: number; Type: string }[] {
  return Object.entries(portsView(container)).flatMap(([key, bindings]) => {
    const [port, type = 'tcp'] = key.split('/')
    const entry = { PrivatePort: Number(port), Type: type }
    return bindings === null
      ? [entry]
      : bindings.map(b => ({ IP: b.HostIp, ...entry, PublicPort: Number(b.HostPort) }))
  })
}

function onBridge(container: FakeContainer): boolean {
  const { NetworkMode: mode } = container.host
  return mode !== 'host' && mode !== 'none' && !mode.startsWith(CONTAINER)
}

function networksOf({ networkId, host }: FakeContainer): Record<string, { NetworkID: string }> {
  const mode = host.NetworkMode
  return mode.startsWith(CONTAINER)
    ? {}
    : { [mode === 'default' ? 'bridge' : mode]: { NetworkID: networkId ?? '' } }
}

/** What it was created from, as long as that still means its image; then the image's id. */
function imageName(world: World, container: FakeContainer): string {
  const image = world.images.get(container.imageId)
  const asked = container.config.Image
  const full = /[:@]/.test(asked.slice(asked.lastIndexOf('/') + 1)) ? asked : `${asked}:latest`
  return image?.tags.includes(full) || image?.digests.includes(asked) ? asked : container.imageId
}

function statusText(container: FakeContainer, now: number): string {
  const seconds = (since: number) => `${Math.max(0, Math.floor((now - since) / 1000))} seconds`
  const health = container.health === undefined ? '' : ` (${container.health.status})`
  switch (container.status) {
    case 'created':
      return 'Created'
    case 'running':
      return `Up ${seconds(container.startedAt)}${health}`
    case 'paused':
      return `Up ${seconds(container.startedAt)} (Paused)`
    case 'restarting':
      return `Restarting (${container.exitCode}) ${seconds(container.finishedAt)} ago`
    case 'exited':
      return `Exited (${container.exitCode}) ${seconds(container.finishedAt)} ago`
    case 'dead':
      return 'Dead'
    default:
      return container.status satisfies never
  }
}

function mountsView(container: FakeContainer) {
  return container.mounts.map(({ source, target, mode, kind }) => ({
    Type: kind,
    ...(kind === 'volume' && { Name: source, Driver: 'local' }),
    Source: kind === 'volume' ? `/var/lib/docker/volumes/${source}/_data` : source,
    Destination: target,
    Mode: mode,
    RW: !mode.split(',').includes('ro'),
    Propagation: kind === 'bind' ? 'rprivate' : '',
  }))
}

import type { PortMapping as PortMappingJson } from '../engine/desired-state/document.generated.ts'
import { compact } from './document.ts'
import { checkName, checkWhole, duplicates } from './limits.ts'
import type { NetworkMode } from './task-definition.ts'

/** The protocol of a port. */
export const Protocol = { TCP: 'tcp', UDP: 'udp' } as const
export type Protocol = (typeof Protocol)[keyof typeof Protocol]

/** What is spoken on a port. */
export const AppProtocol = { http: 'http', http2: 'http2', grpc: 'grpc' } as const
export type AppProtocol = (typeof AppProtocol)[keyof typeof AppProtocol]

/** A port of a container that can be reached from outside. */
export interface PortMapping {
  /** This or containerPortRange. */
  readonly containerPort?: number
  /**
   * `8000-8009`, in the place of containerPort: so many host ports in a row that are free where the task is placed
   * (bridge), or the ports at the task's address (awsvpc). Not in network mode host.
   */
  readonly containerPortRange?: string
  /** The port of the container instance. @default a free one, chosen by Docker (bridge); the container's own (host); none (awsvpc) */
  readonly hostPort?: number
  /** @default Protocol.TCP */
  readonly protocol?: Protocol
  /** Unique in its container. @default none */
  readonly name?: string
  /** What is spoken on it; needs a name. @default none */
  readonly appProtocol?: AppProtocol
}

/** Its place in the document. */
export function renderPortMapping(mapping: PortMapping): PortMappingJson {
  const { containerPort, containerPortRange, hostPort, protocol, name, appProtocol } = mapping
  return compact({
    // aws-cdk-lib wants it beside a range: CONTAINER_PORT_USE_RANGE
    containerPort: containerPortRange !== undefined && containerPort === 0 ? undefined : containerPort,
    containerPortRange,
    hostPort,
    protocol,
    name,
    appProtocol,
  })
}

/** What is wrong with the ports of one container. */
export function checkPortMappings(ports: readonly PortMappingJson[], mode: NetworkMode): string[] {
  if (mode === 'none') return ports.length > 0 ? ['network mode none has no ports'] : []
  const single = ports.filter(p => p.containerPort !== undefined)
  const dynamic = single.filter(p => mode === 'bridge' && !p.hostPort)
  return [
    ...ports.flatMap(p => [
      ...checkRange(p, mode),
      ...checkWhole('containerPort', p.containerPort, 1, 65535),
      ...checkWhole('hostPort', p.hostPort, 0, 65535),
      ...checkName('the name of a port', p.name, 'port'),
      ...((mode === 'host' || mode === 'awsvpc') &&
      p.hostPort &&
      p.containerPort &&
      p.hostPort !== p.containerPort
        ? [
            `hostPort ${p.hostPort} must be the container's own port ${p.containerPort} in network mode ${mode}`,
          ]
        : []),
    ]),
    ...checkOverlaps(ports),
    ...duplicates([...new Set(single.map(protocolOf))].map(port => port.split('/')[0])).map(
      port => `container port ${port} is mapped with two protocols; ECS allows one`,
    ),
    ...duplicates(dynamic.map(protocolOf)).map(port => `container port ${port} is mapped twice`),
    ...duplicates(ports.flatMap(p => p.name ?? [])).map(name => `two ports are named ${name}`),
  ]
}

const RANGES_MAX = 100

function checkRange(port: PortMappingJson, mode: NetworkMode): string[] {
  const { containerPort, containerPortRange: range, hostPort, appProtocol, name } = port
  const [, first = 0, last = 0] = (/^(\d{1,5})-(\d{1,5})$/.exec(range ?? '') ?? []).map(Number)
  return [
    ...(containerPort === undefined && range === undefined
      ? ['a port needs containerPort or containerPortRange']
      : []),
    ...(appProtocol !== undefined && name === undefined ? ['appProtocol needs a name of the port'] : []),
    ...(range === undefined || (first >= 1 && first < last && last <= 65535)
      ? []
      : [`containerPortRange must go from one port up to another of at most 65535, not ${range}`]),
    ...(range !== undefined && containerPort !== undefined
      ? [`containerPortRange ${range} is in the place of containerPort, not beside it`]
      : []),
    ...(range !== undefined && hostPort
      ? [`${range} gets the host ports that are free: leave hostPort out`]
      : []),
    ...(range !== undefined && mode === 'host'
      ? ['containerPortRange is for network mode bridge and awsvpc, not host']
      : []),
  ]
}

function checkOverlaps(ports: readonly PortMappingJson[]): string[] {
  const all = ports.map(({ containerPort = 0, containerPortRange }) => {
    const [first = 0, last = 0] = (containerPortRange ?? `${containerPort}-${containerPort}`)
      .split('-')
      .map(Number)
    return { first, last, containerPortRange }
  })
  const ranges = all.filter(p => p.containerPortRange !== undefined)
  if (ranges.length > RANGES_MAX) return [`at most ${RANGES_MAX} ranges of ports, not ${ranges.length}`]
  return ranges.flatMap(range =>
    all.some(
      (p, i) =>
        p !== range &&
        (i < all.indexOf(range) || p.containerPortRange === undefined) &&
        p.first <= range.last &&
        range.first <= p.last,
    )
      ? [`the range ${range.containerPortRange} overlaps with another port`]
      : [],
  )
}

/** The ports that a container shares with the others of its task and asks for by number, as "80/tcp". */
export function fixedHostPorts(ports: readonly PortMappingJson[], mode: NetworkMode): string[] {
  if (mode === 'none') return []
  return ports.flatMap(p => {
    const port = mode === 'host' || mode === 'awsvpc' ? (p.containerPort ?? 0) : (p.hostPort ?? 0)
    return port > 0 ? [`${port}/${p.protocol ?? 'tcp'}`] : []
  })
}

function protocolOf({ containerPort, protocol = 'tcp' }: PortMappingJson): string {
  return `${containerPort}/${protocol}`
}

import type { PortMapping as PortMappingJson } from '../engine/desired-state/document.generated.ts'
import { checkName, checkWhole, duplicates } from './limits.ts'
import type { NetworkMode } from './task-definition.ts'

/** The protocol of a port. */
export const Protocol = { TCP: 'tcp', UDP: 'udp' } as const
export type Protocol = (typeof Protocol)[keyof typeof Protocol]

/** A port of a container that can be reached from outside. */
export interface PortMapping {
  readonly containerPort: number
  /** The port of the container instance. @default a free one, chosen by Docker (bridge); the container's own (host); none (awsvpc) */
  readonly hostPort?: number
  /** @default Protocol.TCP */
  readonly protocol?: Protocol
  /** Unique in its container. @default none */
  readonly name?: string
}

/** What is wrong with the ports of one container. */
export function checkPortMappings(ports: readonly PortMappingJson[], mode: NetworkMode): string[] {
  if (mode === 'none') return ports.length > 0 ? ['network mode none has no ports'] : []
  const dynamic = ports.filter(p => mode === 'bridge' && !p.hostPort)
  return [
    ...ports.flatMap(p => [
      ...checkWhole('containerPort', p.containerPort, 1, 65535),
      ...checkWhole('hostPort', p.hostPort, 0, 65535),
      ...checkName('the name of a port', p.name, 'port'),
      ...((mode === 'host' || mode === 'awsvpc') && p.hostPort && p.hostPort !== p.containerPort
        ? [
            `hostPort ${p.hostPort} must be the container's own port ${p.containerPort} in network mode ${mode}`,
          ]
        : []),
    ]),
    ...duplicates([...new Set(ports.map(protocolOf))].map(port => port.split('/')[0])).map(
      port => `container port ${port} is mapped with two protocols; ECS allows one`,
    ),
    ...duplicates(dynamic.map(protocolOf)).map(port => `container port ${port} is mapped twice`),
    ...duplicates(ports.flatMap(p => p.name ?? [])).map(name => `two ports are named ${name}`),
  ]
}

/** The ports that a container shares with the others of its task and asks for by number, as "80/tcp". */
export function fixedHostPorts(ports: readonly PortMappingJson[], mode: NetworkMode): string[] {
  if (mode === 'none') return []
  return ports.flatMap(p => {
    const port = mode === 'host' || mode === 'awsvpc' ? p.containerPort : (p.hostPort ?? 0)
    return port > 0 ? [`${port}/${p.protocol ?? 'tcp'}`] : []
  })
}

function protocolOf({ containerPort, protocol = 'tcp' }: PortMappingJson): string {
  return `${containerPort}/${protocol}`
}

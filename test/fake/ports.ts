import { Refusal } from './reply.ts'
import type { FakeContainer, World } from './world.ts'

/**
 * Takes the host ports of a container that starts. A binding counts only for a port that the container
 * exposes; '' and '0' let Docker choose. Throws the 500 of Docker when a port is taken, and takes none then.
 */
export function takePorts(world: World, container: FakeContainer): void {
  const taken = takenPorts(world)
  const ports: FakeContainer['ports'] = []
  if (container.host.NetworkMode === 'host' || container.host.NetworkMode === 'none') return
  for (const [key, bindings] of Object.entries(container.host.PortBindings)) {
    if (!(key in (container.config.ExposedPorts ?? {}))) continue
    const [containerPort, protocol = 'tcp'] = key.split('/')
    for (const { HostPort } of bindings) {
      const wanted = Number(HostPort || 0)
      const hostPort = wanted === 0 ? freePort(world, taken, protocol) : wanted
      const name = `${hostPort}/${protocol}`
      if (taken.has(name)) throw new Refusal(500, refusal(world, container, name, hostPort))
      taken.add(name)
      ports.push({ containerPort: Number(containerPort), protocol, hostPort })
    }
  }
  container.ports = ports
}

/** Docker's allocator goes on from the last port that it gave, and begins anew after a boot. */
function freePort(world: World, taken: ReadonlySet<string>, protocol: string): number {
  for (;;) {
    const port = world.nextPort
    world.nextPort = port >= 60999 ? world.firstPort : port + 1
    if (!taken.has(`${port}/${protocol}`)) return port
  }
}

function takenPorts(world: World): Set<string> {
  const taken = new Set(world.busyPorts)
  for (const other of world.containers.values()) {
    for (const port of other.ports) taken.add(`${port.hostPort}/${port.protocol}`)
  }
  return taken
}

function refusal(world: World, container: FakeContainer, name: string, hostPort: number): string {
  const [, protocol] = name.split('/')
  const endpoint = `driver failed programming external connectivity on endpoint ${container.name} (${container.id})`
  return world.busyPorts.has(name)
    ? `${endpoint}: Error starting userland proxy: listen ${protocol}4 0.0.0.0:${hostPort}: bind: address already in use`
    : `${endpoint}: Bind for 0.0.0.0:${hostPort} failed: port is already allocated`
}

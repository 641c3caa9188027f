import { isUp } from './lifecycle.ts'
import { Refusal } from './reply.ts'
import { rfc3339 } from './time.ts'
import type { FakeNetwork, World } from './world.ts'
import { newId } from './world.ts'

const PREDEFINED = ['bridge', 'host', 'none']

/** Creates a bridge network. */
export function createNetwork(
  world: World,
  name: string,
  labels: Record<string, string>,
  now: number,
): FakeNetwork {
  if ([...world.networks.values()].some(n => n.name === name)) {
    throw new Refusal(409, `network with name ${name} already exists`)
  }
  const network = { id: newId(world, 'network'), name, driver: 'bridge', labels, createdAt: now }
  world.networks.set(network.id, network)
  return network
}

/** Removes a network, by id or name, on which no container runs. */
export function removeNetwork(world: World, idOrName: string): void {
  const network = [...world.networks.values()].find(n => n.id === idOrName || n.name === idOrName)
  if (network === undefined) throw new Refusal(404, `network ${idOrName} not found`)
  const { id, name } = network
  if (PREDEFINED.includes(name))
    throw new Refusal(403, `${name} is a pre-defined network and cannot be removed`)
  const used = [...world.containers.values()].some(
    c => isUp(c) && (c.host.NetworkMode === name || c.host.NetworkMode === id),
  )
  if (used)
    throw new Refusal(403, `error while removing network: network ${name} id ${id} has active endpoints`)
  world.networks.delete(id)
}

/** As GET /networks shows it. */
export function networkView(network: FakeNetwork) {
  return {
    Name: network.name,
    Id: network.id,
    Created: rfc3339(network.createdAt),
    Scope: 'local',
    Driver: network.driver,
    EnableIPv6: false,
    Internal: false,
    Attachable: false,
    Ingress: false,
    Containers: {},
    Options: {},
    Labels: network.labels,
  }
}

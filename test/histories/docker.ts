import type { ObservedContainer, ObservedState, ReachableInstance } from '../../engine/observed-state.ts'
import type { Action, ContainerRef } from '../../engine/plan.ts'
import { simulate } from '../../engine/simulate.ts'
import { AWSVPC, taskNetworkName } from '../../engine/task-network.ts'

/** What became of one call. */
export interface Call {
  readonly hosts: ObservedState
  /** Docker's refusal; undefined: it was done, or there was nothing left to do. */
  readonly refused?: string
}

/**
 * One call on a host as it really is, whatever the caller believes: a name is given out once, a port too, what is
 * meant by an id that is gone is not hit. The effect is the engine's own `simulate`, which is held to this by that.
 * @param id of what it creates
 */
export function call(hosts: ObservedState, action: Action, id: string): Call {
  const host = hosts.instances[action.instance]
  if (!host?.reachable) return { hosts, refused: 'no such host' }
  const refused = refusalOf(host, action)
  if (refused !== undefined) return { hosts: afterRefusal(hosts, host, action, refused), refused }
  if ('container' in action && typeof action.container === 'object' && !find(host, action.container))
    return { hosts }
  const after = simulate(hosts, { steps: [{ id: 0, action, after: [], cause: '', subject: '' }] })
  if (action.kind !== 'create-container') return { hosts: after }
  return { hosts: changeHost(after, action.instance, c => (c.name === action.name ? { ...c, id } : c)) }
}

/** The same hosts with other containers on one of them. */
export function changeHost(
  hosts: ObservedState,
  name: string,
  change: (c: ObservedContainer) => ObservedContainer | undefined,
): ObservedState {
  const host = hosts.instances[name]
  if (!host?.reachable) return hosts
  const containers = host.containers.flatMap(c => change(c) ?? [])
  return { instances: { ...hosts.instances, [name]: { ...host, containers } } }
}

function find(host: ReachableInstance, { id, name }: ContainerRef): ObservedContainer | undefined {
  return host.containers.find(c => (id === '' ? c.name === name : c.id === id))
}

function isUp({ status }: ObservedContainer): boolean {
  return status === 'running' || status === 'paused' || status === 'restarting'
}

function refusalOf(host: ReachableInstance, action: Action): string | undefined {
  const running = host.containers.filter(isUp)
  switch (action.kind) {
    case 'create-container': {
      const holder = [...host.containers, ...host.foreign].find(c => c.name === action.name)
      if (holder) return `409: the name ${action.name} is taken by ${holder.id}`
      const known = Object.values(host.images).flatMap(i => [i.id, ...i.digests, ...i.tags])
      return known.includes(action.image) ? undefined : `404: no image ${action.image}`
    }
    case 'start-container': {
      const container = find(host, action.container)
      if (!container) return '404: no such container'
      const ports = hostPorts(container)
      const taken = [
        ...running.filter(c => c !== container).flatMap(hostPorts),
        ...host.foreign.flatMap(c => c.ports.map(p => `${p.hostPort}/${p.protocol}`)),
      ]
      const clash = ports.find(p => taken.includes(p))
      return clash === undefined ? undefined : `500: driver failed: port ${clash} is already allocated`
    }
    case 'unpause-container':
    case 'update-container':
    case 'put-secrets':
    case 'put-log-config':
      return find(host, action.container) ? undefined : '404: no such container'
    case 'remove-volume': {
      const user = host.containers.find(c => c.config.mounts.some(m => isMountOf(c, m, action.name)))
      return user && `409: volume ${action.name} is in use by ${user.name}`
    }
    case 'remove-network': {
      const isInUse =
        action.name === taskNetworkName('prod') && running.some(c => c.config.networkMode === AWSVPC)
      return isInUse ? `403: network ${action.name} has active endpoints` : undefined
    }
    case 'remove-image': {
      const image = Object.values(host.images).find(i => [...i.digests, ...i.tags].includes(action.image))
      const user = [...host.containers, ...host.foreign].find(c => c.imageId === image?.id)
      const isLast = image && image.digests.length + image.tags.length === 1
      return isLast && user ? `409: image ${action.image} is used by ${user.name}` : undefined
    }
    case 'pull-image':
    case 'import-image':
    case 'create-volume':
    case 'create-network':
    case 'stop-container':
    case 'remove-container':
      return undefined
  }
}

/** A start that was refused leaves what Docker says about it in the container. */
function afterRefusal(
  hosts: ObservedState,
  host: ReachableInstance,
  action: Action,
  error: string,
): ObservedState {
  if (action.kind !== 'start-container') return hosts
  const container = find(host, action.container)
  return changeHost(hosts, host.name, c => (c === container ? { ...c, exitCode: 128, error } : c))
}

/** The host ports of a container, as "8080/tcp". */
function hostPorts({ config }: ObservedContainer): string[] {
  return config.ports.flatMap(p => {
    const [, protocol, port] = /^\d+\/(\w+)=(\d+)$/.exec(p) ?? []
    return port === undefined ? [] : [`${port}/${protocol}`]
  })
}

function isMountOf({ identity }: ObservedContainer, mount: string, volume: string): boolean {
  const [source = ''] = mount.split(':')
  if (!source.startsWith('task/')) return source === volume
  const { cluster, service, slot, revision } = identity
  return volume === `${cluster}.${service}.${slot}.${revision.slice(0, 8)}.volume.${source.slice(5)}`
}

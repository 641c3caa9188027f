import { createConnection } from 'node:net'
import type { Duplex } from 'node:stream'
import { type Address, DEFAULT_SOCKET, type SshAddress, parseAddress } from '../address.ts'
import { StowageError } from '../errors.ts'
import { negotiateApiVersion } from './api-version.ts'
import { Calls, type Lane } from './calls.ts'
import { loadDial } from './dial.ts'
import { DockerAgent } from './docker-agent.ts'
import { DockerClient } from './docker-client.ts'
import type { DockerHost } from './docker-host.ts'
import { JumpHosts } from './jump-hosts.ts'
import { LazyDuplex } from './lazy-duplex.ts'
import { Slots } from './slots.ts'
import { CONNECT_TIMEOUT_MS, type SshOptions, openSsh } from './ssh-connection.ts'
import { STREAMLOCAL, type Tunnel, openTunnel } from './tunnel.ts'

/** How hosts are connected to. Without any, what a person's own ssh does holds, with every host key checked. */
export interface ConnectOptions extends SshOptions {
  /** ms for an ordinary request. Default: 60 s. */
  readonly requestTimeoutMs?: number
  /** Shared by hosts that are connected to together. Default: this host's own. */
  readonly jumpHosts?: JumpHosts
}

/** Where the requests go, and what is to be known of it. */
interface Route extends Pick<Tunnel, 'requests' | 'transfers' | 'urgent'> {
  /** A socket to Docker, at once. */
  readonly connect: () => Duplex
  readonly onLost: (listener: (why: string) => void) => void
  readonly close: () => void
}

const REQUEST_TIMEOUT_MS = 60_000

/**
 * Connects to the Docker host of a container instance, `ssh://[user@]host[:port][/socket]` or `unix:///path`:
 * one SSH connection, kept until `close`. DOCKER_HOST is not obeyed. `signal` ends the connecting alone.
 * Rejects with a StowageError, `instance` set: ADDRESS_INVALID, HOST_UNREACHABLE, HOST_KEY_UNKNOWN,
 * HOST_KEY_CHANGED, SSH_AUTH_FAILED, SSH_FORWARDING_REFUSED, DOCKER_MISSING, DOCKER_REFUSED,
 * DOCKER_NOT_RUNNING, DOCKER_TOO_OLD, DOCKER_TIMEOUT, DOCKER_ERROR, CONNECTION_LOST or INTERRUPTED.
 */
export async function connectDockerHost(
  name: string,
  address: string,
  options: ConnectOptions = {},
): Promise<DockerHost> {
  // One of its own: hundreds of hosts that listen to the same signal look like a leak to Node.
  const own = { ...options, signal: options.signal && AbortSignal.any([options.signal]) }
  try {
    const target = readAddress(address)
    const route = target.kind === 'unix' ? unixRoute(target.socket) : await sshRoute(target, own)
    return await startClient(name, route, own)
  } catch (error) {
    throw ofInstance(error, name)
  }
}

function readAddress(text: string): Address {
  const parsed = parseAddress(text)
  // The text itself is not repeated: somebody may have put a password into it.
  if (!parsed.ok) throw new StowageError('ADDRESS_INVALID', `The address cannot be used: ${parsed.message}.`)
  return parsed.address
}

function unixRoute(path: string): Route {
  return {
    ...STREAMLOCAL,
    connect: () => createConnection({ path }),
    onLost: () => undefined,
    close: () => undefined,
  }
}

async function sshRoute(target: SshAddress, options: ConnectOptions): Promise<Route> {
  const ssh = await openSsh(target, options, options.jumpHosts ?? new JumpHosts(options))
  try {
    const tunnel = await openTunnel(
      ssh,
      target.socket ?? DEFAULT_SOCKET,
      options.connectTimeoutMs ?? CONNECT_TIMEOUT_MS,
    )
    return {
      requests: tunnel.requests,
      transfers: tunnel.transfers,
      urgent: tunnel.urgent,
      connect: () => new LazyDuplex(() => tunnel.open()),
      onLost: ssh.onLost,
      close: ssh.close,
    }
  } catch (error) {
    ssh.close()
    throw error
  }
}

async function startClient(name: string, route: Route, options: ConnectOptions): Promise<DockerHost> {
  const requestTimeoutMs = options.requestTimeoutMs ?? REQUEST_TIMEOUT_MS
  const requests = new DockerAgent(route.connect, route.requests)
  const transfers = new DockerAgent(route.connect, route.transfers)
  const urgent = new DockerAgent(route.connect, route.urgent)
  const calls = new Calls(name, requestTimeoutMs)
  const close = () => {
    calls.end('it was closed')
    requests.destroy()
    transfers.destroy()
    urgent.destroy()
    route.close()
  }
  route.onLost(why => calls.end(why))
  const interrupt = () =>
    calls.endWith(new StowageError('INTERRUPTED', 'Connecting was interrupted.', { instance: name }))
  options.signal?.addEventListener('abort', interrupt, { once: true })
  try {
    if (options.signal?.aborted) interrupt()
    const slots = new Slots(route.requests)
    const version = await apiVersion(calls, await lane(requests, slots), options)
    return new DockerClient({
      name,
      calls,
      requests: await lane(requests, slots, version),
      transfers: await lane(transfers, new Slots(route.transfers), version),
      urgent: await lane(urgent, new Slots(route.urgent), version),
      requestTimeoutMs,
      close,
    })
  } catch (error) {
    close()
    throw error
  } finally {
    options.signal?.removeEventListener('abort', interrupt)
  }
}

async function lane(agent: DockerAgent, slots: Slots, version?: string): Promise<Lane> {
  return { dial: await loadDial(agent, version), slots, closeIdle: () => agent.closeIdle() }
}

async function apiVersion(calls: Calls, lane: Lane, options: ConnectOptions): Promise<string> {
  const engine = await calls.json<Parameters<typeof negotiateApiVersion>[0]>(lane, {
    purpose: { what: 'say its version' },
    request: { method: 'GET', path: '/version' },
    deadlineMs: options.connectTimeoutMs ?? CONNECT_TIMEOUT_MS,
    repeat: true,
  })
  return negotiateApiVersion(engine)
}

function ofInstance(error: unknown, instance: string): unknown {
  if (!(error instanceof StowageError) || error.instance !== undefined) return error
  const { code, message, next, cause, service, problems } = error
  return new StowageError(code, message, { cause, next, service, problems, instance })
}

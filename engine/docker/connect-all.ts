import { StowageError } from '../errors.ts'
import { type ConnectOptions, connectDockerHost } from './connect.ts'
import type { DockerHost } from './docker-host.ts'
import { JumpHosts } from './jump-hosts.ts'
import { Slots } from './slots.ts'

/** One host of many: connected, or why not. */
export type ConnectResult =
  | { readonly name: string; readonly host: DockerHost }
  | { readonly name: string; readonly error: StowageError }

// sshd drops those who come too many at once, and since OpenSSH 9.8 holds it against them.
const AT_ONCE = 30

/**
 * Connects to many hosts, at most 30 at a time, hosts behind one jump host through one connection to it.
 * Never rejects for a host: each result, in the order given, has a host or a StowageError with `instance` set.
 */
export async function connectAll(
  instances: readonly { readonly name: string; readonly address: string }[],
  options: ConnectOptions = {},
): Promise<ConnectResult[]> {
  const attempts = new Slots(AT_ONCE)
  const shared = { ...options, jumpHosts: options.jumpHosts ?? new JumpHosts(options) }
  return await Promise.all(
    instances.map(({ name, address }) => attempts.run(() => connectOne(name, address, shared))),
  )
}

async function connectOne(name: string, address: string, options: ConnectOptions): Promise<ConnectResult> {
  try {
    return { name, host: await connectDockerHost(name, address, options) }
  } catch (error) {
    if (error instanceof StowageError) return { name, error }
    const message = error instanceof Error ? error.message : String(error)
    return { name, error: new StowageError('INTERNAL', message, { cause: error, instance: name }) }
  }
}

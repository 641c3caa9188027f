import type { Duplex } from 'node:stream'
import { StowageError } from '../errors.ts'
import { parseJump } from './ssh-config.ts'
import { type SshConnection, type SshOptions, openSsh } from './ssh-connection.ts'

interface SharedConnection {
  readonly connection: Promise<SshConnection>
  users: number
}

/**
 * The jump hosts of one run: many hosts behind one share one connection to it, which ends with its last user.
 */
export class JumpHosts {
  readonly #options: SshOptions
  readonly #open = new Map<string, SharedConnection>()

  constructor(options: SshOptions) {
    this.#options = options
  }

  /**
   * A socket to host:port through the hops, the one nearest to us first. Each hop's key is checked like any
   * host's. Throws as openSsh does. Call `release` when the socket is done with.
   */
  async through(
    jumps: readonly string[],
    host: string,
    port: number,
    chain: readonly string[],
  ): Promise<{ socket: Duplex; release: () => void }> {
    const hop = jumps.join(',')
    const path = [...chain, hop]
    if (chain.includes(hop)) {
      throw new StowageError('HOST_UNREACHABLE', `ProxyJump goes in a circle: ${path.join(' → ')}.`)
    }
    // Shared by those who come the same way only: two that wait for each other's hop would wait for ever.
    const key = path.join(' ')
    const shared = this.#open.get(key) ?? this.#start(key, jumps, path)
    shared.users += 1
    let released = false
    const release = () => {
      if (released) return
      released = true
      shared.users -= 1
      if (shared.users > 0) return
      if (this.#open.get(key) === shared) this.#open.delete(key)
      shared.connection.then(
        connection => connection.close(),
        () => undefined,
      )
    }
    try {
      return { socket: await openThrough(await shared.connection, host, port), release }
    } catch (error) {
      release()
      throw error
    }
  }

  #start(key: string, jumps: readonly string[], chain: readonly string[]): SharedConnection {
    const shared = { connection: this.#connect(jumps, chain), users: 0 }
    this.#open.set(key, shared)
    const forget = () => {
      if (this.#open.get(key) === shared) this.#open.delete(key)
    }
    shared.connection.then(connection => connection.onLost(forget), forget)
    return shared
  }

  async #connect(jumps: readonly string[], chain: readonly string[]): Promise<SshConnection> {
    const last = jumps.at(-1) ?? ''
    const target = parseJump(last)
    if (!target) throw new StowageError('HOST_UNREACHABLE', `ProxyJump ${last} is not [user@]host[:port].`)
    const before = jumps.slice(0, -1)
    // The first hop goes the way that its own configuration says, as with ssh -J.
    const signal = this.#options.signal && AbortSignal.any([this.#options.signal])
    const options = { ...this.#options, signal }
    return await openSsh(target, options, this, chain, before.length > 0 ? before : undefined)
  }
}

async function openThrough(hop: SshConnection, host: string, port: number): Promise<Duplex> {
  try {
    return await hop.openTcp(host, port)
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    throw new StowageError(
      'HOST_UNREACHABLE',
      `${host}:${port} cannot be reached through the jump host ${hop.where}: ${why}.`,
      { cause: error },
    )
  }
}

import type { Server as HttpServer } from 'node:http'
import ssh2 from 'ssh2'
import type { Connection, ServerChannel } from 'ssh2'
import { newSshKey } from './ssh-key.ts'

/** An SSH server in this process, in front of one fake host. */
export interface FakeSsh {
  readonly port: number
  /** ssh://stowage@127.0.0.1:PORT */
  readonly address: string
  /** A line for known_hosts. */
  readonly knownHostsLine: string
  /** How many connections there were that logged in. */
  readonly accepted: number
  /** How many connections are open. */
  readonly open: number
  /** Cuts all connections. */
  disconnect(): void
  close(): Promise<void>
}

export interface SshOptions {
  /** Default: 0, a free one. */
  port?: number
  /** Whether the Docker socket may be forwarded. Default: true. */
  streamLocal?: boolean
}

/** Serves on loopback, with a host key made now. Any public key may log in, as any user. */
export async function serveSsh(
  http: HttpServer,
  isUp: () => boolean,
  options: SshOptions = {},
): Promise<FakeSsh> {
  const { streamLocal = true } = options
  const hostKey = newSshKey()
  const connections = new Set<Connection>()
  let accepted = 0

  const server = new ssh2.Server({ hostKeys: [hostKey.private] }, connection => {
    if (!isUp()) {
      connection.end()
      return
    }
    connections.add(connection)
    connection.on('close', () => connections.delete(connection))
    connection.on('error', () => connections.delete(connection))
    connection.on('authentication', context => {
      if (context.method === 'publickey') context.accept()
      else context.reject(['publickey'])
    })
    connection.on('ready', () => {
      // as sshd does; small answers would wait for the client's next acknowledgement
      setNoDelay(connection)
      accepted += 1
    })
    connection.on('openssh.streamlocal', (accept, reject) => {
      if (streamLocal) serve(http, accept())
      else reject()
    })
    connection.on('session', acceptSession => {
      acceptSession().on('exec', (accept, _, { command }) => {
        const channel = accept()
        channel.stderr.write(`sh: 1: ${command.split(' ')[0]}: not found\n`)
        channel.exit(127)
        channel.end()
      })
    })
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(options.port ?? 0, '127.0.0.1', resolve)
  })
  const bound = server.address()
  const port = typeof bound === 'object' && bound !== null ? bound.port : 0
  const disconnect = () => {
    for (const connection of connections) connection.end()
    connections.clear()
  }
  return {
    port,
    address: `ssh://stowage@127.0.0.1:${port}`,
    knownHostsLine: `[127.0.0.1]:${port} ${hostKey.public.split(' ').slice(0, 2).join(' ')}`,
    get accepted() {
      return accepted
    },
    get open() {
      return connections.size
    },
    disconnect,
    close: () =>
      new Promise(resolve => {
        server.close(() => resolve())
        disconnect()
      }),
  }
}

/** What ssh2's server has, too, and only its client has in the types. */
function setNoDelay(connection: Connection & { setNoDelay?: (noDelay: boolean) => unknown }): void {
  connection.setNoDelay?.(true)
}

/** A channel is a connection of the HTTP server's like any other. */
function serve(http: HttpServer, channel: ServerChannel): void {
  channel.on('error', () => channel.destroy())
  http.emit('connection', channel)
}

import { createServer } from 'node:http'
import type { Server } from 'node:http'
import type { FakeContainer, World } from './world.ts'

/** How simulated containers are reached by HTTP. */
export interface WebOptions {
  /** Where they listen. Default: 127.0.0.1. */
  address?: string
  /** The body of an answer to a path. Default: as the lab's web images do. */
  respond?: (container: FakeContainer, path: string) => string
}

/** The real listeners behind the published ports of containers whose behaviour is `web`. */
export interface Web {
  /**
   * Opens and closes listeners, so that they are those of the containers that run now. Gives the containers
   * whose port something else on this machine holds.
   */
  follow(world: World): Promise<{ container: FakeContainer; port: number }[]>
  close(): void
}

/** With no options nothing listens. */
export function createWeb(options: WebOptions | undefined): Web {
  /** By host port and container, so that a port that changes hands gets a new listener. */
  const listeners = new Map<string, Server>()
  const address = options?.address ?? '127.0.0.1'
  const respond = options?.respond ?? identity

  return {
    follow: async world => {
      if (options === undefined) return []
      const refused: { container: FakeContainer; port: number }[] = []
      const wanted = new Map(
        openPorts(world).map(({ container, port }) => [`${port} ${container.id}`, { container, port }]),
      )
      for (const [key, server] of listeners) {
        if (wanted.has(key)) continue
        listeners.delete(key)
        // Requests under way are still answered; idle connections go.
        server.close()
        server.closeIdleConnections()
      }
      for (const [key, { container, port }] of wanted) {
        if (listeners.has(key)) continue
        const server = createServer((request, response) => {
          response.end(respond(container, request.url ?? '/'))
        })
        listeners.set(key, server)
        if (await listens(server, port, address)) continue
        listeners.delete(key)
        refused.push({ container, port })
      }
      return refused
    },
    close: () => {
      for (const server of listeners.values()) {
        server.close()
        server.closeAllConnections()
      }
      listeners.clear()
    },
  }
}

function openPorts(world: World): { container: FakeContainer; port: number }[] {
  return [...world.containers.values()]
    .filter(c => c.behaviour.web === true && c.status === 'running')
    .flatMap(container =>
      container.ports.filter(p => p.protocol === 'tcp').map(p => ({ container, port: p.hostPort })),
    )
}

function listens(server: Server, port: number, address: string): Promise<boolean> {
  return new Promise(resolve => {
    server.once('error', () => resolve(false))
    server.listen(port, address, () => resolve(true))
  })
}

/** `/env` gives the environment, any other path who answers: version (the file /version), hostname and slot. */
function identity(container: FakeContainer, path: string): string {
  const env = container.config.Env ?? []
  if (path === '/env')
    return env
      .map(e => `${e}\n`)
      .sort()
      .join('')
  const version = Buffer.from(container.files.get('/version')?.content ?? '')
    .toString()
    .trim()
  const slot = env.find(e => e.startsWith('LAB_SLOT='))?.slice('LAB_SLOT='.length) ?? ''
  return `${JSON.stringify({ version, hostname: container.config.Hostname, slot })}\n`
}

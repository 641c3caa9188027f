import { type IncomingMessage, type ServerResponse, createServer } from 'node:http'
import type { Socket } from 'node:net'

/** What answers in place of dockerd, on a Unix socket: a few fixed answers, and what a test adds. */
export interface EngineStandIn {
  readonly socketPath: string
  /** Method and path of each request, in order. */
  readonly requests: string[]
  /** How many connections were opened to it. */
  connections(): number
  /** Cuts every connection, as a restart of dockerd does. */
  cutAll(): void
  stop(): Promise<void>
}

type Answer = (request: IncomingMessage, response: ServerResponse, body: Buffer) => void

/** `answers` by "METHOD /path" without version and query; they come before the fixed ones. */
export async function engineStandIn(
  socketPath: string,
  answers: Record<string, Answer> = {},
): Promise<EngineStandIn> {
  const requests: string[] = []
  const sockets = new Set<Socket>()
  let opened = 0
  const known: Record<string, Answer> = {
    'GET /version': (_, response) =>
      reply(response, { Version: '28.5.0', ApiVersion: '1.51', MinAPIVersion: '1.24' }),
    'GET /_ping': (_, response) => response.end('OK'),
    'GET /containers/json': (_, response) => reply(response, []),
    'GET /plugins': (_, response) => reply(response, []),
    ...answers,
  }
  const server = createServer((request, response) => {
    const url = request.url ?? ''
    requests.push(`${request.method} ${url}`)
    const path = url.replace(/^\/v1\.\d+/, '').replace(/\?.*$/, '')
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const answer = known[`${request.method} ${path}`]
      if (answer) answer(request, response, Buffer.concat(chunks))
      else reply(response, { message: `page not found: ${request.method} ${path}` }, 404)
    })
  })
  server.on('connection', socket => {
    opened += 1
    sockets.add(socket)
    socket.once('close', () => sockets.delete(socket))
  })
  await new Promise<void>(resolve => server.listen(socketPath, resolve))
  const cutAll = () => {
    for (const socket of sockets) socket.destroy()
  }
  return {
    socketPath,
    requests,
    connections: () => opened,
    cutAll,
    stop: () =>
      new Promise<void>(resolve => {
        server.close(() => resolve())
        cutAll()
      }),
  }
}

/** Answers with JSON. */
export function reply(response: ServerResponse, body: unknown, status = 200): void {
  response.writeHead(status, { 'Content-Type': 'application/json' })
  response.end(JSON.stringify(body))
}

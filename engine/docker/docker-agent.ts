import { Agent, type ClientRequest } from 'node:http'
import type { Duplex } from 'node:stream'
import { inspect } from 'node:util'

/** An http.Agent whose sockets lead to one Docker socket, wherever the requests say that they go. */
export class DockerAgent extends Agent {
  readonly #connect: () => Duplex

  /** `connect` must answer with a socket at once; `maxSockets` bounds the requests under way. */
  constructor(connect: () => Duplex, maxSockets: number) {
    super({ keepAlive: true, maxSockets, maxFreeSockets: maxSockets })
    this.#connect = connect
  }

  override createConnection(): Duplex {
    return this.#connect()
  }

  /** What http.request calls; not in the types, and what every agent library builds on. */
  addRequest(request: ClientRequest, options: unknown): void {
    reportCutReply(request)
    parent.addRequest.call(this, request, options)
  }

  /** Closes the sockets that wait for a next request: after a restart of dockerd they are dead. */
  closeIdle(): void {
    for (const sockets of Object.values(this.freeSockets))
      for (const socket of sockets ?? []) socket.destroy()
  }

  /** docker-modem inspects its options, and so the agent with every open channel, at each request. */
  [inspect.custom](): string {
    return 'DockerAgent {}'
  }
}

const parent = Agent.prototype as unknown as {
  addRequest(this: Agent, request: ClientRequest, options: unknown): void
}

/** docker-modem waits for the request's error alone: a reply that was cut half-way would never settle. */
function reportCutReply(request: ClientRequest): void {
  request.once('response', response => {
    response.once('close', () => {
      if (response.complete || request.listenerCount('error') === 0) return
      request.emit('error', Object.assign(new Error('The reply was cut'), { code: 'ECONNRESET' }))
    })
  })
}

import type { IncomingMessage } from 'node:http'
import { Readable } from 'node:stream'
import { Calls, type Call, type Lane, type StreamCall } from '../../../../engine/docker/calls.ts'
import type { Dial, EngineRequest } from '../../../../engine/docker/dial.ts'
import { DockerClient } from '../../../../engine/docker/docker-client.ts'
import type { DockerHost } from '../../../../engine/docker/docker-host.ts'
import { EngineRefusal } from '../../../../engine/docker/engine-refusal.ts'
import { Slots } from '../../../../engine/docker/slots.ts'
import type { FakeHost } from '../../../fake/fake-host.ts'

/** Lets requests through one at a time. */
export interface Gate {
  /** Resolves when it is this request's turn. What it may do is asked after that, so at the moment at which it is sent. */
  pass(host: FakeHost, request: EngineRequest): Promise<void>
  /** Resolves when its answer is to be handed over. */
  answered(host: FakeHost, request: EngineRequest): Promise<void>
}

/** The real client of a fake host, without a network: each of its requests waits at the gate. */
export function gatedHost(fake: FakeHost, gate: Gate): DockerHost {
  const dial = dialOf(fake, gate)
  const lane = (): Lane => ({ dial, slots: new Slots(Infinity), closeIdle: () => {} })
  const calls = new GatedCalls(fake, gate)
  return new DockerClient({
    name: fake.name,
    calls,
    requests: lane(),
    transfers: lane(),
    urgent: lane(),
    requestTimeoutMs: 60_000,
    close: () => calls.end('it was closed'),
  })
}

class GatedCalls extends Calls {
  readonly #fake: FakeHost
  readonly #gate: Gate

  constructor(fake: FakeHost, gate: Gate) {
    super(fake.name, 60_000)
    this.#fake = fake
    this.#gate = gate
  }

  override async json<T>(lane: Lane, call: Call): Promise<T> {
    await this.#gate.pass(this.#fake, call.request)
    return await super.json<T>(lane, call)
  }

  override async stream<T>(lane: Lane, call: StreamCall<T>): Promise<T> {
    await this.#gate.pass(this.#fake, call.request)
    return await super.stream<T>(lane, call)
  }
}

function dialOf(fake: FakeHost, gate: Gate): Dial {
  const sent = new WeakSet<EngineRequest>()
  const send = async (request: EngineRequest): Promise<Buffer> => {
    // what is sent again after a lost answer waits for a turn of its own
    if (sent.has(request)) await gate.pass(fake, request)
    sent.add(request)
    const reply = await fake.ask(toCall(request))
    await gate.answered(fake, request)
    if (!reply) throw Object.assign(new Error('socket hang up'), { code: 'ECONNRESET' })
    const body = Buffer.from(reply.body ?? '')
    if (reply.status < 400) return body
    const { message } = JSON.parse(body.toString()) as { message: string }
    throw new EngineRefusal({ status: reply.status, message })
  }
  return {
    json: async request => {
      const body = await send(request)
      return body.length > 0 ? JSON.parse(body.toString()) : undefined
    },
    stream: async request => Readable.from([await send(request)]) as IncomingMessage,
    hijack: () => Promise.reject(new Error('not for locks')),
  }
}

function toCall({ method, path, query = {}, body, file }: EngineRequest) {
  const parameters = new URLSearchParams()
  for (const [name, value] of Object.entries(query))
    for (const each of Array.isArray(value) ? value : [value])
      if (each !== undefined) parameters.append(name, String(each))
  return {
    method,
    path: decodeURIComponent(path),
    query: parameters,
    auth: undefined,
    body: file ?? Buffer.from(JSON.stringify(body ?? {})),
  }
}

import type { Agent, IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import type { RegistryAuth } from './docker-host.ts'
import { EngineRefusal } from './engine-refusal.ts'
import { hijack } from './hijack.ts'

/** One request of the Engine API. */
export interface EngineRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE'
  /** Without the version: /containers/json. Build it with `segment` and `imagePath`. */
  readonly path: string
  /** What is undefined is left out. */
  readonly query?: Readonly<Record<string, string | number | boolean | readonly string[] | undefined>>
  readonly body?: object
  /** A tar, sent as the body. */
  readonly file?: Uint8Array
  readonly auth?: RegistryAuth
}

/** Sends requests; rejects with an EngineRefusal, or with the network's own error. */
export interface Dial {
  /** The answer's JSON, or a Buffer where it is none. */
  json(request: EngineRequest, signal: AbortSignal): Promise<unknown>
  stream(request: EngineRequest, signal: AbortSignal): Promise<IncomingMessage>
  /** The connection itself, to speak through: of an exec that is started. */
  hijack(request: EngineRequest, signal: AbortSignal): Promise<Duplex>
}

/** A Dial through an agent; loads dockerode, which is slow to load, only here. Version: `1.47`; default: none. */
export async function loadDial(agent: Agent, version?: string): Promise<Dial> {
  const { default: Docker } = await import('dockerode')
  const options = {
    protocol: 'http',
    host: 'docker',
    port: 80,
    agent,
    version: version && `v${version}`,
  } as const
  const { modem } = withoutDockerHost(() => new Docker(options))
  const send = (request: EngineRequest, signal: AbortSignal, isStream: boolean) =>
    new Promise<unknown>((resolve, reject) => {
      modem.dial(toModem(request, signal, isStream), (error, reply) => {
        if (error) reject(toRefusal(error))
        else resolve(reply)
      })
    })
  return {
    json: (request, signal) => send(request, signal, false),
    stream: async (request, signal) => (await send(request, signal, true)) as IncomingMessage,
    hijack: async ({ path, body = {} }, signal) =>
      await hijack(agent, version === undefined ? path : `/v${version}${path}`, body, signal),
  }
}

/** A name or an id as one part of a path. */
export function segment(name: string): string {
  return encodeURIComponent(name)
}

/** An image reference as the part of a path that it is; Docker wants its slashes as they are. */
export function imagePath(reference: string): string {
  return encodeURIComponent(reference).replaceAll('%2F', '/').replaceAll('%3A', ':').replaceAll('%40', '@')
}

/**
 * dockerode's own methods put a whole container, environment and all, into the URL and take an abort signal
 * only here and there: its modem is given each request as it is to be.
 */
function toModem(request: EngineRequest, signal: AbortSignal, isStream: boolean) {
  const { method, path, query, body, file, auth } = request
  const given = Object.entries(query ?? {}).filter(([, value]) => value !== undefined)
  return {
    method,
    path: given.length > 0 ? `${path}?` : path,
    // An empty body is left out by the modem; none at all would be the options themselves.
    options: { ...(given.length > 0 && { _query: Object.fromEntries(given) }), _body: body ?? {} },
    ...(file && { file: Buffer.from(file.buffer, file.byteOffset, file.byteLength) }),
    ...(auth && { authconfig: { ...auth } }),
    isStream,
    abortSignal: signal,
    // 304: it is so already.
    statusCodes: { 200: true, 201: true, 204: true, 304: true },
  }
}

function toRefusal(error: Error): Error {
  if (!('statusCode' in error) || typeof error.statusCode !== 'number') return error
  const status = error.statusCode
  const message = error.message.replace(/^\(HTTP code \d+\) \w+ - /, '').trim()
  return new EngineRefusal({ status, message: message || `HTTP ${status}` })
}

/** docker-modem obeys DOCKER_HOST even where it is told another way, and throws where it is malformed. */
function withoutDockerHost<T>(make: () => T): T {
  const saved = process.env['DOCKER_HOST']
  delete process.env['DOCKER_HOST']
  try {
    return make()
  } finally {
    if (saved !== undefined) process.env['DOCKER_HOST'] = saved
  }
}

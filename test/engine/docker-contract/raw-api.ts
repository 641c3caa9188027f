import { request } from 'node:http'

/** An answer as it came: statuses and words that the client translates away are what the contract is about. */
export interface Answer {
  status: number
  body: Buffer
  text: string
  /** Docker's own words where it refuses. */
  message: string
  /** The body's JSON. Throws where it is none. */
  json(): unknown
}

/** One request to a Docker socket. A Uint8Array body is sent as a tar, any other as JSON. */
export function callApi(socketPath: string, method: string, path: string, body?: object): Promise<Answer> {
  const isTar = body instanceof Uint8Array
  const data = body === undefined || isTar ? body : Buffer.from(JSON.stringify(body))
  const headers = data && {
    'content-type': isTar ? 'application/x-tar' : 'application/json',
    'content-length': data.length,
  }
  return new Promise((resolve, reject) => {
    const sent = request({ socketPath, method, path, headers: { host: 'docker', ...headers } }, reply => {
      const chunks: Buffer[] = []
      reply.on('data', (chunk: Buffer) => chunks.push(chunk))
      reply.on('error', reject)
      reply.on('end', () => resolve(answerOf(reply.statusCode ?? 0, Buffer.concat(chunks))))
    })
    sent.on('error', reject)
    sent.end(data)
  })
}

function answerOf(status: number, body: Buffer): Answer {
  const text = body.toString()
  const message =
    status >= 400 ? (/"message":"((?:[^"\\]|\\.)*)"/.exec(text)?.[1]?.replaceAll('\\"', '"') ?? text) : ''
  return { status, body, text, message, json: () => JSON.parse(text) }
}

import { type Agent, type IncomingMessage, request } from 'node:http'
import type { Duplex } from 'node:stream'
import { EngineRefusal } from './engine-refusal.ts'

/**
 * Sends a request whose connection belongs to the caller from then on: what is written goes into the container, what
 * comes out of it is read. Rejects with an EngineRefusal, or with the network's own error.
 */
export async function hijack(agent: Agent, path: string, body: object, signal: AbortSignal): Promise<Duplex> {
  const text = JSON.stringify(body)
  const sent = request({
    agent,
    host: 'docker',
    method: 'POST',
    path,
    headers: {
      'Content-Type': 'application/json',
      'Content-Length': Buffer.byteLength(text),
      Connection: 'Upgrade',
      Upgrade: 'tcp',
    },
  })
  const stop = () => sent.destroy(new Error('it took too long'))
  signal.addEventListener('abort', stop, { once: true })
  try {
    return await new Promise((resolve, reject) => {
      sent.once('error', reject)
      sent.once('upgrade', (_, socket, head) => {
        // what the container said at once came with the headers
        if (head.length > 0) socket.unshift(head)
        resolve(socket)
      })
      sent.once('response', reply => void refusal(reply).then(reject, reject))
      sent.end(text)
    })
  } finally {
    signal.removeEventListener('abort', stop)
  }
}

async function refusal(reply: IncomingMessage): Promise<EngineRefusal> {
  const chunks: Buffer[] = []
  for await (const chunk of reply) chunks.push(chunk as Buffer)
  const text = Buffer.concat(chunks).toString('utf8')
  return new EngineRefusal({ status: reply.statusCode ?? 0, message: messageOf(text) })
}

function messageOf(text: string): string {
  try {
    const body: unknown = JSON.parse(text)
    if (typeof body === 'object' && body !== null && 'message' in body) return String(body.message)
  } catch {
    // no JSON: the text itself says it
  }
  return text.trim()
}

import type { IncomingMessage } from 'node:http'

/** All that an answer holds. */
export async function collect(reply: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = []
  for await (const chunk of reply) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks)
}

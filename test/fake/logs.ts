import { Refusal } from './reply.ts'
import type { FakeContainer } from './world.ts'

const STREAM_NUMBER = { stdout: 1, stderr: 2 } as const

/** GET /containers/{id}/logs: one frame a line, each with Docker's header of 8 bytes. `follow` does not follow. */
export function logsOf(container: FakeContainer, query: URLSearchParams): Uint8Array {
  const streams = (['stdout', 'stderr'] as const).filter(s => isTrue(query.get(s)))
  if (streams.length === 0) throw new Refusal(400, 'Bad parameters: you must choose at least one stream')
  if (container.host.LogConfig.Type === 'none') {
    throw new Refusal(501, 'configured logging driver does not support reading')
  }
  const lines = container.logs.filter(l => streams.includes(l.stream))
  const tail = query.get('tail') ?? 'all'
  const shown = /^\d+$/.test(tail) ? lines.slice(lines.length - Math.min(lines.length, Number(tail))) : lines
  return Buffer.concat(shown.map(l => frame(STREAM_NUMBER[l.stream], `${l.line}\n`)))
}

/** Docker's boolean parameters: everything but these words for "no" is true. */
export function isTrue(value: string | null): boolean {
  return value !== null && !['', '0', 'no', 'false', 'none'].includes(value.trim().toLowerCase())
}

function frame(stream: number, text: string): Buffer {
  const body = Buffer.from(text)
  const header = Buffer.alloc(8)
  header[0] = stream
  header.writeUInt32BE(body.length, 4)
  return Buffer.concat([header, body])
}

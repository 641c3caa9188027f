import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http'
import { dirname, join } from 'node:path'
import type { LabHost } from '../lab/lab-host.ts'

/** A way to a host's engine on which all that it says of times is shifted. */
export interface OtherClock {
  /** ssh://… of the socket that the host is to be reached by. */
  readonly address: string
  close(): Promise<void>
}

/** What the Engine API says of times, where it is observed. */
const TIMES = new Set(['SystemTime', 'Created', 'StartedAt', 'FinishedAt', 'Start', 'End'])

/**
 * Stands for a host whose clock is wrong: the wall clock is one for all hosts of this machine, and no namespace of the
 * kernel shifts it. The engine is the real one; what it says is changed on the way, the time alone.
 */
export async function withOtherClock(host: LabHost, shiftMs: number): Promise<OtherClock> {
  const socket = join(dirname(host.socket), 'other-clock.sock')
  const server = createServer((asked, answer) => forward(host, asked, answer, shiftMs))
  await new Promise<void>(done => server.listen(socket, done))
  return {
    address: `${host.address}${socket}`,
    close: async () => {
      server.closeAllConnections()
      await new Promise(done => server.close(done))
    },
  }
}

function forward(host: LabHost, asked: IncomingMessage, answer: ServerResponse, shiftMs: number): void {
  const { method, url: path, headers } = asked
  const sent = request({ socketPath: host.socket, method, path, headers, agent: false }, said => {
    const isJson = method === 'GET' && said.headers['content-type'] === 'application/json'
    if (!isJson || /\/events\b/.test(path ?? '')) {
      answer.writeHead(said.statusCode ?? 500, said.headers)
      said.pipe(answer)
      return
    }
    let text = ''
    said.setEncoding('utf8').on('data', (part: string) => {
      text += part
    })
    said.on('end', () => {
      const { 'content-length': _, 'transfer-encoding': __, ...rest } = said.headers
      answer.writeHead(said.statusCode ?? 500, rest)
      answer.end(JSON.stringify(JSON.parse(text, (key, value: unknown) => shifted(key, value, shiftMs))))
    })
  })
  sent.on('error', () => answer.destroy())
  asked.pipe(sent)
}

function shifted(key: string, value: unknown, shiftMs: number): unknown {
  if (!TIMES.has(key)) return value
  if (typeof value === 'number') return value + Math.round(shiftMs / 1000)
  // the year 1 is Docker's never
  if (typeof value !== 'string' || !/^\d{4}-\d\d-\d\dT/.test(value) || value.startsWith('0001')) return value
  return new Date(Date.parse(value) + shiftMs).toISOString()
}

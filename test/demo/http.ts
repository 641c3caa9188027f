import { get } from 'node:http'

export interface Answer {
  readonly status: number
  readonly server: string
  readonly body: string
}

const TIMEOUT_MS = 5000

/** GET on a connection of its own; rejects where there is no whole answer in time. */
export function ask(url: string): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const sent = get(url, { agent: false, timeout: TIMEOUT_MS }, response => {
      let body = ''
      response.setEncoding('utf8').on('data', (part: string) => {
        body += part
      })
      response.on('error', reject)
      response.on('end', () => {
        resolve({ status: response.statusCode ?? 0, server: String(response.headers.server ?? ''), body })
      })
    })
    sent.on('timeout', () => sent.destroy(new Error(`no answer within ${TIMEOUT_MS / 1000} s`)))
    sent.on('error', reject)
  })
}

/** Who gave an answer, as far as it says so. */
export interface Answerer {
  /** The version in its JSON, else the server's name. */
  readonly version: string
  /** The name that the container has of itself: the beginning of its id. */
  readonly hostname?: string
}

export function answererOf({ body, server }: Answer): Answerer {
  const said = readJson(body)
  if (typeof said !== 'object' || said === null || !('version' in said)) return { version: server }
  const version = `version ${String(said.version)}`
  return 'hostname' in said ? { version, hostname: String(said.hostname) } : { version }
}

/** undefined: a page for people. */
function readJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** What the fake answers to one request. */
export interface Reply {
  status: number
  type?: string
  body?: Uint8Array | string
  headers?: Record<string, string>
}

/** A refusal in Docker's words: `{"message": …}` with this status. */
export class Refusal extends Error {
  readonly status: number

  constructor(status: number, message: string) {
    super(message)
    this.status = status
  }
}

/** A JSON answer; default status 200. */
export function json(value: unknown, status = 200): Reply {
  return { status, type: 'application/json', body: `${JSON.stringify(value)}\n` }
}

/** An answer of one JSON value a line, as pulls and imports give. */
export function jsonLines(values: readonly unknown[]): Reply {
  return { status: 200, type: 'application/json', body: values.map(v => `${JSON.stringify(v)}\r\n`).join('') }
}

/** An answer with no body. */
export function empty(status: number): Reply {
  return { status }
}

/** The answer to a request that threw. What is no Refusal is a fault of the fake, and is shown as a 500. */
export function refused(error: unknown): Reply {
  if (error instanceof Refusal) return json({ message: error.message }, error.status)
  return json(
    { message: `fake: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}` },
    500,
  )
}

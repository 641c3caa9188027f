import { type ErrorCode, StowageError } from '../errors.ts'
import { type ImagePurpose, translatePull } from './pull-errors.ts'

/** What a request was for, in words that go after "could not", and what its failure may mean. */
export interface Purpose {
  /** start container web.1 */
  readonly what: string
  /** Set where a registry was asked, whose refusals are told apart. */
  readonly image?: ImagePurpose
}

/** Docker's own answer to a request that failed. */
export interface Refusal {
  readonly status: number
  readonly message: string
}

interface Translation {
  readonly code: ErrorCode
  readonly message: string
}

/** Docker's answer as a code of the catalogue and words for a person. */
export function translateRefusal(refusal: Refusal, purpose: Purpose): Translation {
  if (purpose.image) return translatePull(purpose.image, refusal)
  const words = refusal.message.trim()
  const message = `Docker could not ${purpose.what}: ${words}`
  if (/port is already allocated|address already in use/i.test(words)) {
    const port = takenPort(words)
    return { code: 'PORT_TAKEN', message: `${port ? `Host port ${port}` : 'A host port'} is taken: ${words}` }
  }
  if (/no space left|disk quota exceeded/i.test(words)) return { code: 'DISK_FULL', message }
  if (refusal.status === 404) return { code: 'DOCKER_NOT_FOUND', message }
  // Docker answers 403 where containers are still in a network.
  if (refusal.status === 409 || /has active endpoints/i.test(words))
    return { code: 'DOCKER_CONFLICT', message }
  return { code: 'DOCKER_ERROR', message }
}

/** `0.0.0.0:8080`, `[::]:8080`, `:::8080`, also with `/tcp` or the container's side behind it. */
function takenPort(words: string): string | undefined {
  return /(?:\d+\.\d+\.\d+\.\d+|\[[0-9a-f:]*\]|::):(\d{1,5})/i.exec(words)?.[1]
}

/** What went wrong below HTTP: the socket is not there, not ours, silent, or broke. */
export function translateBreak(error: Error, purpose: Purpose): StowageError {
  const code = 'code' in error ? error.code : undefined
  const socket = `the Docker socket${'address' in error ? ` ${String(error.address)}` : ''}`
  const told = (as: ErrorCode, why: string) =>
    new StowageError(as, `Docker could not be asked to ${purpose.what}: ${why}.`, { cause: error })
  if (code === 'ENOENT') return told('DOCKER_MISSING', `${socket} is not there`)
  if (code === 'EACCES' || code === 'EPERM') return told('DOCKER_REFUSED', `this user may not use ${socket}`)
  if (code === 'ECONNREFUSED' || isChannelRefused(error)) {
    return told('DOCKER_NOT_RUNNING', `nothing answers on ${socket}`)
  }
  if (typeof code === 'string' && code.startsWith('HPE_')) {
    return told('DOCKER_ERROR', `what answers on ${socket} is not Docker`)
  }
  return told('CONNECTION_LOST', `the connection broke (${error.message})`)
}

/** Whether the connection was cut under a request: an idempotent one may be repeated. */
export function isReset(error: unknown): boolean {
  if (!(error instanceof Error)) return false
  const code = 'code' in error ? error.code : undefined
  return code === 'ECONNRESET' || code === 'EPIPE' || code === 'ERR_STREAM_PREMATURE_CLOSE'
}

/** ssh2's error for a channel that the host would not open. */
function isChannelRefused(error: Error): boolean {
  return 'reason' in error && error.message.startsWith('(SSH) Channel open failure')
}

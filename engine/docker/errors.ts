import { type ErrorCode, StowageError } from '../errors.ts'

/** What a request was for, in words that go after "could not", and what its failure may mean. */
export interface Purpose {
  /** start container web.1 */
  readonly what: string
  /** Set where the registry's refusals are to be told apart. */
  readonly image?: string
  /** Whether a login was sent along. */
  readonly loggedIn?: boolean
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
  if (purpose.image !== undefined) return translatePull(purpose.image, refusal, purpose.loggedIn ?? false)
  const words = refusal.message.trim()
  const message = `Docker could not ${purpose.what}: ${words}`
  if (/port is already allocated|address already in use/i.test(words)) {
    const port = takenPort(words)
    return { code: 'PORT_TAKEN', message: `${port ? `Host port ${port}` : 'A host port'} is taken: ${words}` }
  }
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

/** The first that fits holds: registries say several of these at once. */
const PULL: readonly { readonly when: RegExp; readonly code: ErrorCode; readonly why: string }[] = [
  {
    when: /toomanyrequests|too many requests|rate limit/i,
    code: 'IMAGE_PULL_FAILED',
    why: "the registry's rate limit is reached; a login raises it",
  },
  { when: /no space left/i, code: 'IMAGE_PULL_FAILED', why: 'the disk of the host is full' },
  {
    when: /no matching manifest|does not match the specified platform|no match for platform/i,
    code: 'IMAGE_PULL_FAILED',
    why: "there is no such image for the host's platform",
  },
  {
    when: /no basic auth|incorrect username|invalid username|unauthorized: (?:incorrect|bad|invalid)/i,
    code: 'IMAGE_UNAUTHORIZED',
    why: '',
  },
  {
    when: /repository does not exist|requested access to the resource is denied/i,
    code: 'IMAGE_NOT_FOUND',
    why: '',
  },
  {
    when: /unauthorized|authentication required|access denied|denied|forbidden/i,
    code: 'IMAGE_UNAUTHORIZED',
    why: '',
  },
  {
    when: /server gave HTTP response to HTTPS client/i,
    code: 'IMAGE_PULL_FAILED',
    why: 'the registry speaks plain HTTP; the host must list it in insecure-registries',
  },
  {
    when: /x509|certificate/i,
    code: 'IMAGE_PULL_FAILED',
    why: "the host does not trust the registry's certificate",
  },
  {
    when: /no such host|connection refused|i\/o timeout|TLS handshake|network is unreachable|context deadline exceeded|no route to host|server misbehaving/i,
    code: 'IMAGE_PULL_FAILED',
    why: 'the host does not reach the registry',
  },
  {
    when: /manifest unknown|manifest for .* not found|name unknown|not found|no such image/i,
    code: 'IMAGE_NOT_FOUND',
    why: 'the registry has no such image or tag',
  },
]

function translatePull(image: string, refusal: Refusal, loggedIn: boolean): Translation {
  const words = refusal.message.trim()
  const found = PULL.find(rule => rule.when.test(words))
  const code = found?.code ?? byStatus(refusal.status)
  const why = found?.why || defaultReason(code, loggedIn)
  return { code, message: `Image ${image} cannot be had${why && `: ${why}`} (${words})` }
}

function byStatus(status: number): ErrorCode {
  if (status === 404) return 'IMAGE_NOT_FOUND'
  return status === 401 || status === 403 ? 'IMAGE_UNAUTHORIZED' : 'IMAGE_PULL_FAILED'
}

function defaultReason(code: ErrorCode, loggedIn: boolean): string {
  if (code === 'IMAGE_NOT_FOUND') {
    return loggedIn
      ? 'it does not exist, or this login may not see it'
      : 'it does not exist, or the registry wants a login'
  }
  if (code !== 'IMAGE_UNAUTHORIZED') return ''
  return loggedIn ? 'the registry refuses the login' : 'the registry wants a login, and there is none'
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

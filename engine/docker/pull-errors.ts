import type { ErrorCode } from '../errors.ts'

/** What was asked of a registry through Docker. */
export interface ImagePurpose {
  readonly image: string
  /** Its manifest alone, to know the digest of a tag. Default: all of it. */
  readonly lookUp?: boolean
  /** Whether a login was sent along. */
  readonly loggedIn?: boolean
}

interface Rule {
  readonly when: RegExp
  readonly code: ErrorCode
  /** Default: by code. */
  readonly why?: string
}

/**
 * What Docker 20.10 to 29 and the registries say, with containerd's image store and without it. The first that fits
 * holds: registries say several of these at once.
 */
const RULES: readonly Rule[] = [
  {
    when: /toomanyrequests|too many requests|rate limit|rate exceeded/i,
    code: 'IMAGE_RATE_LIMITED',
    why: 'the registry lets no more pulls through for now',
  },
  { when: /no space left|disk quota exceeded/i, code: 'DISK_FULL', why: 'the disk of the host is full' },
  {
    when: /no matching manifest|does not match the specified platform|no match for platform|operating system .* cannot be used|cannot download image with operating system/i,
    code: 'IMAGE_PLATFORM_MISSING',
    why: "there is no such image for the host's platform",
  },
  {
    when: /manifest version 2, schema 1|manifest\.v1\+prettyjws|unsupported manifest media type|mediaType in manifest should be/i,
    code: 'IMAGE_PULL_FAILED',
    why: 'its format is too old for this Docker; build and push it again',
  },
  {
    when: /no basic auth|incorrect username|invalid username|unauthorized: (?:incorrect|bad|invalid)|token has expired/i,
    code: 'IMAGE_UNAUTHORIZED',
  },
  {
    when: /repository does not exist|requested access to the resource is denied|insufficient_scope/i,
    code: 'IMAGE_NOT_FOUND',
  },
  {
    when: /unauthorized|authentication required|access denied|denied|forbidden/i,
    code: 'IMAGE_UNAUTHORIZED',
  },
  {
    when: /server gave HTTP response to HTTPS client|first record does not look like a TLS handshake/i,
    code: 'REGISTRY_UNTRUSTED',
    why: 'the registry speaks plain HTTP; the host must list it in insecure-registries',
  },
  {
    when: /certificate has expired or is not yet valid/i,
    code: 'REGISTRY_UNTRUSTED',
    why: "the registry's certificate has expired, or the clock of the host is wrong",
  },
  {
    when: /x509|certificate|tls: /i,
    code: 'REGISTRY_UNTRUSTED',
    why: "the host does not trust the registry's certificate",
  },
  {
    when: /no such host|server misbehaving|name resolution/i,
    code: 'REGISTRY_UNREACHABLE',
    why: 'the host cannot resolve the name of the registry',
  },
  {
    when: /proxyconnect/i,
    code: 'REGISTRY_UNREACHABLE',
    why: 'the host does not get through the proxy that its Docker is set to use',
  },
  {
    when: /connection refused|i\/o timeout|TLS handshake|network is unreachable|deadline exceeded|no route to host|Client\.Timeout|connection reset|connection timed out|\bEOF\b/i,
    code: 'REGISTRY_UNREACHABLE',
    why: 'the host does not reach the registry',
  },
  {
    when: /manifest unknown|manifest for .* not found|name unknown|not found|no such image/i,
    code: 'IMAGE_NOT_FOUND',
    why: 'the registry has no such image or tag',
  },
  {
    when: /verification failed|unexpected commit digest|failed to register layer|failed to extract layer/i,
    code: 'IMAGE_PULL_FAILED',
    why: 'what came is damaged, or the host cannot unpack it',
  },
  {
    when: /HTTP status: 5\d\d|: 5\d\d [A-Z]|service unavailable|bad gateway/i,
    code: 'REGISTRY_UNREACHABLE',
    why: 'the registry has a fault of its own',
  },
  { when: /invalid reference format/i, code: 'IMAGE_NOT_FOUND', why: 'it is no name of an image' },
]

/** Docker's answer about an image as a code of the catalogue, and words for a person with ECS's name of the reason. */
export function translatePull(
  { image, lookUp = false, loggedIn = false }: ImagePurpose,
  refusal: { readonly status: number; readonly message: string },
): { readonly code: ErrorCode; readonly message: string } {
  const words = refusal.message.trim()
  const rule = RULES.find(({ when }) => when.test(words))
  const code = rule?.code ?? byStatus(refusal.status)
  const why = rule?.why ?? reasonFor(code, loggedIn)
  const reason = lookUp ? 'CannotPullImageManifestError' : 'CannotPullContainerError'
  return { code, message: `Image ${image} cannot be had${why && `: ${why}`} (${reason}: ${words})` }
}

function byStatus(status: number): ErrorCode {
  if (status === 404) return 'IMAGE_NOT_FOUND'
  return status === 401 || status === 403 ? 'IMAGE_UNAUTHORIZED' : 'IMAGE_PULL_FAILED'
}

function reasonFor(code: ErrorCode, loggedIn: boolean): string {
  if (code === 'IMAGE_NOT_FOUND') {
    return loggedIn
      ? 'it does not exist, or this login may not see it'
      : 'it does not exist, or the registry wants a login'
  }
  if (code !== 'IMAGE_UNAUTHORIZED') return ''
  return loggedIn ? 'the registry refuses the login' : 'the registry wants a login, and there is none'
}

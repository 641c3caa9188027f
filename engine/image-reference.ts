/** An image reference, taken apart as Docker does. */
export interface ImageReference {
  /** docker.io, ghcr.io, localhost:5000 */
  readonly registry: string
  /** library/nginx, a/b */
  readonly repository: string
  /** What Docker calls it: nginx, a/b, ghcr.io/a/b. */
  readonly name: string
  /** undefined: `latest` is meant, unless there is a digest. */
  readonly tag?: string
  /** sha256:… */
  readonly digest?: string
}

const HUB = 'docker.io'
const DIGEST = /^[A-Za-z][A-Za-z0-9]*(?:[-_+.][A-Za-z][A-Za-z0-9]*)*:[0-9a-fA-F]{32,}$/
const TAG = /^\w[\w.-]{0,127}$/
const COMPONENT = /^[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*$/
const REGISTRY = /^(?:[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?|\[[0-9a-fA-F:]+\])(?::\d+)?$/

/** Takes `nginx`, `ghcr.io/a/b:tag` or `host:5000/x@sha256:…` apart; undefined where it is no reference. */
export function parseImageReference(reference: string): ImageReference | undefined {
  const at = reference.indexOf('@')
  const digest = at < 0 ? undefined : reference.slice(at + 1)
  const named = at < 0 ? reference : reference.slice(0, at)
  const colon = named.lastIndexOf(':')
  const tag = colon > named.lastIndexOf('/') ? named.slice(colon + 1) : undefined
  const path = tag === undefined ? named : named.slice(0, colon)
  if (digest !== undefined && !DIGEST.test(digest)) return undefined
  if (tag !== undefined && !TAG.test(tag)) return undefined

  const { registry, repository } = splitRegistry(path)
  if (!REGISTRY.test(registry) || !repository.split('/').every(part => COMPONENT.test(part))) return undefined
  const name = registry === HUB ? repository.replace(/^library\//, '') : `${registry}/${repository}`
  return { registry, repository, name, ...(tag && { tag }), ...(digest && { digest }) }
}

/** Why a text is no reference, said after it; undefined where it is one. */
export function referenceFault(reference: string): string | undefined {
  if (parseImageReference(reference)) return undefined
  if (reference === '') return 'it is empty'
  const [named = '', ...digests] = reference.split('@')
  const slash = named.lastIndexOf('/')
  const colon = named.indexOf(':', slash)
  const tag = colon < 0 ? undefined : named.slice(colon + 1)
  if (/\s/.test(reference)) return 'a blank is in it'
  if (/^[a-z]+:\/\//i.test(reference))
    return 'it begins like the address of a web page; a registry is named without that'
  if (digests.length > 0 && !DIGEST.test(digests.join('@')))
    return 'what comes after the @ is no digest: sha256: and 64 digits or letters from a to f'
  if (tag === '') return 'no tag comes after the colon'
  if (tag !== undefined && !TAG.test(tag))
    return `its tag ${JSON.stringify(tag)} is to have at most 128 letters, digits, _ - and dots, of which the first is no - and no dot`
  if (named.split('/').includes('')) return 'a part between two slashes is empty'
  if (named !== named.toLowerCase()) return 'the name of an image has no capital letters'
  return 'the parts of its name have letters, digits, and . _ - between them'
}

/** The first part is a registry where it could not be a folder on Docker Hub. */
function splitRegistry(path: string): { registry: string; repository: string } {
  const slash = path.indexOf('/')
  const first = slash < 0 ? '' : path.slice(0, slash)
  const isRegistry = /[.:]/.test(first) || first === 'localhost' || first !== first.toLowerCase()
  if (!isRegistry) return { registry: HUB, repository: slash < 0 ? `library/${path}` : path }
  return {
    registry: first === 'index.docker.io' ? HUB : first,
    repository:
      first.endsWith(HUB) && !path.slice(slash + 1).includes('/')
        ? `library/${path.slice(slash + 1)}`
        : path.slice(slash + 1),
  }
}

import type { DockerHost } from '../docker/docker-host.ts'
import { type Problem, problem, toProblem } from '../errors.ts'
import { digestOf, familiarImage, imageRepository, type PinnedImages, pinImage } from '../image.ts'
import type { ObservedState } from '../observed-state.ts'
import type { ActContext } from './act.ts'

export interface ResolvedImages {
  readonly images: PinnedImages
  /** References that resolve to nothing: their tasks cannot be made. */
  readonly problems: readonly Problem[]
  readonly warnings: readonly Problem[]
}

/**
 * Resolves tags to digests, each once, through a host. reconcile() says which are needed: where nothing is to be
 * started, no registry is contacted.
 */
export async function resolveImages(
  unresolved: readonly string[],
  observed: ObservedState,
  hosts: ReadonlyMap<string, DockerHost>,
  registryAuth: ActContext['registryAuth'],
): Promise<ResolvedImages> {
  const answers = await Promise.all(unresolved.map(r => resolve(r, observed, hosts, registryAuth)))
  return {
    images: Object.fromEntries(
      answers.flatMap(a => (a.pinned === undefined ? [] : [[a.reference, a.pinned]])),
    ),
    problems: answers.flatMap(a => a.problem ?? []),
    warnings: answers.flatMap(a => a.warning ?? []),
  }
}

interface Answer {
  readonly reference: string
  readonly pinned?: string
  readonly problem?: Problem
  readonly warning?: Problem
}

async function resolve(
  reference: string,
  observed: ObservedState,
  hosts: ReadonlyMap<string, DockerHost>,
  registryAuth: ActContext['registryAuth'],
): Promise<Answer> {
  if (digestOf(reference) !== undefined) return { reference, pinned: familiarImage(reference) }
  let refusal: Problem | undefined
  const auth = await registryAuth(reference)
  for (const name of Object.keys(observed.instances).sort()) {
    const host = hosts.get(name)
    if (!observed.instances[name]?.reachable || !host) continue
    try {
      return { reference, pinned: pinImage(reference, await host.resolveDigest(reference, auth)) }
    } catch (error) {
      refusal = toProblem(error)
      // what the registry itself answers one host it answers all; a host's own trouble may be its own alone
      if (refusal.code === 'IMAGE_NOT_FOUND' || refusal.code === 'IMAGE_UNAUTHORIZED') break
    }
  }
  const cached = localImage(reference, observed)
  if (cached === undefined) {
    return { reference, problem: refusal ?? problem('IMAGE_NOT_FOUND', `no host could look up ${reference}`) }
  }
  // as ECS does by default: what cannot be looked up is taken as it is on the hosts
  const message = `${reference} could not be looked up (${refusal?.message ?? 'no host answered'}); the image that the hosts have is used`
  return { reference, pinned: cached, warning: problem(refusal?.code ?? 'IMAGE_PULL_FAILED', message) }
}

/** What the hosts have under this tag: its digest if it came from a registry, else the image's own id. */
function localImage(reference: string, observed: ObservedState): string | undefined {
  const wanted = familiarImage(reference)
  const tagged = wanted.lastIndexOf(':') > wanted.lastIndexOf('/') ? wanted : `${wanted}:latest`
  for (const name of Object.keys(observed.instances).sort()) {
    const instance = observed.instances[name]
    if (!instance?.reachable) continue
    const image = Object.values(instance.images).find(i => i.tags.some(t => familiarImage(t) === tagged))
    if (!image) continue
    return image.digests.find(d => imageRepository(d) === imageRepository(reference)) ?? image.id
  }
  return undefined
}

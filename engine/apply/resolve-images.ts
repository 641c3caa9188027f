import type { DesiredState } from '../desired-state/desired-state.generated.ts'
import type { DockerHost, RegistryAuth } from '../docker/docker-host.ts'
import { type Problem, problem, toProblem } from '../errors.ts'
import { digestOf, familiarImage, imageRepository, type PinnedImages, pinImage } from '../image.ts'
import type { ContainerIdentity, ObservedContainer, ObservedState } from '../observed-state.ts'
import type { ActContext } from './act.ts'

export interface ResolvedImages {
  readonly images: PinnedImages
  /** References that resolve to nothing: their tasks cannot be made. */
  readonly problems: readonly Problem[]
  readonly warnings: readonly Problem[]
}

/** What tags are resolved with. */
export interface ResolveContext {
  readonly hosts: ReadonlyMap<string, DockerHost>
  readonly registryAuth: ActContext['registryAuth']
  readonly behavior: DesiredState['imagePullBehavior']
}

/**
 * Resolves tags to digests, each once, through a host. reconcile() says which are needed: where nothing is to be
 * started, no registry is contacted.
 */
export async function resolveImages(
  unresolved: readonly string[],
  observed: ObservedState,
  context: ResolveContext,
): Promise<ResolvedImages> {
  const answers = await Promise.all(unresolved.map(r => resolve(r, observed, context)))
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

async function resolve(reference: string, observed: ObservedState, context: ResolveContext): Promise<Answer> {
  if (digestOf(reference) !== undefined) return { reference, pinned: familiarImage(reference) }
  const { behavior } = context
  const cached = behavior === 'always' ? undefined : cachedImage(reference, observed)
  if (cached !== undefined && behavior !== 'default') return { reference, pinned: cached }
  const asked = await askRegistry(reference, observed, context)
  if ('pinned' in asked) return { reference, ...asked }
  const { refusal } = asked
  if (cached === undefined)
    return { reference, problem: refusal ?? problem('IMAGE_NOT_FOUND', `no host could look up ${reference}`) }
  // as ECS does by default: what cannot be looked up is taken as it is on the hosts
  const message = `${reference} could not be looked up (${refusal?.message ?? 'no host answered'}); the image that the hosts have is used`
  return { reference, pinned: cached, warning: problem(refusal?.code ?? 'IMAGE_PULL_FAILED', message) }
}

/** What the registry has for a reference now, asked through the first host that can; or why there is no answer. */
export async function askRegistry(
  reference: string,
  observed: ObservedState,
  { hosts, registryAuth }: ResolveContext,
): Promise<{ pinned: string } | { refusal: Problem | undefined }> {
  let refusal: Problem | undefined
  let auth: RegistryAuth | undefined
  try {
    auth = await registryAuth(reference)
  } catch (error) {
    return { refusal: toProblem(error) }
  }
  for (const name of Object.keys(observed.instances).sort()) {
    const host = hosts.get(name)
    if (!observed.instances[name]?.reachable || !host) continue
    try {
      return { pinned: pinImage(reference, await host.resolveDigest(reference, auth)) }
    } catch (error) {
      refusal = toProblem(error)
      // what the registry itself answers one host it answers all; a host's own trouble may be its own alone
      if (refusal.code === 'IMAGE_NOT_FOUND' || refusal.code === 'IMAGE_UNAUTHORIZED') break
    }
  }
  return { refusal }
}

/** What the hosts have for a tag: under the tag itself, else what it last became here, as pulls are by digest. */
function cachedImage(reference: string, observed: ObservedState): string | undefined {
  return taggedImage(reference, observed) ?? lastMade(reference, observed)
}

/** Its digest if it came from a registry, else the image's own id. */
function taggedImage(reference: string, observed: ObservedState): string | undefined {
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

/** The image of the newest container of ours whose task definition has this very reference, where its host still has it. */
function lastMade(reference: string, { instances }: ObservedState): string | undefined {
  let newest: ObservedContainer | undefined
  for (const instance of Object.values(instances)) {
    if (!instance.reachable) continue
    for (const container of instance.containers) {
      const { createdAt, identity, image, imageId } = container
      if (newest && createdAt <= newest.createdAt) continue
      if (!image.includes('@') || !instance.images[imageId]?.digests.includes(image)) continue
      if (storedImage(identity) === reference) newest = container
    }
  }
  return newest?.image
}

/** The image that a container's task definition names, as its label has it. */
function storedImage({ taskDefinition, container }: ContainerIdentity): string | undefined {
  try {
    const { containerDefinitions } = JSON.parse(taskDefinition) as Stored
    return containerDefinitions.find(c => c.name === container)?.image
  } catch {
    return undefined
  }
}

interface Stored {
  readonly containerDefinitions: readonly { readonly name: string; readonly image: string }[]
}

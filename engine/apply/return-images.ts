import type { DesiredState } from '../desired-state/desired-state.generated.ts'
import { type Problem, problem } from '../errors.ts'
import { shortRevision } from '../identity.ts'
import type { CompletedRevision, ServiceHistory } from '../ledger/query.ts'
import type { ObservedState, ReachableInstance } from '../observed-state.ts'
import { hasImage } from '../reconcile/images-there.ts'
import type { ServiceState } from '../reconcile/service-state.ts'
import { askRegistry, type ResolveContext } from './resolve-images.ts'

/** A service that this deployment moves, and what it would go back to. */
interface Return {
  readonly service: string
  readonly completed: CompletedRevision
}

/**
 * What could not go back as it is, for want of images: asked before anything moves. Only images that an instance lacks
 * are looked up, by their digest.
 */
export async function missingReturnImages(
  desired: DesiredState,
  observed: ObservedState,
  { services, history }: { services: readonly ServiceState[]; history: ReadonlyMap<string, ServiceHistory> },
  context: ResolveContext,
): Promise<Problem[]> {
  const returns = services.flatMap(({ service, revision }): Return[] => {
    const completed = history.get(service)?.completed
    return completed && completed.revision !== revision ? [{ service, completed }] : []
  })
  if (!returns.some(r => goesBack(desired, r.service))) return []
  const instances = Object.keys(desired.containerInstances)
    .sort()
    .flatMap(name => observed.instances[name] ?? [])
    .filter(i => i.reachable)
  const asked = new Map<string, Promise<string | undefined>>()
  const refusalOf = (image: string) => {
    let refusal = asked.get(image)
    if (!refusal) asked.set(image, (refusal = whyNotToBeHad(image, observed, context)))
    return refusal
  }
  const found = await Promise.all(returns.map(r => warningOf(r, instances, refusalOf)))
  return found.filter(f => f !== undefined)
}

function goesBack({ services }: DesiredState, name: string): boolean {
  const breaker = services[name]?.deploymentConfiguration.deploymentCircuitBreaker
  return breaker?.enable === true && breaker.rollback
}

async function warningOf(
  { service, completed }: Return,
  instances: readonly ReachableInstance[],
  refusalOf: (image: string) => Promise<string | undefined>,
): Promise<Problem | undefined> {
  const what = `${service} could not go back to revision ${shortRevision(completed.revision)}`
  for (const image of new Set(Object.values(completed.images))) {
    const lacking = instances.filter(i => !hasImage(i, image))
    const refusal = lacking.length === 0 ? undefined : await refusalOf(image)
    if (refusal === undefined) continue
    const on = lacking.length === instances.length ? '' : ` on ${lacking.map(i => i.name).join(', ')}`
    const message = `${what}${on}: its image ${image} is not there, and ${refusal}`
    return problem('ROLLBACK_IMAGE_MISSING', message, { service })
  }
  return undefined
}

async function whyNotToBeHad(
  image: string,
  observed: ObservedState,
  context: ResolveContext,
): Promise<string | undefined> {
  if (!image.includes('@')) return 'no registry has it'
  const answer = await askRegistry(image, observed, context)
  return 'pinned' in answer ? undefined : (answer.refusal?.message ?? 'no instance could look it up')
}

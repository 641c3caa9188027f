import type { DesiredState } from '../desired-state/desired-state.generated.ts'
import { canonicalJson } from '../desired-state/canonical.ts'
import { StowageError } from '../errors.ts'
import { type PinnedImages, pinKey } from '../image.ts'
import { neededSources } from '../secrets/needed-sources.ts'
import { findDeployment } from './query.ts'
import type { DeploymentRecord, Ledger } from './record.ts'

/** What `stowage rollback` applies. */
export interface GoingBack {
  readonly target: DeploymentRecord
  readonly desired: DesiredState
  /** What the images were then, by pinKey and by reference. */
  readonly images: PinnedImages
}

/**
 * The services and task definitions of an earlier deployment, on the container instances of today. Tasks that run once
 * are in it neither as of then nor as of today: what a migration has done a rollback neither undoes nor does again.
 * @param text which: an id or a part of one. Default: the last that COMPLETED before what was applied last
 * @throws DEPLOYMENT_UNKNOWN, ROLLBACK_IMPOSSIBLE
 */
export function goBack(ledger: Ledger, today: DesiredState, text?: string): GoingBack {
  const target = text === undefined ? lastBefore(ledger) : named(ledger, text)
  const { services, taskDefinitions } = servicesOf(target.document)
  const desired = {
    ...today,
    services,
    tasks: {},
    taskDefinitions: { ...today.taskDefinitions, ...taskDefinitions },
  }
  refuseUnknownSources(target, desired, today)
  return { target, desired, images: imagesOf(target) }
}

/** The services of a document, which wait for each other alone, with their task definitions. */
function servicesOf({ services, taskDefinitions }: DesiredState): DesiredServices {
  const used = new Set(Object.values(services).map(s => s.taskDefinition))
  const alone = Object.entries(services).map(([name, service]) => {
    const dependsOn = service.dependsOn.filter(other => Object.hasOwn(services, other))
    return [name, { ...service, dependsOn }] as const
  })
  return {
    services: Object.fromEntries(alone),
    taskDefinitions: Object.fromEntries(
      Object.entries(taskDefinitions).filter(([family]) => used.has(family)),
    ),
  }
}

type DesiredServices = Pick<DesiredState, 'services' | 'taskDefinitions'>

/**
 * What was applied last may itself have been a return. Then it is what it went back to that counts; and one that did not
 * COMPLETE is taken up again, for it would be no return to go to what was left. What serves the same is passed over where
 * the last COMPLETED, for to go there would change nothing. Where it did not, what came before it may be whole still, as
 * after a migration that failed: to go further back would take away what nobody complained of.
 */
function lastBefore({ deployments }: Ledger): DeploymentRecord {
  const last = deployments.at(-1)
  const returned = deployments.find(d => d.id === last?.returnsTo)
  const completed = last?.state === 'COMPLETED'
  if (returned && !completed) return returned
  const current = returned ?? last
  const earlier = deployments.filter(d => current && d.number < current.number && d.state === 'COMPLETED')
  const target = earlier.findLast(
    d => !completed || (current && !servesTheSame(d.document, current.document)),
  )
  if (target) return target
  const message = 'the ledger has no other deployment that COMPLETED before the one that was applied last'
  throw new StowageError('ROLLBACK_IMPOSSIBLE', message)
}

function servesTheSame(one: DesiredState, other: DesiredState): boolean {
  return canonicalJson(servicesOf(one)) === canonicalJson(servicesOf(other))
}

function named(ledger: Ledger, text: string): DeploymentRecord {
  const target = findDeployment(ledger, text)
  if (!target) throw unknownDeployment(ledger, text)
  if (target.state === 'COMPLETED') return target
  const message = `deployment ${target.id} did not COMPLETE: it is ${target.state}`
  throw new StowageError('ROLLBACK_IMPOSSIBLE', message)
}

export function unknownDeployment({ deployments }: Ledger, text: string): StowageError {
  const message = `of ${deployments.length} deployments that the ledger has none, or more than one, is ${JSON.stringify(text)}`
  return new StowageError('DEPLOYMENT_UNKNOWN', message)
}

/** The ledger lies on the hosts: what it names must not choose what is read, or runs, on this machine. */
function refuseUnknownSources(target: DeploymentRecord, desired: DesiredState, today: DesiredState): void {
  const known = new Set(neededSources(today).map(s => s.source))
  const unknown = neededSources(desired).filter(s => !known.has(s.source))
  if (unknown.length === 0) return
  const which = unknown.map(s => `${s.source} (${s.users.join(', ')})`).join('; ')
  const message = `deployment ${target.id} needs secrets from sources that the document does not name now: ${which}`
  const commit = target.commit ? ` It was as in commit ${target.commit.id}.` : ''
  const next = `Sources are taken from documents alone. Check out the document as it was then, and apply it.${commit}`
  throw new StowageError('ROLLBACK_IMPOSSIBLE', message, { next })
}

function imagesOf({ services, document }: DeploymentRecord): PinnedImages {
  const images: Record<string, string> = {}
  for (const [name, { revision, images: pinned }] of Object.entries(services)) {
    const family = document.services[name]?.taskDefinition ?? ''
    for (const { name: container, image } of document.taskDefinitions[family]?.containerDefinitions ?? []) {
      const pin = pinned[container]
      if (pin === undefined) continue
      images[pinKey(revision, container)] = pin
      images[image] ??= pin
    }
  }
  return images
}

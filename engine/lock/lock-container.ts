import { packTar, unpackTar } from 'modern-tar'
import type { DockerHost } from '../docker/docker-host.ts'
import { createEmptyContainer } from '../docker/empty-image.ts'
import { StowageError } from '../errors.ts'
import { LABEL } from '../identity.ts'
import type { ObservedState } from '../observed-state.ts'
import { hasDied, type LockOwner, readOwner } from './owner.ts'

/** A lock as it is found on a host. */
export interface FoundLock {
  /** The container's. */
  readonly id: string
  readonly owner: LockOwner
}

const HEARTBEAT = 'heartbeat'
const NO_ANSWER: readonly string[] = ['CONNECTION_LOST', 'DOCKER_TIMEOUT']

/** The name of the container that is the lock. No task has it: theirs have five parts. */
export function lockName(cluster: string): string {
  return `${cluster}.lock`
}

/** The id of the lock that was made; undefined where there is one already, or may be. */
export async function createLock(
  host: DockerHost,
  cluster: string,
  owner: LockOwner,
): Promise<string | undefined> {
  const labels = { [LABEL.cluster]: cluster, [LABEL.lock]: JSON.stringify(owner) }
  try {
    return await createEmptyContainer(host, lockName(cluster), { Labels: labels })
  } catch (error) {
    if (!(error instanceof StowageError)) throw error
    // without an answer it may have been made all the same: that, and by whom, is seen there
    if (NO_ANSWER.includes(error.code) || error.code === 'DOCKER_CONFLICT') return undefined
    throw error
  }
}

/** The lock that is there. @throws NAME_TAKEN where something else has its name */
export async function findLock(host: DockerHost, cluster: string): Promise<FoundLock | undefined> {
  const found = await ifThere(host.inspectContainer(lockName(cluster)))
  if (!found) return undefined
  const { Id: id, Config: config } = found
  const label = config.Labels?.[LABEL.lock]
  if (label !== undefined) return { id, owner: readOwner(label) }
  const message = `the name ${lockName(cluster)} is taken on ${host.name} by container ${id.slice(0, 12)}, which is no lock`
  throw new StowageError('NAME_TAKEN', message, { instance: host.name })
}

/** '' before the first beat. */
export async function readHeartbeat(host: DockerHost, id: string): Promise<string> {
  const tar = await ifThere(host.getArchive(id, `/${HEARTBEAT}`))
  if (!tar) return ''
  const [entry] = await unpackTar(tar)
  return new TextDecoder().decode(entry?.data)
}

/** @throws DOCKER_NOT_FOUND where the lock is no more */
export async function writeHeartbeat(host: DockerHost, id: string, beat: number): Promise<void> {
  const body = new TextEncoder().encode(String(beat))
  const header = { name: HEARTBEAT, size: body.length, mode: 0o644, type: 'file' } as const
  await host.putArchive(id, '/', await packTar([{ header, body }]), { urgent: true })
}

/** The container instances with the lock of a run that is known to have died. */
export function deadLocksOf({ instances }: ObservedState): string[] {
  const left = Object.values(instances).filter(
    i => i.reachable && i.lock !== undefined && hasDied(readOwner(i.lock)),
  )
  return left.map(i => i.name).sort()
}

/** Removes the lock of a run that is known to have died. A run that finds nothing to do takes no lock, and sees to this. */
export async function removeDeadLock(host: DockerHost, cluster: string): Promise<void> {
  const held = await findLock(host, cluster)
  if (held && hasDied(held.owner)) await host.removeContainer(held.id)
}

async function ifThere<T>(call: Promise<T>): Promise<T | undefined> {
  try {
    return await call
  } catch (error) {
    if (error instanceof StowageError && error.code === 'DOCKER_NOT_FOUND') return undefined
    throw error
  }
}

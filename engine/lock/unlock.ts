import { setTimeout as sleep } from 'node:timers/promises'
import type { DockerHost } from '../docker/docker-host.ts'
import { findLock, type FoundLock, readHeartbeat } from './lock-container.ts'
import { hasDied, type LockOwner } from './owner.ts'

/** The lock of one host, and whether its owner lives as far as that can be told. */
export interface LockView {
  readonly instance: string
  /** The container's. */
  readonly id: string
  readonly owner: LockOwner
  /** ended: its process is no more. beats: it lives. still: its heartbeat stood still for as long as it was watched. */
  readonly heart: 'ended' | 'beats' | 'still'
}

/** More than two beats, in ms. */
const WATCH_MS = 12_000
const POLL_MS = 500

/** Looks at the lock of each host, and watches for a while those of whose owners it is not known how they are. */
export async function lookAtLocks(
  hosts: Iterable<DockerHost>,
  cluster: string,
  { signal, watchMs = WATCH_MS }: { readonly signal: AbortSignal; readonly watchMs?: number },
): Promise<LockView[]> {
  const views = await Promise.all([...hosts].map(host => lookAt(host, cluster, watchMs, signal)))
  return views.filter(view => view !== undefined).sort((a, b) => (a.instance < b.instance ? -1 : 1))
}

async function lookAt(
  host: DockerHost,
  cluster: string,
  watchMs: number,
  signal: AbortSignal,
): Promise<LockView | undefined> {
  const found = await findLock(host, cluster)
  if (!found) return undefined
  const { id, owner } = found
  const heart = hasDied(owner) ? 'ended' : await watch(host, found, watchMs, signal)
  return { instance: host.name, id, owner, heart }
}

async function watch(
  host: DockerHost,
  { id }: FoundLock,
  watchMs: number,
  signal: AbortSignal,
): Promise<'beats' | 'still'> {
  const first = await readHeartbeat(host, id)
  for (const deadline = Date.now() + watchMs; Date.now() < deadline && !signal.aborted; ) {
    await sleep(POLL_MS, undefined, { signal }).catch(() => {})
    if ((await readHeartbeat(host, id)) !== first) return 'beats'
  }
  return 'still'
}

/** Removes the very lock that was looked at; one that another has taken since stays. */
export async function removeLock(host: DockerHost, { id }: LockView): Promise<void> {
  await host.removeContainer(id)
}

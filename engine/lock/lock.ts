import { setTimeout as sleep } from 'node:timers/promises'
import { packTar, unpackTar } from 'modern-tar'
import type { DockerHost } from '../docker/docker-host.ts'
import { createEmptyContainer } from '../docker/empty-image.ts'
import { StowageError } from '../errors.ts'
import type { Emit } from '../events.ts'
import { LABEL } from '../identity.ts'
import { hasDied, type LockOwner, readOwner } from './owner.ts'

export interface LockOptions {
  readonly cluster: string
  readonly owner: LockOwner
  readonly emit: Emit
  readonly signal: AbortSignal
  /** How long to wait for another's lock, in ms. Default: 2 minutes. */
  readonly waitMs?: number
  /** A heartbeat that stands still for so long, as seen by our own clock, is a dead one's, in ms. Default: 30 s. */
  readonly staleMs?: number
  /** Default: 5 s. */
  readonly heartbeatMs?: number
}

const HEARTBEAT = 'heartbeat'
const POLL_MS = 1000
const WAIT_MS = 120_000
const STALE_MS = 30_000
const HEARTBEAT_MS = 5_000

/**
 * The lock of one host: a container that is never started, under a name that Docker gives to one alone. Its file
 * `heartbeat` changes for as long as the owner lives.
 */
export class HostLock {
  readonly host: DockerHost
  readonly #id: string
  readonly #heart: NodeJS.Timeout
  readonly #staleMs: number
  #beats = 0
  #lastBeat: number
  #lost: string | undefined

  private constructor(host: DockerHost, id: string, options: LockOptions) {
    this.host = host
    this.#id = id
    this.#staleMs = options.staleMs ?? STALE_MS
    this.#lastBeat = Date.now()
    this.#heart = setInterval(() => void this.#beat(), options.heartbeatMs ?? HEARTBEAT_MS)
    this.#heart.unref()
  }

  /**
   * Takes the lock of a host, waiting for another's to be released or to stand still.
   * @throws LOCK_HELD when the wait is over, INTERRUPTED when the signal is
   */
  static async acquire(host: DockerHost, options: LockOptions): Promise<HostLock> {
    const watch = new Watch()
    const deadline = Date.now() + (options.waitMs ?? WAIT_MS)
    let told = false
    for (let tries = 1; ; tries++) {
      if (options.signal.aborted)
        throw new StowageError('INTERRUPTED', 'interrupted while waiting for a lock')
      const id = await create(host, options)
      if (id !== undefined) return new HostLock(host, id, options)
      const held = await inspect(host, options.cluster)
      if (!held) {
        // released just now, or the first that was ever made here; after that, a name that Docker is slow to free
        if (tries <= 2) continue
        if (Date.now() >= deadline) throw neitherMadeNorFound(host, options.cluster)
        await pause(options.signal)
        continue
      }
      const { owner } = held
      if (owner.run === options.owner.run) return new HostLock(host, held.id, options)
      const still = watch.stillFor(held.id, await readHeartbeat(host, held.id))
      if (hasDied(owner) || still >= (options.staleMs ?? STALE_MS)) {
        // by its id, so that the lock of one who took over meanwhile is not hit
        await host.removeContainer(held.id)
        options.emit({ event: 'lock-taken-over', instance: host.name, holder: owner.who })
        continue
      }
      if (Date.now() >= deadline) throw heldBy(host, owner)
      if (!told)
        options.emit({ event: 'lock-waiting', instance: host.name, holder: owner.who, since: owner.since })
      told = true
      await pause(options.signal)
    }
  }

  /** @throws LOCK_LOST where another may have taken it over since */
  check(): void {
    const silent = Date.now() - this.#lastBeat
    // a third of the time before another may take over is kept for the action in hand
    if (this.#lost === undefined && silent < (this.#staleMs * 2) / 3) return
    const why = this.#lost ?? `its heartbeat did not get through for ${Math.round(silent / 1000)} s`
    throw new StowageError('LOCK_LOST', `the lock of ${this.host.name} is lost: ${why}`, {
      instance: this.host.name,
    })
  }

  async release(): Promise<void> {
    clearInterval(this.#heart)
    if (this.#lost === undefined) await this.host.removeContainer(this.#id).catch(() => {})
  }

  async #beat(): Promise<void> {
    try {
      await this.host.putArchive(this.#id, '/', await file(HEARTBEAT, String(++this.#beats)))
      this.#lastBeat = Date.now()
    } catch (error) {
      if (error instanceof StowageError && error.code === 'DOCKER_NOT_FOUND') this.#lost = 'it was removed'
    }
  }
}

/** The name of the container that is the lock. No task has it: theirs have five parts. */
export function lockName(cluster: string): string {
  return `${cluster}.lock`
}

/** Removes the lock of a run that is known to have died. A run that finds nothing to do takes no lock, and sees to this. */
export async function removeDeadLock(host: DockerHost, cluster: string): Promise<void> {
  const held = await inspect(host, cluster)
  if (held && hasDied(held.owner)) await host.removeContainer(held.id)
}

/** How long what is watched has stood still, by our own clock. */
class Watch {
  #seen = ''
  #since = 0

  stillFor(id: string, heartbeat: string): number {
    const now = `${id} ${heartbeat}`
    if (now !== this.#seen) {
      this.#seen = now
      this.#since = Date.now()
    }
    return Date.now() - this.#since
  }
}

async function pause(signal: AbortSignal): Promise<void> {
  await sleep(POLL_MS, undefined, { signal }).catch(() => {})
}

const NO_ANSWER: readonly string[] = ['CONNECTION_LOST', 'DOCKER_TIMEOUT']

/** The id of the lock that was made; undefined where there is one already, or may be. */
async function create(host: DockerHost, { cluster, owner }: LockOptions): Promise<string | undefined> {
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

async function inspect(
  host: DockerHost,
  cluster: string,
): Promise<{ id: string; owner: LockOwner } | undefined> {
  try {
    const { Id: id, Config: config } = await host.inspectContainer(lockName(cluster))
    const label = config.Labels?.[LABEL.lock]
    if (label !== undefined) return { id, owner: readOwner(label) }
    const message = `the name ${lockName(cluster)} is taken on ${host.name} by container ${id.slice(0, 12)}, which is no lock`
    throw new StowageError('NAME_TAKEN', message, { instance: host.name })
  } catch (error) {
    if (error instanceof StowageError && error.code === 'DOCKER_NOT_FOUND') return undefined
    throw error
  }
}

/** '' before the first beat. */
async function readHeartbeat(host: DockerHost, id: string): Promise<string> {
  try {
    const [entry] = await unpackTar(await host.getArchive(id, `/${HEARTBEAT}`))
    return new TextDecoder().decode(entry?.data)
  } catch (error) {
    if (error instanceof StowageError && error.code === 'DOCKER_NOT_FOUND') return ''
    throw error
  }
}

async function file(name: string, content: string): Promise<Uint8Array> {
  const body = new TextEncoder().encode(content)
  return packTar([{ header: { name, size: body.length, mode: 0o644, type: 'file' }, body }])
}

function neitherMadeNorFound(host: DockerHost, cluster: string): StowageError {
  const message = `${host.name} is not locked, and ${lockName(cluster)} cannot be made there either`
  return new StowageError('LOCK_HELD', message, { instance: host.name })
}

function heldBy(host: DockerHost, owner: LockOwner): StowageError {
  const command = owner.command === '' ? '' : ` (${owner.command})`
  const message = `${host.name} is locked by ${owner.who}${command} since ${owner.since || 'an unknown time'}`
  return new StowageError('LOCK_HELD', message, { instance: host.name })
}

import type { DockerHost } from '../docker/docker-host.ts'
import { StowageError } from '../errors.ts'
import type { Emit } from '../events.ts'
import { writeHeartbeat } from './lock-container.ts'
import { type Moment, mostBetween, thisMoment } from './moment.ts'
import type { LockOwner } from './owner.ts'
import { nodeTimers, type Timers } from './timers.ts'

export interface LockOptions {
  readonly cluster: string
  readonly owner: LockOwner
  readonly emit: Emit
  readonly signal: AbortSignal
  /** How long to wait for others' locks, in ms. Default: 2 minutes. */
  readonly waitMs?: number
  /** A heartbeat that stands still for so long, as seen by our own clock, is a dead one's, in ms. Default: 30 s. */
  readonly staleMs?: number
  /** Default: 5 s. */
  readonly heartbeatMs?: number
  /** Default: this machine's. */
  readonly clock?: () => Moment
  /** Default: this machine's. */
  readonly timers?: Timers
}

export const STALE_MS = 30_000
const HEARTBEAT_MS = 5_000

/**
 * The lock of one host that is ours: a container that is never started, under a name that Docker gives to one alone.
 * Its file `heartbeat` changes for as long as we live.
 *
 * Another takes it over once it has seen the heartbeat stand still for `staleMs`. We stop after two thirds of that
 * without a beat that is known to have got through, counted from when that was *sent*; and what was missed once is
 * not made good by a later beat, for another may have made up its mind meanwhile. So whoever was stopped, asleep or
 * cut off for long does nothing more, whatever it finds when it wakes.
 */
export class HostLock {
  readonly host: DockerHost
  readonly #id: string
  readonly #stopHeart: () => void
  readonly #now: () => Moment
  readonly #lastsMs: number
  readonly #freshMs: number
  readonly #onLost: (lock: HostLock) => void
  #beats = 0
  #confirming: Promise<void> | undefined
  /** When the last beat was sent that is known to have got through. */
  #confirmed: Moment
  #lost: string | undefined

  /** `since`: when the lock was asked for. `onLost` is called once, when it is known to be lost. */
  constructor(
    host: DockerHost,
    id: string,
    since: Moment,
    options: Pick<LockOptions, 'clock' | 'timers' | 'staleMs' | 'heartbeatMs'>,
    onLost: (lock: HostLock) => void = () => {},
  ) {
    const { clock = thisMoment, timers = nodeTimers, heartbeatMs = HEARTBEAT_MS } = options
    this.host = host
    this.#id = id
    this.#now = clock
    this.#lastsMs = lastsMs(options)
    this.#freshMs = Math.min(heartbeatMs * 2, this.#lastsMs / 2)
    this.#confirmed = since
    this.#onLost = onLost
    this.#stopHeart = timers.every(heartbeatMs, () => void this.#beat().catch(() => {}))
  }

  /** To be asked at the very moment at which something is sent. @throws LOCK_LOST where another may have it */
  check(): void {
    this.#expire()
    if (this.#lost === undefined) return
    throw new StowageError('LOCK_LOST', `the lock of ${this.host.name} is lost: ${this.#lost}`, {
      instance: this.host.name,
    })
  }

  /** Makes sure that it is still ours: asks the host where the last word of it is not fresh. @throws LOCK_LOST */
  async confirm(): Promise<void> {
    this.check()
    if (mostBetween(this.#confirmed, this.#now()) < this.#freshMs) return
    this.#confirming ??= this.#beat().finally(() => {
      this.#confirming = undefined
    })
    try {
      await this.#confirming
    } finally {
      this.check()
    }
  }

  async release(): Promise<void> {
    this.#stopHeart()
    // by its id: another's lock is not hit
    await this.host.removeContainer(this.#id).catch(() => {})
  }

  async #beat(): Promise<void> {
    const sent = this.#now()
    try {
      await writeHeartbeat(this.host, this.#id, ++this.#beats)
    } catch (error) {
      if (error instanceof StowageError && error.code === 'DOCKER_NOT_FOUND') this.#lose('it was removed')
      throw error
    }
    this.#expire()
    if (sent.boot > this.#confirmed.boot) this.#confirmed = sent
  }

  #expire(): void {
    const silent = mostBetween(this.#confirmed, this.#now())
    if (silent >= this.#lastsMs)
      this.#lose(`its heartbeat did not get through for ${Math.round(silent / 1000)} s`)
  }

  #lose(why: string): void {
    if (this.#lost !== undefined) return
    this.#lost = why
    this.#onLost(this)
  }
}

/** How long a lock is ours after a beat, in ms. The last third is kept for what is under way already. */
export function lastsMs({ staleMs = STALE_MS }: Pick<LockOptions, 'staleMs'>): number {
  return (staleMs * 2) / 3
}

import type { DockerHost } from '../docker/docker-host.ts'
import { StowageError } from '../errors.ts'
import type { HostLock, LockOptions } from './lock.ts'
import { mostBetween, thisMoment } from './moment.ts'
import { Seeker } from './seeker.ts'
import { nodeTimers } from './timers.ts'

const POLL_MS = 1000
/** Of those that come later, so often in polls. */
const LOOK_EVERY = 5
const WAIT_MS = 120_000

/** The locks of all hosts that one run may act on. Where one is lost, nothing more is done on any: the plan was one. */
export class Locks {
  readonly #held = new Map<string, HostLock>()
  readonly #options: LockOptions
  #lost: HostLock | undefined

  private constructor(options: LockOptions) {
    this.#options = options
  }

  /**
   * Takes the lock of each host, in the order of their names. Whoever waits for one has none that comes after it, so
   * no two runs ever wait for each other, though one may see hosts that the other does not.
   * Where one cannot be had, those that were taken are released.
   * @throws LOCK_HELD when the wait is over, INTERRUPTED when the signal is
   */
  static async acquire(hosts: Iterable<DockerHost>, options: LockOptions): Promise<Locks> {
    const locks = new Locks(options)
    const sorted = [...hosts].sort((a, b) => (a.name < b.name ? -1 : 1))
    try {
      await locks.#takeAll(sorted.map(host => new Seeker(host, options)))
    } catch (error) {
      await locks.release()
      throw error
    }
    options.emit({ event: 'locked', instances: [...locks.#held.keys()] })
    return locks
  }

  /** To be asked at the moment at which something is sent. @throws LOCK_LOST where the host may not be acted on (any more) */
  check(instance: string): void {
    this.#lost?.check()
    this.#of(instance).check()
  }

  /** To be asked before a step: asks the host where the last word of the lock is not fresh. @throws LOCK_LOST */
  async confirm(instance: string): Promise<void> {
    this.#lost?.check()
    await this.#of(instance).confirm()
  }

  async release(): Promise<void> {
    await Promise.all([...this.#held.values()].map(lock => lock.release()))
    this.#held.clear()
  }

  #of(instance: string): HostLock {
    const lock = this.#held.get(instance)
    if (!lock) throw new StowageError('LOCK_LOST', `there is no lock on ${instance}`, { instance })
    return lock
  }

  async #takeAll(seekers: readonly Seeker[]): Promise<void> {
    const { signal, waitMs = WAIT_MS, clock = thisMoment, timers = nodeTimers } = this.#options
    const since = clock()
    let left = seekers
    for (let poll = 0; left.length > 0; poll++) {
      if (signal.aborted) throw new StowageError('INTERRUPTED', 'interrupted while waiting for a lock')
      const [next, ...rest] = left
      if (next && (await this.#take(next))) {
        left = await this.#takeMore(rest)
        continue
      }
      next?.tell()
      if (next && mostBetween(since, clock()) >= waitMs) throw next.refusal()
      // one that stands still there as well need not be watched anew when it comes to that
      if (poll % LOOK_EVERY === 0) await Promise.all(rest.map(seeker => seeker.look()))
      await timers.sleep(POLL_MS, signal)
    }
  }

  /** Takes them side by side, and gives back those after the first that is not to be had; gives what is left. */
  async #takeMore(seekers: readonly Seeker[]): Promise<readonly Seeker[]> {
    const tries = await Promise.allSettled(seekers.map(seeker => this.#take(seeker)))
    for (const each of tries) if (each.status === 'rejected') throw each.reason
    const missing = tries.findIndex(each => each.status === 'fulfilled' && !each.value)
    if (missing < 0) return []
    const left = seekers.slice(missing)
    await Promise.all(left.map(({ host }) => this.#giveBack(host.name)))
    return left
  }

  async #take(seeker: Seeker): Promise<boolean> {
    const lock = await seeker.take(lost => {
      if (this.#held.get(seeker.host.name) === lost) this.#lost ??= lost
    })
    if (lock) this.#held.set(seeker.host.name, lock)
    return lock !== undefined
  }

  async #giveBack(instance: string): Promise<void> {
    const lock = this.#held.get(instance)
    this.#held.delete(instance)
    await lock?.release()
  }
}

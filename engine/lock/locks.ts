import type { DockerHost } from '../docker/docker-host.ts'
import { StowageError } from '../errors.ts'
import { HostLock, type LockOptions } from './lock.ts'

/** The locks of all hosts that one run may act on. */
export class Locks {
  readonly #held = new Map<string, HostLock>()

  /**
   * Takes the lock of each host, in the order of their names: whoever has the first goes on, so two runs never
   * wait for each other. Where one cannot be had, those that were taken are released.
   */
  static async acquire(hosts: Iterable<DockerHost>, options: LockOptions): Promise<Locks> {
    const locks = new Locks()
    const [first, ...rest] = [...hosts].sort((a, b) => (a.name < b.name ? -1 : 1))
    try {
      if (first) locks.#held.set(first.name, await HostLock.acquire(first, options))
      const taken = await Promise.allSettled(rest.map(host => HostLock.acquire(host, options)))
      for (const each of taken)
        if (each.status === 'fulfilled') locks.#held.set(each.value.host.name, each.value)
      for (const each of taken) if (each.status === 'rejected') throw each.reason
    } catch (error) {
      await locks.release()
      throw error
    }
    options.emit({ event: 'locked', instances: [...locks.#held.keys()] })
    return locks
  }

  /** @throws LOCK_LOST where the host may not be acted on (any more) */
  check(instance: string): void {
    const lock = this.#held.get(instance)
    if (!lock) throw new StowageError('LOCK_LOST', `there is no lock on ${instance}`, { instance })
    lock.check()
  }

  async release(): Promise<void> {
    await Promise.all([...this.#held.values()].map(lock => lock.release()))
    this.#held.clear()
  }
}

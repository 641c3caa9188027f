import type { DockerHost } from '../docker/docker-host.ts'
import { StowageError } from '../errors.ts'
import { HostLock, lastsMs, type LockOptions, STALE_MS } from './lock.ts'
import { createLock, findLock, type FoundLock, lockName, readHeartbeat } from './lock-container.ts'
import { leastBetween, type Moment, mostBetween, thisMoment } from './moment.ts'
import { hasDied } from './owner.ts'

/** Names that Docker is slow to free, and the first lock that was ever made on a host. */
const TRIES = 3

/** Tries to get the lock of one host, and remembers how long another's has stood still. */
export class Seeker {
  readonly host: DockerHost
  readonly #options: LockOptions
  readonly #now: () => Moment
  readonly #watch = new Watch()
  #asked: Moment | undefined
  #holder: FoundLock | undefined
  #isTold = false

  constructor(host: DockerHost, options: LockOptions) {
    this.host = host
    this.#options = options
    this.#now = options.clock ?? thisMoment
  }

  /** The lock, unless somebody has it who lives. */
  async take(onLost: (lock: HostLock) => void): Promise<HostLock | undefined> {
    const { cluster, owner, emit } = this.#options
    for (let tries = 1; tries <= TRIES; ) {
      const asked = this.#now()
      this.#asked ??= asked
      const id = await createLock(this.host, cluster, owner)
      if (id !== undefined) return new HostLock(this.host, id, asked, this.#options, onLost)
      const found = (this.#holder = await findLock(this.host, cluster))
      if (!found) {
        tries++
        continue
      }
      if (found.owner.run === owner.run) {
        // made by a try of ours that got no answer; too old to be kept, it is made anew
        const age = mostBetween(this.#asked, this.#now())
        if (age < lastsMs(this.#options) / 2)
          return new HostLock(this.host, found.id, this.#asked, this.#options, onLost)
        await this.host.removeContainer(found.id)
        continue
      }
      this.#asked = undefined
      if (!(await this.#isDead(found))) return undefined
      // by its id, so that the lock of one who took over meanwhile is not hit
      await this.host.removeContainer(found.id)
      emit({ event: 'lock-taken-over', instance: this.host.name, holder: found.owner.who })
    }
    return undefined
  }

  /** Looks whether the heartbeat of the lock that is there moves, and takes nothing. */
  async look(): Promise<void> {
    const found = await findLock(this.host, this.#options.cluster)
    if (found) await this.#isDead(found)
  }

  /** Says, once, who is waited for. */
  tell(): void {
    if (!this.#holder || this.#isTold) return
    this.#isTold = true
    const { who, since } = this.#holder.owner
    this.#options.emit({ event: 'lock-waiting', instance: this.host.name, holder: who, since })
  }

  /** Why it was not had in time. */
  refusal(): StowageError {
    const { name: instance } = this.host
    if (!this.#holder) {
      const message = `${instance} is not locked, and ${lockName(this.#options.cluster)} cannot be made there either`
      return new StowageError('LOCK_HELD', message, { instance })
    }
    const { who, command, since } = this.#holder.owner
    const what = command === '' ? '' : ` (${command})`
    const message = `${instance} is locked by ${who}${what} since ${since || 'an unknown time'}`
    return new StowageError('LOCK_HELD', message, { instance })
  }

  async #isDead({ id, owner }: FoundLock): Promise<boolean> {
    if (hasDied(owner)) return true
    const asked = this.#now()
    const heartbeat = await readHeartbeat(this.host, id)
    const still = this.#watch.stillFor(`${id} ${heartbeat}`, asked, this.#now())
    return still >= (this.#options.staleMs ?? STALE_MS)
  }
}

/** How long what is watched has stood still: from when it was seen first to when it was last asked for. */
export class Watch {
  #seen: string | undefined
  #since: Moment = { wall: 0, boot: 0 }

  /** `asked` and `answered`: around the look that saw it. Whoever sleeps in between does not count the sleep. */
  stillFor(seen: string, asked: Moment, answered: Moment): number {
    if (seen === this.#seen) return leastBetween(this.#since, asked)
    this.#seen = seen
    this.#since = answered
    return 0
  }
}

import type { Moment } from '../../../../engine/lock/moment.ts'
import type { Timers } from '../../../../engine/lock/timers.ts'

interface Timer {
  readonly of: Sleeper
  due: number
  /** ms between two times; undefined: once. */
  readonly every?: number
  readonly work: () => void
}

/** Whose timers go off, unless it stands still. */
interface Sleeper {
  isStill: boolean
}

/** A time that goes on only when it is told to, to the next moment at which something is due. */
export class VirtualTime {
  #now = 0
  #timers: Timer[] = []

  now(): number {
    return this.#now
  }

  /** The clock of a machine that has always been on. */
  readonly clock = (): Moment => ({ wall: this.#now, boot: this.#now })

  timersOf(of: Sleeper): Timers {
    const add = (timer: Timer) => {
      this.#timers.push(timer)
      return () => {
        this.#timers = this.#timers.filter(t => t !== timer)
      }
    }
    return {
      sleep: ms =>
        new Promise(resolve => {
          add({ of, due: this.#now + ms, work: resolve })
        }),
      every: (ms, work) => add({ of, due: this.#now + ms, every: ms, work }),
    }
  }

  /** Goes on to the next moment, and does what is due by then; false where nothing will ever be. */
  goOn(): boolean {
    const next = Math.min(...this.#timers.filter(t => !t.of.isStill).map(t => t.due))
    if (next === Infinity) return false
    this.#now = Math.max(this.#now, next)
    for (let timer = this.#due(); timer; timer = this.#due()) {
      if (timer.every === undefined) this.#timers = this.#timers.filter(t => t !== timer)
      else timer.due = this.#now + timer.every
      timer.work()
    }
    return true
  }

  /** Does it in so many ms, whoever stands still. */
  after(ms: number, work: () => void): void {
    this.#timers.unshift({ of: { isStill: false }, due: this.#now + ms, work })
  }

  /** The next whose time has come. Whoever wakes now has what it missed done now. */
  #due(): Timer | undefined {
    return this.#timers.find(t => t.due <= this.#now && !t.of.isStill)
  }
}

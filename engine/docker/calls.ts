import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import { StowageError } from '../errors.ts'
import type { Dial, EngineRequest } from './dial.ts'
import { EngineRefusal } from './engine-refusal.ts'
import { type Purpose, isReset, translateBreak, translateRefusal } from './errors.ts'
import type { Slots } from './slots.ts'

/** Node fires a longer timer at once. */
const LONGEST_TIMER_MS = 2 ** 31 - 1

/** A way to the host with its own limit, so that long calls do not hold up short ones. */
export interface Lane {
  readonly dial: Dial
  readonly slots: Slots
  /** Closes the sockets that wait for a next request. */
  closeIdle(): void
}

/** One call: what it is for, what is sent, how long it may take. */
export interface Call {
  readonly purpose: Purpose
  readonly request: EngineRequest
  /** ms, from the moment when it is sent. Default: the host's. */
  readonly deadlineMs?: number
  /** Sent again, once, after a reset connection: for calls whose repetition is harmless. */
  readonly repeat?: boolean
  /** Throws where it is not to be sent (any more): asked when its turn has come. */
  readonly maySend?: () => void
}

/** A call whose answer is read as it comes. */
export interface StreamCall<T> extends Call {
  /** ms without a sign of progress. Default: the deadline alone. */
  readonly stallMs?: number
  readonly read: (reply: IncomingMessage, progress: () => void) => Promise<T>
}

/** Sends calls to one host, so that each settles: answered, refused, too late, or cut off with the host. */
export class Calls {
  readonly #instance: string
  readonly #deadlineMs: number
  readonly #pending = new Set<AbortController>()
  #ended: StowageError | undefined

  constructor(instance: string, deadlineMs: number) {
    this.#instance = instance
    this.#deadlineMs = deadlineMs
  }

  /** The answer's JSON, taken for the shape that the Engine API promises. */
  async json<T>(lane: Lane, call: Call): Promise<T> {
    return (await this.#run(lane, call, signal => lane.dial.json(call.request, signal))) as T
  }

  async stream<T>(lane: Lane, call: StreamCall<T>): Promise<T> {
    return await this.#run(lane, call, async (signal, watch) => {
      const progress = watch(call.stallMs)
      const reply = await lane.dial.stream(call.request, signal)
      const stop = () => reply.destroy()
      signal.addEventListener('abort', stop, { once: true })
      try {
        return await call.read(reply, progress)
      } finally {
        signal.removeEventListener('abort', stop)
        // What nobody reads to its end would keep the socket.
        if (!reply.complete) reply.destroy()
      }
    })
  }

  /** The connection of a request that is answered with one; only its beginning has a deadline. */
  async hijack(lane: Lane, call: Call): Promise<Duplex> {
    return await this.#run(lane, call, signal => lane.dial.hijack(call.request, signal))
  }

  /** Rejects what is under way, and all that comes later, with CONNECTION_LOST. */
  end(why: string): void {
    this.endWith(
      new StowageError('CONNECTION_LOST', `The connection broke: ${why}.`, { instance: this.#instance }),
    )
  }

  endWith(error: StowageError): void {
    this.#ended ??= error
    for (const controller of this.#pending) controller.abort(this.#ended)
  }

  async #run<T>(lane: Lane, call: Call, send: Send<T>): Promise<T> {
    return await lane.slots.run(async () => {
      if (this.#ended) throw this.#ended
      const controller = new AbortController()
      this.#pending.add(controller)
      const timers = this.#timers(call, controller)
      try {
        return await Promise.race([
          this.#sendTwice(lane, call, () => send(controller.signal, timers.watch)),
          timers.over,
        ])
      } catch (error) {
        const cause: unknown = controller.signal.aborted ? controller.signal.reason : error
        // Whatever still runs for this call has nobody who waits for it.
        controller.abort()
        throw this.#translate(cause, call.purpose)
      } finally {
        timers.clear()
        this.#pending.delete(controller)
      }
    })
  }

  async #sendTwice<T>(lane: Lane, call: Call, send: () => Promise<T>): Promise<T> {
    call.maySend?.()
    try {
      return await send()
    } catch (error) {
      if (!call.repeat || this.#ended || !isReset(error)) throw error
      lane.closeIdle()
      call.maySend?.()
      return await send()
    }
  }

  #timers(call: Call, controller: AbortController) {
    const late = (ms: number, what: string) =>
      setTimeout(
        () => {
          const message = `Docker did not ${call.purpose.what} within ${ms / 1000} s${what}.`
          controller.abort(new StowageError('DOCKER_TIMEOUT', message, { instance: this.#instance }))
        },
        Math.min(ms, LONGEST_TIMER_MS),
      )
    const deadline = late(call.deadlineMs ?? this.#deadlineMs, '')
    let stall: NodeJS.Timeout | undefined
    const over = new Promise<never>((_, reject) => {
      controller.signal.addEventListener('abort', () => reject(controller.signal.reason as Error), {
        once: true,
      })
    })
    over.catch(() => undefined)
    return {
      over,
      watch: (stallMs: number | undefined) => {
        clearTimeout(stall)
        stall = stallMs === undefined ? undefined : late(stallMs, ' without progress')
        return () => {
          stall?.refresh()
        }
      },
      clear: () => {
        clearTimeout(deadline)
        clearTimeout(stall)
      },
    }
  }

  #translate(error: unknown, purpose: Purpose): StowageError {
    if (error instanceof StowageError && error.instance !== undefined) return error
    const told = toStowageError(error, purpose)
    const { code, message, next, service, problems } = told
    return new StowageError(code, message, {
      cause: told.cause ?? error,
      next,
      service,
      problems,
      instance: this.#instance,
    })
  }
}

type Send<T> = (signal: AbortSignal, watch: (stallMs: number | undefined) => () => void) => Promise<T>

function toStowageError(error: unknown, purpose: Purpose): StowageError {
  if (error instanceof StowageError) return error
  if (error instanceof EngineRefusal) {
    const { code, message } = translateRefusal(error, purpose)
    return new StowageError(code, message, { cause: error })
  }
  return translateBreak(error instanceof Error ? error : new Error(String(error)), purpose)
}

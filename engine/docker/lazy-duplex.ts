import { Duplex } from 'node:stream'

/**
 * A socket that exists at once and opens its channel behind the scenes, for an http.Agent must be given its
 * socket synchronously. Destroyed while still opening, it closes the channel when that comes.
 */
export class LazyDuplex extends Duplex {
  #channel: Duplex | undefined
  #waiting: ((channel: Duplex) => void)[] = []

  constructor(open: () => Promise<Duplex>) {
    super()
    open().then(
      channel => this.#opened(channel),
      (error: unknown) => this.destroy(error instanceof Error ? error : new Error(String(error))),
    )
  }

  override _read(): void {
    this.#channel?.resume()
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    this.#whenOpen(channel => channel.write(chunk, done))
  }

  override _final(done: (error?: Error | null) => void): void {
    this.#whenOpen(channel => channel.end(done))
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    this.#waiting = []
    this.#channel?.destroy()
    done(error)
  }

  // What http asks of a socket and a channel does not have.
  setKeepAlive(): this {
    return this
  }

  setNoDelay(): this {
    return this
  }

  setTimeout(): this {
    return this
  }

  ref(): this {
    return this
  }

  unref(): this {
    return this
  }

  #opened(channel: Duplex): void {
    // A channel that fails ends in 'close' as well; the error alone must not end the process.
    channel.on('error', error => this.destroy(error))
    if (this.destroyed) {
      channel.destroy()
      return
    }
    this.#channel = channel
    channel.on('data', (chunk: Buffer) => {
      if (!this.push(chunk)) channel.pause()
    })
    channel.once('end', () => this.push(null))
    channel.once('close', () => this.#closed())
    for (const act of this.#waiting.splice(0)) act(channel)
  }

  /** What has come already is still read before the socket goes. */
  #closed(): void {
    if (this.readableLength > 0) this.once('end', () => this.destroy())
    else this.destroy()
  }

  #whenOpen(act: (channel: Duplex) => void): void {
    if (this.#channel) act(this.#channel)
    else this.#waiting.push(act)
  }
}

const HEADER = 8

/** What a container wrote, and where to. A terminal has but one stream. */
export interface Output {
  readonly stream: 'stdout' | 'stderr'
  readonly data: Buffer
}

/**
 * The lines of a container's log: stdout and stderr in the order in which they were written.
 * Docker puts each piece into a frame: its stream, three zeros, its length. A terminal's log has no frames.
 */
export function logLines(log: Buffer): string[] {
  const text = Buffer.concat(new FrameReader(isFramed(log)).read(log).map(o => o.data)).toString('utf8')
  const lines = text.split('\n').map(line => line.replace(/\r$/, ''))
  if (lines.at(-1) === '') lines.pop()
  return lines
}

/** Takes Docker's frames apart as they come, wherever the network has cut them. */
export class FrameReader {
  readonly #framed: boolean
  /** A header that has not come whole. */
  #header = Buffer.alloc(0)
  #stream: Output['stream'] = 'stdout'
  #left = 0

  constructor(framed: boolean) {
    this.#framed = framed
  }

  read(chunk: Buffer): Output[] {
    if (!this.#framed) return [{ stream: 'stdout', data: chunk }]
    const outputs: Output[] = []
    let rest = chunk
    while (rest.length > 0) {
      if (this.#left === 0) {
        const missing = HEADER - this.#header.length
        this.#header = Buffer.concat([this.#header, rest.subarray(0, missing)])
        rest = rest.subarray(missing)
        if (this.#header.length < HEADER) break
        this.#stream = this.#header.readUInt8(0) === 2 ? 'stderr' : 'stdout'
        this.#left = this.#header.readUInt32BE(4)
        this.#header = Buffer.alloc(0)
        continue
      }
      const data = rest.subarray(0, this.#left)
      outputs.push({ stream: this.#stream, data })
      this.#left -= data.length
      rest = rest.subarray(data.length)
    }
    return outputs
  }
}

function isFramed(log: Buffer): boolean {
  return log.length >= HEADER && log.readUInt8(0) <= 2 && log.readUIntBE(1, 3) === 0
}

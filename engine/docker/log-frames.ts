const HEADER = 8

/**
 * The lines of a container's log: stdout and stderr in the order in which they were written.
 * Docker puts each piece into a frame: its stream, three zeros, its length. A terminal's log has no frames.
 */
export function logLines(log: Buffer): string[] {
  const text = (isFramed(log) ? Buffer.concat([...payloads(log)]) : log).toString('utf8')
  const lines = text.split('\n').map(line => line.replace(/\r$/, ''))
  if (lines.at(-1) === '') lines.pop()
  return lines
}

function isFramed(log: Buffer): boolean {
  return log.length >= HEADER && log.readUInt8(0) <= 2 && log.readUIntBE(1, 3) === 0
}

function* payloads(log: Buffer): Generator<Buffer> {
  for (let at = 0; at + HEADER <= log.length; ) {
    const end = at + HEADER + log.readUInt32BE(at + 4)
    yield log.subarray(at + HEADER, end)
    at = end
  }
}

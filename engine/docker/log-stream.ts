import { StowageError } from '../errors.ts'
import type { Calls, Lane } from './calls.ts'
import { segment } from './dial.ts'
import type { LogOptions } from './container-io.ts'
import { FrameReader, type Output } from './log-frames.ts'

/** As long as there is: a log is followed until somebody has seen enough. */
const FOLLOW_MS = 2 ** 31 - 1

/** Reads a container's log as it comes, until there is no more or the signal is aborted. */
export async function streamLog(
  calls: Calls,
  lane: Lane,
  { id, terminal }: { readonly id: string; readonly terminal: boolean },
  { tail, follow, signal }: LogOptions,
  onOutput: (output: Output) => void,
): Promise<void> {
  const lines = Number.isFinite(tail) ? tail : 'all'
  const query = { stdout: true, stderr: true, timestamps: true, follow, tail: lines }
  const reading = calls.stream(lane, {
    purpose: { what: `read the log of container ${id}` },
    request: { method: 'GET', path: `/containers/${segment(id)}/logs`, query },
    deadlineMs: FOLLOW_MS,
    read: async reply => {
      const stop = () => reply.destroy()
      signal.addEventListener('abort', stop, { once: true })
      try {
        if (signal.aborted) return
        const frames = new FrameReader(!terminal)
        for await (const chunk of reply) for (const output of frames.read(chunk as Buffer)) onOutput(output)
      } finally {
        signal.removeEventListener('abort', stop)
      }
    },
  })
  await reading.catch((error: unknown) => {
    if (!signal.aborted && !isUnreadableLog(error)) throw error
  })
}

/** Whether the log driver keeps nothing that could be read. */
export function isUnreadableLog(error: unknown): boolean {
  return error instanceof StowageError && /does not support reading/i.test(error.message)
}

import type { Calls, Lane } from './calls.ts'
import { type EngineRequest, segment } from './dial.ts'
import type { ExecOptions, ExecStreams, TerminalSize } from './container-io.ts'
import { FrameReader } from './log-frames.ts'

/** Runs a command in a container, with its streams tied to ours, until it ends; resolves to its exit code. */
export async function runExec(
  calls: Calls,
  lane: Lane,
  id: string,
  { command, terminal }: ExecOptions,
  { input, onOutput, onResize }: ExecStreams,
): Promise<number> {
  const purpose = { what: `run a command in container ${id}` }
  const post = (path: string, body: object, query?: EngineRequest['query']) =>
    ({ purpose, request: { method: 'POST', path, query, body } }) as const
  const tty = terminal !== undefined
  const streams = { AttachStdin: input !== undefined, AttachStdout: true, AttachStderr: true }
  const create = post(`/containers/${segment(id)}/exec`, { ...streams, Tty: tty, Cmd: command })
  const exec = segment((await calls.json<{ Id: string }>(lane, create)).Id)
  const connection = await calls.hijack(lane, post(`/exec/${exec}/start`, { Detach: false, Tty: tty }))
  const resize = ({ rows, columns }: TerminalSize) =>
    // a size that comes too late changes nothing
    void calls.json(lane, post(`/exec/${exec}/resize`, {}, { h: rows, w: columns })).catch(() => {})
  if (terminal) resize(terminal)
  const stop = onResize?.(resize)
  input?.pipe(connection)
  try {
    const frames = new FrameReader(!tty)
    for await (const chunk of connection) for (const output of frames.read(chunk as Buffer)) onOutput(output)
  } finally {
    stop?.()
    input?.unpipe(connection)
    connection.destroy()
  }
  return await exitCode(calls, lane, { purpose, request: { method: 'GET', path: `/exec/${exec}/json` } })
}

const POLL_MS = 50
const POLLS = 100

/** Docker closes the streams a little before it has the exit code. */
async function exitCode(calls: Calls, lane: Lane, call: Parameters<Calls['json']>[1]): Promise<number> {
  for (let polls = 0; polls < POLLS; polls++) {
    const found = await calls.json<{ Running: boolean; ExitCode: number | null }>(lane, call)
    if (!found.Running && found.ExitCode !== null) return found.ExitCode
    await new Promise(resolve => setTimeout(resolve, POLL_MS))
  }
  throw new Error('the command has closed its streams and runs on')
}

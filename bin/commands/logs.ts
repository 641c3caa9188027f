import { setTimeout as sleep } from 'node:timers/promises'
import type { ConnectedCluster } from '../../engine/connect-cluster.ts'
import type { DesiredState } from '../../engine/desired-state/desired-state.generated.ts'
import { StowageError } from '../../engine/errors.ts'
import type { TaskRow } from '../../engine/ps.ts'
import { connect } from '../connect.ts'
import { documentOf } from '../document-of.ts'
import { catchInterrupts } from '../interrupt.ts'
import { inOrder, labelOf, LineReader, type LogLine, logText } from '../render/log-lines.ts'
import { warningLines } from '../render/problems.ts'
import { styleFor } from '../render/style.ts'
import { containersOf } from '../selection.ts'
import type { Settings } from '../settings.ts'
import type { Terminal } from '../terminal.ts'

interface LogsFlags {
  readonly task: string
  readonly container?: string
  readonly follow: boolean
  readonly tail: number
  readonly timestamps: boolean
}

/** A line, and whose it is. */
interface OwnedLine extends LogLine {
  readonly row: TaskRow
}

/** How often it is looked for tasks that were started since, in ms. */
const LOOK_MS = 2000

export async function run(terminal: Terminal, settings: Settings, flags: LogsFlags): Promise<number> {
  const { state } = await documentOf(terminal, settings, {})
  const { stderr, env } = terminal
  const interruption = catchInterrupts(terminal, () => {})
  const { signal } = interruption
  try {
    const cluster = await connect(state, settings, terminal, { onUnreachable: 'skip', signal })
    try {
      const lost = Object.values(cluster.skipped).map(s => s.problem)
      for (const line of warningLines(lost, styleFor(stderr, env))) stderr.write(`${line}\n`)
      const logs = new Logs(flags, state, cluster, signal)
      const rows = await logs.rows()
      const print = printer(terminal, settings, flags, rows)
      if (flags.follow) await logs.follow(rows, print)
      else for (const line of await logs.all(rows)) print(line)
      return 0
    } finally {
      cluster.close()
    }
  } finally {
    interruption.end()
  }
}

class Logs {
  readonly #flags: LogsFlags
  readonly #state: DesiredState
  readonly #cluster: ConnectedCluster
  readonly #signal: AbortSignal

  constructor(flags: LogsFlags, state: DesiredState, cluster: ConnectedCluster, signal: AbortSignal) {
    this.#flags = flags
    this.#state = state
    this.#cluster = cluster
    this.#signal = signal
  }

  /** The containers that are meant, as they are now. */
  async rows(): Promise<readonly TaskRow[]> {
    return await containersOf(this.#state, this.#cluster, this.#flags)
  }

  async all(rows: readonly TaskRow[]): Promise<OwnedLine[]> {
    const logs = await Promise.all(
      rows.map(async row => {
        const lines: OwnedLine[] = []
        await this.#read(row, { follow: false, tail: this.#flags.tail }, line => lines.push(line))
        return lines
      }),
    )
    return inOrder(logs)
  }

  /** Also what is started later, across deployments, until it is interrupted. */
  async follow(rows: readonly TaskRow[], print: (line: OwnedLine) => void): Promise<void> {
    const reads = new Map<string, Promise<void>>()
    const begin = (row: TaskRow, tail: number) => {
      if (!reads.has(row.id)) reads.set(row.id, this.#read(row, { follow: true, tail }, print))
    }
    for (const row of rows) begin(row, this.#flags.tail)
    while (!this.#signal.aborted) {
      await sleep(LOOK_MS, undefined, { signal: this.#signal }).catch(() => {})
      const now = this.#signal.aborted ? [] : await this.#rowsOrNone()
      // of those that are new nothing has been shown yet
      for (const row of now) begin(row, Number.POSITIVE_INFINITY)
    }
    await Promise.all(reads.values())
  }

  /** Between two deployments there may be none. */
  async #rowsOrNone(): Promise<readonly TaskRow[]> {
    try {
      return await this.rows()
    } catch (error) {
      const isNone = error instanceof StowageError && /^TASK_(?:UNKNOWN|OUT_OF_SIGHT)$/.test(error.code)
      if (isNone) return []
      throw error
    }
  }

  async #read(
    row: TaskRow,
    options: { readonly follow: boolean; readonly tail: number },
    take: (line: OwnedLine) => void,
  ): Promise<void> {
    const reader = new LineReader()
    const host = this.#cluster.hosts.get(row.instance)
    try {
      await host?.streamLogs(row.id, { ...options, signal: this.#signal }, output => {
        for (const line of reader.read(output)) take({ ...line, row })
      })
    } catch (error) {
      // it was removed while it was read: a task that was replaced
      if (!(error instanceof StowageError) || error.code !== 'DOCKER_NOT_FOUND') throw error
    }
    for (const line of reader.end()) take({ ...line, row })
  }
}

function printer(
  { stdout, env }: Terminal,
  { json }: Settings,
  { timestamps, follow }: LogsFlags,
  rows: readonly TaskRow[],
): (line: OwnedLine) => void {
  const style = styleFor(stdout, env)
  return ({ row, ...line }) => {
    const { task, container, instance } = row
    const label = rows.length > 1 || follow ? labelOf(row, [...rows, row]) : ''
    const text = json
      ? JSON.stringify({ task, container, instance, ...line })
      : logText(line, { label, timestamps, terminal: stdout.isTTY }, style)
    stdout.write(`${text}\n`)
  }
}

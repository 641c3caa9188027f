import { StowageError } from '../../engine/errors.ts'
import { selectOne } from '../../engine/select-containers.ts'
import { connect } from '../connect.ts'
import { documentOf } from '../document-of.ts'
import { catchInterrupts } from '../interrupt.ts'
import { styleFor } from '../render/style.ts'
import { printable } from '../render/text.ts'
import { containersOf } from '../selection.ts'
import type { Settings } from '../settings.ts'
import type { Terminal } from '../terminal.ts'

interface ExecFlags {
  readonly task: string
  readonly container?: string
  /** Absent: where the person sits at a terminal. */
  readonly interactive?: boolean
  readonly command?: readonly string[]
  readonly '--'?: readonly string[]
}

/** Runs a command in a container of a service that allows it; the exit code is the command's. */
export async function run(terminal: Terminal, settings: Settings, flags: ExecFlags): Promise<number> {
  const command = [...(flags.command ?? []), ...(flags['--'] ?? [])]
  if (command.length === 0)
    throw new StowageError('USAGE_INVALID', 'the command that is to be run is missing', {
      next: `stowage exec ${flags.task} -- sh, say.`,
    })
  const { state } = await documentOf(terminal, settings, {})
  const { input, stdout, stderr, env } = terminal
  const cluster = await connect(state, settings, terminal, { onUnreachable: 'skip' })
  try {
    const [row] = await containersOf(state, cluster, flags, selectOne)
    const host = row && cluster.hosts.get(row.instance)
    if (!row || !host) throw new Error('a row without its host')
    if (!state.services[row.service]?.enableExecuteCommand) throw notEnabled(row.service)
    const where = `${printable(row.task)}  ${printable(row.container)} on ${row.instance}`
    stderr.write(`${styleFor(stderr, env).quiet(where)}\n`)
    const interactive = flags.interactive ?? (input.isTTY && stdout.isTTY)
    const size = { rows: stdout.rows, columns: stdout.columns }
    // inside a terminal Ctrl-C is a character for the command; else it ends this one
    const interruption = catchInterrupts(terminal, () => {
      if (!interactive) cluster.close()
    })
    const close = interactive ? input.raw() : undefined
    try {
      return await host.exec(
        row.id,
        { command, ...(interactive && { terminal: size }) },
        {
          ...((interactive || !input.isTTY) && { input: input.stream }),
          onOutput: ({ stream, data }) => (stream === 'stderr' ? stderr : stdout).write(data),
          ...(interactive && { onResize: input.onResize }),
        },
      )
    } finally {
      close?.()
      interruption.end()
    }
  } finally {
    cluster.close()
  }
}

function notEnabled(service: string): StowageError {
  return new StowageError('EXEC_NOT_ENABLED', `${service} does not have enableExecuteCommand`)
}

import type { Emit } from '../engine/events.ts'
import { liveLines } from './render/live.ts'
import { newLines } from './render/progress-lines.ts'
import { beginProgress, follow, type ProgressState } from './render/progress-state.ts'
import { styleFor } from './render/style.ts'
import type { Settings } from './settings.ts'
import type { Terminal } from './terminal.ts'

/** Shows the events of a run as they come. */
export interface Progress {
  readonly emit: Emit
  /** Something else to say, above what is shown live. */
  say(line: string): void
  /** Takes away what is shown live; resolves to the ms since the beginning. */
  end(): number
}

const REDRAW_MS = 200

/** One JSON value a line with --json, a live view on a terminal, plain lines otherwise. */
export function createProgress(terminal: Terminal, settings: Pick<Settings, 'json'>): Progress {
  const started = terminal.now()
  const end = () => terminal.now() - started
  const { stdout, stderr, env } = terminal
  if (settings.json) {
    const emit: Emit = event => stdout.write(`${JSON.stringify(event)}\n`)
    return { emit, end, say: line => stderr.write(`${line}\n`) }
  }
  if (stdout.isTTY && env['TERM'] !== 'dumb') return liveProgress(terminal, started)
  const style = styleFor(stdout, env)
  let state = beginProgress(started)
  const emit: Emit = event => {
    const before = state
    state = follow(before, event)
    for (const line of newLines(before, state, event, style)) stdout.write(`${line}\n`)
  }
  return { emit, end, say: line => stderr.write(`${line}\n`) }
}

function liveProgress(terminal: Terminal, started: number): Progress {
  const { stdout, env } = terminal
  const style = styleFor(stdout, env)
  let state: ProgressState = beginProgress(started)
  let drawn: readonly string[] = []
  let over = false
  const clear = () => (drawn.length === 0 ? '' : `\u001B[${drawn.length}A\u001B[J`)
  const draw = (above: readonly string[] = []) => {
    if (over) return
    const lines = liveLines(
      state,
      { now: terminal.now(), columns: stdout.columns, rows: stdout.rows - 1 },
      style,
    )
    if (above.length === 0 && lines.join('\n') === drawn.join('\n')) return
    stdout.write(clear() + [...above, ...lines].map(line => `${line}\n`).join(''))
    drawn = lines
  }
  const timer = setInterval(() => draw(), REDRAW_MS)
  timer.unref()
  return {
    emit: event => {
      const before = state
      state = follow(before, event)
      // the live view has the rest
      const above = KEPT.has(event.event) ? newLines(before, state, event, style) : []
      if (above.length > 0 || before.cluster === '') draw(above)
    },
    say: line => draw([line]),
    end: () => {
      clearInterval(timer)
      if (!over) stdout.write(clear())
      over = true
      return terminal.now() - started
    },
  }
}

const KEPT: ReadonlySet<string> = new Set(['lock-waiting', 'lock-taken-over', 'step-failed', 'warning'])

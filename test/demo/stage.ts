import { styleText } from 'node:util'

/** What the demo says, for a person who reads along. */
export interface Stage {
  /** A headline; chapters count from 1. */
  readonly chapter: (title: string) => void
  /** A sentence of explanation. */
  readonly say: (line: string) => void
  /** A command, as a person would type it. */
  readonly command: (line: string) => void
  /** What was proven. */
  readonly proven: (line: string) => void
  /** Rows in columns; the first row is their heads. */
  readonly table: (rows: readonly (readonly string[])[]) => void
  /** What nobody may miss. */
  readonly shout: (lines: readonly string[]) => void
}

const WIDTH = 100

/** Writes to stdout; in colours where that is a terminal. */
export function createStage(output: NodeJS.WriteStream = process.stdout, env = process.env): Stage {
  const colors = output.isTTY && !env.NO_COLOR && env.TERM !== 'dumb'
  const paint = (format: Parameters<typeof styleText>[0], text: string) =>
    colors ? styleText(format, text) : text
  const line = (text = '') => output.write(`${text}\n`)
  let chapters = 0
  return {
    chapter: title => {
      chapters++
      line()
      line(paint(['bold', 'cyan'], `━━ ${chapters} · ${title} `.padEnd(WIDTH, '━')))
    },
    say: text => line(text),
    command: text => line(`${paint('dim', '$')} ${paint('bold', text)}`),
    proven: text => line(`${paint(['bold', 'green'], '✓')} ${text}`),
    table: rows => {
      for (const row of columns(rows)) line(`  ${row}`)
    },
    shout: lines => {
      const wall = '!'.repeat(WIDTH)
      line(paint(['bold', 'yellow'], ['', wall, ...lines.map(text => `!! ${text}`), wall].join('\n')))
    },
  }
}

function columns(rows: readonly (readonly string[])[]): string[] {
  const widths = (rows[0] ?? []).map((_, i) => Math.max(...rows.map(row => (row[i] ?? '').length)))
  return rows.map(row =>
    row
      .map((cell, i) => cell.padEnd(widths[i] ?? 0))
      .join('   ')
      .trimEnd(),
  )
}

import { styleText } from 'node:util'
import type { Output } from '../terminal.ts'

/** Gives a text a meaning that a terminal shows in colour; the text itself where there is none. */
export interface Style {
  readonly title: (text: string) => string
  readonly quiet: (text: string) => string
  readonly good: (text: string) => string
  readonly bad: (text: string) => string
  readonly warn: (text: string) => string
}

const same = (text: string) => text

export const PLAIN: Style = { title: same, quiet: same, good: same, bad: same, warn: same }

const COLOURS: Style = {
  title: coloured('bold'),
  quiet: coloured('dim'),
  good: coloured('green'),
  bad: coloured('red'),
  warn: coloured('yellow'),
}

/** Whether there are colours is decided below; node would ask its own stdout. */
function coloured(format: 'bold' | 'dim' | 'green' | 'red' | 'yellow'): (text: string) => string {
  return text => styleText(format, text, { validateStream: false })
}

/** Colours on a terminal, unless NO_COLOR is set. */
export function styleFor({ isTTY }: Pick<Output, 'isTTY'>, env: NodeJS.ProcessEnv): Style {
  return isTTY && !env['NO_COLOR'] && env['TERM'] !== 'dumb' ? COLOURS : PLAIN
}

import type { Output } from '../../engine/docker/log-frames.ts'
import type { TaskRow } from '../../engine/ps.ts'
import type { Style } from './style.ts'
import { printable } from './text.ts'

/** One line of a container's log. */
export interface LogLine {
  /** RFC 3339, as Docker has it; '' where it is not known. */
  readonly time: string
  readonly stream: Output['stream']
  readonly text: string
}

/** Cuts what a container writes into lines; a line that has not ended waits for its end. */
export class LineReader {
  readonly #rest = { stdout: '', stderr: '' }
  readonly #decoders = { stdout: new TextDecoder(), stderr: new TextDecoder() }

  read({ stream, data }: Output): LogLine[] {
    const text = this.#rest[stream] + this.#decoders[stream].decode(data, { stream: true })
    const lines = text.split('\n')
    this.#rest[stream] = lines.pop() ?? ''
    return lines.map(line => toLine(stream, line))
  }

  /** What was written without an end of line. */
  end(): LogLine[] {
    return (['stdout', 'stderr'] as const).flatMap(stream =>
      this.#rest[stream] === '' ? [] : [toLine(stream, this.#rest[stream])],
    )
  }
}

const STAMPED = /^(\d{4}-\d\d-\d\dT[\d:.]+(?:Z|[+-]\d\d:\d\d)) ?(.*)$/s

function toLine(stream: Output['stream'], line: string): LogLine {
  const [, time = '', text = line] = STAMPED.exec(line) ?? []
  return { time, stream, text: text.replace(/\r$/, '') }
}

/** Lines of several logs in the order of their times; lines of one log stay in their order. */
export function inOrder<T extends LogLine>(logs: readonly (readonly T[])[]): T[] {
  return logs
    .flat()
    .map((line, i) => ({ line, i }))
    .sort((a, b) => compareTimes(a.line.time, b.line.time) || a.i - b.i)
    .map(({ line }) => line)
}

/** Docker leaves zeros at the end of a fraction away: 01.5Z is later than 01.25Z and earlier than 02Z. */
function compareTimes(a: string, b: string): number {
  const [x, y] = [a, b].map(t => t.replace(/(?:\.(\d+))?Z$/, (_, f: string = '') => `.${f.padEnd(9, '0')}Z`))
  return x === y || x === undefined || y === undefined ? 0 : x < y ? -1 : 1
}

/** Whose line it is, where several containers are shown: `web.5 nginx`. */
export function labelOf({ task, container, revision }: TaskRow, all: readonly TaskRow[]): string {
  const beside = all.filter(r => r.task === task)
  const parts = [printable(task)]
  if (beside.some(r => r.container !== container)) parts.push(printable(container))
  if (beside.some(r => r.revision !== revision)) parts.push(printable(revision).slice(0, 8))
  return parts.join(' ')
}

export interface LineView {
  /** '' where there is but one container. */
  readonly label: string
  readonly timestamps: boolean
  /** A terminal gets colours and no other control sequence; what is no terminal gets the line as it is. */
  readonly terminal: boolean
}

export function logText({ time, text }: LogLine, view: LineView, style: Style): string {
  const shown = view.terminal ? harmless(text) : text
  return [
    ...(view.label === '' ? [] : [style.quiet(`${view.label} |`)]),
    ...(view.timestamps && time !== '' ? [style.quiet(time)] : []),
    shown,
  ].join(' ')
}

// oxlint-disable-next-line no-control-regex -- they are what is looked for
const COLOUR = /(\u001B\[[0-9;]*m)/

/** Colours stay, all else that could steer a terminal goes. */
function harmless(text: string): string {
  const parts = text.split(COLOUR)
  const shown = parts.map(part => (COLOUR.test(part) ? part : printable(part))).join('')
  return parts.length > 1 ? `${shown}\u001B[0m` : shown
}

import type { Problem } from '../../engine/errors.ts'
import type { Style } from './style.ts'
import { printable } from './text.ts'

/** One line a problem; what to do next once for those that follow each other and have the same. */
export function problemLines(problems: readonly Problem[], style: Style): string[] {
  return markedLines(problems, style.bad('✗'), style)
}

export function warningLines(warnings: readonly Problem[], style: Style): string[] {
  return markedLines(warnings, style.warn('!'), style)
}

function markedLines(problems: readonly Problem[], mark: string, style: Style): string[] {
  return problems.flatMap(({ code, message, next, instance }, i) => {
    const about = instance === undefined || names(message, instance) ? '' : `${instance}: `
    const [first = '', ...more] = message.split('\n').map(printable)
    const lines = [`${mark} ${style.title(code)}  ${about}${first}`, ...more.map(line => `  ${line}`)]
    if (problems[i + 1]?.next !== next) lines.push(...nextLines(next))
    return lines
  })
}

/** Whether it stands there as a word of its own. */
function names(message: string, instance: string): boolean {
  return message.split(/[\s,;:()]+/).includes(instance)
}

export function nextLines(next: string): string[] {
  const [first = '', ...more] = next.split('\n').map(printable)
  return [`  next: ${first}`, ...more.map(line => `        ${line}`)]
}

import { type Problem, StowageError, toProblem } from '../engine/errors.ts'
import { nextLines, problemLines, warningLines } from './render/problems.ts'
import { styleFor } from './render/style.ts'
import type { Terminal } from './terminal.ts'

/** Tells what ended a command: for a person on stderr, as one JSON value on stdout. */
export function reportError(error: unknown, terminal: Terminal, json: boolean): void {
  const what = toProblem(error)
  const problems = error instanceof StowageError ? error.problems : []
  if (json) terminal.stdout.write(`${JSON.stringify({ error: { ...what, problems } })}\n`)
  else for (const line of errorLines(error, terminal)) terminal.stderr.write(`${line}\n`)
  if (terminal.env['STOWAGE_DEBUG'] && error instanceof Error) terminal.stderr.write(`${stackOf(error)}\n`)
}

/** Tells on stderr what there is to know and does not stop the command. */
export function warn({ stderr, env }: Terminal, warnings: readonly Problem[]): void {
  for (const line of warningLines(warnings, styleFor(stderr, env))) stderr.write(`${line}\n`)
}

function errorLines(error: unknown, { stderr, env }: Terminal): string[] {
  const style = styleFor(stderr, env)
  const what = toProblem(error)
  const problems = error instanceof StowageError ? error.problems : []
  if (problems.length > 0) return [...problemLines(problems, style), what.message]
  const lines = problemLines([what], style)
  if (what.code === 'INTERNAL' && !env['STOWAGE_DEBUG'])
    lines.push(...nextLines('STOWAGE_DEBUG=1 shows the stack'))
  return lines
}

function stackOf(error: Error): string {
  const stack = error.stack ?? error.message
  return error.cause instanceof Error ? `${stack}\ncaused by ${stackOf(error.cause)}` : stack
}

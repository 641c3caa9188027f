import type { Report, TaskFailure } from '../../engine/events.ts'
import { likelyCause } from './likely-cause.ts'
import { problemLines } from './problems.ts'
import { serviceText } from './progress-lines.ts'
import type { Style } from './style.ts'
import { thingsText } from './things.ts'
import { count, duration, listed, printable, size } from './text.ts'

/** The end of an apply: one line where all is well, else what failed, why, and what to do next. */
export function reportLines(report: Report, elapsedMs: number, style: Style): string[] {
  const time = duration(elapsedMs / 1000)
  const steps = count(report.done, 'step')
  const things = listed(thingsText(report.services))
  switch (report.outcome) {
    case 'steady':
      return [
        `${style.good('✓')} steady after ${time}: ${steps} done, ${things} as the document says${freed(report)}`,
      ]
    case 'applied':
      return [
        `${style.good('✓')} ${steps} done in ${time}; not waited for: ${unsteady(report)}`,
        '  next: stowage ps shows how it goes',
      ]
    case 'interrupted':
      return [
        `${style.warn('!')} interrupted after ${time}: ${steps} done, the locks are released`,
        '  next: stowage apply finishes the work',
      ]
    case 'failed':
    case 'timeout':
      return [
        ...alike(report.failures).flatMap(group => failureLines(group, report, style)),
        ...problemLines(report.problems, style),
        `${style.bad('✗')} ${report.outcome === 'timeout' ? 'the time ran out' : 'failed'} after ${time}: ${steps} done${unsteady(report) === '' ? '' : `; ${unsteady(report)}`}`,
      ]
  }
}

function freed({ freedBytes = 0 }: Report): string {
  return freedBytes === 0 ? '' : `; old images removed, up to ${size(freedBytes)} freed`
}

function unsteady({ services }: Report): string {
  return services
    .filter(s => s.rollout !== 'COMPLETED')
    .map(s => `${s.service} ${serviceText(s)}`)
    .join('; ')
}

/** Containers that ended alike: how, with their last lines and the likely cause. */
function failureLines(group: readonly TaskFailure[], { services }: Report, style: Style): string[] {
  const [first] = group
  if (!first) return []
  const { container, error, healthOutput } = first
  const tasks = group.map(f => `${style.title(printable(f.task))} on ${f.instance}`).join(', ')
  const log = lastRun(first.log)
  const cause = likelyCause(first)
  return [
    `${style.bad('✗')} ${tasks}  ${printable(container)}  ${howItEnded(first)}`,
    ...quoted(error === '' ? [] : [error]),
    ...(healthOutput === '' ? [] : ['    its health check:', ...quoted(healthOutput.split('\n'))]),
    ...(log.length === 0
      ? []
      : [`    its last ${log.length === 1 ? 'line' : `${log.length} lines`}:`, ...quoted(log)]),
    ...(cause === undefined ? [] : [`    likely: ${cause}`]),
    // what is taken back is gone by now
    ...(services.some(s => s.service === first.service && s.rolledBackFrom === undefined)
      ? [`    next: stowage logs ${printable(first.task)} has all that it printed`]
      : []),
  ]
}

/** Those of one service that say the same. */
function alike(failures: readonly TaskFailure[]): TaskFailure[][] {
  const groups = new Map<string, TaskFailure[]>()
  // one that was looked into twice counts as it was the last time
  const each = new Map(failures.map(f => [`${f.instance} ${f.task} ${f.container}`, f]))
  for (const failure of each.values()) {
    const { service, container, exitCode, outOfMemory, error, health, healthOutput, log } = failure
    const key = JSON.stringify([
      service,
      container,
      exitCode,
      outOfMemory,
      error,
      health,
      healthOutput,
      lastRun(log),
    ])
    const group = groups.get(key)
    if (group) group.push(failure)
    else groups.set(key, [failure])
  }
  return [...groups.values()]
}

/** A container that is started again and again says the same each time: once is enough. */
export function lastRun(log: readonly string[]): readonly string[] {
  for (let period = 1; period <= log.length / 2; period++) {
    if (log.every((line, i) => i < period || line === log[i - period])) return log.slice(-period)
  }
  return log
}

function howItEnded(failure: TaskFailure): string {
  const parts: string[] = []
  if (failure.error !== '') parts.push('could not be started')
  else if (failure.outOfMemory) parts.push('killed for its memory')
  else if (failure.health === 'unhealthy') parts.push('unhealthy')
  else
    parts.push(`exit code ${failure.exitCode}${failure.ranMs > 0 ? ` after ${ranFor(failure.ranMs)}` : ''}`)
  if (failure.restarts > 0) parts.push(`started again ${count(failure.restarts, 'time')}`)
  return listed(parts)
}

/** `0.4 s`, `12 s`. */
function ranFor(ms: number): string {
  return ms < 10_000 ? `${(ms / 1000).toFixed(1)} s` : duration(ms / 1000)
}

function quoted(lines: readonly string[]): string[] {
  return lines.map(line => `      | ${printable(line)}`)
}

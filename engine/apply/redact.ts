import type { Problem } from '../errors.ts'
import type { Event, Report, TaskFailure } from '../events.ts'
import type { ResolvedSecrets } from './resolved-secrets.ts'

type Redactor = Pick<ResolvedSecrets, 'redact'>

/** The event without secret values in what containers and Docker have said: a program may log its own password. */
export function redactEvent(event: Event, by: Redactor): Event {
  if (event.event === 'task-failed') return { ...event, failure: redactFailure(event.failure, by) }
  if (event.event === 'apply-ended') return { ...event, report: redactReport(event.report, by) }
  if (event.event === 'step-failed' || event.event === 'warning')
    return { ...event, problem: redactProblem(event.problem, by) }
  return event
}

/** The report without secret values in what containers and Docker have said. */
export function redactReport(report: Report, by: Redactor): Report {
  return {
    ...report,
    failures: report.failures.map(f => redactFailure(f, by)),
    problems: report.problems.map(p => redactProblem(p, by)),
  }
}

function redactFailure(failure: TaskFailure, by: Redactor): TaskFailure {
  return {
    ...failure,
    error: by.redact(failure.error),
    healthOutput: by.redact(failure.healthOutput),
    log: failure.log.map(line => by.redact(line)),
  }
}

function redactProblem(problem: Problem, by: Redactor): Problem {
  return { ...problem, message: by.redact(problem.message) }
}

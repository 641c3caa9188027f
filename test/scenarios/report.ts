import { expect } from 'vitest'
import { type Attempt, describeAttempt } from './cluster.ts'

/** Holds that what did not end well says where and why: a problem with a code, words and the host's name. */
export function expectNamesTheHost(attempt: Attempt, host: string, moment = ''): void {
  const { error, report } = attempt
  const problems = [...(error ? [error, ...error.problems] : []), ...(report?.problems ?? [])]
  const named = problems.filter(p => p.instance === host && p.message !== '')
  expect(named.length, `${moment}\nnames no ${host}: ${describeAttempt(attempt)}`).toBeGreaterThan(0)
  expect(problems.map(p => p.code)).not.toContain('INTERNAL')
}

import { describe, expect, test } from 'vitest'
import { liveLines } from '../../../bin/render/live.ts'
import { newLines } from '../../../bin/render/progress-lines.ts'
import { beginProgress, follow, type ProgressState } from '../../../bin/render/progress-state.ts'
import { PLAIN } from '../../../bin/render/style.ts'
import { width } from '../../../bin/render/text.ts'
import { problem } from '../../../engine/errors.ts'
import type { Event } from '../../../engine/events.ts'
import { report, serviceState } from './samples.ts'

const step = {
  instance: 'a',
  action: 'create-container',
  subject: 'web.1',
  container: 'nginx',
  cause: 'none runs',
  service: 'web',
} as const
const EVENTS: readonly Event[] = [
  { event: 'apply-started', cluster: 'prod', deployment: 'd1', instances: ['a', 'b'] },
  { event: 'lock-waiting', instance: 'b', holder: 'eve@laptop', since: '2026-01-01T00:00:00Z' },
  { event: 'lock-taken-over', instance: 'b', holder: 'eve@laptop' },
  { event: 'locked', instances: ['a', 'b'] },
  {
    event: 'services',
    services: [serviceState({ current: 0, rollout: 'IN_PROGRESS' }), serviceState({ service: 'api' })],
  },
  { event: 'wave-started', wave: 1, steps: 2 },
  { event: 'step-started', ...step },
  { event: 'step-done', ...step },
  { event: 'step-failed', ...step, subject: 'web.2', problem: problem('DOCKER_ERROR', 'no space left') },
  {
    event: 'services',
    services: [serviceState({ current: 0, rollout: 'IN_PROGRESS' }), serviceState({ service: 'api' })],
  },
  {
    event: 'services',
    services: [
      serviceState({ current: 1, pending: 2, rollout: 'IN_PROGRESS' }),
      serviceState({ service: 'api' }),
    ],
  },
  { event: 'apply-ended', report: report() },
]

function after(events: readonly Event[]): ProgressState {
  return events.reduce(follow, beginProgress(0))
}

test('plain lines: each step that is done, each service when it changes', () => {
  const lines = EVENTS.flatMap((event, i) =>
    newLines(after(EVENTS.slice(0, i)), after(EVENTS.slice(0, i + 1)), event, PLAIN),
  )
  expect(lines).toEqual([
    'deployment d1 on 2 container instances',
    'b: waiting for the lock of eve@laptop, held since 2026-01-01T00:00:00Z',
    'b: the lock of eve@laptop, who is gone, is taken over',
    'web  0 of 6 healthy',
    'wave 1: 2 steps',
    '  [1/2] a  create-container web.1 nginx',
    '  a  create-container web.2 nginx',
    '  ✗ DOCKER_ERROR  no space left',
    "    next: Read Docker's own words in the message.",
    'web  1 of 6 healthy, 2 starting',
  ])
})

describe('the live view', () => {
  const view = { now: 12_000, columns: 80, rows: 20 }

  test('before there is a wave', () => {
    expect(liveLines(after(EVENTS.slice(0, 2)), view, PLAIN)).toEqual([
      'prod  taking the locks  12 s',
      '    a',
      '    b',
    ])
  })

  test('each service and each host, with what is in hand', () => {
    expect(liveLines(after(EVENTS.slice(0, 7)), view, PLAIN)).toEqual([
      'prod  wave 1, 0 of 2 steps  12 s',
      '  · web  0 of 6 healthy',
      '  ✓ api  6 of 6 healthy',
      '    a  create-container web.1 nginx',
      '    b',
    ])
  })

  test('never more lines or columns than there are; what is busy is shown first', () => {
    const instances = Array.from({ length: 40 }, (_, i) => `a-rather-long-name-of-a-host-${i}`)
    const services = Array.from({ length: 30 }, (_, i) =>
      serviceState({ service: `service-${i}`, rollout: i === 29 ? 'IN_PROGRESS' : 'COMPLETED' }),
    )
    const state = after([
      { event: 'apply-started', cluster: 'prod', deployment: 'd1', instances },
      { event: 'services', services },
      { event: 'step-started', ...step, instance: instances[39] ?? '' },
    ])
    const lines = liveLines(state, { now: 0, columns: 40, rows: 12 }, PLAIN)
    expect(lines).toHaveLength(12)
    expect(Math.max(...lines.map(width))).toBeLessThan(40)
    expect(lines[1]).toContain('service-29')
    expect(lines.filter(l => l.includes('… and'))).toEqual([
      '  … and 25 services',
      '  … and 36 container instances',
    ])
    expect(lines.some(l => l.includes('host-39'))).toBe(true)
  })
})

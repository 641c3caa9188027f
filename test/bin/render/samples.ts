import type { Report, TaskFailure } from '../../../engine/events.ts'
import type { TaskRow } from '../../../engine/ps.ts'
import type { ServiceState } from '../../../engine/reconcile/service-state.ts'

export function serviceState(parts: Partial<ServiceState> = {}): ServiceState {
  return {
    service: 'web',
    schedulingStrategy: 'REPLICA',
    revision: '81c2e07b00000000',
    images: {},
    desired: 6,
    running: 6,
    healthy: 6,
    current: 6,
    pending: 0,
    outdated: 0,
    presumed: 0,
    failures: 0,
    threshold: 3,
    rollout: 'COMPLETED',
    failing: [],
    ...parts,
  }
}

export function taskFailure(parts: Partial<TaskFailure> = {}): TaskFailure {
  return {
    service: 'web',
    task: 'web.5',
    instance: 'fra-2',
    container: 'nginx',
    exitCode: 1,
    outOfMemory: false,
    error: '',
    restarts: 0,
    ranMs: 0,
    memoryMiB: 0,
    health: 'none',
    healthOutput: '',
    log: [],
    ...parts,
  }
}

export function report(parts: Partial<Report> = {}): Report {
  return { outcome: 'steady', services: [serviceState()], failures: [], problems: [], done: 12, ...parts }
}

export function taskRow(parts: Partial<TaskRow> = {}): TaskRow {
  return {
    service: 'web',
    task: 'web.1',
    instance: 'fra-1',
    container: 'nginx',
    id: 'c1',
    revision: '81c2e07b00000000',
    image: `nginx@sha256:${'9d2c'.repeat(16)}`,
    status: 'running',
    health: 'HEALTHY',
    exitCode: 0,
    restarts: 0,
    startedAt: '2026-01-01T00:00:00.000Z',
    runningSeconds: 90,
    ports: [{ containerPort: 80, hostPort: 32768, protocol: 'tcp' }],
    ...parts,
  }
}

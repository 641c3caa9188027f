import { describe, expect, test } from 'vitest'
import { destroyedLines, destroyLines } from '../../../bin/render/destroy.ts'
import { likelyCause } from '../../../bin/render/likely-cause.ts'
import { lastRun, reportLines } from '../../../bin/render/report.ts'
import { PLAIN } from '../../../bin/render/style.ts'
import type { ClusterDiff, ServiceDiff } from '../../../engine/diff.ts'
import { problem } from '../../../engine/errors.ts'
import type { TaskFailure } from '../../../engine/events.ts'
import { report, serviceState, taskFailure } from './samples.ts'

describe('reportLines', () => {
  test('all is steady', () => {
    expect(reportLines(report(), 41_000, PLAIN)).toEqual([
      '✓ steady after 41 s: 12 steps done, 1 service as the document says',
    ])
  })

  test('not waited for', () => {
    const services = [
      serviceState({ current: 2, pending: 4, rollout: 'IN_PROGRESS' }),
      serviceState({ service: 'api' }),
    ]
    expect(reportLines(report({ outcome: 'applied', services }), 2000, PLAIN)).toEqual([
      '✓ 12 steps done in 2 s; not waited for: web 2 of 6 healthy, 4 starting',
      '  next: stowage ps shows how it goes',
    ])
  })

  test('interrupted', () => {
    expect(reportLines(report({ outcome: 'interrupted' }), 2000, PLAIN)).toEqual([
      '! interrupted after 2 s: 12 steps done, the locks are released',
      '  next: stowage apply finishes the work',
    ])
  })

  test('a failure: tasks that failed alike once, the log of one run, the likely cause', () => {
    const log = ['starting', 'listen tcp :80: bind: address already in use']
    const failures = [
      taskFailure({ log: [...log, ...log, ...log], restarts: 2 }),
      taskFailure({ task: 'web.6', instance: 'fra-3', log: [...log, ...log], restarts: 1 }),
      taskFailure({
        task: 'web.7',
        health: 'unhealthy',
        healthOutput: '/bin/sh: curl: not found',
        exitCode: 0,
      }),
    ]
    const services = [serviceState({ current: 3, failures: 3, rollout: 'FAILED' })]
    const problems = [problem('DEPLOYMENT_FAILED', 'web: the deployment failed', { service: 'web' })]
    expect(reportLines(report({ outcome: 'failed', services, failures, problems }), 11_000, PLAIN)).toEqual([
      '✗ web.5 on fra-2, web.6 on fra-3  nginx  exit code 1 and started again 2 times',
      '    its last 2 lines:',
      '      | starting',
      '      | listen tcp :80: bind: address already in use',
      '    likely: another process has the port that it listens on',
      '    next: stowage logs web.5 has all that it printed',
      '✗ web.7 on fra-2  nginx  unhealthy',
      '    its health check:',
      '      | /bin/sh: curl: not found',
      '    likely: the command of its health check is not in the image',
      '    next: stowage logs web.7 has all that it printed',
      '✗ DEPLOYMENT_FAILED  web: the deployment failed',
      '  next: Correct the cause, then apply again.',
      '✗ failed after 11 s: 12 steps done; web 3 of 6 healthy, 3 failed starts (3 end the deployment)',
    ])
  })

  test('how long it ran is told, and of what went back no log is promised', () => {
    const failures = [
      taskFailure({ ranMs: 420 }),
      taskFailure({ task: 'api.1', service: 'api', exitCode: 2, ranMs: 61_000 }),
    ]
    const services = [serviceState({ rolledBackFrom: '81c2e07b00000000', rollout: 'IN_PROGRESS' })]
    expect(reportLines(report({ outcome: 'failed', services, failures }), 0, PLAIN).slice(0, 2)).toEqual([
      '✗ web.5 on fra-2  nginx  exit code 1 after 0.4 s',
      '✗ api.1 on fra-2  nginx  exit code 2 after 61 s',
    ])
  })

  test('a container that was looked into twice is told of once', () => {
    const failures = [taskFailure({ log: ['a'] }), taskFailure({ log: ['b'] })]
    const lines = reportLines(report({ outcome: 'timeout', services: [], failures }), 1000, PLAIN)
    expect(lines).toEqual([
      '✗ web.5 on fra-2  nginx  exit code 1',
      '    its last line:',
      '      | b',
      '✗ the time ran out after 1 s: 12 steps done',
    ])
  })

  test('what a container prints cannot steer the terminal', () => {
    const failures = [taskFailure({ log: ['\u001B[2J\u001B]0;x\u0007a\tb\u0008'] })]
    expect(reportLines(report({ outcome: 'failed', services: [], failures }), 0, PLAIN)[2]).toBe(
      '      | a  b\uFFFD',
    )
  })
})

describe('lastRun', () => {
  test.each([
    [
      ['a', 'b', 'a', 'b', 'a', 'b'],
      ['a', 'b'],
    ],
    [
      ['b', 'a', 'b', 'a', 'b'],
      ['a', 'b'],
    ],
    [['a', 'a', 'a'], ['a']],
    [
      ['a', 'b', 'c'],
      ['a', 'b', 'c'],
    ],
    [[], []],
  ])('%j', (log, last) => {
    expect(lastRun(log)).toEqual(last)
  })
})

describe('likelyCause', () => {
  test.each<[string, Partial<TaskFailure>, RegExp | undefined]>([
    ['another platform', { exitCode: 255, log: ['exec /app: exec format error'] }, /another platform/],
    [
      'no such command',
      { exitCode: 127, error: 'exec: "nginz": executable file not found in $PATH' },
      /not in the image/,
    ],
    ['not executable', { exitCode: 126, error: 'exec: "/app": permission denied' }, /may not be executed/],
    ['a port in use', { log: ['bind: Address already in use'] }, /has the port/],
    [
      'a health check that is not there',
      { health: 'unhealthy', healthOutput: 'wget: not found' },
      /not in the image/,
    ],
    [
      'a health check that is refused',
      { health: 'unhealthy', healthOutput: 'curl: (7) Failed to connect' },
      /nothing listens/,
    ],
    ['a name', { log: ['host not found in upstream "api"'] }, /cannot resolve/],
    ['a refused connection', { log: ['dial tcp: connection refused'] }, /does not answer/],
    ['a right', { log: ['open /data: permission denied'] }, /lacks a right/],
    ['SIGKILL', { exitCode: 137 }, /SIGKILL/],
    ['a command that ends', { exitCode: 0 }, /ends by itself/],
    ['killed near its limit', { exitCode: 137, memoryMiB: 64 }, /came to its limit of 64 MiB/],
    ['memory with a limit', { exitCode: 137, outOfMemory: true, memoryMiB: 64 }, /limit of 64 MiB/],
    ['a host without memory', { exitCode: 137, outOfMemory: true }, /the host has no more memory/],
    [
      'no GPU runtime',
      { error: 'could not select device driver "nvidia" with capabilities: [[gpu]]' },
      /runtime for the GPU/,
    ],
    [
      'a mount that is not there',
      { error: 'invalid mount config for type "bind": bind source path does not exist: /srv' },
      /not on the host/,
    ],
    [
      'a published port',
      { error: 'driver failed: Bind for 0.0.0.0:80 failed: port is already allocated' },
      /published on/,
    ],
    [
      'a slow health check',
      { health: 'unhealthy', healthOutput: 'Health check exceeded timeout (5s)' },
      /longer than its timeout/,
    ],
    ['a health check that says no', { health: 'unhealthy', healthOutput: '503' }, /says no/],
    [
      'the heap of node',
      { exitCode: 134, log: ['FATAL ERROR: JavaScript heap out of memory'] },
      /its own limit of memory/,
    ],
    [
      'a name of nginx',
      { log: ['nginx: [emerg] host not found in upstream "api" in /etc/nginx/x.conf:3'] },
      /resolve the name api$/,
    ],
    [
      'a name of node',
      { log: ['Error: getaddrinfo ENOTFOUND db.internal'] },
      /resolve the name db\.internal$/,
    ],
    [
      'a name of go',
      { log: ['dial tcp: lookup redis on 127.0.0.11:53: no such host'] },
      /resolve the name redis$/,
    ],
    ['a name of curl', { log: ['curl: (6) Could not resolve host: api'] }, /resolve the name api$/],
    ['a name of python', { log: ['[Errno -2] Name or service not known'] }, /the name of another host$/],
    ['a password', { log: ['FATAL: password authentication failed for user "shop"'] }, /refuses it/],
    ['a certificate', { log: ['x509: certificate signed by unknown authority'] }, /certificate/],
    ['a full disk', { log: ['write /data/x: no space left on device'] }, /is full/],
    ['a read-only root', { log: ['mkdir /var/x: read-only file system'] }, /only read/],
    ['open files', { log: ['accept4: too many open files'] }, /nofile/],
    ['a variable', { log: ['DATABASE_URL: environment variable is not set'] }, /not in its environment/],
    ['a module', { log: ["Error: Cannot find module 'express'"] }, /not in the image/],
    ['SIGSEGV', { exitCode: 139 }, /segmentation fault/],
    ['SIGABRT', { exitCode: 134 }, /abort/],
    ['SIGILL', { exitCode: 132 }, /processor/],
    ['SIGTERM', { exitCode: 143 }, /SIGTERM/],
    ['what cannot be told', { exitCode: 3, log: ['oh no'] }, undefined],
  ])('%s', (_, failure, cause) => {
    const found = likelyCause(taskFailure(failure))
    if (cause) expect(found).toMatch(cause)
    else expect(found).toBeUndefined()
  })
})

describe('destroy', () => {
  const diff: ClusterDiff = {
    schemaVersion: 1,
    cluster: 'prod',
    containerInstances: 2,
    standings: [],
    services: [],
    leftovers: [],
    cleanUp: { images: 0, instances: 0, bytes: 0 },
    pulls: [],
    starts: 0,
    stops: 0,
    waves: [],
    upToDate: true,
    problems: [],
    warnings: [],
  }

  test('shared volumes are kept and named', () => {
    const warnings = [
      problem(
        'VOLUME_UNUSED',
        'the volume data on a holds data and is kept; no task definition uses it any more',
      ),
    ]
    expect(destroyLines({ ...diff, warnings }, 0, PLAIN)).toEqual([
      'prod  nothing to remove: 2 container instances, no service runs',
      '  kept: the volume data on a holds data and is kept; no task definition uses it any more',
      '  next: stowage destroy --volumes removes them with their data',
    ])
  })

  test('a volume that goes with its data says so', () => {
    const gone = {
      instance: 'a',
      action: 'remove-volume',
      what: 'remove volume data',
      subject: 'volume data',
      cause: 'no longer in the document',
    } as const
    expect(destroyLines({ ...diff, leftovers: [gone], waves: [[gone]] }, 0, PLAIN)).toContain(
      '- volume data on a   with its data',
    )
  })

  test('what ran once is no service, and stops nothing', () => {
    const service = (name: string, schedulingStrategy: 'REPLICA' | 'TASK', stops: number) =>
      ({ service: name, schedulingStrategy, stops, stopTimeout: 0, kind: 'remove' }) as ServiceDiff
    const services = [service('migrate', 'TASK', 0), service('web', 'REPLICA', 3)]
    expect(destroyLines({ ...diff, services }, 1, PLAIN).slice(0, 3)).toEqual([
      'prod   2 container instances, 1 service, 1 task that runs once and all that belongs to the cluster go',
      '- migrate   TASK, has run',
      '- web   REPLICA, 3 tasks stop',
    ])
  })

  test('the end of it', () => {
    expect(destroyedLines(report(), 3000, PLAIN)).toEqual(['✓ destroyed after 3 s: 12 steps done'])
    expect(destroyedLines(report({ done: 0 }), 3000, PLAIN)).toEqual([
      '✓ destroyed after 3 s: the history, which was all that was left',
    ])
    expect(destroyedLines(report({ outcome: 'interrupted' }), 3000, PLAIN)).toContain(
      '  next: stowage destroy finishes the work',
    )
  })
})

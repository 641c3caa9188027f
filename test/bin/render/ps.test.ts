import { describe, expect, test } from 'vitest'
import { psLines } from '../../../bin/render/ps.ts'
import { PLAIN } from '../../../bin/render/style.ts'
import { count, cut, duration, listed, printable, some, table } from '../../../bin/render/text.ts'
import { serviceState, taskRow } from './samples.ts'

test('ps shows how each service stands, and a line for each container', () => {
  const tasks = [
    taskRow(),
    taskRow({
      ports: [
        { containerPort: 80, hostPort: 1, protocol: 'tcp' },
        { containerPort: 80, hostPort: 1, protocol: 'tcp' },
      ],
    }),
    taskRow({ task: 'web.10', status: 'exited', exitCode: 3, health: 'UNKNOWN', restarts: 1, ports: [] }),
    taskRow({ task: 'web.11', status: 'created', startedAt: '', health: 'UNHEALTHY', ports: [] }),
  ]
  expect(
    psLines({ cluster: 'prod', instances: 1, services: [serviceState({ outdated: 1 })], tasks }, PLAIN),
  ).toMatchInlineSnapshot(`
    [
      "prod   1 container instance, 1 service, 3 tasks",
      "",
      "web  REPLICA  6 of 6 healthy  revision 81c2e07b  1 not as the document says",
      "",
      "TASK    CONTAINER  INSTANCE  STATUS                                 HEALTH     REVISION  PORTS                IMAGE",
      "web.1   nginx      fra-1     running 90 s                           HEALTHY    81c2e07b  fra-1:32768->80/tcp  nginx@sha256:9d2c9d2c…",
      "web.1   nginx      fra-1     running 90 s                           HEALTHY    81c2e07b  fra-1:1->80/tcp      nginx@sha256:9d2c9d2c…",
      "web.10  nginx      fra-1     exited, exit code 3, restarted 1 time  UNKNOWN    81c2e07b  -                    nginx@sha256:9d2c9d2c…",
      "web.11  nginx      fra-1     created                                UNHEALTHY  81c2e07b  -                    nginx@sha256:9d2c9d2c…",
    ]
  `)
})

test('ps says who does not answer, and what is presumed to run there', () => {
  const services = [
    serviceState({ presumed: 2, healthy: 4, current: 4 }),
    serviceState({ service: 'db', presumed: 1, desired: 1, healthy: 0, current: 0 }),
  ]
  const lost = {
    kind: 'said',
    who: 'ann@laptop',
    time: '2026-01-05T00:00:00.000Z',
    localData: false,
  } as const
  const standings = [
    { instance: 'fra-4', status: 'ACTIVE' as const, drainedByDocument: false, lost },
    { instance: 'fra-5', status: 'DRAINING' as const, drainedByDocument: true },
  ]
  const outOfSight = { instances: ['fra-3', 'fra-4'], tasks: { web: 2, db: 1 } }
  const view = { cluster: 'prod', instances: 5, services, tasks: [], standings, outOfSight }
  expect(psLines(view, PLAIN)).toMatchInlineSnapshot(`
    [
      "prod   5 container instances, 2 services, 0 tasks",
      "",
      "fra-3  does not answer",
      "fra-4  does not answer; is marked as lost (ann@laptop, 2026-01-05T00:00:00.000Z)",
      "fra-5  DRAINING, says the document",
      "3 tasks are presumed to run on fra-3 and fra-4, out of sight: 2 of web and 1 of db",
      "",
      "web  REPLICA  4 of 6 healthy  revision 81c2e07b  2 presumed",
      "db   REPLICA  0 of 1 healthy  revision 81c2e07b  1 presumed",
    ]
  `)
})

test('ps tells tasks that run once from services', () => {
  const migrate = serviceState({ service: 'migrate', schedulingStrategy: 'TASK', desired: 1, healthy: 1 })
  const view = { cluster: 'prod', instances: 1, services: [serviceState(), migrate], tasks: [] }
  expect(psLines(view, PLAIN)[0]).toBe(
    'prod   1 container instance, 1 service, 1 task that runs once, 0 tasks',
  )
})

test('ps shows the revision that runs, and the image as it was written', () => {
  const view = { cluster: 'prod', instances: 1, services: [serviceState({ outdated: 1 })] }
  const back = taskRow({ revision: 'aaaaaaaa00000000', reference: 'nginx:1.29' })
  const lines = psLines({ ...view, tasks: [back] }, PLAIN)
  expect(lines[2]).toContain('revision aaaaaaaa; the document has 81c2e07b')
  expect(lines.at(-1)).toMatch(/nginx:1\.29 \(sha256:9d2c9d2c…\)$/)
  const both = psLines({ ...view, tasks: [back, taskRow()] }, PLAIN)
  expect(both[2]).toContain('revision 81c2e07b and aaaaaaaa; the document has 81c2e07b')
})

test('ps prints nothing that steers the terminal, whatever the labels hold', () => {
  const evil = '\u001B[2J\u001B]0;title\u0007x\u009B'
  const tasks = [taskRow({ task: evil, container: evil, revision: evil })]
  const lines = psLines({ cluster: 'prod', instances: 1, services: [], tasks }, PLAIN)
  // oxlint-disable-next-line no-control-regex -- they are what is looked for
  expect(lines.join('')).not.toMatch(/[\u0000-\u001F\u007F-\u009F]/)
})

test('ports in a row are one', () => {
  const port = (containerPort: number, hostPort: number, protocol: 'tcp' | 'udp' = 'tcp') => ({
    containerPort,
    hostPort,
    protocol,
  })
  const ports = [
    port(8001, 61001),
    port(8000, 61000),
    port(8002, 61002),
    port(80, 32768),
    port(8003, 61003, 'udp'),
  ]
  const lines = psLines({ cluster: 'prod', instances: 1, services: [], tasks: [taskRow({ ports })] }, PLAIN)
  expect(lines.at(-1)).toContain(
    'fra-1:32768->80/tcp, fra-1:61000-61002->8000-8002/tcp, fra-1:61003->8003/udp',
  )
})

test('ps of an empty cluster is one line', () => {
  expect(psLines({ cluster: 'prod', instances: 0, services: [], tasks: [] }, PLAIN)).toEqual([
    'prod   0 container instances, 0 services, 0 tasks',
  ])
})

describe('text', () => {
  test.each([
    [0.4, '0 s'],
    [119, '119 s'],
    [120, '2 min'],
    [3 * 3600, '3 h'],
    [72 * 3600, '3 d'],
  ])('duration of %d', (seconds, text) => {
    expect(duration(seconds)).toBe(text)
  })

  test('counts, lists, cuts', () => {
    expect([count(1, 'task'), count(0, 'task')]).toEqual(['1 task', '0 tasks'])
    expect([listed([]), listed(['a']), listed(['a', 'b', 'c'])]).toEqual(['', 'a', 'a, b and c'])
    expect([some(['a', 'b'], 2), some(['a', 'b', 'c'], 2)]).toEqual(['a, b', 'a, b and 1 more'])
    expect([cut('abc', 3), cut('abcd', 3)]).toEqual(['abc', 'ab…'])
  })

  test('columns are aligned without the colours counting', () => {
    expect(
      table([
        ['\u001B[1ma\u001B[0m', 'b'],
        ['long', 'c'],
      ]),
    ).toEqual(['\u001B[1ma\u001B[0m     b', 'long  c'])
  })

  test('printable takes escape sequences and control characters away', () => {
    expect(printable('a\u001B[31mb\u001B]8;;http://x\u0007c\u0000\r')).toBe('abc\uFFFD\uFFFD')
  })
})

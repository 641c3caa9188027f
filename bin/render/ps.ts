import type { PublishedPort } from '../../engine/observed-state.ts'
import type { TaskRow } from '../../engine/ps.ts'
import type { Standing } from '../../engine/instance-standing.ts'
import type { ServiceState } from '../../engine/reconcile/service-state.ts'
import { standingText } from './instances.ts'
import type { Style } from './style.ts'
import { count, duration, printable, shortDigests, table } from './text.ts'

/** What `ps` shows. */
export interface ClusterView {
  readonly cluster: string
  readonly instances: number
  readonly services: readonly ServiceState[]
  readonly tasks: readonly TaskRow[]
  /** The container instances that are drained or lost. Default: none. */
  readonly standings?: readonly (Standing & { readonly instance: string })[]
}

/** How each service stands, then a line for each container. */
export function psLines(view: ClusterView, style: Style): string[] {
  const { cluster, instances, services, tasks, standings = [] } = view
  const number = new Set(tasks.map(t => `${t.instance} ${t.task} ${t.revision}`)).size
  const title = [
    count(instances, 'container instance'),
    count(services.length, 'service'),
    count(number, 'task'),
  ]
  const sections = [
    [`${style.title(cluster)}   ${title.join(', ')}`],
    table(standings.map(s => [s.instance, style.warn(standingText(s) ?? '')])),
    table(services.map(s => serviceRow(s, style))),
    tasks.length === 0 ? [] : table([HEADER.map(style.quiet), ...tasks.map(t => taskRow(t, style))]),
  ]
  return sections.filter(s => s.length > 0).flatMap((lines, i) => (i === 0 ? lines : ['', ...lines]))
}

const HEADER = ['TASK', 'CONTAINER', 'INSTANCE', 'STATUS', 'HEALTH', 'REVISION', 'PORTS', 'IMAGE']

function serviceRow(s: ServiceState, style: Style): string[] {
  const counts = `${s.healthy} of ${s.desired} ${s.schedulingStrategy === 'TASK' ? 'ended well' : 'healthy'}`
  const state = s.rollout === 'COMPLETED' ? style.good(counts) : style.warn(counts)
  const outdated = s.outdated > 0 ? `${s.outdated} not as the document says` : ''
  return [s.service, s.schedulingStrategy, state, `revision ${s.revision.slice(0, 8)}`, outdated]
}

function taskRow(t: TaskRow, style: Style): string[] {
  return [
    printable(t.task),
    printable(t.container),
    t.instance,
    statusText(t),
    t.health === 'HEALTHY' ? style.good(t.health) : t.health === 'UNHEALTHY' ? style.bad(t.health) : t.health,
    printable(t.revision).slice(0, 8),
    portsText(t) || '-',
    shortDigests(printable(t.image)),
  ]
}

function statusText({ status, runningSeconds, exitCode, restarts, startedAt }: TaskRow): string {
  const again = restarts > 0 ? `, restarted ${count(restarts, 'time')}` : ''
  if (status === 'running' || status === 'paused') return `${status} ${duration(runningSeconds)}${again}`
  return startedAt === '' ? status : `${status}, exit code ${exitCode}${again}`
}

/** host:port->container; ports in a row on both sides as one, the same port of IPv4 and IPv6 once. */
function portsText({ ports, instance }: TaskRow): string {
  const rows: { first: PublishedPort; last: PublishedPort }[] = []
  for (const port of [...ports].sort(inOrder)) {
    const row = rows.at(-1)
    if (row && samePort(row.last, port, 0)) continue
    if (row && samePort(row.last, port, 1)) row.last = port
    else rows.push({ first: port, last: port })
  }
  return rows
    .map(({ first, last }) => {
      const upTo = (key: 'hostPort' | 'containerPort') =>
        first === last ? String(first[key]) : `${first[key]}-${last[key]}`
      return `${instance}:${upTo('hostPort')}->${upTo('containerPort')}/${first.protocol}`
    })
    .join(', ')
}

function inOrder(a: PublishedPort, b: PublishedPort): number {
  return a.protocol === b.protocol
    ? a.containerPort - b.containerPort || a.hostPort - b.hostPort
    : a.protocol < b.protocol
      ? -1
      : 1
}

function samePort(a: PublishedPort, b: PublishedPort, apart: number): boolean {
  return (
    a.protocol === b.protocol &&
    a.hostPort + apart === b.hostPort &&
    a.containerPort + apart === b.containerPort
  )
}

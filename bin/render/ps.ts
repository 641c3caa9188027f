import type { PublishedPort } from '../../engine/observed-state.ts'
import type { OutOfSight, TaskRow } from '../../engine/ps.ts'
import type { Standing } from '../../engine/instance-standing.ts'
import type { ServiceState } from '../../engine/reconcile/service-state.ts'
import { standingText } from './instances.ts'
import { thingsText } from './things.ts'
import type { Style } from './style.ts'
import { count, duration, listed, printable, shortDigests, table } from './text.ts'

/** What `ps` shows. */
export interface ClusterView {
  readonly cluster: string
  readonly instances: number
  readonly services: readonly ServiceState[]
  readonly tasks: readonly TaskRow[]
  /** The container instances that are drained or lost. Default: none. */
  readonly standings?: readonly (Standing & { readonly instance: string })[]
  /** Default: all is in sight. */
  readonly outOfSight?: OutOfSight
}

/** How each service stands, then a line for each container. */
export function psLines(view: ClusterView, style: Style): string[] {
  const { cluster, instances, services, tasks, standings = [], outOfSight } = view
  const number = new Set(tasks.map(t => `${t.instance} ${t.task} ${t.revision}`)).size
  const title = [count(instances, 'container instance'), ...thingsText(services), count(number, 'task')]
  const sections = [
    [`${style.title(cluster)}   ${title.join(', ')}`],
    [...table(instanceRows(standings, outOfSight, style)), ...presumedLines(outOfSight, style)],
    table(services.map(s => serviceRow(s, tasks, style))),
    tasks.length === 0 ? [] : table([HEADER.map(style.quiet), ...tasks.map(t => taskRow(t, style))]),
  ]
  return sections.filter(s => s.length > 0).flatMap((lines, i) => (i === 0 ? lines : ['', ...lines]))
}

const HEADER = ['TASK', 'CONTAINER', 'INSTANCE', 'STATUS', 'HEALTH', 'REVISION', 'PORTS', 'IMAGE']

/** Those of which there is something to say: who does not answer, and who is drained or lost. */
function instanceRows(
  standings: NonNullable<ClusterView['standings']>,
  { instances }: OutOfSight = { instances: [], tasks: {} },
  style: Style,
): string[][] {
  const names = [...new Set([...instances, ...standings.map(s => s.instance)])].sort()
  return names.map(name => {
    const standing = standings.find(s => s.instance === name)
    const said = standing && standingText(standing)
    const texts = [
      ...(instances.includes(name) ? ['does not answer'] : []),
      ...(said === undefined ? [] : [said]),
    ]
    return [name, style.warn(texts.join('; '))]
  })
}

function presumedLines(
  { instances, tasks }: OutOfSight = { instances: [], tasks: {} },
  style: Style,
): string[] {
  const counts = Object.entries(tasks)
  if (counts.length === 0) return []
  const all = counts.reduce((sum, [, n]) => sum + n, 0)
  const are = all === 1 ? 'is' : 'are'
  const by = listed(counts.map(([service, n]) => `${n} of ${printable(service)}`))
  return [
    style.warn(`${count(all, 'task')} ${are} presumed to run on ${listed(instances)}, out of sight: ${by}`),
  ]
}

function serviceRow(s: ServiceState, tasks: readonly TaskRow[], style: Style): string[] {
  const counts = `${s.healthy} of ${s.desired} ${s.schedulingStrategy === 'TASK' ? 'ended well' : 'healthy'}`
  const state = s.rollout === 'COMPLETED' ? style.good(counts) : style.warn(counts)
  const outdated = s.outdated > 0 ? `${s.outdated} not as the document says` : ''
  const presumed = s.presumed > 0 ? `${s.presumed} presumed` : ''
  const notes = [outdated, presumed].filter(text => text !== '').join(', ')
  return [s.service, s.schedulingStrategy, state, revisionText(s, tasks), notes]
}

/** What runs; after going back that is not what the document has. */
function revisionText({ service, revision }: ServiceState, tasks: readonly TaskRow[]): string {
  const wanted = revision.slice(0, 8)
  const running = tasks.filter(t => t.service === service && t.status === 'running')
  const short = [...new Set(running.map(t => printable(t.revision).slice(0, 8)))].sort()
  if (short.length === 0 || (short.length === 1 && short[0] === wanted)) return `revision ${wanted}`
  const others = short.filter(r => r !== wanted)
  return `revision ${listed([...(short.includes(wanted) ? [wanted] : []), ...others])}; the document has ${wanted}`
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
    imageText(t),
  ]
}

/** As the task definition has it, with what that became. */
function imageText({ image, reference }: TaskRow): string {
  const pinned = shortDigests(printable(image))
  const digest = /sha256:.*$/.exec(pinned)?.[0]
  if (reference === undefined || reference.includes('@') || digest === undefined) return pinned
  return `${printable(reference)} (${digest})`
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

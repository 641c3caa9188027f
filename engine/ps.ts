import type { TaskDefinition } from './desired-state/desired-state.generated.ts'
import type { ObservedContainer, ObservedState, PublishedPort, ReachableInstance } from './observed-state.ts'
import { StoredDefinitions } from './reconcile/definitions.ts'
import type { ServiceState } from './reconcile/service-state.ts'
import { tasksByService } from './reconcile/task.ts'
import { overlap, rangeOf } from './port-range.ts'
import { PAUSE } from './task-network.ts'

/** One container of one task, as `stowage ps` shows it. */
export interface TaskRow {
  readonly service: string
  /** "web.5" */
  readonly task: string
  readonly instance: string
  readonly container: string
  /** Docker's id. */
  readonly id: string
  readonly revision: string
  /** Of which it was made, pinned: nginx@sha256:… */
  readonly image: string
  /** What its task definition says: nginx:1.29. Absent: that is not known. */
  readonly reference?: string
  readonly status: ObservedContainer['status']
  /** HEALTHY, UNHEALTHY or UNKNOWN, as ECS has it; UNKNOWN also where there is no health check. */
  readonly health: 'HEALTHY' | 'UNHEALTHY' | 'UNKNOWN'
  readonly exitCode: number
  readonly restarts: number
  /** RFC 3339, by the host's clock; '' if it was never started. */
  readonly startedAt: string
  /** Seconds that it runs, by the host's clock; 0 if it does not. */
  readonly runningSeconds: number
  readonly ports: readonly PublishedPort[]
}

/** The cluster's tasks, sorted by service, slot, instance and container. */
export function taskRows(observed: ObservedState): TaskRow[] {
  const definitions = new StoredDefinitions()
  const rows = [...tasksByService(observed).values()].flat().flatMap(task => {
    const pause = task.containers.find(c => c.identity.container === PAUSE)
    return task.containers
      .filter(c => c !== pause)
      .map(c => {
        const definition = definitions.of(task)
        return rowOf(pause ? withPorts(c, pause, definition) : c, definition, task.instance)
      })
  })
  return rows.sort(
    (a, b) =>
      compare(a.service, b.service) ||
      compareSlots(a.task, b.task) ||
      compare(a.instance, b.instance) ||
      compare(a.container, b.container),
  )
}

/** The pause container has the ports of all; each is shown where it was asked for. */
function withPorts(
  container: ObservedContainer,
  pause: ObservedContainer,
  task: TaskDefinition | undefined,
): ObservedContainer {
  const own = task?.containerDefinitions.find(c => c.name === container.identity.container)?.portMappings
  const ports = pause.ports.filter(p =>
    own?.some(
      o =>
        o.protocol === p.protocol && overlap(rangeOf(o), { first: p.containerPort, last: p.containerPort }),
    ),
  )
  return { ...container, ports }
}

function rowOf(
  c: ObservedContainer,
  definition: TaskDefinition | undefined,
  { name: instance, clock }: ReachableInstance,
): TaskRow {
  const { service, slot, container, revision } = c.identity
  const running = c.status === 'running' || c.status === 'paused'
  const reference = definition?.containerDefinitions.find(d => d.name === container)?.image
  return {
    service,
    task: `${service}.${slot}`,
    instance,
    container,
    id: c.id,
    revision,
    image: c.image,
    ...(reference !== undefined && { reference }),
    status: c.status,
    health: c.health === 'healthy' ? 'HEALTHY' : c.health === 'unhealthy' ? 'UNHEALTHY' : 'UNKNOWN',
    exitCode: c.exitCode,
    restarts: c.restartCount,
    startedAt: c.startedAt === 0 ? '' : new Date(c.startedAt).toISOString(),
    runningSeconds: running ? Math.max(0, Math.round((clock - c.startedAt) / 1000)) : 0,
    ports: c.ports,
  }
}

/** What cannot be seen, since container instances do not answer. */
export interface OutOfSight {
  /** Those that do not answer, by name. */
  readonly instances: readonly string[]
  /** The tasks that are presumed to run there, by service; none is started a second time. */
  readonly tasks: Readonly<Record<string, number>>
}

export function outOfSight({ instances }: ObservedState, services: readonly ServiceState[]): OutOfSight {
  return {
    instances: Object.values(instances)
      .flatMap(i => (i.reachable ? [] : [i.name]))
      .sort(compare),
    tasks: Object.fromEntries(services.flatMap(s => (s.presumed > 0 ? [[s.service, s.presumed]] : []))),
  }
}

/** web.2 before web.10. */
function compareSlots(a: string, b: string): number {
  return a.localeCompare(b, 'en', { numeric: true })
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}

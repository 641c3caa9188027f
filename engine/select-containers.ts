import { type Problem, problem } from './errors.ts'
import type { TaskRow } from './ps.ts'

/** What is known of what cannot be seen: a task that is named may be there. */
export interface Hidden {
  /** Container instances that do not answer. */
  readonly instances: readonly string[]
  /** The services and tasks of the document. */
  readonly services: readonly string[]
}

/** What a person names: `web`, every task of a service; `web.5`, one task; and one container of it. */
export interface Selector {
  readonly name: string
  /** Default: all of them. */
  readonly container?: string
}

/** The containers that are meant, or why there are none. */
export type Selection = { readonly rows: readonly TaskRow[] } | { readonly problem: Problem }

/** The containers that a selector picks of what `ps` shows. */
export function selectContainers(
  rows: readonly TaskRow[],
  { name, container }: Selector,
  hidden: Hidden,
): Selection {
  const tasks = rows.filter(r => r.task === name || r.service === name)
  if (tasks.length === 0 && mayBeHidden(name, hidden)) return outOfSight(name, hidden.instances)
  if (tasks.length === 0 && hidden.services.includes(name))
    return refused(`nothing of ${name} is on its hosts`, 'stowage diff shows what stowage apply would start.')
  if (tasks.length === 0) return refused(`there is no task or service ${name}`, among(rows.map(r => r.task)))
  const chosen = container === undefined ? tasks : tasks.filter(r => r.container === container)
  if (chosen.length > 0) return { rows: chosen }
  return refused(`${name} has no container ${container ?? ''}`, among(tasks.map(r => r.container)))
}

/** The one running container that a command is to run in: of a service, that of its first task. */
export function selectOne(rows: readonly TaskRow[], selector: Selector, hidden: Hidden): Selection {
  const selection = selectContainers(rows, selector, hidden)
  if ('problem' in selection) return selection
  const running = selection.rows.filter(r => r.status === 'running')
  const [first] = running
  if (!first) return refused(`nothing of ${selector.name} runs`, 'stowage ps shows how it stands.')
  const beside = running.filter(
    r => r.task === first.task && r.revision === first.revision && r.instance === first.instance,
  )
  if (beside.length === 1) return { rows: beside }
  const names = beside.map(r => r.container)
  return refused(
    `${first.task} has ${names.length} containers that run`,
    `Name one with --container: ${names.join(', ')}.`,
  )
}

/** `web`, or `web.3`, of a service that there is. */
function mayBeHidden(name: string, { instances, services }: Hidden): boolean {
  return instances.length > 0 && services.some(s => name === s || name.startsWith(`${s}.`))
}

function outOfSight(name: string, instances: readonly string[]): Selection {
  const on = instances.join(', ')
  const message = `${name} is on no container instance that answers; it may run on ${on}, which ${instances.length === 1 ? 'does' : 'do'} not`
  const next = `Bring ${on} back; stowage ps shows what is in sight.`
  const [only] = instances.length === 1 ? instances : []
  return {
    problem: problem('TASK_OUT_OF_SIGHT', message, { next, ...(only !== undefined && { instance: only }) }),
  }
}

function refused(message: string, next: string): Selection {
  return { problem: problem('TASK_UNKNOWN', message, { next }) }
}

const MOST_NAMES = 20

function among(names: readonly string[]): string {
  const all = [...new Set(names)]
  if (all.length === 0) return 'Nothing of this cluster is on its hosts; stowage apply makes it so.'
  const more = all.length > MOST_NAMES ? ', …' : ''
  return `There ${all.length === 1 ? 'is' : 'are'} ${all.slice(0, MOST_NAMES).join(', ')}${more}.`
}

import { createHash } from 'node:crypto'
import { canonicalJson } from '../desired-state/canonical.ts'
import type { DesiredState } from '../desired-state/desired-state.generated.ts'
import type { PinnedImages } from '../image.ts'
import type { ObservedContainer, ReachableInstance } from '../observed-state.ts'
import { hasImage } from '../reconcile/images-there.ts'

/**
 * What a plan rests on, of one container instance: each thing that matters with what is so of it. No clock and no
 * count that moves by itself is among them.
 */
export type Facts = Readonly<Record<string, string>>

/** What is between the parts of a fact. */
const SEPARATOR = ' · '

export function factsOf(instance: ReachableInstance, desired: DesiredState, images: PinnedImages): Facts {
  const { os, architecture, cpu, memoryMiB } = instance.engine
  const { cluster } = desired
  const shared = new Set(Object.values(desired.taskDefinitions).flatMap(t => t.volumes.map(v => v.name)))
  const ports = hostPortsOf(desired)
  const facts: [string, string][] = [['host', `${os} ${architecture} ${cpu} CPU units ${memoryMiB} MiB`]]
  for (const c of instance.containers) facts.push([`container ${c.name}`, containerFact(c)])
  for (const c of instance.foreign) {
    for (const p of c.ports) {
      const port = `${p.hostPort}/${p.protocol}`
      if (ports.has(port)) facts.push([`port ${port}`, `taken by ${c.name}`])
    }
  }
  for (const v of instance.volumes)
    if (v.cluster === cluster || shared.has(v.name)) facts.push([`volume ${v.name}`, 'there'])
  for (const n of instance.networks) facts.push([`network ${n.name}`, n.id.slice(0, 12)])
  for (const image of new Set(Object.values(images)))
    if (hasImage(instance, image)) facts.push([`image ${image}`, 'there'])
  return Object.fromEntries(facts.sort(([a], [b]) => (a < b ? -1 : 1)))
}

function hostPortsOf({ taskDefinitions }: DesiredState): Set<string> {
  const mappings = Object.values(taskDefinitions).flatMap(t =>
    t.containerDefinitions.flatMap(c => c.portMappings),
  )
  return new Set(mappings.map(p => `${p.hostPort || p.containerPort || p.containerPortRange}/${p.protocol}`))
}

function containerFact(c: ObservedContainer): string {
  const made = createHash('sha256')
    .update(canonicalJson([c.identity, c.image, c.config]))
    .digest('hex')
  return [stateOf(c), c.id.slice(0, 12), made.slice(0, 12)].join(SEPARATOR)
}

/** One that is starting and one that is healthy are the same: that moves by itself. */
function stateOf({ status, health, exitCode }: ObservedContainer): string {
  if (status === 'exited' || status === 'dead') return `exited with code ${exitCode}`
  if (status === 'running' && health === 'unhealthy') return 'unhealthy'
  return status
}

/** What is another than it was, a line each. */
export function factChanges(before: Facts, now: Facts): string[] {
  const names = [...new Set([...Object.keys(before), ...Object.keys(now)])].sort()
  return names.flatMap(name => {
    const [was, is] = [before[name], now[name]]
    if (was === is) return []
    if (is === undefined) return [`${name} is gone`]
    if (was === undefined) return [name.startsWith('port ') ? `${name} is ${is}` : `${name} is new`]
    return [`${name} ${howOther(was.split(SEPARATOR), is.split(SEPARATOR))}`]
  })
}

function howOther(was: readonly string[], is: readonly string[]): string {
  if (was[1] !== is[1]) return 'was made anew'
  if (was[0] !== is[0]) return `was ${was[0]}, is ${is[0]}`
  return 'is configured otherwise'
}

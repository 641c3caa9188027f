import type { ObservedContainer, ObservedState } from '../../engine/observed-state.ts'
import { marksOfLook, marksOfSteady, marksOfWord, type Word } from '../../engine/marks.ts'
import type { Said } from '../../engine/ledger/record.ts'
import { reconcile } from '../../engine/reconcile/reconcile.ts'
import { changeContainers } from '../support/worlds.ts'
import { changeHost } from './docker.ts'
import type { Hurt } from './event.ts'
import { contextOf, desiredOf, inSight, startRun, type World } from './world.ts'

/** What comes over hosts and containers from outside. */

export function cutOff(world: World, name: string): World {
  return world.silent[name] ? world : { ...world, silent: { ...world.silent, [name]: 'cut' } }
}

export function wentDown(world: World, name: string): World {
  const host = world.hosts.instances[name]
  if (!host?.reachable || Array.isArray(world.silent[name])) return world
  const ran = host.containers.filter(c => c.status === 'running' || c.status === 'restarting').map(c => c.id)
  const hosts = changeHost(world.hosts, name, c =>
    c.status === 'created' || c.status === 'exited'
      ? c
      : { ...c, status: 'exited', exitCode: 137, finishedAt: host.clock },
  )
  return { ...world, hosts, silent: { ...world.silent, [name]: ran } }
}

/** A person's word on a host; that one is lost is said of what does not answer. */
export function said(world: World, word: Word): World {
  if (word.kind === 'lost' && !world.silent[word.instance]) return world
  return { ...world, marks: { ...world.marks, ...marksOfWord(world.marks, word, byAnn(world)) } }
}

/** A run begins: since when who does not answer is remembered. */
export function looked(world: World, silent: readonly string[]): World {
  const answered = Object.keys(world.hosts.instances).filter(name => !silent.includes(name))
  const marks = marksOfLook(world.marks, { answered, silent }, byAnn(world))
  return { ...world, marks: { ...world.marks, ...marks } }
}

/** All is as the document says: what answers is lost no more. */
export function saidSteady(world: World, answered: readonly string[]): World {
  const marks = marksOfSteady(world.marks, { answered, silent: [] }, byAnn(world))
  return { ...world, marks: { ...world.marks, ...marks } }
}

function byAnn({ now }: World): Said {
  return { time: new Date(now).toISOString(), who: 'ann@laptop' }
}

/** It answers again. A boot starts what ran and has a restart policy; what joins a namespace of another it leaves. */
export function backAgain(world: World, name: string): World {
  const { [name]: was, ...silent } = world.silent
  if (was === undefined) return world
  if (was === 'cut') return { ...world, silent }
  const clock = clockOf(world.hosts, name)
  const hosts = changeHost(world.hosts, name, c =>
    was.includes(c.id) && c.config.restartPolicy !== 'no' && !c.config.networkMode.startsWith('container:')
      ? started(c, clock)
      : c,
  )
  return { ...world, hosts, silent }
}

function clockOf({ instances }: ObservedState, name: string): number {
  const host = instances[name]
  return host?.reachable ? host.clock : 0
}

function started(c: ObservedContainer, clock: number): ObservedContainer {
  const health = c.config.healthCheck ? 'starting' : 'none'
  return { ...c, status: 'running', exitCode: 0, error: '', startedAt: clock, health }
}

export function hurt({ hosts }: World, which: number, how: Hurt): ObservedState {
  const all = Object.values(hosts.instances).flatMap(i => (i.reachable ? i.containers : []))
  const chosen = all[which % Math.max(1, all.length)]
  if (!chosen) return hosts
  return changeContainers(
    hosts,
    c => c === chosen,
    (c: ObservedContainer) => HURTS[how](c),
  )
}

const HURTS: Record<Hurt, (c: ObservedContainer) => ObservedContainer | undefined> = {
  // Docker starts it again where it may
  dies: c => {
    if (c.status !== 'running') return c
    if (c.config.restartPolicy === 'no')
      return { ...c, status: 'exited', exitCode: 1, finishedAt: c.startedAt + 1 }
    return { ...started(c, c.startedAt + 1), restartCount: c.restartCount + 1 }
  },
  stopped: c =>
    c.status === 'running' ? { ...c, status: 'exited', exitCode: 143, finishedAt: c.startedAt + 1 } : c,
  paused: c => (c.status === 'running' ? { ...c, status: 'paused' } : c),
  removed: () => undefined,
  unhealthy: c => (c.status === 'running' && c.config.healthCheck ? { ...c, health: 'unhealthy' } : c),
  renamed: c => ({ ...c, name: `${c.name}-renamed` }),
  changed: c => ({ ...c, config: { ...c.config, stopTimeout: 77 } }),
  squeezed: c => ({ ...c, config: { ...c.config, memory: 1 } }),
}

export function withForeign(world: World, name: string, takes: '8080' | '8081' | 'name'): ObservedState {
  const host = world.hosts.instances[name]
  if (!host?.reachable) return world.hosts
  const holders = new Set([...host.containers, ...host.foreign].map(c => c.name))
  const wanted = takes === 'name' ? nextName(world, name) : `foreign ${takes}`
  if (wanted === undefined || holders.has(wanted)) return world.hosts
  // Docker gives a port only once
  const taken = host.containers.some(c => c.config.ports.some(p => p.endsWith(`=${takes}`)))
  const ports =
    takes === 'name' || taken
      ? []
      : [{ containerPort: 80, hostPort: Number(takes), protocol: 'tcp' as const }]
  const foreign = [...host.foreign, { id: `foreign ${wanted}`, name: wanted, ports, imageId: '' }]
  return { instances: { ...world.hosts.instances, [name]: { ...host, foreign } } }
}

/** The name of a container that would be made on the instance now. */
function nextName(world: World, instance: string): string | undefined {
  const run = world.run ?? startRun(world)
  const { plan } = reconcile(desiredOf(world), inSight(world), contextOf(world, run))
  return plan.steps.flatMap(({ action }) =>
    action.kind === 'create-container' && action.instance === instance ? [action.name] : [],
  )[0]
}

export function withoutForeign({ instances }: ObservedState): ObservedState {
  return {
    instances: Object.fromEntries(
      Object.entries(instances).map(([name, i]) => [name, i.reachable ? { ...i, foreign: [] } : i]),
    ),
  }
}

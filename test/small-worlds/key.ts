import type { ObservedContainer, ReachableInstance } from '../../engine/observed-state.ts'
import type { World } from '../histories/world.ts'

const LONG = 3600 * 1000

/**
 * A world in words, without what two worlds may differ in and be the same for all that follows: ids, the names of
 * runs, and how long ago something was, beyond "now", "lately" and "long ago", and in which order.
 */
export function keyOf(world: World): string {
  const { document, hosts, silent, run, rotated, marks } = world
  const lost = Object.entries(marks).flatMap(([name, m]) => (m.lost ? [`${name} ${m.lost.localData}`] : []))
  const instances = Object.values(hosts.instances).map(i => (i.reachable ? instanceKey(i, world) : i.name))
  const others = Object.entries(silent).map(([name, was]) => [
    name,
    was === 'cut' ? was : was.map(id => nameOf(world, id)),
  ])
  const own = run && [[...run.failed], run.skipped]
  return JSON.stringify([document.services, draining(world), rotated, instances, others, lost.sort(), own])
}

function draining({ document }: World): string[] {
  return Object.entries(document.instances).flatMap(([name, i]) => (i.draining ? [name] : []))
}

function instanceKey(instance: ReachableInstance, { run }: World): unknown {
  const { name, containers, images, volumes, networks, foreign, clock } = instance
  const times = containers.flatMap(c => [c.createdAt, c.startedAt, c.finishedAt])
  const order = [...new Set(times)].sort((a, b) => a - b)
  const when = (time: number) => {
    const age = clock - time
    return `${order.indexOf(time)}${age === 0 ? 'n' : age < LONG ? 'l' : 'a'}`
  }
  return [
    name,
    containers.map(c => containerKey(c, when, run?.deployment)).sort(),
    Object.keys(images).sort(),
    volumes.map(v => v.name).sort(),
    networks.map(n => n.name).sort(),
    foreign.map(f => f.name).sort(),
  ]
}

function containerKey(c: ObservedContainer, when: (time: number) => string, run: string | undefined): string {
  const { name, identity, status, health, exitCode, error, restartCount, config } = c
  const times = [c.createdAt, c.startedAt, c.finishedAt].map(when).join('')
  const own = identity.deployment === run ? 'own' : ''
  const drifted = `${config.stopTimeout}/${config.memory}`
  return [name, identity.revision, status, health, exitCode, error, restartCount, times, own, drifted].join(
    ' ',
  )
}

function nameOf({ hosts }: World, id: string): string {
  for (const i of Object.values(hosts.instances)) {
    const found = i.reachable ? i.containers.find(c => c.id === id) : undefined
    if (found) return found.name
  }
  return ''
}

import type { DesiredState } from '../../engine/desired-state/desired-state.generated.ts'
import { parseDesiredState } from '../../engine/desired-state/parse.ts'
import type { DockerInfo } from '../../engine/docker/docker-host.ts'
import { problem } from '../../engine/errors.ts'
import { capabilitiesOf } from '../../engine/observe/capabilities.ts'
import type { ObservedContainer, ObservedState, ReachableInstance } from '../../engine/observed-state.ts'
import { printPlan } from '../../engine/print-plan.ts'
import { type ReconcileContext, type Reconciliation, reconcile } from '../../engine/reconcile/reconcile.ts'
import { forecast } from '../../engine/simulate.ts'

/** A document with its defaults; throws what is wrong with it. */
export function document(parts: Record<string, unknown>): DesiredState {
  const parsed = parseDesiredState({ schemaVersion: 1, cluster: 'prod', ...parts })
  if (!parsed.ok) throw new Error(parsed.problems.map(p => `${p.pointer} ${p.message}`).join('\n'))
  return parsed.state
}

export function instances(...names: string[]): Record<string, { address: string }> {
  return Object.fromEntries(names.map(name => [name, { address: `ssh://${name}` }]))
}

/** Hosts with nothing on them: 4 cores, 8 GiB. */
export function emptyHosts(...names: string[]): ObservedState {
  return { instances: Object.fromEntries(names.map(name => [name, host(name)])) }
}

/** What Docker says of itself on an ordinary Linux host, with one plugin for volumes. */
export const PLAIN_INFO: DockerInfo = {
  ServerVersion: '28.5.1',
  ApiVersion: '1.51',
  OSType: 'linux',
  Architecture: 'x86_64',
  NCPU: 4,
  MemTotal: 8 * 1024 ** 3,
  SystemTime: '2026-01-01T00:00:00Z',
  DockerRootDir: '/var/lib/docker',
  Plugins: {
    Log: 'awslogs fluentd gcplogs gelf journald json-file local splunk syslog'.split(' '),
    Volume: ['local'],
  },
  EnabledPlugins: [{ name: 'rexray:latest', types: ['docker.volumedriver/1.0'] }],
  MemoryLimit: true,
  SwapLimit: true,
  CpuCfsQuota: true,
  CgroupVersion: '2',
  SecurityOptions: ['name=apparmor', 'name=seccomp,profile=builtin', 'name=cgroupns'],
}
const CAPABILITIES = capabilitiesOf(PLAIN_INFO)

export function host(name: string, parts: Partial<ReachableInstance> = {}): ReachableInstance {
  return {
    name,
    reachable: true,
    engine: {
      version: '28.5.1',
      apiVersion: '1.51',
      os: 'linux',
      architecture: 'x86_64',
      cpu: 4096,
      memoryMiB: 8192,
      capabilities: CAPABILITIES,
      gpus: [],
    },
    clock: Date.UTC(2026, 0, 1),
    containers: [],
    foreign: [],
    volumes: [],
    networks: [],
    images: {},
    ...parts,
  }
}

/** Every image of the document pinned to a digest that is made of its name. */
export function pinned(desired: DesiredState): ReconcileContext['images'] {
  const references = Object.values(desired.taskDefinitions).flatMap(t =>
    t.containerDefinitions.map(c => c.image),
  )
  return Object.fromEntries(references.map(r => [r, imageOf(r)]))
}

/** What a reference is pinned to. */
export function imageOf(reference: string): string {
  return `${reference.split(':')[0]}@sha256:${digest(reference)}`
}

export function context(desired: DesiredState, parts: Partial<ReconcileContext> = {}): ReconcileContext {
  return { deployment: 'd1', images: pinned(desired), failed: new Set(), ...parts }
}

/** One reconciliation. */
export function look(
  desired: DesiredState,
  observed: ObservedState,
  parts: Partial<ReconcileContext> = {},
): Reconciliation {
  return reconcile(desired, observed, context(desired, parts))
}

/** The world once everything is as the document says. */
export function settledWorld(desired: DesiredState, observed: ObservedState): ObservedState {
  return forecast(desired, observed, context(desired, { deployment: 'd0' })).world
}

/** All waves as text, a line a step, `wave N` above each. */
export function printWaves(
  desired: DesiredState,
  observed: ObservedState,
  parts: Partial<ReconcileContext> = {},
): string[] {
  const { waves } = forecast(desired, observed, context(desired, parts))
  return waves.filter(w => w.plan.steps.length > 0).flatMap((w, i) => [`wave ${i + 1}`, ...printPlan(w.plan)])
}

/** The same world, in which these instances do not answer. */
export function withoutAnswer(world: ObservedState, ...names: string[]): ObservedState {
  const silent = names.map(name => {
    const why = problem('HOST_UNREACHABLE', `${name} does not answer`)
    return [name, { name, reachable: false, problem: why }] as const
  })
  return { instances: { ...world.instances, ...Object.fromEntries(silent) } }
}

/** Changes some containers of a world: those for which `which` holds. */
export function changeContainers(
  observed: ObservedState,
  which: (c: ObservedContainer, instance: string) => boolean,
  change: (c: ObservedContainer) => ObservedContainer | undefined,
): ObservedState {
  return {
    instances: Object.fromEntries(
      Object.entries(observed.instances).map(([name, instance]) => [
        name,
        instance.reachable
          ? {
              ...instance,
              containers: instance.containers.flatMap(c => (which(c, name) ? (change(c) ?? []) : [c])),
            }
          : instance,
      ]),
    ),
  }
}

function digest(text: string): string {
  let hash = 7
  for (const char of text) hash = (hash * 31 + char.charCodeAt(0)) % 0xffffffff
  return hash.toString(16).padStart(8, '0').repeat(8)
}

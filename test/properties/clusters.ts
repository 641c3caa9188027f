import * as fc from 'fast-check'
import type { DesiredState } from '../../engine/desired-state/desired-state.generated.ts'
import type { ObservedContainer, ObservedState, ReachableInstance } from '../../engine/observed-state.ts'
import { reconcile } from '../../engine/reconcile/reconcile.ts'
import { settle } from '../../engine/settle.ts'
import { simulate } from '../../engine/simulate.ts'
import { changeContainers, context, host, settledWorld } from '../support/worlds.ts'
import {
  anyChange,
  anyInstance,
  anyService,
  documentOf,
  easy,
  type InstanceShape,
  type ServiceShape,
} from './documents.ts'
import { crashed } from './vary.ts'
import { inSomeOrder } from './wave.ts'

/** A cluster in some state, and the document that it is to follow now. */
export interface Case {
  readonly desired: DesiredState
  readonly observed: ObservedState
}

/** What a case is made from: small, so that a failing one prints well. */
export interface CaseShape {
  readonly instances: readonly InstanceShape[]
  readonly services: readonly ServiceChange[]
  readonly wounds: readonly Wound[]
  /** A run of apply that was killed after so many steps. 0: there was none. */
  readonly killedAfter: number
  readonly foreign: readonly Foreign[]
  readonly draining: readonly number[]
  readonly dark: readonly number[]
  readonly order: readonly number[]
}

interface ServiceChange {
  readonly before?: ServiceShape
  readonly after?: ServiceShape
}

interface Foreign {
  readonly instance: number
  readonly kind: 'port 8080' | 'port 8081' | 'name' | 'volume' | 'volume of a task that is gone' | 'network'
}

/** Something that happened to a container; `which` counts over all of them. */
interface Wound {
  readonly which: number
  readonly kind: keyof typeof WOUNDS
}

const NAMES = ['a', 'b', 'c', 'd']

const WOUNDS = {
  'made otherwise': c => ({ ...c, config: { ...c.config, stopTimeout: 77 } }),
  'memory edited': c => ({ ...c, config: { ...c.config, memory: 1 } }),
  paused: c => ({ ...c, status: 'paused' }),
  stopped: c => ({ ...c, status: 'exited', exitCode: 143 }),
  'never started': c => ({ ...c, status: 'created', health: 'none', startedAt: 0 }),
  removed: () => undefined,
  // what was never started has passed no check, and failed none
  unhealthy: c => (c.config.healthCheck && c.status !== 'created' ? { ...c, health: 'unhealthy' } : c),
  crashing: c => crashed(c, 5),
  'with the name of another': c => ({ ...c, name: c.name.replace(/\.1\./, '.2.') }),
  'could not start': c => ({ ...c, status: 'created', startedAt: 0, error: 'no such device' }),
  renamed: c => ({ ...c, name: `${c.name}-renamed` }),
  'definition lost': c => ({ ...c, identity: { ...c.identity, taskDefinition: '' } }),
  'labels lost': c => ({
    ...c,
    identity: { ...c.identity, service: '', slot: '', revision: '', container: '', taskDefinition: '' },
  }),
} satisfies Record<string, (c: ObservedContainer) => ObservedContainer | undefined>

const anyWounds = fc.array(
  fc.record({
    which: fc.nat(30),
    kind: fc.constantFrom(...(Object.keys(WOUNDS) as (keyof typeof WOUNDS)[])),
  }),
  { maxLength: 4 },
)

const anyForeign: fc.Arbitrary<Foreign> = fc.record({
  instance: fc.nat(3),
  kind: fc.constantFrom(
    'port 8080',
    'port 8081',
    'name',
    'volume',
    'volume of a task that is gone',
    'network',
  ),
})

const anyForeigners = fc.uniqueArray(anyForeign, { maxLength: 2, selector: f => `${f.instance} ${f.kind}` })

/** A service that stays or changes, comes, or goes. */
const anyServiceChange: fc.Arbitrary<ServiceChange> = fc.oneof(
  { weight: 4, arbitrary: anyChange },
  { weight: 1, arbitrary: anyService.map(after => ({ after })) },
  { weight: 1, arbitrary: anyService.map(before => ({ before })) },
)

function easyChange({ before, after }: ServiceChange): ServiceChange {
  return { ...(before && { before: easy(before) }), ...(after && { after: easy(after) }) }
}

export const anyOrder: fc.Arbitrary<number[]> = fc.array(fc.nat(7), { maxLength: 12 })

/** Any cluster in any state. */
export const anyCase: fc.Arbitrary<CaseShape> = fc.record({
  instances: fc.array(anyInstance, { minLength: 1, maxLength: 4 }),
  services: fc.array(anyServiceChange, { minLength: 1, maxLength: 4 }),
  wounds: anyWounds,
  killedAfter: fc.oneof(fc.constant(0), fc.nat(25)),
  foreign: anyForeigners,
  draining: fc.oneof({ weight: 3, arbitrary: fc.constant([]) }, fc.array(fc.nat(3), { maxLength: 1 })),
  dark: fc.oneof({ weight: 3, arbitrary: fc.constant([]) }, fc.array(fc.nat(3), { maxLength: 1 })),
  order: anyOrder,
})

/** Clusters with room for all that they are to run, whatever state they are in. */
export const anyEasyCase: fc.Arbitrary<CaseShape> = fc
  .record({
    instances: fc.array(
      anyInstance.map(i => ({ ...i, memoryMiB: 8192 })),
      { minLength: 2, maxLength: 4 },
    ),
    services: fc.array(anyServiceChange.map(easyChange), { minLength: 1, maxLength: 4 }),
    wounds: anyWounds,
    killedAfter: fc.oneof(fc.constant(0), fc.nat(25)),
    foreign: anyForeigners.map(all => all.filter(f => f.kind !== 'name')),
    draining: fc.oneof({ weight: 3, arbitrary: fc.constant([]) }, fc.constantFrom([0], [1])),
    dark: fc.constant([]),
    order: anyOrder,
  })
  .map(shape => (shape.draining.length === 0 ? shape : { ...shape, services: shape.services.map(unbound) }))

/** Data keeps its tasks on an instance that is to be emptied: there is no room for them then. */
function unbound({ before, after }: ServiceChange): ServiceChange {
  const elsewhere = (s: ServiceShape): ServiceShape =>
    s.volume === 'shared' ? { ...s, volume: 'server' } : s
  return { ...(before && { before: elsewhere(before) }), ...(after && { after: elsewhere(after) }) }
}

/** The state that a shape describes: the document before is applied, perhaps half of the next, then it is wounded. */
export function caseOf(shape: CaseShape): Case {
  const names = NAMES.slice(0, shape.instances.length)
  const document = (of: 'before' | 'after', draining: readonly number[]) =>
    documentOf({
      instances: Object.fromEntries(
        shape.instances.map((i, at) => [names[at] ?? '', { ...i, draining: draining.includes(at) }]),
      ),
      services: Object.fromEntries(shape.services.map((s, at) => [`s${at}`, s[of]])),
    })
  const before = document('before', [])
  const desired = document('after', shape.draining)
  let world = settledWorld(before, { instances: emptyInstances(shape, names) })
  if (shape.killedAfter > 0) world = killed(desired, world, shape)
  for (const { which, kind } of shape.wounds) world = wounded(world, which, WOUNDS[kind])
  for (const { instance, kind } of shape.foreign) {
    world = withForeign(desired, world, names[instance] ?? '', kind)
  }
  for (const at of shape.dark) world = darkened(world, names[at] ?? '')
  return { desired, observed: world }
}

/** The same world, in which this instance does not answer. */
export function darkened(world: ObservedState, name: string): ObservedState {
  if (!world.instances[name]) return world
  const problem = { code: 'HOST_UNREACHABLE', message: `${name} does not answer`, next: '' } as const
  return { instances: { ...world.instances, [name]: { name, reachable: false, problem } } }
}

function emptyInstances(shape: CaseShape, names: readonly string[]): ObservedState['instances'] {
  return Object.fromEntries(
    shape.instances.map(({ memoryMiB }, at) => {
      const name = names[at] ?? ''
      const empty = host(name)
      return [name, { ...empty, engine: { ...empty.engine, cpu: 2048, memoryMiB } }]
    }),
  )
}

/** What a run of apply leaves that dies after so many steps. */
function killed(desired: DesiredState, observed: ObservedState, shape: CaseShape): ObservedState {
  let world = observed
  for (let left = shape.killedAfter; left > 0; ) {
    const { plan } = reconcile(desired, world, context(desired, { deployment: 'killed' }))
    if (plan.steps.length === 0) break
    const steps = inSomeOrder(plan, shape.order).slice(0, left)
    world = simulate(world, { steps })
    left -= steps.length
    if (left > 0) world = settle(desired, world)
  }
  return world
}

function wounded(
  world: ObservedState,
  which: number,
  wound: (c: ObservedContainer) => ObservedContainer | undefined,
): ObservedState {
  const ids = Object.values(world.instances).flatMap(i =>
    i.reachable ? i.containers.map(c => `${i.name} ${c.id}`) : [],
  )
  const chosen = ids[which % Math.max(1, ids.length)]
  const after = changeContainers(world, (c, instance) => `${instance} ${c.id}` === chosen, wound)
  return namesAreUnique(after) ? after : world
}

/** As Docker holds them. */
function namesAreUnique(world: ObservedState): boolean {
  return Object.values(world.instances).every(
    i => !i.reachable || new Set(i.containers.map(c => c.name)).size === i.containers.length,
  )
}

function withForeign(
  desired: DesiredState,
  world: ObservedState,
  name: string,
  kind: Foreign['kind'],
): ObservedState {
  const instance = world.instances[name]
  if (!instance?.reachable) return world
  return {
    instances: {
      ...world.instances,
      [name]: { ...instance, ...foreignParts(desired, world, instance, kind) },
    },
  }
}

function foreignParts(
  desired: DesiredState,
  world: ObservedState,
  instance: ReachableInstance,
  kind: Foreign['kind'],
): Partial<ReachableInstance> {
  const { foreign, volumes, networks } = instance
  switch (kind) {
    case 'port 8080':
    case 'port 8081': {
      const hostPort = Number(kind.slice(5))
      // Docker gives a port only once
      const taken = instance.containers.some(c => c.config.ports.some(p => p.endsWith(`=${hostPort}`)))
      const ports = taken ? [] : [{ containerPort: 80, hostPort, protocol: 'tcp' as const }]
      return { foreign: [...foreign, { id: `foreign ${kind}`, name: kind, ports, imageId: '' }] }
    }
    case 'name': {
      const { plan } = reconcile(desired, world, context(desired))
      const names = plan.steps.flatMap(({ action }) =>
        action.kind === 'create-container' && action.instance === instance.name ? [action.name] : [],
      )
      const [taken = 'postgres'] = names
      return { foreign: [...foreign, { id: 'foreign name', name: taken, ports: [], imageId: '' }] }
    }
    case 'volume':
      return {
        volumes: [...volumes, { name: 'theirs' }, { name: 'others', cluster: 'other', task: 's0/1/x' }],
      }
    case 'volume of a task that is gone':
      return { volumes: [...volumes, { name: 'left', cluster: 'prod', task: 's0/99/0123456789abcdef' }] }
    case 'network':
      return { networks: [...networks, { id: 'n1', name: 'prod-net' }] }
  }
}

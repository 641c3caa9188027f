import { desiredConfig } from './container-config.ts'
import { withHostRanges } from './container-config/port-ranges.ts'
import type { DesiredState, TaskDefinition } from './desired-state/desired-state.generated.ts'
import { containerName, storedTaskDefinition, taskKey } from './identity.ts'
import type { ObservedContainer, ObservedState, ReachableInstance } from './observed-state.ts'
import { type Action, type ContainerRef, isFetch, type Plan } from './plan.ts'
import type { ReconcileContext, Reconciliation } from './reconcile/reconcile.ts'
import { reconcile } from './reconcile/reconcile.ts'
import { SETTLED, settle } from './settle.ts'
import { isBoundToInstance } from './volume-reach.ts'

/** All waves of a change, folded over a simulated world in which everything that is started becomes healthy. */
export interface Forecast {
  /** One reconciliation a wave; the last one plans nothing. */
  readonly waves: readonly Reconciliation[]
  /** The first wave's view: what is so now. */
  readonly now: Reconciliation
  /** How it ends if all goes well. */
  readonly end: Reconciliation
  readonly world: ObservedState
}

/** Far more waves than any change takes; a fold that needs them all has a fault. */
const MOST_WAVES = 10_000

/** Plans the whole change: every wave from what is observed to where nothing is left to do. */
export function forecast(
  desired: DesiredState,
  observed: ObservedState,
  context: ReconcileContext,
): Forecast {
  const straight = fold(desired, observed, context)
  const pulls = pullsOf(straight.waves)
  if (pulls.steps.length === 0) return straight
  // every image that any wave needs is on its host before the first container is stopped
  const { waves, end, world } = fold(desired, simulate(observed, pulls), context, true)
  const now = { ...straight.now, plan: pulls }
  return { waves: [now, ...waves], now, end, world }
}

function later(observed: ObservedState): ObservedState {
  const entries = Object.entries(observed.instances).map(
    ([name, i]) => [name, i.reachable ? { ...i, clock: i.clock + SETTLED } : i] as const,
  )
  return { instances: Object.fromEntries(entries) }
}

/** All pulls of these waves, each once, as a plan of their own. */
function pullsOf(waves: readonly Reconciliation[]): Plan {
  const pulls = waves.flatMap(w => w.plan.steps.filter(s => isFetch(s.action)))
  return { steps: pulls.map((step, id) => ({ ...step, id, after: [] })) }
}

function fold(
  desired: DesiredState,
  observed: ObservedState,
  { keepImages, ...context }: ReconcileContext,
  moved = false,
): Forecast {
  const waves: Reconciliation[] = []
  let world = observed
  let { images } = context
  let rested = false
  let hasMoved = moved
  for (;;) {
    // where there is nothing else to do nothing is cleaned up either: it is a part of a change
    const cleanUp = hasMoved && keepImages ? { keepImages } : {}
    const wave = reconcile(desired, world, { ...context, images, ...cleanUp })
    hasMoved ||= wave.plan.steps.length > 0
    images = { ...images, ...wave.pins }
    waves.push(wave)
    const settled = settle(desired, world)
    const moves = wave.plan.steps.length > 0 || (wave.waiting && settled !== world)
    // what is tried again after a rest is tried again: time passes, once
    const rests: boolean = !moves && !rested && wave.services.some(s => s.retries)
    if (!moves && !rests) break
    rested = rests
    if (waves.length > MOST_WAVES) throw new Error(`the plan does not end after ${MOST_WAVES} waves`)
    world = rests ? later(world) : settle(desired, simulate(world, wave.plan))
  }
  const [now] = waves
  const end = waves.at(-1)
  if (!now || !end) throw new Error('a forecast has at least one wave')
  return { waves, now, end, world }
}

/** The world after a plan's steps. */
export function simulate(observed: ObservedState, plan: Plan): ObservedState {
  const instances = { ...observed.instances }
  const draft = new Map<string, Draft>()
  for (const { action } of plan.steps) {
    const instance = instances[action.instance]
    if (!instance?.reachable) continue
    let changed = draft.get(action.instance)
    if (!changed) draft.set(action.instance, (changed = openDraft(instance)))
    act(changed, action)
  }
  for (const [name, changed] of draft) instances[name] = closeDraft(changed)
  return { instances }
}

interface Draft {
  readonly instance: ReachableInstance
  readonly containers: Map<string, ObservedContainer>
  readonly volumes: Map<string, ReachableInstance['volumes'][number]>
  networks: ReachableInstance['networks']
  images: Record<string, ReachableInstance['images'][string]>
}

function openDraft(instance: ReachableInstance): Draft {
  return {
    instance,
    containers: new Map(instance.containers.map(c => [c.name, c])),
    volumes: new Map(instance.volumes.map(v => [v.name, v])),
    networks: instance.networks,
    images: { ...instance.images },
  }
}

function closeDraft({ instance, containers, volumes, networks, images }: Draft): ReachableInstance {
  return {
    ...instance,
    containers: [...containers.values()],
    volumes: [...volumes.values()],
    networks,
    images,
  }
}

function act(draft: Draft, action: Action): void {
  const { clock } = draft.instance
  switch (action.kind) {
    case 'pull-image':
      draft.images[action.image] = {
        id: action.image,
        digests: [action.image],
        tags: [action.mark],
        bytes: 0,
      }
      return
    case 'import-image':
      draft.images[action.image] = { id: action.image, digests: [], tags: [action.image], bytes: 0 }
      return
    case 'create-network':
      if (!draft.networks.some(n => n.name === action.name))
        draft.networks = [...draft.networks, { id: `simulated ${action.name}`, name: action.name }]
      return
    case 'create-volume': {
      const { name, task, configuration } = action
      const cluster = task?.cluster
      const { driver, driverOpts: options } = configuration ?? {}
      draft.volumes.set(name, {
        name,
        ...(cluster && { cluster }),
        ...(task && { task: taskKey(task) }),
        ...(!isBoundToInstance({ driver, options }) && { remote: true }),
      })
      return
    }
    case 'create-container':
      if (!draft.containers.has(action.name)) draft.containers.set(action.name, created(action, clock))
      return
    case 'put-secrets':
    case 'put-log-config':
      return
    case 'start-container':
      change(draft, action.container, c => ({
        ...c,
        ...STARTED,
        startedAt: clock,
        health: healthWhenStarted(c),
      }))
      return
    case 'unpause-container':
      change(draft, action.container, c => ({ ...c, status: 'running' }))
      return
    case 'update-container': {
      const { cpuShares, memory, memoryReservation, memorySwap } = action
      change(draft, action.container, c => ({
        ...c,
        config: {
          ...c.config,
          cpuShares,
          memory,
          memoryReservation,
          settings: { ...c.config.settings, ...(memorySwap !== undefined && { MemorySwap: memorySwap }) },
        },
      }))
      return
    }
    case 'stop-container':
      change(draft, action.container, c => ({ ...c, status: 'exited', exitCode: 143, finishedAt: clock }))
      return
    case 'remove-container':
      draft.containers.delete(action.container.name)
      return
    case 'remove-image':
      draft.images = withoutName(draft.images, action.image)
      return
    case 'remove-volume':
      draft.volumes.delete(action.name)
      return
    case 'remove-network':
      draft.networks = draft.networks.filter(n => n.id !== action.id)
      return
  }
}

/** The image goes with its last name. */
function withoutName(images: Draft['images'], name: string): Draft['images'] {
  const isOther = (n: string) => n !== name
  const left = Object.values(images).map(image =>
    image.tags.includes(name) || image.digests.includes(name)
      ? { ...image, tags: image.tags.filter(isOther), digests: image.digests.filter(isOther) }
      : image,
  )
  const named = left.filter(i => i === images[i.id] || i.tags.length + i.digests.length > 0)
  return Object.fromEntries(named.map(i => [i.id, i]))
}

const STARTED = { status: 'running', exitCode: 0, error: '' } as const

function change(draft: Draft, ref: ContainerRef, to: (c: ObservedContainer) => ObservedContainer): void {
  const container = draft.containers.get(ref.name)
  if (container) draft.containers.set(ref.name, to(container))
}

function healthWhenStarted(container: ObservedContainer): ObservedContainer['health'] {
  return container.config.healthCheck ? 'starting' : 'none'
}

const CONFIGS = new WeakMap<TaskDefinition, Map<string, ObservedContainer['config']>>()

function created(action: Action & { kind: 'create-container' }, clock: number): ObservedContainer {
  const { task, family, taskDefinition, container, image, deployment } = action
  let configs = CONFIGS.get(taskDefinition)
  if (!configs) {
    configs = new Map(
      taskDefinition.containerDefinitions.map(c => [c.name, desiredConfig(taskDefinition, c)]),
    )
    CONFIGS.set(taskDefinition, configs)
  }
  const config = configs.get(container)
  if (!config) throw new Error(`no container ${container} in the task definition`)
  return {
    id: `simulated ${action.name}`,
    name: containerName(task, container),
    identity: {
      ...task,
      container,
      deployment,
      family,
      taskDefinition: storedTaskDefinition(taskDefinition),
      ...(action.secrets !== undefined && { secrets: action.secrets }),
    },
    status: 'created',
    health: 'none',
    exitCode: 0,
    oomKilled: false,
    error: '',
    restartCount: 0,
    createdAt: clock,
    startedAt: 0,
    finishedAt: 0,
    image,
    imageId: image,
    config: action.hostRanges
      ? { ...config, ports: withHostRanges(config.ports, action.hostRanges) }
      : config,
    ports: [],
    ...(action.gpus && { gpus: action.gpus }),
  }
}

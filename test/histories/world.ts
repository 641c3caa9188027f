import type { DesiredState } from '../../engine/desired-state/desired-state.generated.ts'
import type { PinnedImages } from '../../engine/image.ts'
import { historyOf } from '../../engine/ledger/query.ts'
import { EMPTY_LEDGER, type Ledger, type Marks } from '../../engine/ledger/record.ts'
import type { ObservedState } from '../../engine/observed-state.ts'
import type { ReconcileContext } from '../../engine/reconcile/reconcile.ts'
import { darkened } from '../properties/clusters.ts'
import {
  type DocumentShape,
  documentOf,
  type InstanceShape,
  SECRET,
  type ServiceShape,
  type TaskShape,
} from '../properties/documents.ts'
import { host, pinned } from '../support/worlds.ts'

/** A cluster as it is, what it is to be, and the apply that is under way. A value: an event makes another of it. */
export interface World {
  readonly document: DocumentShape
  /** All hosts, whether they can be seen or not. */
  readonly hosts: ObservedState
  /** Hosts that do not answer. Of one that is down: the containers, by id, that ran when it went. */
  readonly silent: Readonly<Record<string, 'cut' | readonly string[]>>
  /** How the hosts were before the last wave; what a stale answer shows. */
  readonly past: ObservedState
  /** What persons have said of the hosts. */
  readonly marks: Marks
  /** What is known of earlier deployments. Absent: nothing ever is, as where the ledger is lost each time. */
  readonly ledger?: Ledger
  /** ms since 1970, by the clock of those who apply. */
  readonly now: number
  /** How often the secrets were rotated. */
  readonly rotated: number
  readonly run?: Run
  /** How many applies there were, and how many containers were made: what is new is named by them. */
  readonly runs: number
  readonly made: number
}

/** One run of apply, with what it keeps in its memory. */
export interface Run {
  readonly deployment: string
  readonly failed: ReadonlySet<string>
  /** Services that go back along with one that failed. */
  readonly undone: ReadonlySet<string>
  readonly history: NonNullable<ReconcileContext['history']>
  /** As they were when it began. */
  readonly marks: Marks
  readonly now: number
  readonly images: PinnedImages
  /** The hosts that did not answer at its start: it goes without them to its end. */
  readonly skipped: readonly string[]
}

export const NAMES = ['a', 'b', 'c', 'd']

/** Hosts with nothing on them, and a document that asks for nothing. */
export function emptyWorld(
  instances: readonly InstanceShape[],
  { remembers = false, lostAfterSeconds }: { remembers?: boolean; lostAfterSeconds?: number } = {},
): World {
  const named = instances.map((shape, at) => [NAMES[at] ?? '', shape] as const)
  const hosts = {
    instances: Object.fromEntries(
      named.map(([name, { memoryMiB }]) => {
        const empty = host(name)
        return [name, { ...empty, engine: { ...empty.engine, cpu: 2048, memoryMiB } }]
      }),
    ),
  }
  const document = {
    instances: Object.fromEntries(named),
    services: {},
    ...(lostAfterSeconds !== undefined && { lostAfterSeconds }),
  }
  return {
    document,
    hosts,
    past: hosts,
    silent: {},
    marks: {},
    ...(remembers && { ledger: EMPTY_LEDGER }),
    now: Date.UTC(2026, 0, 1),
    rotated: 0,
    runs: 0,
    made: 0,
  }
}

const DOCUMENTS = new Map<string, DesiredState>()

/** The document of a world; the same object for the same words. */
export function desiredOf({ document }: Pick<World, 'document'>): DesiredState {
  const key = JSON.stringify(document)
  let desired = DOCUMENTS.get(key)
  if (!desired) DOCUMENTS.set(key, (desired = documentOf(document)))
  return desired
}

/** What an engine sees: not the hosts that are silent or that its run skips, and of a stale one an old picture. */
export function inSight(world: World, stale?: string): ObservedState {
  const old = stale === undefined ? undefined : world.past.instances[stale]
  let seen = world.hosts
  if (stale !== undefined && old) seen = { instances: { ...seen.instances, [stale]: old } }
  for (const name of unseen(world)) seen = darkened(seen, name)
  return seen
}

/** The hosts that the run under way cannot see, sorted. */
export function unseen({ silent, run }: World): string[] {
  return [...new Set([...Object.keys(silent), ...(run?.skipped ?? [])])].sort()
}

export function startRun(world: World): Run {
  return {
    deployment: `d${world.runs + 1}`,
    failed: new Set(),
    undone: new Set(),
    history: historyOf(world.ledger ?? EMPTY_LEDGER),
    marks: world.marks,
    now: world.now,
    images: pinned(desiredOf(world)),
    skipped: Object.keys(world.silent).sort(),
  }
}

export function contextOf({ rotated }: World, run: Run): ReconcileContext {
  const { deployment, failed, undone, images, marks, now, history } = run
  return { deployment, failed, undone, images, marks, now, history, fingerprints: fingerprints(rotated) }
}

const SALT = 'saltsaltsaltsaltsaltsa'

function fingerprints(rotated: number): NonNullable<ReconcileContext['fingerprints']> {
  return {
    salt: SALT,
    digests: new Map([[SALT, new Map([[SECRET, `value ${rotated}`]])]]),
    variables: new Map(),
  }
}

/** The same document with one service otherwise; `undefined` takes it out. */
export function withService(world: World, name: string, shape: ServiceShape | undefined): World {
  const { [name]: _, ...others } = world.document.services
  const services = shape === undefined ? others : { ...others, [name]: shape }
  return { ...world, document: { ...world.document, services } }
}

/** The same document with one task that runs once otherwise; `undefined` takes it out. */
export function withTask(world: World, name: string, shape: TaskShape | undefined): World {
  const { [name]: _, ...others } = world.document.tasks ?? {}
  const tasks = shape === undefined ? others : { ...others, [name]: shape }
  return { ...world, document: { ...world.document, tasks } }
}

import type { ConnectedCluster } from '../connect-cluster.ts'
import type { DesiredState } from '../desired-state/desired-state.generated.ts'
import { type Problem, StowageError } from '../errors.ts'
import type { Emit } from '../events.ts'
import { standingOf } from '../instance-standing.ts'
import type { Marks, Said } from '../ledger/record.ts'
import { LedgerStore } from '../ledger/store.ts'
import { Locks } from '../lock/locks.ts'
import type { LockOwner } from '../lock/owner.ts'
import { marksOfLook, marksOfWord, type Seen, type Word } from '../marks.ts'

/** Who writes marks, and how long they wait for the locks that it takes. */
export interface RememberOptions {
  readonly owner: LockOwner
  readonly emit: Emit
  readonly signal: AbortSignal
  /** In ms. */
  readonly lockWaitMs: number
}

export function saidBy({ since, who }: LockOwner): Said {
  return { time: since, who }
}

export function seenOf({ hosts, skipped }: ConnectedCluster): Seen {
  return { answered: [...hosts.keys()].sort(), silent: Object.keys(skipped).sort() }
}

/** The problems of those that do not answer and are not taken for gone: what needs a person's word to go on without. */
export async function unaccounted(
  desired: DesiredState,
  cluster: ConnectedCluster,
  now: number,
): Promise<Problem[]> {
  const { ledger } = await LedgerStore.read(desired.cluster, cluster.hosts.values())
  const silent = Object.values(cluster.skipped)
  return silent.filter(i => !standingOf(desired, ledger.marks, i.name, now).lost).map(i => i.problem)
}

/** Writes down, on the hosts that answer, since when the others do not. Not where somebody works there: they do it. */
export async function rememberSilence(
  desired: DesiredState,
  cluster: ConnectedCluster,
  options: Omit<RememberOptions, 'lockWaitMs'>,
): Promise<void> {
  const look = (marks: Marks) => marksOfLook(marks, seenOf(cluster), saidBy(options.owner))
  try {
    await changeMarks(desired, cluster, { ...options, lockWaitMs: 0 }, look)
  } catch (error) {
    // that it does not answer is what is to be told
    if (!(error instanceof StowageError)) throw error
  }
}

/** Writes down a person's word. Resolves to whether it was news. */
export async function sayOfInstance(
  desired: DesiredState,
  cluster: ConnectedCluster,
  word: Word,
  options: RememberOptions,
): Promise<boolean> {
  return await changeMarks(desired, cluster, options, marks =>
    marksOfWord(marks, word, saidBy(options.owner)),
  )
}

async function changeMarks(
  { cluster: name }: DesiredState,
  { hosts }: ConnectedCluster,
  { owner, emit, signal, lockWaitMs }: RememberOptions,
  change: (marks: Marks) => Marks,
): Promise<boolean> {
  const before = await LedgerStore.read(name, hosts.values())
  if (hosts.size === 0 || Object.keys(change(before.ledger.marks)).length === 0) return false
  const locks = await Locks.acquire(hosts.values(), {
    cluster: name,
    owner,
    emit,
    signal,
    waitMs: lockWaitMs,
  })
  try {
    const mine = [...hosts.values()].map(host => host.guarded(() => locks.check(host.name)))
    const store = await LedgerStore.read(name, mine)
    const problems = await store.writeMarks(mine, change(store.ledger.marks))
    for (const problem of problems) emit({ event: 'warning', problem })
    const [first] = problems
    if (first && problems.length === hosts.size)
      throw new StowageError(first.code, 'it could be written down nowhere', { problems })
    return true
  } finally {
    await locks.release()
  }
}

import { randomBytes } from 'node:crypto'
import { removeImages } from '../engine/apply/own-images.ts'
import { saidBy } from '../engine/apply/remember.ts'
import { applyChange, type ApplyOptions } from '../engine/apply-change.ts'
import type { Change } from '../engine/change.ts'
import { planChange } from '../engine/plan-change.ts'
import type { ConnectedCluster } from '../engine/connect-cluster.ts'
import type { DesiredState } from '../engine/desired-state/desired-state.generated.ts'
import { type ClusterDiff, describeChange } from '../engine/diff.ts'
import { type Problem, StowageError } from '../engine/errors.ts'
import type { Report } from '../engine/events.ts'
import type { PinnedImages } from '../engine/image.ts'
import type { Word } from '../engine/marks.ts'
import { removeDeadLock } from '../engine/lock/lock-container.ts'
import { type LockOwner, thisOwner } from '../engine/lock/owner.ts'
import { appliedAlready, type ReadPlan, staleness } from '../engine/saved-plan/saved-plan.ts'
import { confirm } from './confirm.ts'
import { connect, lookAtFormer, registryLogins, sourcesOf } from './connect.ts'
import { commitOf } from './git.ts'
import { catchInterrupts, INTERRUPTED, type Interruption } from './interrupt.ts'
import { createProgress, type Progress } from './progress.ts'
import type { Settings } from './settings.ts'
import type { Terminal } from './terminal.ts'

/** The flags of what changes hosts. */
export interface CarryOutFlags {
  readonly yes: boolean
  /** Seconds. */
  readonly timeout: number
  readonly lockWait: number
}

/** What apply and destroy do in different words. */
export interface Undertaking {
  readonly command: 'apply' | 'destroy' | 'rollback' | 'drain' | 'activate'
  /** What it is given: the file of a plan, the name of an instance. The history has it. Default: nothing. */
  readonly object?: string
  readonly desired: DesiredState
  /** The folder of the document, which its sources of secrets are relative to. */
  readonly folder: string
  /** What there is to know of the document itself. */
  readonly warnings?: readonly Problem[]
  readonly wait: boolean
  readonly removeVolumes: boolean
  /** The plan that was reviewed: it is applied as it was, and not asked for again. Default: what is planned now. */
  readonly saved?: ReadPlan
  /** What is said of a container instance with it. Default: nothing. */
  readonly word?: Word
  /** What the images are by an earlier deployment, and which one that is, where it is gone back to. Default: none. */
  readonly images?: PinnedImages
  readonly returnsTo?: string
  /** What goes stops before what it waited for. Default: in no order. */
  readonly formerDependencies?: Readonly<Record<string, readonly string[]>>
  /** Tasks that run once and are not in the document stay as they are. Default: they go. */
  readonly leavesOneOffs?: boolean
  /** What stowage itself keeps on the hosts, the ledger too, goes as well. Default: false. */
  readonly leaveNothing?: boolean
  /** What goes back where a service fails. Default: the whole deployment. */
  readonly rollback?: ApplyOptions['rollback']
  /** The plan, for a person. */
  readonly plan: (diff: ClusterDiff, change: Change) => readonly string[]
  readonly question: (diff: ClusterDiff) => string
  /** What the end of it is, for a person. */
  readonly ending: (report: Report, elapsedMs: number) => readonly string[]
}

/** Plans, shows, asks, and makes it so; resolves to the exit code. */
export async function carryOut(
  terminal: Terminal,
  settings: Settings,
  flags: CarryOutFlags,
  what: Undertaking,
): Promise<number> {
  let progress: Progress | undefined
  const interruption = catchInterrupts(terminal, signal => {
    if (progress) progress.say(`${signal}: ending the step in hand; Ctrl-C again leaves at once`)
    else terminal.stderr.write(`\n${signal}: Ctrl-C again leaves at once\n`)
  })
  try {
    const cluster = await connect(what.desired, settings, terminal, {
      signal: interruption.signal,
      remember: `stowage ${what.command}`,
    })
    try {
      const change = await planChange(what.desired, cluster, {
        registryAuth: registryLogins(terminal),
        removeVolumes: what.removeVolumes,
        ...(what.images && { images: what.images }),
        ...(what.saved && { images: what.saved.images }),
        ...(what.leaveNothing && { leaveNothing: true }),
        ...(what.word && { word: what.word, said: saidBy(ownerOf(terminal, what, '')) }),
        now: terminal.now(),
        lookAtFormer: lookAtFormer(what.desired, settings, terminal),
        ...(what.warnings && { warnings: what.warnings }),
        ...(what.formerDependencies && { formerDependencies: what.formerDependencies }),
        ...(what.leavesOneOffs && { leavesOneOffs: true }),
        sources: { ...sourcesOf(what.folder, settings, terminal), signal: interruption.signal },
      })
      if (what.saved) refuseStale(what.saved, change)
      const diff = describeChange(change)
      show(terminal, settings, diff, what.plan(diff, change))
      const early = await stopsEarly(terminal, settings, flags, what, { change, diff, interruption })
      if (early === 'declined') return interruption.signal.aborted ? INTERRUPTED : 1
      if (early) {
        if (settings.json)
          terminal.stdout.write(`${JSON.stringify({ event: 'apply-ended', report: early })}\n`)
        if (early.outcome === 'steady') {
          await removeDeadLocks(cluster, change)
          if (what.leaveNothing) await removeImages(cluster)
        }
        // the plan has said why
        return exitCodeOf(early)
      }
      progress = createProgress(terminal, settings)
      const report = await work(terminal, flags, what, { change, cluster, interruption, progress })
      const elapsed = progress.end()
      if (!settings.json) printLines(terminal, what.ending(report, elapsed))
      return exitCodeOf(report)
    } finally {
      progress?.end()
      cluster.close()
    }
  } finally {
    interruption.end()
  }
}

/** @throws PLAN_STALE, PLAN_APPLIED */
function refuseStale(saved: ReadPlan, change: Change): void {
  const problems = staleness(saved, change)
  if (problems.length === 0) return
  const done = appliedAlready(saved, change.ledger)
  if (done) throw new StowageError(done.code, done.message, done)
  throw new StowageError('PLAN_STALE', 'nothing was changed: it is not as it was when the plan was saved', {
    problems,
  })
}

function show(terminal: Terminal, settings: Settings, diff: ClusterDiff, lines: readonly string[]): void {
  if (settings.json) terminal.stdout.write(`${JSON.stringify({ event: 'plan', plan: diff })}\n`)
  else printLines(terminal, lines)
}

interface Planned {
  readonly change: Change
  readonly diff: ClusterDiff
  readonly interruption: Interruption
}

/** A run with nothing to do takes no lock; one that a killed run has left is removed all the same. */
async function removeDeadLocks(cluster: ConnectedCluster, { desired, deadLocks }: Change): Promise<void> {
  const hosts = deadLocks.flatMap(name => cluster.hosts.get(name) ?? [])
  await Promise.all(hosts.map(host => removeDeadLock(host, desired.cluster)))
}

/** The report, where the plan is not carried out; undefined where it is to be. @throws CONFIRMATION_NEEDED */
async function stopsEarly(
  terminal: Terminal,
  settings: Settings,
  flags: CarryOutFlags,
  what: Undertaking,
  { change, diff, interruption }: Planned,
): Promise<Report | 'declined' | undefined> {
  if (interruption.signal.aborted) throw new StowageError('INTERRUPTED', 'interrupted; nothing was changed')
  const { services, converged } = change.forecast.now
  const report = { services, failures: [], problems: change.problems, done: 0 }
  if (change.problems.length > 0) return { ...report, outcome: 'failed' }
  if (change.steps === 0 && change.upkeep && converged) {
    // what is done already is written down without a question; the history is not thrown away so
    if (!what.leaveNothing) return undefined
  } else if (change.steps === 0) {
    // what an earlier run has begun may still be on its way: that is waited for
    if (converged || !what.wait) return { ...report, outcome: converged ? 'steady' : 'applied' }
    return undefined
  }
  const yes = flags.yes || what.saved !== undefined
  const { json } = settings
  const { signal } = interruption
  return (await confirm(terminal, { yes, json, signal }, what.question(diff))) ? undefined : 'declined'
}

async function work(
  terminal: Terminal,
  flags: CarryOutFlags,
  what: Undertaking,
  on: {
    readonly change: Change
    readonly cluster: ConnectedCluster
    readonly interruption: Interruption
    readonly progress: Progress
  },
): Promise<Report> {
  const deployment = deploymentId(terminal.now())
  const commit = await commitOf(what.folder)
  return await applyChange(on.change, on.cluster, {
    registryAuth: registryLogins(terminal),
    deployment,
    ...(commit && { commit }),
    ...(what.leaveNothing && { leaveNothing: true }),
    ...(what.word && { word: what.word }),
    ...(what.rollback && { rollback: what.rollback }),
    ...(what.returnsTo !== undefined && { returnsTo: what.returnsTo }),
    owner: ownerOf(terminal, what, deployment),
    ...(what.saved && { plan: what.saved.digest }),
    emit: on.progress.emit,
    signal: on.interruption.signal,
    wait: what.wait,
    patienceMs: flags.timeout * 1000,
    lockWaitMs: flags.lockWait * 1000,
    removeVolumes: what.removeVolumes,
    ...(what.saved && { asReviewed: true }),
  })
}

function ownerOf(terminal: Terminal, { command, object }: Undertaking, run: string): LockOwner {
  const words = ['stowage', command, ...(object === undefined ? [] : [object])]
  return thisOwner(run, words.join(' '), new Date(terminal.now()))
}

/** Later ones sort after earlier ones, and no two are alike. */
export function deploymentId(now: number): string {
  return `${now.toString(36).padStart(9, '0')}${randomBytes(4).toString('hex')}`
}

function printLines({ stdout }: Terminal, lines: readonly string[]): void {
  for (const line of lines) stdout.write(`${line}\n`)
}

function exitCodeOf({ outcome }: Report): number {
  if (outcome === 'interrupted') return INTERRUPTED
  return outcome === 'steady' || outcome === 'applied' ? 0 : 1
}

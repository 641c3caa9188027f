import { afterEach } from 'vitest'
import { applyChange } from '../../engine/apply-change.ts'
import type { Change } from '../../engine/change.ts'
import { planChange } from '../../engine/plan-change.ts'
import type { SourceOptions } from '../../engine/apply/read-source.ts'
import { type ConnectedCluster, connectCluster } from '../../engine/connect-cluster.ts'
import type { DesiredState } from '../../engine/desired-state/desired-state.generated.ts'
import type { ConnectOptions } from '../../engine/docker/connect.ts'
import { StowageError } from '../../engine/errors.ts'
import type { Event, Report } from '../../engine/events.ts'
import type { Moment } from '../../engine/lock/moment.ts'
import { type LockOwner, thisOwner } from '../../engine/lock/owner.ts'
import { type LogicalClock, logicalClock } from '../fake/clock.ts'
import { createFakeHost, type FakeHost } from '../fake/fake-host.ts'
import type { FakeSsh } from '../fake/ssh-server.ts'
import type { RegistryImage } from '../fake/world.ts'
import { document } from '../support/worlds.ts'
import { type Bystanders, plantBystanders } from './bystanders.ts'
import { images } from './images.ts'
import { fillWorld, type Picture, pictureOf } from './picture.ts'

/** How one apply is made; everything absent is as a person has it who does nothing special. */
export interface ApplyHooks {
  /** Between the plan and the apply. */
  readonly onPlanned?: (change: Change) => void
  readonly onEvent?: (event: Event) => void
  readonly signal?: AbortSignal
  /** Default: somebody who has ended by the time that anybody asks, as a killed process has. */
  readonly owner?: LockOwner
  readonly lockStaleMs?: number
  readonly lockWaitMs?: number
  readonly lockHeartbeatMs?: number
  readonly lockClock?: () => Moment
  readonly connect?: ConnectOptions
  /** Default: true. */
  readonly wait?: boolean
  /** Default: the whole deployment. */
  readonly rollback?: 'deployment' | 'service' | 'none'
  /** As a rollback by hand has it. Default: false. */
  readonly leavesOneOffs?: boolean
  /** What the document's secrets are read with. Default: this process's folder and environment. */
  readonly sources?: SourceOptions
}

/** How one apply ended: with a report, with refusals before anything was done, or with an error. */
export interface Attempt {
  readonly events: readonly Event[]
  readonly change?: Change
  readonly report?: Report
  readonly error?: StowageError
}

export interface ClusterOptions {
  readonly hosts?: number
  /** What is on the hosts from the start. Default: only what is not ours. */
  readonly from?: readonly Picture[]
  readonly images?: Record<string, RegistryImage>
  /** Behind SSH servers instead of on sockets. */
  readonly ssh?: boolean
}

/** Time that passes between two looks of an engine, on the clock of the hosts. */
const BETWEEN_LOOKS_MS = 5000
const open = new Set<FakeCluster>()
let runs = 0

/** Holds what holds in every scenario, and closes what it opened. To be called once in each file. */
export function closeClustersAfterEach(): void {
  afterEach(async () => {
    for (const cluster of open) await cluster.close()
  })
}

/** Fake hosts of one cluster, `a`, `b`, `c`, with things of others on them, and the real engine to act on them. */
export class FakeCluster {
  readonly hosts: readonly FakeHost[]
  readonly clock: LogicalClock
  readonly registry: Record<string, RegistryImage>
  readonly ssh: FakeSsh[] = []
  /** Called after each change of a world. */
  onChange: () => void = () => {}
  readonly #addresses = new Map<string, string>()
  readonly #bystanders: Bystanders[] = []

  private constructor(options: ClusterOptions) {
    this.registry = options.images ?? images()
    this.clock = logicalClock(options.from?.[0]?.now)
    const names = ['a', 'b', 'c'].slice(0, options.hosts ?? 2)
    this.hosts = names.map(name =>
      createFakeHost({ name, images: this.registry, clock: this.clock, onChange: () => this.onChange() }),
    )
  }

  static async start(options: ClusterOptions = {}): Promise<FakeCluster> {
    const cluster = new FakeCluster(options)
    open.add(cluster)
    for (const [index, host] of cluster.hosts.entries()) {
      const picture = options.from?.[index]
      if (picture) fillWorld(host.world, picture)
      cluster.#bystanders.push(plantBystanders(host))
      if (options.ssh) {
        const server = await host.serveSsh()
        cluster.ssh.push(server)
        cluster.#addresses.set(host.name, server.address)
      } else cluster.#addresses.set(host.name, await host.listen())
    }
    return cluster
  }

  host(index: number): FakeHost {
    const host = this.hosts[index]
    if (!host) throw new Error(`no host ${index}`)
    return host
  }

  /** A document of these hosts, or of the first so many. */
  document(parts: Record<string, unknown>, hosts = this.hosts.length): DesiredState {
    const instances = [...this.#addresses].slice(0, hosts).map(([name, address]) => [name, { address }])
    return document({ containerInstances: Object.fromEntries(instances), ...parts })
  }

  /** The hosts as they are, for clusters that begin so. */
  picture(): Picture[] {
    return this.hosts.map(host => pictureOf(host.world, this.clock.now()))
  }

  /** Plans and applies as the CLI does, and never throws what stowage throws on purpose. */
  async apply(desired: DesiredState, hooks: ApplyHooks = {}): Promise<Attempt> {
    const events: Event[] = []
    let change: Change | undefined
    let connected: ConnectedCluster | undefined
    try {
      connected = await connectCluster(desired, { ...hooks.connect, onUnreachable: 'fail' })
      change = await planChange(desired, connected, {
        registryAuth: noLogin,
        ...(hooks.sources && { sources: hooks.sources }),
        ...(hooks.leavesOneOffs && { leavesOneOffs: true }),
      })
      hooks.onPlanned?.(change)
      const { services, converged } = change.forecast.now
      const early = { services, failures: [], done: 0, problems: change.problems }
      if (change.problems.length > 0) return { events, change, report: { ...early, outcome: 'failed' } }
      if (change.steps === 0 && converged && change.deadLocks.length === 0 && !change.upkeep)
        return { events, change, report: { ...early, outcome: 'steady' } }
      const report = await this.#carryOut(change, connected, events, hooks)
      return { events, change, report }
    } catch (error) {
      if (!(error instanceof StowageError)) throw error
      return { events, change, error }
    } finally {
      connected?.close()
    }
  }

  /** Applies, and expects it to end steady. */
  async applyWell(desired: DesiredState, hooks: ApplyHooks = {}): Promise<Attempt> {
    const attempt = await this.apply(desired, hooks)
    if (attempt.report?.outcome !== 'steady') throw new Error(`not steady: ${describeAttempt(attempt)}`)
    return attempt
  }

  /**
   * From now on the engine that acts is dead for all hosts once this host was changed k times; gives what tells
   * whether it came to that.
   */
  killAfter(host: FakeHost, k: number): () => boolean {
    let isKilled = false
    host.faults.kill(k, () => {
      isKilled = true
      for (const other of this.hosts) if (other !== host) other.cut()
    })
    return () => isKilled
  }

  /** Ends all faults: every host answers again. */
  async heal(): Promise<void> {
    for (const host of this.hosts) {
      host.faults.clear()
      await host.restore()
    }
  }

  /** Holds that nothing of others was touched, then closes the hosts. */
  async close(): Promise<void> {
    open.delete(this)
    for (const host of this.hosts) await host.close()
    for (const bystanders of this.#bystanders) bystanders.expectUntouched()
  }

  #carryOut(
    change: Change,
    connected: ConnectedCluster,
    events: Event[],
    hooks: ApplyHooks,
  ): Promise<Report> {
    const deployment = `d${String(++runs).padStart(6, '0')}`
    return applyChange(change, connected, {
      registryAuth: noLogin,
      deployment,
      owner: { ...(hooks.owner ?? endedOwner(deployment)), run: deployment },
      signal: hooks.signal ?? new AbortController().signal,
      wait: hooks.wait ?? true,
      ...(hooks.rollback && { rollback: hooks.rollback }),
      patienceMs: 20_000,
      lookMs: 0,
      lockWaitMs: hooks.lockWaitMs ?? 20_000,
      lockStaleMs: hooks.lockStaleMs,
      lockHeartbeatMs: hooks.lockHeartbeatMs,
      lockClock: hooks.lockClock,
      emit: event => {
        events.push(event)
        if (event.event === 'services') this.clock.advance(BETWEEN_LOOKS_MS)
        hooks.onEvent?.(event)
      },
    })
  }
}

/** An attempt in words, for what a failing test says. */
export function describeAttempt({ report, error, events }: Attempt): string {
  const failed = events.flatMap(e =>
    e.event === 'step-failed' ? [`${e.instance} ${e.action} ${e.subject}: ${e.problem.code}`] : [],
  )
  const services = report?.services.map(
    s => `${s.service} ${s.rollout} ${s.current} of ${s.desired}, ${s.running} run, ${s.outdated} outdated`,
  )
  const problems = (report?.problems ?? []).map(p => `${p.instance ?? ''} ${p.code} ${p.message}`)
  return [
    report?.outcome ?? `threw ${error?.code} ${error?.instance ?? ''} ${error?.message}`,
    ...problems,
    ...(services ?? []),
    ...failed,
  ].join('\n  ')
}

/** A process of this machine that is no more: its locks are taken over at once. */
function endedOwner(run: string): LockOwner {
  const owner = thisOwner(run, 'stowage apply', new Date(0))
  return { ...owner, ...(owner.process && { process: { ...owner.process, started: 'before' } }) }
}

const noLogin = () => Promise.resolve(undefined)

import { setImmediate as quiet } from 'node:timers/promises'
import type { DockerHost } from '../../../../engine/docker/docker-host.ts'
import { StowageError } from '../../../../engine/errors.ts'
import { createLock } from '../../../../engine/lock/lock-container.ts'
import { Locks } from '../../../../engine/lock/locks.ts'
import { type LockOwner, thisOwner } from '../../../../engine/lock/owner.ts'
import { createFakeHost, type FakeHost } from '../../../fake/fake-host.ts'
import { type Gate, gatedHost } from './gated-host.ts'
import { VirtualTime } from './virtual-time.ts'

/** What two engines do. */
export interface Setting {
  /** The hosts that each of them sees. Default: a and b. */
  readonly hosts?: readonly [readonly string[], readonly string[]]
  /** When the second one begins, in ms. The first begins at 0. */
  readonly secondAfterMs: number
  /** How long each acts on the hosts: at the beginning, and again at the end of it. */
  readonly actsForMs: number
  /** Hosts with the lock of a run of this machine that has died. */
  readonly dead?: readonly string[]
  /** The lock of a run that stopped beating elsewhere is on these hosts. */
  readonly still?: readonly string[]
  /** No lock was ever made on the hosts: they lack its image. */
  readonly isFirst?: boolean
}

/** What goes wrong, with the n-th call (from 1) of one of the engines. */
export interface Fault {
  readonly engine: number
  readonly call: number
  readonly what: FaultKind
}

export type FaultKind =
  /** The engine is dead once the call has had its effect. */
  | 'killed'
  /** The call has its effect; its answer is lost. */
  | 'answer lost'
  /** The engine stands still before the call is sent, or once it had its effect: for so many s. */
  | `still for ${number} before`
  | `still for ${number} after`

/** One call that waits for its turn. */
export interface Turn {
  readonly engine: number
  readonly host: string
  readonly method: string
  /** Its place among all that its engine has asked for: the same whatever the others do meanwhile. */
  readonly nth: number
  readonly label: string
}

export interface Ended {
  /** What does not hold. */
  readonly broken: readonly string[]
  /** The fault came up. */
  readonly struck: boolean
  readonly turns: readonly string[]
}

/** Who has the next turn; undefined: this race needs no end. */
export type Choose = (turns: readonly Turn[]) => Turn | undefined

/** More turns, and more time, than any race takes. */
const MOST_TURNS = 2000
const MOST_MS = 200_000

/** As by default, but faster: a lock lasts 4 s after a beat, and after 6 s without any it is taken over. */
const PACE = { staleMs: 6000, heartbeatMs: 2500 }

interface Waiting extends Turn {
  readonly open: () => void
}

class Runner {
  readonly run: string
  isStill = false
  isDead = false
  outcome: string | undefined
  asked = 0
  called = 0
  hosts: readonly DockerHost[] = []
  /** Answers that are kept back while it stands still. */
  kept: (() => void)[] = []

  constructor(run: string) {
    this.run = run
  }
}

/** One race from its beginning to its end, in which `choose` says who is next whenever somebody is to be. */
export async function race(
  setting: Setting,
  fault: Fault | undefined,
  choose: Choose,
): Promise<Ended | undefined> {
  const one = new Race(setting, fault)
  try {
    return (await one.play(choose)) ? await one.end() : undefined
  } finally {
    one.close()
  }
}

class Race {
  readonly #setting: Setting
  readonly #fault: Fault | undefined
  readonly #time = new VirtualTime()
  readonly #fakes: readonly FakeHost[]
  readonly #runners = [new Runner('one'), new Runner('two')]
  readonly #broken: string[] = []
  readonly #turns: string[] = []
  /** Who acted on a host, in order. */
  readonly #acted = new Map<string, string[]>()
  #waiting: Waiting[] = []
  #struck = false

  constructor(setting: Setting, fault: Fault | undefined) {
    this.#setting = setting
    this.#fault = fault
    const images = { 'stowage/empty:1': {} }
    const clock = { now: () => this.#time.now(), wait: () => Promise.resolve() }
    const preloaded = setting.isFirst ? [] : Object.keys(images)
    const names = new Set(this.#hostsOf(0).concat(this.#hostsOf(1)))
    this.#fakes = [...names].sort().map(name => createFakeHost({ name, images, preloaded, clock }))
  }

  async play(choose: Choose): Promise<boolean> {
    await this.#prepare()
    for (const [at, runner] of this.#runners.entries())
      void this.#work(runner, this.#hostsOf(at), at * this.#setting.secondAfterMs).then(
        outcome => (runner.outcome = outcome),
      )
    for (;;) {
      await quiet()
      const turns = this.#waiting.filter(({ engine }) => this.#isAwake(engine))
      if (turns.length === 0) {
        if (this.#isOver() || !this.#time.goOn()) return true
      } else {
        const next = choose(turns)
        if (!next) return false
        await this.#let(next)
      }
      if (this.#turns.length > MOST_TURNS || this.#time.now() > MOST_MS) {
        this.#broken.push('it goes on for ever')
        return true
      }
    }
  }

  /** What has to hold once all is over. */
  async end(): Promise<Ended> {
    for (const [engine, { run, outcome, isDead }] of this.#runners.entries()) {
      const isHurt = engine === this.#fault?.engine && /still/.test(this.#fault.what)
      if (!isDead && outcome !== 'done' && !(isHurt && outcome === 'LOCK_LOST'))
        this.#broken.push(`${run} ended with ${outcome ?? 'nothing: it waits for ever'}`)
    }
    for (const [host, runs] of this.#acted) {
      const blocks = runs.filter((run, at) => run !== runs[at - 1])
      if (new Set(blocks).size < blocks.length) this.#broken.push(`in turns on ${host}: ${blocks.join(', ')}`)
    }
    const orders = new Set([...this.#acted.values()].map(runs => [...new Set(runs)].join(' before ')))
    if ([...orders].filter(order => order.includes('before')).length > 1)
      this.#broken.push(`side by side: ${[...orders].join(', ')}`)
    await this.#expectNoLocks()
    return { broken: this.#broken, struck: this.#struck, turns: this.#turns }
  }

  /** None that ended by itself has left a lock; that of one that was killed goes to whoever comes next. */
  async #expectNoLocks(): Promise<void> {
    const dead = this.#runners.filter(r => r.isDead).map(r => r.run)
    for (const fake of this.#fakes) {
      const holder = holderOf(fake)
      if (holder !== undefined && !dead.includes(holder))
        this.#broken.push(`the lock of ${holder} is left on ${fake.name}`)
    }
    if (dead.length === 0) return
    const third = new Runner('three')
    this.#runners.push(third)
    void this.#work(
      third,
      this.#fakes.map(f => f.name),
      0,
    ).then(outcome => (third.outcome = outcome))
    for (;;) {
      await quiet()
      const next = this.#waiting.find(({ engine }) => engine === 2)
      if (next) await this.#let(next)
      else if (third.outcome !== undefined || this.#time.now() > 2 * MOST_MS || !this.#time.goOn()) break
    }
    if (third.outcome !== 'done') this.#broken.push(`after it three ended with ${third.outcome}`)
    for (const fake of this.#fakes)
      if (holderOf(fake) !== undefined) this.#broken.push(`a lock is left on ${fake.name}`)
  }

  close(): void {
    for (const { hosts } of this.#runners) for (const host of hosts) host.close()
  }

  #isOver(): boolean {
    return this.#runners.every(r => r.isDead || r.outcome !== undefined)
  }

  #isAwake(engine: number): boolean {
    const runner = this.#runners[engine]
    return runner !== undefined && !runner.isDead && !runner.isStill
  }

  async #prepare(): Promise<void> {
    const free: Gate = { pass: () => Promise.resolve(), answered: () => Promise.resolve() }
    const { dead = [], still = [] } = this.#setting
    for (const fake of this.#fakes) {
      const host = gatedHost(fake, free)
      if (dead.includes(fake.name)) await createLock(host, 'prod', diedHere())
      if (still.includes(fake.name)) await createLock(host, 'prod', elsewhere('nobody'))
    }
  }

  #hostsOf(engine: number): readonly string[] {
    return this.#setting.hosts?.[engine] ?? ['a', 'b']
  }

  async #work(runner: Runner, names: readonly string[], afterMs: number): Promise<string> {
    const timers = this.#time.timersOf(runner)
    const signal = new AbortController().signal
    const fakes = this.#fakes.filter(fake => names.includes(fake.name))
    const hosts = (runner.hosts = fakes.map(fake => gatedHost(fake, this.#gateOf(runner))))
    let locks: Locks | undefined
    try {
      if (afterMs > 0) await timers.sleep(afterMs, signal)
      const { clock } = this.#time
      const owner = elsewhere(runner.run)
      locks = await Locks.acquire(hosts, {
        cluster: 'prod',
        owner,
        emit: () => {},
        signal,
        clock,
        timers,
        ...PACE,
      })
      await act(hosts, locks, `${runner.run}.begins`)
      if (this.#setting.actsForMs > 0) {
        await timers.sleep(this.#setting.actsForMs, signal)
        await act(hosts, locks, `${runner.run}.ends`)
      }
      return 'done'
    } catch (error) {
      if (!(error instanceof StowageError)) return String(error)
      // what was not sent for want of the lock
      return error.code
    } finally {
      await locks?.release()
    }
  }

  #gateOf(runner: Runner): Gate {
    const engine = this.#runners.indexOf(runner)
    return {
      pass: ({ name }, { method, path }) =>
        new Promise(open => {
          const nth = ++runner.asked
          const label = `${runner.run} ${name} ${method} ${path.replace(/[0-9a-f]{64}/, 'ID')}`
          this.#waiting.push({ engine, host: name, method, nth, label, open })
        }),
      answered: async (fake, { path }) => {
        if (path === '/volumes/create') this.#check(fake, runner.run)
        if (runner.isStill) await new Promise<void>(resolve => runner.kept.push(resolve))
      },
    }
  }

  /** Whoever acts on a host has its lock at that very moment. */
  #check(fake: FakeHost, run: string): void {
    const holder = holderOf(fake)
    if (holder !== run) this.#broken.push(`${run} acts on ${fake.name}, whose lock ${holder ?? 'nobody'} has`)
    this.#acted.set(fake.name, [...(this.#acted.get(fake.name) ?? []), run])
  }

  async #let({ engine, nth }: Turn): Promise<void> {
    const turn = this.#waiting.find(w => w.engine === engine && w.nth === nth)
    const runner = this.#runners[engine]
    if (!turn || !runner) throw new Error('no such turn')
    const what =
      ++runner.called === this.#fault?.call && engine === this.#fault.engine ? this.#fault.what : ''
    const [, seconds, when] = /^still for (\d+) (\w+)$/.exec(what) ?? []
    this.#turns.push(`${this.#time.now() / 1000} s  ${turn.label}${what && `  (${what})`}`)
    if (what !== '') this.#struck = true
    if (seconds !== undefined) this.#standStill(runner, Number(seconds) * 1000)
    // its turn comes again when it is awake
    if (when === 'before') return
    this.#waiting = this.#waiting.filter(w => w !== turn)
    // whoever is killed gets no answer either
    if (what === 'killed') runner.isStill = true
    if (what === 'answer lost')
      this.#fakes.find(f => f.name === turn.host)?.faults.add({ kind: 'reply-lost' })
    turn.open()
    if (what !== 'killed') return
    await quiet()
    kill(runner)
  }

  #standStill(runner: Runner, ms: number): void {
    runner.isStill = true
    this.#time.after(ms, () => {
      runner.isStill = false
      for (const hand of runner.kept.splice(0)) hand()
    })
  }
}

/** Nothing that it asks for from now on has its turn, and no timer of it goes off. */
function kill(runner: Runner): void {
  runner.isDead = true
  runner.isStill = true
  for (const host of runner.hosts) host.close()
}

async function act(hosts: readonly DockerHost[], locks: Locks, what: string): Promise<void> {
  for (const host of hosts) {
    await locks.confirm(host.name)
    await host.guarded(() => locks.check(host.name)).createVolume(what, {})
  }
}

function holderOf(fake: FakeHost): string | undefined {
  for (const { name, config } of fake.world.containers.values())
    if (name === 'prod.lock') return (JSON.parse(config.Labels?.['stowage.lock'] ?? '{}') as LockOwner).run
  return undefined
}

/** Of whom only the heartbeat tells whether they live. */
function elsewhere(run: string): LockOwner {
  return { run, who: `${run}@elsewhere`, command: 'stowage apply', since: '' }
}

/** Of whose process this machine knows that it is no more. */
function diedHere(): LockOwner {
  const owner = thisOwner('zero', 'stowage apply', new Date(0))
  return { ...owner, ...(owner.process && { process: { ...owner.process, started: 'before' } }) }
}

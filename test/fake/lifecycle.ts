import { beginHealthChecks, endHealthChecks, settleHealth } from './health.ts'
import { takePorts } from './ports.ts'
import { Refusal } from './reply.ts'
import { CONTAINER } from './settings.ts'
import type { FakeContainer, World } from './world.ts'

const FIRST_BACKOFF_MS = 100
const LONGEST_BACKOFF_MS = 60_000
/** A run that lasted so long begins the back-off anew. */
const STEADY_RUN_MS = 10_000

/** Brings every container to what it is at `now`: exits, restarts and health checks that were due. */
export function settle(world: World, now: number): void {
  for (const container of world.containers.values()) settleContainer(world, container, now)
}

function settleContainer(world: World, container: FakeContainer, now: number): void {
  for (;;) {
    if (container.status === 'running') {
      const end = nextExit(container)
      if (end === undefined || end.at > now) return settleHealth(container, now)
      settleHealth(container, end.at)
      exit(container, end)
    } else if (container.status === 'restarting' && container.restartAt <= now) {
      restart(world, container)
    } else {
      return
    }
  }
}

/** How one run ends. */
interface Exit {
  at: number
  exitCode: number
  oomKilled?: boolean
}

function nextExit(container: FakeContainer): Exit | undefined {
  const { exit } = container.behaviour
  const own =
    exit !== undefined && container.runs <= (exit.runs ?? Number.POSITIVE_INFINITY)
      ? { at: container.startedAt + exit.afterMs, exitCode: exit.code, oomKilled: exit.oomKilled }
      : undefined
  const { stopping } = container
  if (own === undefined || stopping === undefined) return own ?? stopping
  return own.at <= stopping.at ? own : stopping
}

/** A running container ends; its restart policy decides what follows. */
export function exit(container: FakeContainer, end: Exit): void {
  const ranMs = end.at - container.startedAt
  endHealthChecks(container)
  Object.assign(container, { finishedAt: end.at, exitCode: end.exitCode, oomKilled: end.oomKilled ?? false })
  container.ports = []
  container.stopping = undefined
  if (container.stopped || !wantsRestart(container)) {
    container.status = 'exited'
    return
  }
  if (ranMs >= STEADY_RUN_MS) container.backoffMs = 0
  container.backoffMs = Math.min(container.backoffMs * 2 || FIRST_BACKOFF_MS, LONGEST_BACKOFF_MS)
  container.restartAt = end.at + container.backoffMs
  container.restartCount += 1
  container.status = 'restarting'
}

function wantsRestart(container: FakeContainer): boolean {
  const { Name, MaximumRetryCount = 0 } = policyOf(container)
  if (Name === 'always' || Name === 'unless-stopped') return true
  if (Name !== 'on-failure' || container.exitCode === 0) return false
  return MaximumRetryCount === 0 || container.restartCount < MaximumRetryCount
}

function policyOf(container: FakeContainer): { Name: string; MaximumRetryCount?: number } {
  return container.host.RestartPolicy
}

function restart(world: World, container: FakeContainer): void {
  try {
    run(world, container, container.restartAt)
  } catch (error) {
    if (!(error instanceof Refusal)) throw error
    container.status = 'exited'
  }
}

/** Starts a container through the API or at a boot: counts and back-off begin anew. Throws Docker's refusal. */
export function start(world: World, container: FakeContainer, now: number): void {
  container.stopped = false
  container.restartCount = 0
  container.backoffMs = 0
  run(world, container, now)
}

function run(world: World, container: FakeContainer, now: number): void {
  const { startError } = container.behaviour
  try {
    requireNetwork(world, container)
    requireTied(world, container)
    takePorts(world, container)
    if (startError !== undefined) throw new Refusal(400, startError)
  } catch (error) {
    if (!(error instanceof Refusal)) throw error
    container.ports = []
    container.error = error.message
    container.exitCode = error.status === 400 ? 127 : 128
    throw error
  }
  Object.assign(container, { status: 'running', startedAt: now, exitCode: 0, oomKilled: false, error: '' })
  container.runs += 1
  container.stopping = undefined
  for (const line of container.behaviour.stdout ?? []) container.logs.push({ stream: 'stdout', line })
  for (const line of container.behaviour.stderr ?? []) container.logs.push({ stream: 'stderr', line })
  beginHealthChecks(container)
}

function requireNetwork(world: World, container: FakeContainer): void {
  const mode = container.host.NetworkMode
  if (mode.startsWith(CONTAINER)) {
    const id = mode.slice(CONTAINER.length)
    const target = world.containers.get(id)
    if (!target) throw new Refusal(404, `No such container: ${id}`)
    if (!isUp(target)) throw new Refusal(409, `cannot join network of a non running container: ${id}`)
    return
  }
  if (mode === 'default') return
  const wanted = container.networkId ?? mode
  const network = [...world.networks.values()].find(n => n.name === wanted || n.id === wanted)
  if (!network) throw new Refusal(404, `network ${wanted} not found`)
  container.networkId = network.id
}

/** What a container is tied to must run when it is started. */
function requireTied(world: World, container: FakeContainer): void {
  const { Links, IpcMode, PidMode } = container.settings
  for (const { target, alias } of Links) {
    const linked = world.containers.get(target)
    if (linked && !isUp(linked)) {
      const words = `Cannot link to a non running container: /${linked.name} AS /${container.name}/${alias}`
      throw new Refusal(500, words)
    }
  }
  for (const mode of [IpcMode, PidMode]) {
    if (!mode.startsWith(CONTAINER)) continue
    const id = mode.slice(CONTAINER.length)
    const target = world.containers.get(id)
    if (!target) throw new Refusal(404, `No such container: ${id}`)
    if (!isUp(target))
      throw new Refusal(500, `can't join the namespace of container ${id}: container ${id} is not running`)
  }
}

function isJoining({ settings: { IpcMode, PidMode }, host: { NetworkMode } }: FakeContainer): boolean {
  return [IpcMode, PidMode, NetworkMode].some(mode => mode.startsWith(CONTAINER))
}

/** Docker's State.Running: also true while it is paused, or waits for its restart. */
export function isUp(container: FakeContainer): boolean {
  return ['running', 'paused', 'restarting'].includes(container.status)
}

/** How a container takes a stop with this grace, in ms: how long it needs, and its exit code. */
export function stopOf(container: FakeContainer, graceMs: number): { takesMs: number; exitCode: number } {
  const stop = container.behaviour.stop ?? { afterMs: 0 }
  if (stop === 'ignores-sigterm' || stop.afterMs > graceMs) return { takesMs: graceMs, exitCode: 137 }
  return { takesMs: stop.afterMs, exitCode: stop.code ?? 0 }
}

/**
 * Docker starts again, after a crash of the host or a restart of dockerd: what ran has ended at `now`, and the
 * restart policies start what they are to start. `exitCode` is that of what does not come back.
 */
export function boot(world: World, now: number, exitCode: 'by-sigterm' | number): void {
  settle(world, now)
  world.nextPort = world.firstPort
  const before = [...world.containers.values()]
  for (const container of before) {
    if (!isUp(container)) continue
    endHealthChecks(container)
    if (container.status !== 'restarting') {
      container.finishedAt = now
      container.exitCode = exitCode === 'by-sigterm' ? stopOf(container, 15_000).exitCode : exitCode
    }
    container.ports = []
    container.stopping = undefined
    container.status = 'exited'
  }
  for (const container of [...before.filter(isJoining), ...before.filter(c => !isJoining(c))]) {
    if (!comesBack(container)) continue
    try {
      start(world, container, now)
    } catch (error) {
      if (!(error instanceof Refusal)) throw error
    }
  }
}

function comesBack(container: FakeContainer): boolean {
  if (container.status !== 'exited' || container.runs === 0) return false
  const { Name } = container.host.RestartPolicy
  if (Name === 'always') return true
  if (container.stopped) return false
  return Name === 'unless-stopped' || (Name === 'on-failure' && container.exitCode !== 0)
}

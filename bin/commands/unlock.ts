import { StowageError } from '../../engine/errors.ts'
import { type LockView, lookAtLocks, removeLock } from '../../engine/lock/unlock.ts'
import { confirm } from '../confirm.ts'
import { connect } from '../connect.ts'
import { documentOf } from '../document-of.ts'
import { catchInterrupts, INTERRUPTED } from '../interrupt.ts'
import { warningLines } from '../render/problems.ts'
import { styleFor } from '../render/style.ts'
import { count, listed } from '../render/text.ts'
import { unlockLines } from '../render/unlock.ts'
import type { Settings } from '../settings.ts'
import type { Terminal } from '../terminal.ts'

interface UnlockFlags {
  readonly yes: boolean
  readonly force: boolean
}

export async function run(terminal: Terminal, settings: Settings, flags: UnlockFlags): Promise<number> {
  const { state } = await documentOf(terminal, settings, {})
  const { stdout, stderr, env } = terminal
  const interruption = catchInterrupts(terminal, () => {})
  const { signal } = interruption
  try {
    const cluster = await connect(state, settings, terminal, { onUnreachable: 'skip', signal })
    try {
      const silent = Object.values(cluster.skipped).map(s => s.problem)
      for (const line of warningLines(silent, styleFor(stderr, env))) stderr.write(`${line}\n`)
      if (!settings.json) stderr.write('watching the heartbeats …\n')
      const locks = await lookAtLocks(cluster.hosts.values(), state.cluster, { signal })
      const view = { cluster: state.cluster, instances: cluster.hosts.size, locks, now: terminal.now() }
      if (!settings.json)
        for (const line of unlockLines(view, styleFor(stdout, env))) stdout.write(`${line}\n`)
      const goes = locks.length > 0 && !signal.aborted && (await mayRemove(terminal, settings, flags, locks))
      if (goes && !signal.aborted) {
        await Promise.all(
          locks.map(async lock => {
            const host = cluster.hosts.get(lock.instance)
            if (host) await removeLock(host, lock)
          }),
        )
      }
      if (settings.json) {
        const removed = goes ? locks.map(l => l.instance) : []
        stdout.write(
          `${JSON.stringify({ schemaVersion: 1, cluster: state.cluster, locks: locks.map(shown), removed })}\n`,
        )
      } else if (goes) stdout.write(`${count(locks.length, 'lock')} removed.\n`)
      if (signal.aborted) return INTERRUPTED
      return goes || locks.length === 0 ? 0 : 1
    } finally {
      cluster.close()
    }
  } finally {
    interruption.end()
  }
}

/** @throws LOCK_HELD where somebody works there, CONFIRMATION_NEEDED */
async function mayRemove(
  terminal: Terminal,
  { json }: Settings,
  { yes, force }: UnlockFlags,
  locks: readonly LockView[],
): Promise<boolean> {
  const alive = locks.filter(lock => lock.heart === 'beats')
  if (alive.length > 0 && !force) {
    const where = listed(alive.map(lock => lock.instance))
    const message = `nothing was removed: the heartbeat of the lock on ${where} moves, so ${alive[0]?.owner.who} works there`
    const next = 'Let it end, or end it with Ctrl-C. stowage unlock --force removes the lock all the same.'
    throw new StowageError('LOCK_HELD', message, { next })
  }
  const warning =
    alive.length > 0 ? 'Whoever works there stops before their next step, in the middle of it. ' : ''
  return await confirm(terminal, { yes, json }, `${warning}Remove ${count(locks.length, 'lock')}?`)
}

function shown({ instance, owner: { who, command, since }, heart }: LockView) {
  return { instance, who, command, since, heart }
}

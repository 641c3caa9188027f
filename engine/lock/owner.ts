import { readFileSync, readlinkSync } from 'node:fs'
import { hostname, userInfo } from 'node:os'

/** Who holds a lock; stands as JSON in the label stowage.lock. */
export interface LockOwner {
  /** The run of apply: the deployment's id. */
  readonly run: string
  /** user@machine, for people. */
  readonly who: string
  readonly command: string
  /** RFC 3339, by the owner's clock. For people only. */
  readonly since: string
  /** By which the same machine can tell that the owner is dead. Absent where the machine has no such facts. */
  readonly process?: ProcessIdentity
}

/** A process of a Linux machine, so that another process on it can say for sure that this one has ended. */
interface ProcessIdentity {
  readonly boot: string
  readonly pidNamespace: string
  readonly pid: number
  /** In clock ticks since boot: a pid that was given out again has another. */
  readonly started: string
}

/** This process as an owner. */
export function thisOwner(run: string, command: string, now: Date): LockOwner {
  const process = processIdentity(globalThis.process.pid)
  return {
    run,
    who: `${userName()}@${hostname()}`,
    command,
    since: now.toISOString(),
    ...(process && { process }),
  }
}

export function readOwner(label: string): LockOwner {
  try {
    const owner = JSON.parse(label) as Partial<Record<keyof LockOwner, unknown>>
    return {
      run: text(owner.run, ''),
      who: text(owner.who, 'unknown'),
      command: text(owner.command, ''),
      since: text(owner.since, ''),
      // is only ever compared
      ...(isObject(owner.process) && { process: owner.process as ProcessIdentity }),
    }
  } catch {
    return { run: '', who: 'unknown', command: '', since: '' }
  }
}

function text(value: unknown, otherwise: string): string {
  return typeof value === 'string' ? value : otherwise
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null
}

/**
 * Whether the owner ran on this very machine and is no more. False wherever that cannot be told.
 * @param lookUp finds a process of this machine, as far as /proc shows it
 */
export function hasDied({ process: theirs }: LockOwner, lookUp = processIdentity): boolean {
  if (!theirs) return false
  const ours = processIdentity(process.pid)
  if (!ours || theirs.boot !== ours.boot || theirs.pidNamespace !== ours.pidNamespace) return false
  const found = lookUp(theirs.pid)
  // where /proc is mounted with hidepid another user's process is not in it, and lives
  return found ? found.started !== theirs.started : isGone(theirs.pid)
}

function isGone(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return false
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ESRCH'
  }
}

function processIdentity(pid: number): ProcessIdentity | undefined {
  try {
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()
    const pidNamespace = readlinkSync('/proc/self/ns/pid')
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    // the second field is the command in parentheses, which may hold anything; the start time is the 22nd
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    // a zombie holds nothing any more
    const started = fields[0] === 'Z' ? '' : (fields[19] ?? '')
    return { boot, pidNamespace, pid, started }
  } catch {
    return undefined
  }
}

function userName(): string {
  try {
    return userInfo().username
  } catch {
    return 'unknown'
  }
}

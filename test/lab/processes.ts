import { readFileSync, readdirSync } from 'node:fs'
import { until } from './command.ts'

/** One process, told apart from a later one that got the same pid. */
export interface ProcessIdentity {
  readonly pid: number
  /** Clock ticks between the machine's boot and the process's start. */
  readonly startTime: string
  /** The kernel's id of this boot of the machine. */
  readonly bootId: string
}

/** The environment variable by which every process that a lab starts is known as that lab's. */
export const MEMBER_VARIABLE = 'STOWAGE_LAB_MEMBER'

/** The identity of a living process, by default of this one; undefined where there is none. */
export function identify(pid: number = process.pid): ProcessIdentity | undefined {
  const startTime = startTimeOf(pid)
  return startTime === undefined ? undefined : { pid, startTime, bootId: bootId() }
}

/** Whether this very process still runs. */
export function isAlive(process: ProcessIdentity): boolean {
  return process.bootId === bootId() && startTimeOf(process.pid) === process.startTime
}

/** The kernel's id of this boot of the machine. */
export function bootId(): string {
  return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()
}

/** The pids of all processes that were started with this mark, or with one below it (`mark/…`). */
export function membersOf(mark: string): number[] {
  const wanted = `${MEMBER_VARIABLE}=${mark}/`
  const isMember = (pid: string) =>
    readOrEmpty(`/proc/${pid}/environ`)
      .split('\0')
      .some(variable => `${variable}/`.startsWith(wanted))
  return readdirSync('/proc')
    .filter(name => /^\d+$/.test(name) && isMember(name))
    .map(Number)
}

/** The pids of a process's children. */
export function childrenOf(pid: number): number[] {
  return readOrEmpty(`/proc/${pid}/task/${pid}/children`).split(' ').filter(Boolean).map(Number)
}

/** Ends with SIGKILL all processes that were started with this mark; resolves when none is left. */
export async function killMembers(mark: string): Promise<void> {
  await until('the end of all processes of the lab', 30_000, () => {
    const members = membersOf(mark)
    for (const pid of members) killIfThere(pid)
    return members.length === 0
  })
}

function killIfThere(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL')
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error
  }
}

function startTimeOf(pid: number): string | undefined {
  const stat = readOrEmpty(`/proc/${pid}/stat`)
  // the name in parentheses may hold spaces and parentheses; the state is field 3, the start time field 22
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return stat === '' || fields[0] === 'Z' ? undefined : fields[19]
}

function readOrEmpty(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return ''
  }
}

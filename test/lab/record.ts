import { existsSync, mkdirSync, readFileSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import type { Server } from 'node:net'
import { join } from 'node:path'
import { until } from './command.ts'
import { bootId, identify, isAlive } from './processes.ts'
import type { ProcessIdentity } from './processes.ts'

/** What the machine's disk knows of one lab, so that its remains can be found after a crash. */
export interface LabRecord {
  /** Decides the subnet and every name on the machine; free again when the lab is gone. */
  readonly number: number
  readonly name: string
  /** Unique for ever; every process of the lab carries it. */
  readonly mark: string
  readonly owner: ProcessIdentity
  /** Left up for a person: no process owns it, only `stop` ends it. */
  readonly kept: boolean
  /** Where everything of the lab is on the disk. */
  readonly folder: string
}

/** Where the labs of this machine keep their records and their data. */
export const LABS_FOLDER = '/var/lib/stowage-lab'

const RECORD = 'lab.json'
const HIGHEST_NUMBER = 254

/** All labs of this machine, by number. */
export function listLabs(): LabRecord[] {
  if (!existsSync(LABS_FOLDER)) return []
  return readdirSync(LABS_FOLDER)
    .filter(entry => /^\d+$/.test(entry))
    .sort((a, b) => Number(a) - Number(b))
    .map(entry => readRecord(join(LABS_FOLDER, entry)))
    .filter(record => record !== undefined)
}

/** Whether nobody can want this lab any more: its owner is dead, or the machine has started anew since. */
export function isAbandoned(lab: LabRecord): boolean {
  return lab.kept ? lab.owner.bootId !== bootId() : !isAlive(lab.owner)
}

/**
 * Takes the lowest lab number that nobody has and that `isFree` allows.
 * To be called under `withLabsLock`.
 */
export function claimLab(name: string | undefined, isFree: (number: number) => boolean): LabRecord {
  const owner = identify()
  if (owner === undefined) throw new Error('this process has no entry in /proc')
  mkdirSync(LABS_FOLDER, { recursive: true, mode: 0o700 })
  const taken = new Set(readdirSync(LABS_FOLDER))
  for (let number = 1; number <= HIGHEST_NUMBER; number++) {
    if (taken.has(String(number)) || !isFree(number)) continue
    const mark = `${number}-${owner.pid}-${owner.startTime}-${Date.now()}`
    const folder = join(LABS_FOLDER, String(number))
    const record = { number, name: name ?? `lab-${number}`, mark, owner, kept: false, folder }
    // the rename makes folder and record appear together
    const draft = join(LABS_FOLDER, `.new-${mark}`)
    mkdirSync(draft, { mode: 0o700 })
    writeRecord(draft, record)
    renameSync(draft, folder)
    return record
  }
  throw new Error(`all ${HIGHEST_NUMBER} lab numbers are taken; see npm run lab -- status`)
}

/** Marks the lab as left up for a person. */
export function keepLab(lab: LabRecord): LabRecord {
  const kept = { ...lab, kept: true }
  writeRecord(lab.folder, kept)
  return kept
}

/** Gives the number back and deletes the data; all that used them must have ended. */
export function forgetLab(lab: LabRecord): void {
  // renamed first: once the number is free, nothing may touch its folder
  const gone = join(LABS_FOLDER, `.gone-${lab.mark}`)
  if (existsSync(lab.folder)) renameSync(lab.folder, gone)
  rmSync(gone, { recursive: true, force: true, maxRetries: 10 })
}

/** Deletes what a crash left half made or half deleted. To be called under `withLabsLock`. */
export function sweepLabsFolder(): void {
  if (!existsSync(LABS_FOLDER)) return
  for (const entry of readdirSync(LABS_FOLDER)) {
    const folder = join(LABS_FOLDER, entry)
    if (entry.startsWith('.') || readRecord(folder) === undefined)
      rmSync(folder, { recursive: true, force: true })
  }
}

/** Runs `work` while no other process of this machine claims or cleans labs. */
export async function withLabsLock<T>(work: () => Promise<T>): Promise<T> {
  // an abstract socket: the kernel frees it when its holder dies
  const lock = await until('the lock on the labs', 120_000, () => listenOn('\0stowage-lab'))
  try {
    return await work()
  } finally {
    lock.close()
  }
}

function listenOn(path: string): Promise<Server | undefined> {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', error =>
      'code' in error && error.code === 'EADDRINUSE' ? resolve(undefined) : reject(error),
    )
    server.listen(path, () => resolve(server))
  })
}

function readRecord(folder: string): LabRecord | undefined {
  try {
    return JSON.parse(readFileSync(join(folder, RECORD), 'utf8'))
  } catch (error) {
    // only what is no record may be swept away; one that cannot be read just now is somebody's
    const code = error instanceof Error && 'code' in error ? error.code : undefined
    if (code === 'ENOENT' || code === 'ENOTDIR' || error instanceof SyntaxError) return undefined
    throw error
  }
}

function writeRecord(folder: string, record: LabRecord): void {
  const draft = join(folder, `${RECORD}.new`)
  writeFileSync(draft, JSON.stringify(record, undefined, 2))
  renameSync(draft, join(folder, RECORD))
}

import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'

/** What a demo's folder says of it, so that the next one can clean up after it. */
export interface ProjectRecord {
  readonly pid: number
  /** The pid namespace in which `pid` means something; '' where the system has none. */
  readonly namespace: string
  /** The socket of the local Docker that it deploys on. */
  readonly local?: string
  /** The mark of the lab that it left up. */
  readonly lab?: string
  /** Left up for a person. */
  readonly kept: boolean
}

/** A copy of examples/hello in a folder of its own, as a person has it who installed the package. */
export interface Project {
  /** The demo's own folder; all that it writes is in it. */
  readonly root: string
  /** The project. */
  readonly folder: string
  /** The CLI, as npx finds it from there. */
  readonly bin: string
}

const REPOSITORY = resolve(import.meta.dirname, '../..')
const PREFIX = 'stowage-demo-'
const RECORD = 'demo.json'

/** Makes the copy, with `config` added to its stowage.config.json. */
export function createProject(
  record: Omit<ProjectRecord, 'pid' | 'namespace'>,
  config: Readonly<Record<string, unknown>>,
): Project {
  const root = mkdtempSync(join(tmpdir(), PREFIX))
  writeRecord(root, { ...record, pid: process.pid, namespace: pidNamespace() })
  const project = projectIn(root)
  const example = join(REPOSITORY, 'examples/hello')
  // what a person's own runs left there is not part of the example
  cpSync(example, project.folder, {
    recursive: true,
    filter: path => !/stowage\.out|node_modules/.test(path.slice(example.length)),
  })
  const file = join(project.folder, 'stowage.config.json')
  const own: unknown = JSON.parse(readFileSync(file, 'utf8'))
  writeFileSync(file, `${JSON.stringify({ ...(own as object), ...config }, undefined, 2)}\n`)
  const modules = join(project.folder, 'node_modules')
  mkdirSync(join(modules, '.bin'), { recursive: true })
  symlinkSync(REPOSITORY, join(modules, 'stowage'))
  symlinkSync('../stowage/dist/bin/stowage.js', project.bin)
  return project
}

/** Says in its record what has become of a demo. */
export function updateProject({ root }: Project, change: Partial<ProjectRecord>): void {
  const record = readRecord(root)
  if (record !== undefined) writeRecord(root, { ...record, ...change })
}

export function removeProject({ root }: Project): void {
  rmSync(root, { recursive: true, force: true })
}

/** The folders that demos of this person have left or are in, with what they say. */
export function listProjects(): {
  readonly project: Project
  readonly record: ProjectRecord
  readonly alive: boolean
}[] {
  return readdirSync(tmpdir())
    .filter(name => name.startsWith(PREFIX))
    .map(name => join(tmpdir(), name))
    .flatMap(root => {
      // what another user put there is neither believed nor removed
      const record = isOwn(root) ? readRecord(root) : undefined
      return record === undefined ? [] : [{ project: projectIn(root), record, alive: isAlive(record) }]
    })
}

function projectIn(root: string): Project {
  const folder = join(root, 'hello')
  return { root, folder, bin: join(folder, 'node_modules/.bin/stowage') }
}

function readRecord(root: string): ProjectRecord | undefined {
  const file = join(root, RECORD)
  try {
    return existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : undefined
  } catch {
    return undefined
  }
}

function writeRecord(root: string, record: ProjectRecord): void {
  writeFileSync(join(root, RECORD), `${JSON.stringify(record)}\n`)
}

function isOwn(root: string): boolean {
  const uid = process.getuid?.()
  return uid === undefined || statSync(root, { throwIfNoEntry: false })?.uid === uid
}

/** One that another namespace knows may well be alive. */
function isAlive({ pid, namespace }: ProjectRecord): boolean {
  if (namespace !== pidNamespace()) return true
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}

function pidNamespace(): string {
  const link = '/proc/self/ns/pid'
  return existsSync(link) ? readlinkSync(link) : ''
}

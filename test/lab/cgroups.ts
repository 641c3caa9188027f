import { existsSync, readdirSync, rmdirSync } from 'node:fs'
import { join } from 'node:path'
import { until } from './command.ts'

/** The cgroup that holds all containers of a lab's host. */
export function cgroupOf(lab: number, host: string): string {
  return `/stowage-lab/${lab}/${host}`
}

/** Removes the cgroups of a lab whose processes have ended, in cgroup v1 and v2. */
export async function removeCgroups(lab: number): Promise<void> {
  for (const hierarchy of hierarchies()) {
    const parent = join(hierarchy, 'stowage-lab')
    const own = join(parent, String(lab))
    // the kernel lets go of a cgroup a moment after its last process
    await until(`the end of ${own}`, 10_000, () => !existsSync(own) || removeTree(own))
    if (existsSync(parent)) removeEmpty(parent)
  }
}

/** The mounted cgroup hierarchies: one for each controller with v1, a single one with v2. */
function hierarchies(): string[] {
  const root = '/sys/fs/cgroup'
  if (!existsSync(root)) return []
  return [
    root,
    ...readdirSync(root, { withFileTypes: true })
      .filter(isFolder)
      .map(entry => join(root, entry.name)),
  ]
}

function isFolder(entry: { isDirectory(): boolean }): boolean {
  return entry.isDirectory()
}

function removeTree(folder: string): boolean {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    if (entry.isDirectory()) removeTree(join(folder, entry.name))
  }
  return removeEmpty(folder)
}

function removeEmpty(folder: string): boolean {
  try {
    rmdirSync(folder)
    return true
  } catch {
    return false
  }
}

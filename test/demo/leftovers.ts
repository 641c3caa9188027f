import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { listLabs } from '../lab/record.ts'
import { everything, removeImage, tasksOf } from './docker-api.ts'
import type { Ground } from './ground.ts'
import { listProjects, type Project, removeProject } from './project.ts'
import type { Shell } from './shell.ts'
import { CLUSTER } from './story.ts'

/**
 * Removes what demos left that were killed, and on the local Docker also what one left up on purpose: there is room
 * for one alone. Throws where the cluster of the demo is there and no demo made it, or one is under way.
 */
export async function sweep(
  ground: Ground,
  shellIn: (project: Project) => Shell,
  say: (line: string) => void,
): Promise<void> {
  const socket = ground.shared ? ground.hosts[0]?.socket : undefined
  for (const { project, record, alive } of listProjects()) {
    const { pid, kept } = record
    if (record.local !== undefined) {
      if (record.local !== socket) continue
      if (alive && !kept) throw new Error(`another demo (process ${pid}) is under way on this Docker`)
      say(`removing what an earlier demo left ${kept ? 'up' : 'behind'} on this Docker`)
      await emptyShared(ground, project, shellIn)
      removeProject(project)
    } else if (!alive && !(kept && listLabs().some(lab => lab.mark === record.lab))) {
      removeProject(project)
    }
  }
  if (ground.shared && (await hasCluster(ground))) {
    throw new Error(`this Docker has a cluster ${CLUSTER} that no demo made, and the demo would change it`)
  }
}

/** Takes the demo's cluster off a Docker that others use too. */
export async function emptyShared(
  ground: Ground,
  project: Project,
  shellIn: (project: Project) => Shell,
): Promise<void> {
  const wasSynthesized = existsSync(join(project.folder, 'stowage.out'))
  if (wasSynthesized && (await hasCluster(ground))) await shellIn(project).stowage(['destroy', '--yes'])
}

/** Removes the images that came to a Docker that others use too. */
export async function removePulledImages(
  ground: Ground,
  before: ReadonlySet<string>,
  say: (line: string) => void,
): Promise<void> {
  if (!ground.shared) return
  for (const host of ground.hosts) {
    const things = await everything(host)
    const pulled = things.filter(t => t.kind === 'image' && !before.has(`${host.name} ${t.id}`))
    const demos = pulled.filter(image => isOfDemo(ground, image.name))
    for (const { name } of demos) await removeImage(host, name)
    if (demos.length > 0) say(`the images that it pulled are removed: ${demos.map(i => i.name).join(', ')}`)
  }
}

/** Stowage labels all that it makes; a cluster's volumes and networks go with its containers. */
async function hasCluster(ground: Ground): Promise<boolean> {
  const tasks = await Promise.all(['web', 'agent'].map(service => tasksOf(ground.hosts, CLUSTER, service)))
  return tasks.flat().length > 0
}

/** The example's own agent is of busybox. */
function isOfDemo({ images }: Ground, name: string): boolean {
  const repositories = [images.web, images.agent ?? 'busybox'].map(i => i.replace(/(@.*|:[^/:]*)$/, ''))
  return repositories.some(
    repository => name.startsWith(`${repository}@`) || name.startsWith(`${repository}:`),
  )
}

import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import type { LabHost } from '../lab/lab-host.ts'

/** Everything that `docker inspect` shows of all containers, images, volumes and networks of a host. */
export async function inspectAll(host: LabHost): Promise<unknown[]> {
  const lists = [
    ['ps', '-aq'],
    ['volume', 'ls', '-q'],
    ['network', 'ls', '-q'],
    ['images', '-aq'],
  ]
  const ids = await Promise.all(lists.map(async args => (await host.docker(...args)).split('\n')))
  const all = [...new Set(ids.flat().filter(id => id !== ''))]
  return JSON.parse(await host.docker('inspect', ...all)) as unknown[]
}

/** Where a text stands in what was inspected, as "NAME Config.Env"; each place once, places in lists without a number. */
export function placesOf(text: string, inspected: readonly unknown[]): string[] {
  const places = new Set<string>()
  const walk = (value: unknown, path: readonly string[]) => {
    if (typeof value === 'string' && value.includes(text)) places.add(path.join('.'))
    if (typeof value !== 'object' || value === null) return
    for (const [key, member] of Object.entries(value)) {
      const here = Array.isArray(value) ? path : [...path, key]
      if (key.includes(text)) places.add(here.join('.'))
      walk(member, here)
    }
  }
  const found: string[] = []
  for (const object of inspected) {
    walk(object, [])
    found.push(...[...places].map(place => `${nameOf(object)} ${place}`))
    places.clear()
  }
  return found.sort()
}

/** All that lies in the volumes which belong to a cluster and to none of its tasks, unpacked: its ledger. */
export async function keptTexts(host: LabHost): Promise<string[]> {
  const names = (await host.docker('volume', 'ls', '-q', '--filter', 'label=stowage.cluster')).split('\n')
  const volumes = names.filter(name => name !== '')
  if (volumes.length === 0) return []
  const shown = JSON.parse(await host.docker('volume', 'inspect', ...volumes)) as Volume[]
  return shown
    .filter(v => v.Labels['stowage.task'] === undefined)
    .flatMap(({ Mountpoint: folder }) =>
      readdirSync(folder, { recursive: true, withFileTypes: true })
        .filter(entry => entry.isFile())
        .map(entry => readFileSync(join(entry.parentPath, entry.name)))
        .map(bytes => (bytes[0] === 0x1f && bytes[1] === 0x8b ? gunzipSync(bytes) : bytes).toString('utf8')),
    )
}

interface Volume {
  readonly Mountpoint: string
  readonly Labels: Readonly<Record<string, string>>
}

function nameOf(object: unknown): string {
  const { Name: name, Id: id } = object as { Name?: string; Id?: string }
  return (name ?? id ?? '').replace(/^\//, '')
}

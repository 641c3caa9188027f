import { Refusal } from './reply.ts'
import { rfc3339 } from './time.ts'
import type { FakeVolume, World } from './world.ts'

/** Creates a volume, or gives the one of that name as it is. */
export function createVolume(
  world: World,
  name: string,
  labels: Record<string, string> | null,
  now: number,
  options?: FakeVolume['options'],
): FakeVolume {
  const existing = world.volumes.get(name)
  if (existing !== undefined) return existing
  const problem = volumeNameProblem(name)
  if (problem !== undefined) throw new Refusal(400, problem)
  const volume: FakeVolume = { name, labels, createdAt: now, options, files: new Map() }
  world.volumes.set(name, volume)
  return volume
}

/** Why Docker does not take this name, or undefined. */
export function volumeNameProblem(name: string): string | undefined {
  if (/^[a-zA-Z0-9]$/.test(name)) {
    return `create ${name}: volume name is too short, names should be at least two alphanumeric characters`
  }
  return /^[a-zA-Z0-9][a-zA-Z0-9_.-]+$/.test(name)
    ? undefined
    : `create ${name}: "${name}" includes invalid characters for a local volume name, only "[a-zA-Z0-9][a-zA-Z0-9_.-]" are allowed. If you intended to pass a host directory, use absolute path`
}

export function findVolume(world: World, name: string): FakeVolume {
  const volume = world.volumes.get(name)
  if (volume === undefined) throw new Refusal(404, `get ${name}: no such volume`)
  return volume
}

/** Removes a volume that no container has, running or not. */
export function removeVolume(world: World, name: string): void {
  findVolume(world, name)
  const users = [...world.containers.values()].filter(c =>
    c.mounts.some(m => m.kind === 'volume' && m.source === name),
  )
  if (users.length > 0) {
    throw new Refusal(409, `remove ${name}: volume is in use - [${users.map(c => c.id).join(', ')}]`)
  }
  world.volumes.delete(name)
}

/** As GET /volumes shows it. */
export function volumeView(volume: FakeVolume) {
  return {
    CreatedAt: rfc3339(Math.floor(volume.createdAt / 1000) * 1000),
    Driver: 'local',
    Labels: volume.labels,
    Mountpoint: `/var/lib/docker/volumes/${volume.name}/_data`,
    Name: volume.name,
    Options: volume.options ?? null,
    Scope: 'local',
  }
}

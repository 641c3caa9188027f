import { expect } from 'vitest'
import { createContainer, startContainer } from '../fake/containers.ts'
import type { FakeHost } from '../fake/fake-host.ts'
import { preloadImage } from '../fake/images.ts'
import { createNetwork } from '../fake/networks.ts'
import { createVolume } from '../fake/volumes.ts'
import type { FakeContainer, World } from '../fake/world.ts'

/** Things on a host that are not this cluster's. */
export interface Bystanders {
  /** Fails where one of them is not as it was, or where a request ever asked for a change of it. */
  expectUntouched(): void
}

/** The port that a foreign container holds on each host. */
export const FOREIGN_PORT = 5432

/** Puts containers, volumes and networks of nobody and of another cluster on a host; once, however often asked. */
export function plantBystanders(host: FakeHost): Bystanders {
  const { world, clock } = host
  const now = clock.now()
  if (![...world.containers.values()].some(c => c.name === 'database')) {
    preloadImage(world, 'other:1', now)
    addForeign(host, { name: 'database', port: FOREIGN_PORT, volume: 'database-data' })
    addForeign(host, { name: 'other.web.1.12345678.web', labels: { 'stowage.cluster': 'other' } })
    createVolume(world, 'other-data', { 'stowage.cluster': 'other' }, now)
    createVolume(world, 'other.web.1.12345678.volume.x', OTHER_TASK, now)
    createNetwork(world, 'foreign', {}, now)
    createNetwork(world, 'other', { 'stowage.cluster': 'other' }, now)
  }
  const before = foreignThings(world)
  return {
    expectUntouched: () => {
      expect(foreignThings(world)).toEqual(before)
      const ids = before.flatMap(t => [t.id, t.name])
      const meant = host.faults.requests.filter(
        r => r.method !== 'GET' && ids.some(id => r.path.split('/').includes(id)),
      )
      expect(meant).toEqual([])
    },
  }
}

/** A container of somebody else's that runs, made by them and not through this host's API. */
export function addForeign(
  { world, clock }: FakeHost,
  what: { name: string; port?: number; volume?: string; labels?: Record<string, string> },
): FakeContainer {
  const { name, port, volume, labels } = what
  const body = {
    Image: 'other:1',
    Labels: labels,
    ...(port !== undefined && { ExposedPorts: { '80/tcp': {} } }),
    HostConfig: {
      RestartPolicy: { Name: 'unless-stopped' },
      ...(port !== undefined && { PortBindings: { '80/tcp': [{ HostPort: String(port) }] } }),
      ...(volume !== undefined && { Binds: [`${volume}:/data`] }),
    },
  }
  const container = createContainer(world, name, body, clock.now())
  startContainer(world, container, clock.now())
  return container
}

/** What nobody but its owner, or a reboot of the host, changes; the latter ends in the same status. */
function partOf({ id, name, imageId, config, host, status, ports, mounts }: FakeContainer) {
  return { id, name, imageId, config, host, status, ports, mounts }
}

const OTHER_TASK = { 'stowage.cluster': 'other', 'stowage.task': 'web/1/1234567812345678' }
const NAMES = /^(database|other|foreign|bridge|host|none)/

function foreignThings({ containers, volumes, networks }: World): { id: string; name: string }[] {
  const all = [
    ...[...containers.values()].map(partOf),
    ...[...volumes.values()].map(v => ({ ...v, id: v.name })),
    ...networks.values(),
  ]
  return structuredClone(all.filter(thing => NAMES.test(thing.name)))
}

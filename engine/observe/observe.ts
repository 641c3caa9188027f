import type { ContainerConfig } from '../container-config.ts'
import { canonicalJson } from '../desired-state/canonical.ts'
import type { ContainerInspect, DockerHost } from '../docker/docker-host.ts'
import { StowageError, toProblem } from '../errors.ts'
import { LABEL } from '../identity.ts'
import type { ObservedImage, ObservedInstance, ObservedState, ReachableInstance } from '../observed-state.ts'
import {
  engineFacts,
  foreignContainer,
  imageConfig,
  nameOf,
  observedContainer,
  observedVolume,
  time,
} from './from-docker.ts'

/** Asks every host what is there; one that fails while it is asked is unreachable, with the reason. */
export async function observe(cluster: string, hosts: Iterable<DockerHost>): Promise<ObservedState> {
  const shared = new Shared()
  const looked = await Promise.all([...hosts].map(host => observeInstance(cluster, host, shared)))
  looked.sort((a, b) => (a.name < b.name ? -1 : 1))
  return { instances: Object.fromEntries(looked.map(i => [i.name, i])) }
}

async function observeInstance(cluster: string, host: DockerHost, shared: Shared): Promise<ObservedInstance> {
  try {
    return await look(cluster, host, shared)
  } catch (error) {
    return { name: host.name, reachable: false, problem: { ...toProblem(error), instance: host.name } }
  }
}

async function look(cluster: string, host: DockerHost, shared: Shared): Promise<ReachableInstance> {
  const [info, all, volumes, networks, images] = await Promise.all([
    host.info(),
    host.listContainers(),
    host.listVolumes(),
    host.listNetworks(),
    host.listImages(),
  ])
  const isOurs = (labels: Readonly<Record<string, string>> | null) => labels?.[LABEL.cluster] === cluster
  const isKeptFor = (labels: Readonly<Record<string, string>> | null, what: string) =>
    isOurs(labels) && labels?.[what] !== undefined
  const ours = all.filter(
    c => isOurs(c.Labels) && !isKeptFor(c.Labels, LABEL.lock) && !isKeptFor(c.Labels, LABEL.ledger),
  )
  const lock = all.find(c => isKeptFor(c.Labels, LABEL.lock))?.Labels?.[LABEL.lock]
  const names = new Map(all.map(c => [c.Id, nameOf(c)]))
  const inspected = await Promise.all(ours.map(c => inspectIfThere(host, c.Id)))
  const containers = inspected
    .filter(c => c !== undefined)
    .map(c => shared.container(observedContainer(c, id => names.get(id))))
    .sort((a, b) => (a.name < b.name ? -1 : 1))
  const configs = await imageConfigs(host, new Set(containers.map(c => c.imageId)), shared)
  const bridge = networks.find(n => n.Name === 'bridge')?.Id
  return {
    name: host.name,
    reachable: true,
    engine: engineFacts(info),
    ...(bridge !== undefined && { bridge }),
    clock: time(info.SystemTime),
    containers,
    foreign: all.filter(c => !isOurs(c.Labels)).map(foreignContainer),
    volumes: volumes.filter(v => !isKeptFor(v.Labels, LABEL.ledger)).map(observedVolume),
    ...(lock !== undefined && { lock }),
    networks: networks.filter(n => isOurs(n.Labels)).map(n => ({ id: n.Id, name: n.Name })),
    images: Object.fromEntries(
      images.map(i => {
        const config = configs.get(i.Id)
        return [
          i.Id,
          {
            id: i.Id,
            digests: i.RepoDigests ?? [],
            tags: i.RepoTags ?? [],
            bytes: i.Size,
            ...(config && { config }),
          },
        ]
      }),
    ),
  }
}

/** It may have gone since it was listed. */
async function inspectIfThere(host: DockerHost, id: string): Promise<ContainerInspect | undefined> {
  try {
    return await host.inspectContainer(id)
  } catch (error) {
    if (error instanceof StowageError && error.code === 'DOCKER_NOT_FOUND') return undefined
    throw error
  }
}

async function imageConfigs(host: DockerHost, ids: ReadonlySet<string>, shared: Shared) {
  const found = await Promise.all(
    [...ids].map(async id => {
      const image = await shared.image(id, () =>
        host.inspectImage(id).then(i => (i ? imageConfig(i) : undefined)),
      )
      return [id, image] as const
    }),
  )
  return new Map<string, ObservedImage['config']>(found)
}

/** Containers that are configured alike refer to one object; an image is inspected once for all hosts. */
class Shared {
  readonly #configs = new Map<string, ContainerConfig>()
  readonly #images = new Map<string, Promise<ObservedImage['config']>>()

  container<T extends { readonly config: ContainerConfig }>(container: T): T {
    const key = canonicalJson(container.config)
    const known = this.#configs.get(key)
    if (known) return { ...container, config: known }
    this.#configs.set(key, container.config)
    return container
  }

  async image(id: string, inspect: () => Promise<ObservedImage['config']>): Promise<ObservedImage['config']> {
    const known = await this.#images.get(id)
    if (known) return known
    const inspected = inspect()
    this.#images.set(id, inspected)
    return inspected
  }
}

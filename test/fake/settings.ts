import type { ConfigSettings, ContainerCreateBody, HostSettings } from '../../engine/docker/docker-host.ts'
import { Refusal } from './reply.ts'
import type { FakeContainer, FakeLink, World } from './world.ts'

const MIB = 1024 * 1024
/** Before the container of a namespace that is joined. */
export const CONTAINER = 'container:'

/** Finds a container by id or name; throws Docker's 404. */
type Find = (world: World, idOrName: string) => FakeContainer

/** The settings of Config, with Docker's defaults. */
export function configSettings(body: ContainerCreateBody, id: string): Required<ConfigSettings> {
  return {
    Hostname: body.Hostname || id.slice(0, 12),
    OpenStdin: body.OpenStdin ?? false,
    Tty: body.Tty ?? false,
    NetworkDisabled: body.NetworkDisabled ?? false,
  }
}

/** The mode as Docker keeps it: a container whose namespace is joined is meant by its id. Throws where there is none. */
function joinedById(world: World, mode: string, find: Find): string {
  return mode.startsWith(CONTAINER)
    ? `${CONTAINER}${named(world, mode.slice(CONTAINER.length), find).id}`
    : mode
}

/** Of a network Docker does not ask, before the start, whether there is such a container. */
export function networkMode(world: World, mode: string, find: Find): string {
  try {
    return joinedById(world, mode, find)
  } catch (error) {
    if (error instanceof Refusal) return mode
    throw error
  }
}

/** The settings of HostConfig, with Docker's defaults and with ids where Docker keeps ids. Throws its refusals. */
export function hostSettings(world: World, body: ContainerCreateBody, find: Find): FakeContainer['settings'] {
  const host = body.HostConfig ?? {}
  const { Memory = 0, MemorySwap = 0 } = host
  if (MemorySwap > 0 && Memory === 0)
    throw new Refusal(400, 'You should always set the Memory limit when using Memoryswap limit, see usage')
  if (MemorySwap > 0 && MemorySwap < Memory)
    throw new Refusal(400, 'Minimum memoryswap limit should be larger than memory limit, see usage')
  const joined = (mode: string) => joinedById(world, mode, find)
  for (const from of host.VolumesFrom ?? []) named(world, from.split(':', 1)[0] ?? '', find)
  return {
    ...Object.fromEntries(LISTS.map(key => [key, host[key] ?? null])),
    ...Object.fromEntries(FLAGS.map(key => [key, host[key] ?? false])),
    Init: host.Init ?? null,
    IpcMode: joined(host.IpcMode || 'private'),
    PidMode: joined(host.PidMode ?? ''),
    Links: (host.Links ?? []).map(link => linkTo(world, link, find)),
    MemorySwappiness: host.MemorySwappiness ?? null,
    NanoCpus: host.NanoCpus ?? 0,
    SecurityOpt: securityOptions(host),
    ShmSize: host.ShmSize ?? 64 * MIB,
  }
}

const LISTS = [
  'CapAdd',
  'CapDrop',
  'Devices',
  'Dns',
  'DnsSearch',
  'ExtraHosts',
  'Sysctls',
  'Tmpfs',
  'Ulimits',
  'VolumesFrom',
] as const
const FLAGS = ['Privileged', 'ReadonlyRootfs'] as const

/** Links are shown by the names of now; one outlives its target. */
export function linksView(world: World, container: FakeContainer): string[] | null {
  const shown = container.settings.Links.map(
    ({ target, name, alias }) => `/${world.containers.get(target)?.name ?? name}:/${container.name}/${alias}`,
  )
  return shown.length > 0 ? shown : null
}

/** All names of a container: what other containers call it comes before its own. */
export function namesOf(world: World, container: FakeContainer): string[] {
  const aliases = [...world.containers.values()].flatMap(other =>
    other.settings.Links.filter(l => l.target === container.id).map(l => `/${other.name}/${l.alias}`),
  )
  return [...aliases, `/${container.name}`]
}

function linkTo(world: World, link: string, find: Find): FakeLink {
  const [name = '', alias = name] = link.split(':')
  try {
    return { target: find(world, name).id, name, alias }
  } catch (error) {
    if (!(error instanceof Refusal)) throw error
    throw new Refusal(400, `could not get container for ${name}: ${error.message}`)
  }
}

/** The container of this name; Docker refuses with 400 what names none. */
function named(world: World, name: string, find: Find): FakeContainer {
  try {
    return find(world, name)
  } catch (error) {
    throw error instanceof Refusal ? new Refusal(400, error.message) : error
  }
}

function securityOptions(host: HostSettings): readonly string[] | null {
  const open = host.Privileged || host.PidMode === 'host' || host.IpcMode === 'host'
  const options = [...(host.SecurityOpt ?? []), ...(open ? ['label=disable'] : [])]
  return options.length > 0 ? options : null
}

import type { ContainerCreateBody, ContainerResources } from '../../engine/docker/docker-host.ts'
import type { Clock } from './clock.ts'
import { behaviourOf } from './commands.ts'
import { makeDirectory } from './files.ts'
import { endHealthChecks, resumeHealthChecks } from './health.ts'
import { requireImage } from './images.ts'
import { exit, isUp, start, stopOf } from './lifecycle.ts'
import { Refusal } from './reply.ts'
import { configSettings, hostSettings, networkMode } from './settings.ts'
import { createVolume, volumeNameProblem } from './volumes.ts'
import type { FakeContainer, FakeImage, ImageSettings, World } from './world.ts'
import { newId } from './world.ts'

const MIN_MEMORY = 6 * 1024 * 1024
const DEFAULT_STOP_TIMEOUT_S = 10
const POLICIES = ['', 'no', 'always', 'unless-stopped', 'on-failure']

/** The container that an id, the beginning of an id, or a name means; Docker's 404 where there is none. */
export function findContainer(world: World, idOrName: string): FakeContainer {
  const name = idOrName.replace(/^\//, '')
  const all = [...world.containers.values()]
  const found =
    world.containers.get(idOrName) ??
    all.find(c => c.name === name) ??
    (/^[0-9a-f]+$/.test(idOrName) ? all.find(c => c.id.startsWith(idOrName)) : undefined)
  if (found === undefined) throw new Refusal(404, `No such container: ${idOrName}`)
  return found
}

/** Creates a container; it is never started by this. */
export function createContainer(
  world: World,
  name: string | null,
  body: ContainerCreateBody,
  now: number,
): FakeContainer {
  if (!body.Image) throw new Refusal(400, 'Config cannot be empty in order to create a container')
  const image = requireImage(world, body.Image)
  const host = hostConfig(world, body)
  const settings = hostSettings(world, body, findContainer)
  const id = newId(world, 'container')
  const chosen = name ?? `fake_${id.slice(0, 12)}`
  requireFreeName(world, chosen)
  const config = merge(image, body, id)
  if (!config.Cmd?.length && !config.Entrypoint?.length) throw new Refusal(400, 'No command specified')
  const container: FakeContainer = {
    id,
    name: chosen,
    createdAt: now,
    imageId: image.id,
    config,
    host,
    settings,
    behaviour: behaviourOf(image.behaviour, config, Boolean(body.Cmd?.length || body.Entrypoint?.length)),
    status: 'created',
    startedAt: 0,
    finishedAt: 0,
    exitCode: 0,
    oomKilled: false,
    error: '',
    restartCount: 0,
    runs: 0,
    backoffMs: 0,
    restartAt: 0,
    stopped: false,
    ports: [],
    logs: [],
    files: new Map(image.files),
    mounts: [...mountsOf(host.Binds ?? []), ...mountsFrom(world, settings.VolumesFrom ?? [])],
  }
  for (const mount of container.mounts) {
    if (mount.kind !== 'volume') continue
    createVolume(world, mount.source, null, now)
    makeDirectory(container, mount.target, now)
  }
  for (const { Target, VolumeOptions } of body.HostConfig?.Mounts ?? []) {
    const source = newId(world, 'volume')
    createVolume(world, source, VolumeOptions?.Labels ?? null, now)
    container.mounts.push({ source, target: Target, mode: 'z', kind: 'volume', anonymous: true })
    makeDirectory(container, Target, now)
  }
  world.containers.set(id, container)
  return container
}

/** Starts it; false where it runs already. Throws Docker's refusals: paused, port, network, command. */
export function startContainer(world: World, container: FakeContainer, now: number): boolean {
  if (container.status === 'paused') {
    throw new Refusal(409, 'cannot start a paused container, try unpause instead')
  }
  if (isUp(container)) return false
  start(world, container, now)
  return true
}

/** Stops it as its behaviour takes SIGTERM, waiting on the clock; false where it does not run. */
export async function stopContainer(
  container: FakeContainer,
  timeoutS: number | undefined,
  clock: Clock,
): Promise<boolean> {
  if (!isUp(container)) return false
  container.stopped = true
  if (container.status === 'restarting') {
    Object.assign(container, { status: 'exited', finishedAt: clock.now() })
    return true
  }
  if (container.status === 'paused') container.status = 'running'
  const grace = (timeoutS ?? container.config.StopTimeout ?? DEFAULT_STOP_TIMEOUT_S) * 1000
  const { takesMs, exitCode } = stopOf(container, grace)
  const end = { at: clock.now() + takesMs, exitCode }
  container.stopping = end
  await clock.wait(takesMs)
  if (container.status === 'running' && container.stopping === end) exit(container, end)
  return true
}

/** SIGKILL, at once; as after a stop, the restart policy holds no more. */
export function killContainer(container: FakeContainer, asked: string, now: number): void {
  if (!isUp(container)) {
    throw new Refusal(409, `Cannot kill container: ${asked}: Container ${container.id} is not running`)
  }
  container.stopped = true
  exit(container, { at: now, exitCode: 137 })
}

export function pauseContainer(container: FakeContainer): void {
  if (container.status === 'paused') throw new Refusal(409, `Container ${container.id} is already paused`)
  if (container.status !== 'running') throw new Refusal(409, `Container ${container.id} is not running`)
  container.status = 'paused'
  endHealthChecks(container)
}

export function unpauseContainer(container: FakeContainer, now: number): void {
  if (container.status !== 'paused') throw new Refusal(500, `Container ${container.id} is not paused`)
  container.status = 'running'
  resumeHealthChecks(container, now)
}

/** Removes it; without force only one that does not run. Volumes with a name stay, others go where that is asked. */
export function removeContainer(
  world: World,
  container: FakeContainer,
  force: boolean,
  volumes = false,
): void {
  if (!force && isUp(container)) {
    const hint = container.status === 'paused' ? 'Unpause and then stop' : 'Stop'
    throw new Refusal(
      409,
      `You cannot remove a ${container.status} container ${container.id}. ${hint} the container before attempting removal or force remove`,
    )
  }
  world.containers.delete(container.id)
  if (volumes) for (const m of container.mounts) if (m.anonymous) world.volumes.delete(m.source)
}

/** A value of 0, or an absent one, leaves what is there. */
export function updateContainer(container: FakeContainer, resources: Partial<ContainerResources>): void {
  const { CpuShares = 0, Memory = 0, MemoryReservation = 0, MemorySwap = 0 } = resources
  checkMemory(Memory, MemoryReservation)
  if (MemorySwap > 0 && MemorySwap < Memory) {
    throw new Refusal(400, 'Minimum memoryswap limit should be larger than memory limit, see usage')
  }
  const { host } = container
  if (Memory > 0 && MemorySwap === 0 && host.MemorySwap > 0 && Memory > host.MemorySwap) {
    throw new Refusal(
      500,
      `Cannot update container ${container.id}: Memory limit should be smaller than already set memoryswap limit, update the memoryswap at the same time`,
    )
  }
  host.CpuShares = CpuShares || host.CpuShares
  host.Memory = Memory || host.Memory
  host.MemoryReservation = MemoryReservation || host.MemoryReservation
  host.MemorySwap = MemorySwap || host.MemorySwap
}

export function renameContainer(world: World, container: FakeContainer, name: string): void {
  requireFreeName(world, name)
  container.name = name
}

function requireFreeName(world: World, name: string): void {
  if (!/^\/?[a-zA-Z0-9][a-zA-Z0-9_.-]+$/.test(name)) {
    throw new Refusal(400, `Invalid container name (${name}), only [a-zA-Z0-9][a-zA-Z0-9_.-] are allowed`)
  }
  const holder = [...world.containers.values()].find(c => c.name === name)
  if (holder !== undefined) {
    throw new Refusal(
      409,
      `Conflict. The container name "/${name}" is already in use by container "${holder.id}". You have to remove (or rename) that container to be able to reuse that name.`,
    )
  }
}

function hostConfig(world: World, body: ContainerCreateBody): FakeContainer['host'] {
  const given = body.HostConfig ?? {}
  const { Memory = 0, MemoryReservation = 0, RestartPolicy = { Name: '' }, PortBindings = {} } = given
  checkMemory(Memory, MemoryReservation)
  if (!POLICIES.includes(RestartPolicy.Name)) {
    throw new Refusal(400, `invalid restart policy '${RestartPolicy.Name}'`)
  }
  for (const { HostPort } of Object.values(PortBindings).flat()) {
    if (Number(HostPort || 0) > 65535) throw new Refusal(400, `invalid port specification: "${HostPort}"`)
  }
  return {
    CpuShares: given.CpuShares ?? 0,
    Memory,
    MemoryReservation,
    MemorySwap: given.MemorySwap || Memory * 2,
    NetworkMode: networkMode(world, given.NetworkMode || 'default', findContainer),
    Binds: given.Binds ?? [],
    PortBindings,
    RestartPolicy,
    LogConfig: { Type: given.LogConfig?.Type || 'json-file', Config: given.LogConfig?.Config ?? {} },
  }
}

function checkMemory(memory: number, reservation: number): void {
  if (memory !== 0 && memory < MIN_MEMORY) throw new Refusal(400, 'Minimum memory limit allowed is 6MB')
  if (memory > 0 && reservation > memory) {
    throw new Refusal(400, 'Minimum memory limit can not be less than memory reservation limit, see usage')
  }
}

/** The container's own settings over the image's, as Docker merges them. */
function merge(image: FakeImage, body: ContainerCreateBody, id: string): FakeContainer['config'] {
  const own = image.settings
  const env = body.Env ?? []
  const names = new Set(env.map(nameOf))
  const ownCommand = body.Entrypoint?.length ? null : own.Cmd
  const config: FakeContainer['config'] = {
    ...configSettings(body, id),
    Image: body.Image,
    Env: [...env, ...(own.Env ?? []).filter(e => !names.has(nameOf(e)))],
    Cmd: body.Cmd?.length ? body.Cmd : ownCommand,
    Entrypoint: body.Entrypoint ?? own.Entrypoint,
    User: body.User || own.User,
    WorkingDir: body.WorkingDir || own.WorkingDir,
    Labels: { ...own.Labels, ...body.Labels },
    Healthcheck: healthcheckOf(own, body),
  }
  const exposed = { ...own.ExposedPorts, ...body.ExposedPorts }
  if (Object.keys(exposed).length > 0) config.ExposedPorts = exposed
  if (body.StopTimeout !== undefined) config.StopTimeout = body.StopTimeout
  return config
}

function healthcheckOf(own: ImageSettings, body: ContainerCreateBody): ImageSettings['Healthcheck'] {
  return body.Healthcheck?.Test?.length ? body.Healthcheck : { ...own.Healthcheck, ...body.Healthcheck }
}

function nameOf(entry: string): string {
  return entry.split('=', 1)[0] ?? ''
}

/** All that other containers mount, with their modes unless another is asked for. */
function mountsFrom(world: World, sources: readonly string[]): FakeContainer['mounts'] {
  return sources.flatMap(source => {
    const [name = '', mode] = source.split(':')
    return findContainer(world, name).mounts.map(mount => ({ ...mount, mode: mode ?? mount.mode }))
  })
}

function mountsOf(binds: readonly string[]): FakeContainer['mounts'] {
  return binds.map(bind => {
    const [source = '', target = '', mode = ''] = bind.split(':')
    if (!target.startsWith('/')) {
      throw new Refusal(
        500,
        `invalid volume specification: '${bind}': invalid mount config for type "volume": invalid mount path: '${target}' mount path must be absolute`,
      )
    }
    const kind = source.startsWith('/') ? 'bind' : 'volume'
    const problem = kind === 'volume' ? volumeNameProblem(source) : undefined
    if (problem !== undefined) throw new Refusal(400, problem)
    return { source, target, mode, kind }
  })
}

import type {
  ContainerCreateBody,
  ContainerInspect,
  ContainerResources,
  ContainerSummary,
} from '../../engine/docker/docker-host.ts'
import type { Clock } from './clock.ts'
import * as containers from './containers.ts'
import { inspectView, summaryView } from './container-views.ts'
import type { EngineDescription } from './engine-views.ts'
import { infoView, versionView } from './engine-views.ts'
import { getArchive, putArchive } from './files.ts'
import { matches, readFilters } from './filters.ts'
import * as images from './images.ts'
import { isUp } from './lifecycle.ts'
import { isTrue, logsOf } from './logs.ts'
import { createNetwork, networkView, removeNetwork } from './networks.ts'
import { distributionView } from './registry.ts'
import type { Reply } from './reply.ts'
import { empty, json, jsonLines, Refusal } from './reply.ts'
import { createVolume, findVolume, removeVolume, volumeView } from './volumes.ts'
import type { World } from './world.ts'

/** One request, read whole. */
export interface Call {
  method: string
  /** Without the version prefix, decoded. */
  path: string
  query: URLSearchParams
  /** X-Registry-Auth. */
  auth: string | undefined
  body: Uint8Array
}

/** What the routes act on. */
export interface Engine {
  world: World
  clock: Clock
  description: EngineDescription
}

/** What volumes and networks are created from. */
interface Named {
  Name: string
  Labels?: Record<string, string>
  Driver?: string
  DriverOpts?: Record<string, string>
}

type Handler = (engine: Engine, call: Call, argument: string) => Reply | Promise<Reply>

/** Answers a request; throws a Refusal for what Docker refuses. */
export async function route(engine: Engine, call: Call): Promise<Reply> {
  for (const [method, pattern, handler] of ROUTES) {
    const match = method === call.method ? pattern.exec(call.path) : null
    if (match !== null) return handler(engine, call, match[1] ?? '')
  }
  throw new Refusal(404, 'page not found')
}

const ROUTES: readonly (readonly [string, RegExp, Handler])[] = [
  ['GET', /^\/_ping$/, () => ({ status: 200, type: 'text/plain; charset=utf-8', body: 'OK' })],
  ['GET', /^\/version$/, ({ description }) => json(versionView(description))],
  ['GET', /^\/info$/, ({ world, clock, description }) => json(infoView(world, description, clock.now()))],
  ['GET', /^\/containers\/json$/, listContainers],
  ['POST', /^\/containers\/create$/, createContainer],
  ['GET', /^\/containers\/([^/]+)\/json$/, inspectContainer],
  ['GET', /^\/containers\/([^/]+)\/logs$/, readLogs],
  ['GET', /^\/containers\/([^/]+)\/archive$/, readArchive],
  ['PUT', /^\/containers\/([^/]+)\/archive$/, writeArchive],
  ['POST', /^\/containers\/([^/]+)\/start$/, startContainer],
  ['POST', /^\/containers\/([^/]+)\/stop$/, stopContainer],
  ['POST', /^\/containers\/([^/]+)\/restart$/, restartContainer],
  ['POST', /^\/containers\/([^/]+)\/kill$/, killContainer],
  ['POST', /^\/containers\/([^/]+)\/pause$/, pauseContainer],
  ['POST', /^\/containers\/([^/]+)\/unpause$/, unpauseContainer],
  ['POST', /^\/containers\/([^/]+)\/rename$/, renameContainer],
  ['POST', /^\/containers\/([^/]+)\/update$/, updateContainer],
  ['DELETE', /^\/containers\/([^/]+)$/, removeContainer],
  ['GET', /^\/images\/json$/, listImages],
  ['POST', /^\/images\/create$/, createImage],
  ['GET', /^\/images\/(.+)\/json$/, ({ world }, _, name) => json(images.imageView(world, name))],
  ['POST', /^\/images\/(.+)\/tag$/, postTag],
  [
    'DELETE',
    /^\/images\/(.+)$/,
    ({ world }, { query }, name) => json(images.removeImage(world, name, isTrue(query.get('force')))),
  ],
  [
    'GET',
    /^\/distribution\/(.+)\/json$/,
    ({ world }, { auth }, name) => json(distributionView(world, name, auth)),
  ],
  [
    'GET',
    /^\/volumes$/,
    ({ world }) => json({ Volumes: [...world.volumes.values()].map(volumeView), Warnings: null }),
  ],
  ['POST', /^\/volumes\/create$/, postVolume],
  ['GET', /^\/volumes\/([^/]+)$/, ({ world }, _, name) => json(volumeView(findVolume(world, name)))],
  ['DELETE', /^\/volumes\/([^/]+)$/, deleteVolume],
  ['GET', /^\/plugins$/, () => json([])],
  ['GET', /^\/networks$/, ({ world }) => json([...world.networks.values()].map(networkView))],
  ['POST', /^\/networks\/create$/, postNetwork],
  ['DELETE', /^\/networks\/([^/]+)$/, deleteNetwork],
]

function listContainers({ world, clock }: Engine, { query }: Call): Reply {
  const filters = readFilters(query.get('filters'), ['id', 'name', 'label', 'status'])
  const all = isTrue(query.get('all')) || filters.status !== undefined
  const shown = [...world.containers.values()]
    .filter(c => all || isUp(c))
    .filter(c => matches(filters, { id: c.id, name: c.name, labels: c.config.Labels, status: c.status }))
  const summaries: ContainerSummary[] = shown.reverse().map(c => summaryView(world, c, clock.now()))
  return json(summaries)
}

function inspectContainer({ world }: Engine, _: Call, id: string): Reply {
  const view: ContainerInspect = inspectView(world, containers.findContainer(world, id))
  return json(view)
}

function createContainer({ world, clock }: Engine, { query, body }: Call): Reply {
  const asked = readJson(body) as ContainerCreateBody
  const container = containers.createContainer(world, query.get('name'), asked, clock.now())
  return json({ Id: container.id, Warnings: [] }, 201)
}

function startContainer({ world, clock }: Engine, _: Call, id: string): Reply {
  const started = containers.startContainer(world, containers.findContainer(world, id), clock.now())
  return empty(started ? 204 : 304)
}

async function stopContainer({ world, clock }: Engine, { query }: Call, id: string): Promise<Reply> {
  const container = containers.findContainer(world, id)
  return empty((await containers.stopContainer(container, secondsOf(query), clock)) ? 204 : 304)
}

async function restartContainer({ world, clock }: Engine, { query }: Call, id: string): Promise<Reply> {
  const container = containers.findContainer(world, id)
  await containers.stopContainer(container, secondsOf(query), clock)
  containers.startContainer(world, container, clock.now())
  return empty(204)
}

function killContainer({ world, clock }: Engine, _: Call, id: string): Reply {
  containers.killContainer(findToKill(world, id), id, clock.now())
  return empty(204)
}

function pauseContainer({ world }: Engine, _: Call, id: string): Reply {
  containers.pauseContainer(containers.findContainer(world, id))
  return empty(204)
}

function unpauseContainer({ world, clock }: Engine, _: Call, id: string): Reply {
  containers.unpauseContainer(containers.findContainer(world, id), clock.now())
  return empty(204)
}

function renameContainer({ world }: Engine, { query }: Call, id: string): Reply {
  containers.renameContainer(world, containers.findContainer(world, id), query.get('name') ?? '')
  return empty(204)
}

function updateContainer({ world }: Engine, { body }: Call, id: string): Reply {
  const container = containers.findContainer(world, id)
  containers.updateContainer(container, readJson(body) as Partial<ContainerResources>)
  return json({ Warnings: null })
}

function removeContainer({ world }: Engine, { query }: Call, id: string): Reply {
  const container = containers.findContainer(world, id)
  containers.removeContainer(world, container, isTrue(query.get('force')), isTrue(query.get('v')))
  return empty(204)
}

function readLogs({ world }: Engine, { query }: Call, id: string): Reply {
  return {
    status: 200,
    type: 'application/octet-stream',
    body: logsOf(containers.findContainer(world, id), query),
  }
}

async function readArchive({ world }: Engine, { query }: Call, id: string): Promise<Reply> {
  const { tar, stat } = await getArchive(world, containers.findContainer(world, id), query.get('path') ?? '')
  const header = Buffer.from(JSON.stringify(stat)).toString('base64')
  return {
    status: 200,
    type: 'application/x-tar',
    body: tar,
    headers: { 'X-Docker-Container-Path-Stat': header },
  }
}

async function writeArchive({ world }: Engine, { query, body }: Call, id: string): Promise<Reply> {
  await putArchive(world, containers.findContainer(world, id), query.get('path') ?? '', body)
  return empty(200)
}

function postTag({ world }: Engine, { query }: Call, name: string): Reply {
  images.tagImage(world, name, query.get('repo') ?? '', query.get('tag') ?? '')
  return empty(201)
}

function listImages({ world }: Engine, { query }: Call): Reply {
  const filters = readFilters(query.get('filters'), ['label'])
  const shown = [...world.images.values()].filter(i => matches(filters, { labels: i.settings.Labels }))
  return json(shown.reverse().map(images.imageSummaryView))
}

async function createImage({ world, clock }: Engine, { query, auth, body }: Call): Promise<Reply> {
  const tag = query.get('tag')
  const fromImage = query.get('fromImage')
  if (fromImage !== null) return jsonLines(images.pullImage(world, fromImage, tag, auth, clock.now()))
  const changes = query.getAll('changes')
  const source = { tar: body, repository: query.get('repo') ?? '', tag: tag ?? '', changes }
  return jsonLines([{ status: await images.importImage(world, source, clock.now()) }])
}

function postVolume({ world, clock }: Engine, { body }: Call): Reply {
  const { Name, Labels, Driver = 'local', DriverOpts } = readJson(body) as Named
  if (Driver !== 'local')
    throw new Refusal(
      404,
      `create ${Name}: error looking up volume plugin ${Driver}: plugin "${Driver}" not found`,
    )
  return json(volumeView(createVolume(world, Name, Labels ?? null, clock.now(), DriverOpts)), 201)
}

function deleteVolume({ world }: Engine, { query }: Call, name: string): Reply {
  if (!isTrue(query.get('force')) || world.volumes.has(name)) removeVolume(world, name)
  return empty(204)
}

function postNetwork({ world, clock }: Engine, { body }: Call): Reply {
  const { Name, Labels } = readJson(body) as Named
  return json({ Id: createNetwork(world, Name, Labels ?? {}, clock.now()).id, Warning: '' }, 201)
}

function deleteNetwork({ world }: Engine, _: Call, id: string): Reply {
  removeNetwork(world, id)
  return empty(204)
}

function findToKill(world: World, id: string) {
  try {
    return containers.findContainer(world, id)
  } catch (error) {
    throw error instanceof Refusal
      ? new Refusal(404, `Cannot kill container: ${id}: ${error.message}`)
      : error
  }
}

function secondsOf(query: URLSearchParams): number | undefined {
  const text = query.get('t')
  return text === null || text === '' ? undefined : Number(text)
}

function readJson(body: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(body).toString())
  } catch (error) {
    throw new Refusal(400, `invalid JSON: ${String(error)}`)
  }
}

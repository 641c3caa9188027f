import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Duplex } from 'node:stream'
import type { Clock } from './clock.ts'
import { realClock } from './clock.ts'
import type { EngineDescription } from './engine-views.ts'
import type { Faults, LoggedRequest } from './faults.ts'
import { createFaults } from './faults.ts'
import { preloadImage } from './images.ts'
import { boot, settle } from './lifecycle.ts'
import { takePorts } from './ports.ts'
import type { Reply } from './reply.ts'
import { json, Refusal, refused } from './reply.ts'
import type { Call, Engine } from './router.ts'
import { route } from './router.ts'
import type { FakeSsh, SshOptions } from './ssh-server.ts'
import { serveSsh } from './ssh-server.ts'
import type { WebOptions } from './web.ts'
import { createWeb } from './web.ts'
import type { Web } from './web.ts'
import type { RegistryImage, World } from './world.ts'
import { createWorld } from './world.ts'

export interface FakeHostOptions {
  name: string
  /** What can be pulled, by reference. Hosts may share one table. Default: nothing. */
  images?: Record<string, RegistryImage>
  /** Keys of `images` that are on the host from the start. Default: none. */
  preloaded?: readonly string[]
  /** Default: the machine's time. */
  clock?: Clock
  /** Which engine it says that it is. Default: 20.10.24 (API 1.12 to 1.41), x86_64, 2 cores, 4 GiB. */
  engine?: Partial<EngineDescription>
  /** The first port that Docker chooses by itself. Default: 32768. */
  firstPort?: number
  /** Whether simulated containers listen for real. Default: no. */
  web?: WebOptions
  /** Called right after each changing request took effect, before its answer. */
  onChange?: () => void
}

/** A Docker host that is not there: the Engine API over a world in memory. SPEC.md says how it behaves. */
export interface FakeHost {
  readonly name: string
  readonly world: World
  readonly clock: Clock
  readonly faults: Faults
  /** For a node:http server of one's own. */
  readonly handler: RequestListener
  /** Answers one request without any connection; undefined where its connection would be cut, or nothing comes back. */
  ask(call: Call): Promise<Reply | undefined>
  /** Serves on a unix socket, by default one in a new folder under the system's own. Gives its address, unix:///… */
  listen(socketPath?: string): Promise<string>
  /** Serves behind an SSH server on loopback. */
  serveSsh(options?: SshOptions): Promise<FakeSsh>
  /** The host dies at once, with every container: all connections break, and none is taken until `reboot`. */
  crash(): void
  /** The host starts again; after no crash, it is one. Restart policies start what they are to start. */
  reboot(): Promise<void>
  /** dockerd alone stops and starts again, as by systemctl: SSH connections stay, Docker's own break. */
  restart(): Promise<void>
  /** The network is cut, and containers run on; all connections break, and none is taken until `restore`. */
  cut(): void
  restore(): Promise<void>
  close(): Promise<void>
}

interface Response {
  readonly reply: Reply
  /** It is cut in its middle. */
  readonly isTorn: boolean
}

/** A fake host with nothing on it but the preloaded images. */
export function createFakeHost(options: FakeHostOptions): FakeHost {
  const clock = options.clock ?? realClock
  const world = createWorld({
    hostName: options.name,
    registry: options.images ?? {},
    firstPort: options.firstPort ?? 32768,
    now: clock.now(),
  })
  for (const image of options.preloaded ?? []) preloadImage(world, image, clock.now())
  const description = {
    version: '20.10.24',
    apiVersion: '1.41',
    minApiVersion: '1.12',
    architecture: 'x86_64',
    cpus: 2,
    memoryBytes: 4 * 1024 ** 3,
    ...options.engine,
  }
  const engine: Engine = { world, clock, description }
  const faults = createFaults()
  const web = createWeb(options.web)
  const sshServers = new Set<FakeSsh>()
  /** The last answer to each GET, for stale ones. */
  const answers = new Map<string, Reply>()
  let folder: string | undefined
  let isCrashed = false
  let isCut = false
  const isUp = () => !isCrashed && !isCut && !faults.isDead()

  const answer = async (
    call: Call,
    version: string | undefined,
    logged: LoggedRequest,
  ): Promise<Reply | 'cut'> => {
    if (logged.fault === 'error-500') return json({ message: 'injected fault' }, 500)
    if (logged.fault === 'conflict-409') return json({ message: 'injected conflict' }, 409)
    const key = `${call.path}?${call.query.toString()}`
    if (logged.fault === 'stale' && call.method === 'GET') {
      const before = answers.get(key)
      if (before !== undefined) return before
    }
    settle(world, clock.now())
    const reply = await perform(engine, call, version)
    const refusal = await openPorts(world, web)
    if (refusal !== undefined && call.path.endsWith('start')) return refused(refusal)
    if (call.method === 'GET') answers.set(key, reply)
    else if (reply.status < 300) {
      options.onChange?.()
      if (faults.effect()) return 'cut'
    }
    return reply
  }

  const respond = async (call: Call, version?: string): Promise<Response | 'cut' | 'silent'> => {
    if (!isUp()) return 'cut'
    const logged = faults.begin({ method: call.method, path: call.path, query: call.query.toString() })
    if (logged.fault === 'silent' || logged.fault === 'cut') return logged.fault
    const reply = await answer(call, version, logged)
    if (reply === 'cut' || logged.fault === 'reply-lost' || !isUp()) return 'cut'
    logged.status = reply.status
    return { reply, isTorn: logged.fault === 'reply-torn' }
  }
  const serve = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const { call, version } = await readCall(request)
    const responded = await respond(call, version)
    if (responded === 'silent') return
    if (responded === 'cut') return void request.socket.destroy()
    send(response, responded.reply, description, responded.isTorn)
  }
  const handler: RequestListener = (request, response) => {
    serve(request, response).catch(() => request.socket.destroy())
  }
  const http = createServer(handler)
  http.on('connection', (socket: Duplex) => {
    if (!isUp()) socket.destroy()
  })
  const disconnect = () => {
    http.closeAllConnections()
    for (const ssh of sshServers) ssh.disconnect()
  }
  const bootWith = async (exitCode: 'by-sigterm' | number) => {
    boot(world, clock.now(), exitCode)
    await openPorts(world, web)
  }
  const crash = () => {
    settle(world, clock.now())
    isCrashed = true
    web.close()
    disconnect()
  }

  return {
    name: options.name,
    world,
    clock,
    faults,
    handler,
    ask: async call => {
      const responded = await respond(call)
      return typeof responded === 'string' || responded.isTorn ? undefined : responded.reply
    },
    listen: async socketPath => {
      folder = socketPath === undefined ? await mkdtemp(join(tmpdir(), 'stowage-fake-')) : undefined
      const path = socketPath ?? join(folder ?? '', 'docker.sock')
      http.listen(path)
      await once(http, 'listening')
      return `unix://${path}`
    },
    serveSsh: async sshOptions => {
      const ssh = await serveSsh(http, isUp, sshOptions)
      sshServers.add(ssh)
      return ssh
    },
    crash,
    reboot: async () => {
      if (!isCrashed) crash()
      isCrashed = false
      await bootWith(255)
    },
    restart: async () => {
      http.closeAllConnections()
      await bootWith('by-sigterm')
    },
    cut: () => {
      isCut = true
      web.close()
      disconnect()
    },
    restore: async () => {
      isCut = false
      await openPorts(world, web)
    },
    close: async () => {
      web.close()
      await Promise.all([...sshServers].map(ssh => ssh.close()))
      http.closeAllConnections()
      if (http.listening) await new Promise<void>(resolve => http.close(() => resolve()))
      if (folder !== undefined) await rm(folder, { recursive: true })
    },
  }
}

/**
 * Listens for the containers that run now. Where the machine's own processes hold a port, Docker's choice falls
 * on another; a container that asked for that very port does not run, and the refusal is given.
 */
async function openPorts(world: World, web: Web): Promise<Refusal | undefined> {
  let refusal: Refusal | undefined
  const held = new Set<string>()
  for (let blocked = await web.follow(world); blocked.length > 0; blocked = await web.follow(world)) {
    for (const { container, port } of blocked) {
      held.add(`${port}/tcp`)
      world.busyPorts.add(`${port}/tcp`)
      container.ports = []
      try {
        takePorts(world, container)
      } catch (error) {
        if (!(error instanceof Refusal)) throw error
        refusal = error
        const status = container.finishedAt === 0 ? 'created' : 'exited'
        Object.assign(container, { status, error: error.message, exitCode: 128 })
      }
    }
  }
  // Who holds them may let them go at any time.
  for (const port of held) world.busyPorts.delete(port)
  return refusal
}

async function readCall(request: IncomingMessage): Promise<{ call: Call; version: string | undefined }> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk)
  const url = new URL(request.url ?? '/', 'http://docker')
  const [, version, path = '/'] = /^(?:\/v(\d+\.\d+))?(\/.*)$/.exec(url.pathname) ?? []
  const auth = request.headers['x-registry-auth']
  const call = {
    method: request.method ?? 'GET',
    path: decodeURIComponent(path),
    query: url.searchParams,
    auth: Array.isArray(auth) ? auth[0] : auth,
    body: Buffer.concat(chunks),
  }
  return { call, version }
}

async function perform(engine: Engine, call: Call, version: string | undefined): Promise<Reply> {
  try {
    if (version !== undefined) checkVersion(version, engine.description)
    return await route(engine, call)
  } catch (error) {
    return refused(error)
  }
}

function checkVersion(version: string, { apiVersion, minApiVersion }: EngineDescription): void {
  const minor = (v: string) => Number(v.split('.')[1])
  if (minor(version) > minor(apiVersion)) {
    throw new Refusal(
      400,
      `client version ${version} is too new. Maximum supported API version is ${apiVersion}`,
    )
  }
  if (minor(version) < minor(minApiVersion)) {
    throw new Refusal(
      400,
      `client version ${version} is too old. Minimum supported API version is ${minApiVersion}, please upgrade your client to a newer version`,
    )
  }
}

function send(
  response: ServerResponse,
  reply: Reply,
  { apiVersion, version }: EngineDescription,
  isTorn: boolean,
): void {
  const body = typeof reply.body === 'string' ? Buffer.from(reply.body) : reply.body
  response.writeHead(reply.status, {
    'Api-Version': apiVersion,
    Ostype: 'linux',
    Server: `Docker/${version} (linux)`,
    ...(reply.type !== undefined && { 'Content-Type': reply.type }),
    ...(reply.status !== 204 && reply.status !== 304 && { 'Content-Length': body?.length ?? 0 }),
    ...reply.headers,
  })
  if (!isTorn) {
    response.end(body)
    return
  }
  response.flushHeaders()
  response.write(body?.subarray(0, Math.floor(body.length / 2)) ?? '', () => response.destroy())
}

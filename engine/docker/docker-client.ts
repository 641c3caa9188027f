import type { IncomingMessage } from 'node:http'
import { type ErrorCode, StowageError } from '../errors.ts'
import type { Call, Calls, Lane } from './calls.ts'
import { type EngineRequest, imagePath, segment } from './dial.ts'
import type { ExecOptions, ExecStreams, LogOptions } from './container-io.ts'
import type {
  ContainerCreateBody,
  ContainerInspect,
  ContainerResources,
  ContainerSummary,
  DockerHost,
  DockerInfo,
  ImageInspect,
  ImageSummary,
  NetworkSummary,
  PullOptions,
  RegistryAuth,
  VolumeCreateBody,
  VolumeSummary,
} from './docker-host.ts'
import { collect } from './collect.ts'
import { parseImageReference } from '../image-reference.ts'
import { engineInfo, type InfoView, type PluginView } from './engine-info.ts'
import { followImageStream } from './image-stream.ts'
import { runExec } from './exec.ts'
import { logLines, type Output } from './log-frames.ts'
import { isUnreadableLog, streamLog } from './log-stream.ts'

/** What a client is made of. */
export interface Wiring {
  readonly name: string
  readonly calls: Calls
  readonly requests: Lane
  /** For pulls and imports. */
  readonly transfers: Lane
  /** For what waits for no other. */
  readonly urgent: Lane
  /** ms for an ordinary request. */
  readonly requestTimeoutMs: number
  close(): void
}

const PULL_DEADLINE_MS = 2 * 3600_000
const PULL_STALL_MS = 2 * 60_000

/** The Docker host over HTTP: each method is one request of the Engine API. */
export class DockerClient implements DockerHost {
  readonly name: string
  readonly #wiring: Wiring
  readonly #mayChange: () => void

  constructor(wiring: Wiring, mayChange: () => void = () => {}) {
    this.name = wiring.name
    this.#wiring = wiring
    this.#mayChange = mayChange
  }

  guarded(mayChange: () => void): DockerHost {
    return new DockerClient(this.#wiring, mayChange)
  }

  async info(): Promise<DockerInfo> {
    const views = await Promise.all([
      this.#get<InfoView>('/info', 'say what it is'),
      this.#get<{ ApiVersion: string }>('/version', 'say its version'),
      this.#get<readonly PluginView[]>('/plugins', 'list its plugins'),
    ])
    return engineInfo(...views)
  }

  async listContainers(): Promise<ContainerSummary[]> {
    return await this.#get('/containers/json', 'list the containers', { all: true })
  }

  async inspectContainer(id: string): Promise<ContainerInspect> {
    return await this.#get(`/containers/${segment(id)}/json`, `inspect container ${id}`)
  }

  async createContainer(name: string, body: ContainerCreateBody): Promise<string> {
    const request = { method: 'POST', path: '/containers/create', query: { name }, body } as const
    const created = await this.#json<{ Id: string }>({
      purpose: { what: `create container ${name}` },
      request,
    })
    return created.Id
  }

  async startContainer(id: string): Promise<void> {
    await this.#post(`/containers/${segment(id)}/start`, `start container ${id}`)
  }

  async stopContainer(id: string, timeoutSeconds: number): Promise<void> {
    await this.#json({
      purpose: { what: `stop container ${id}` },
      request: { method: 'POST', path: `/containers/${segment(id)}/stop`, query: { t: timeoutSeconds } },
      deadlineMs: timeoutSeconds * 1000 + this.#wiring.requestTimeoutMs,
      repeat: true,
    })
  }

  async unpauseContainer(id: string): Promise<void> {
    const request = { method: 'POST', path: `/containers/${segment(id)}/unpause` } as const
    await this.#json({ purpose: { what: `unpause container ${id}` }, request })
  }

  async removeContainer(id: string): Promise<void> {
    await this.#delete(`/containers/${segment(id)}`, `remove container ${id}`, { force: true, v: true })
  }

  async updateContainer(id: string, resources: ContainerResources): Promise<void> {
    await this.#post(`/containers/${segment(id)}/update`, `update container ${id}`, { ...resources })
  }

  async containerLogs(id: string, lines: number): Promise<string[]> {
    const query = { stdout: true, stderr: true, tail: lines }
    try {
      const log = await this.#read(
        `/containers/${segment(id)}/logs`,
        `read the log of container ${id}`,
        query,
      )
      return logLines(log).slice(-lines)
    } catch (error) {
      if (isUnreadableLog(error)) return []
      throw error
    }
  }

  async streamLogs(id: string, options: LogOptions, onOutput: (output: Output) => void): Promise<void> {
    const { Config } = await this.inspectContainer(id)
    const { calls, transfers } = this.#wiring
    await streamLog(calls, transfers, { id, terminal: Config.Tty === true }, options, onOutput)
  }

  async exec(id: string, options: ExecOptions, streams: ExecStreams): Promise<number> {
    const { calls, requests } = this.#wiring
    return await runExec(calls, requests, id, options, streams)
  }

  async putArchive(id: string, path: string, tar: Uint8Array, { urgent } = { urgent: false }): Promise<void> {
    const call: Call = {
      purpose: { what: `put files into ${path} of container ${id}` },
      request: { method: 'PUT', path: `/containers/${segment(id)}/archive`, query: { path }, file: tar },
      repeat: true,
    }
    await this.#json(call, urgent ? this.#wiring.urgent : undefined)
  }

  async getArchive(id: string, path: string): Promise<Uint8Array> {
    return await this.#read(`/containers/${segment(id)}/archive`, `read ${path} of container ${id}`, { path })
  }

  async listImages(): Promise<ImageSummary[]> {
    return await this.#get('/images/json', 'list the images')
  }

  async inspectImage(reference: string): Promise<ImageInspect | undefined> {
    const found = this.#get<ImageInspect>(
      `/images/${imagePath(reference)}/json`,
      `inspect image ${reference}`,
    )
    return await unless('DOCKER_NOT_FOUND', found)
  }

  async resolveDigest(reference: string, auth?: RegistryAuth): Promise<string> {
    const found = await this.#json<{ Descriptor: { digest: string } }>({
      purpose: {
        what: `look up image ${reference}`,
        image: { image: reference, lookUp: true, loggedIn: auth !== undefined },
      },
      request: { method: 'GET', path: `/distribution/${imagePath(reference)}/json`, auth },
      repeat: true,
    })
    return found.Descriptor.digest
  }

  async pullImage(
    reference: string,
    { auth, platform, onProgress = () => undefined }: PullOptions = {},
  ): Promise<void> {
    const image = parseImageReference(reference)
    if (!image) {
      throw new StowageError('IMAGE_NOT_FOUND', `${reference} is no image reference.`, {
        instance: this.name,
      })
    }
    // Without a tag Docker would pull all of them.
    const query = {
      fromImage: image.name,
      tag: image.digest ?? image.tag ?? 'latest',
      ...(platform !== undefined && { platform }),
    }
    await this.#follow({
      purpose: {
        what: `pull image ${reference}`,
        image: { image: reference, loggedIn: auth !== undefined },
      },
      request: { method: 'POST', path: '/images/create', query, auth },
      deadlineMs: PULL_DEADLINE_MS,
      stallMs: PULL_STALL_MS,
      onProgress,
    })
  }

  async importImage(
    tar: Uint8Array,
    repository: string,
    tag: string,
    changes: readonly string[],
  ): Promise<void> {
    const query = { fromSrc: '-', repo: repository, tag, changes }
    await this.#follow({
      purpose: { what: `import image ${repository}:${tag}` },
      request: { method: 'POST', path: '/images/create', query, file: tar },
      onProgress: () => undefined,
    })
  }

  async tagImage(reference: string, repo: string, tag: string): Promise<void> {
    await this.#post(`/images/${imagePath(reference)}/tag`, `tag image ${reference}`, {}, { repo, tag })
  }

  async removeImage(reference: string): Promise<void> {
    await this.#delete(`/images/${imagePath(reference)}`, `remove image ${reference}`)
  }

  async listVolumes(): Promise<VolumeSummary[]> {
    const found = await this.#get<{ Volumes: VolumeSummary[] | null }>('/volumes', 'list the volumes')
    return found.Volumes ?? []
  }

  async createVolume(name: string, body: VolumeCreateBody): Promise<void> {
    await this.#post('/volumes/create', `create volume ${name}`, { Name: name, ...body })
  }

  async removeVolume(name: string): Promise<void> {
    await this.#delete(`/volumes/${segment(name)}`, `remove volume ${name}`)
  }

  async listNetworks(): Promise<NetworkSummary[]> {
    return await this.#get('/networks', 'list the networks')
  }

  async createNetwork(name: string, labels: Record<string, string>): Promise<void> {
    const body = { Name: name, Driver: 'bridge', CheckDuplicate: true, Labels: labels }
    await this.#post('/networks/create', `create network ${name}`, body)
  }

  async removeNetwork(id: string): Promise<void> {
    await this.#delete(`/networks/${segment(id)}`, `remove network ${id}`)
  }

  close(): void {
    this.#wiring.close()
  }

  async #json<T>(call: Call, lane = this.#wiring.requests): Promise<T> {
    return await this.#wiring.calls.json<T>(lane, this.#checked(call))
  }

  #checked<C extends Call>(call: C): C {
    return call.request.method === 'GET' ? call : { ...call, maySend: this.#mayChange }
  }

  async #get<T>(path: string, what: string, query?: EngineRequest['query']): Promise<T> {
    return await this.#json<T>({ purpose: { what }, request: { method: 'GET', path, query }, repeat: true })
  }

  /** Only for what may be done twice. */
  async #post(path: string, what: string, body?: object, query?: EngineRequest['query']): Promise<void> {
    await this.#json({ purpose: { what }, request: { method: 'POST', path, query, body }, repeat: true })
  }

  /** What is gone already is removed well. */
  async #delete(path: string, what: string, query?: EngineRequest['query']): Promise<void> {
    const call = { purpose: { what }, request: { method: 'DELETE', path, query }, repeat: true } as const
    await unless('DOCKER_NOT_FOUND', this.#json(call))
  }

  async #read(path: string, what: string, query: EngineRequest['query']): Promise<Buffer> {
    const request = { method: 'GET', path, query } as const
    return await this.#wiring.calls.stream(this.#wiring.requests, {
      purpose: { what },
      request,
      repeat: true,
      read: collect,
    })
  }

  async #follow(call: Call & { stallMs?: number; onProgress: (status: string) => void }): Promise<void> {
    const { onProgress, ...rest } = call
    await this.#wiring.calls.stream(
      this.#wiring.transfers,
      this.#checked({
        ...rest,
        repeat: true,
        read: (reply: IncomingMessage, progress: () => void) =>
          followImageStream(reply, status => {
            progress()
            onProgress(status)
          }),
      }),
    )
  }
}

/** undefined in place of one expected error. */
async function unless<T>(code: ErrorCode, work: Promise<T>): Promise<T | undefined> {
  try {
    return await work
  } catch (error) {
    if (error instanceof StowageError && error.code === code) return undefined
    throw error
  }
}

import { request } from 'node:http'
import type { GroundHost } from './ground.ts'

/** A container as the list of Docker's API has it. */
interface Listed {
  readonly Id: string
  readonly Names: readonly string[]
  readonly State: string
  /** Ends with `(healthy)` once a check has passed. */
  readonly Status: string
  readonly Labels: Readonly<Record<string, string>> | null
  readonly Ports: readonly { readonly IP?: string; readonly PublicPort?: number }[] | null
}

/** A container of a service's task, as Docker itself sees it. */
export interface SeenTask {
  readonly host: GroundHost
  readonly id: string
  readonly name: string
  readonly running: boolean
  readonly healthy: boolean
  readonly revision: string
  /** http://IP:PORT/ of its first published port. */
  readonly url?: string
}

/** One thing on a host, told apart from all others of its kind. */
export interface Thing {
  readonly kind: 'container' | 'volume' | 'network' | 'image'
  readonly id: string
  readonly name: string
  /** It carries a label of Stowage's. */
  readonly labelled: boolean
}

type Labels = Readonly<Record<string, string>> | null | undefined

const TIMEOUT_MS = 20_000

/** The containers of a cluster's service on all hosts, past Stowage and past SSH. */
export async function tasksOf(
  hosts: readonly GroundHost[],
  cluster: string,
  service: string,
): Promise<SeenTask[]> {
  const label = [`stowage.cluster=${cluster}`, `stowage.service=${service}`]
  const filters = encodeURIComponent(JSON.stringify({ label }))
  const lists = await Promise.all(
    hosts.map(async host => {
      const listed = await call<Listed[]>(host, 'GET', `/containers/json?all=1&filters=${filters}`)
      return listed.map(container => seenTask(host, container))
    }),
  )
  return lists.flat()
}

/** Everything that a host has. */
export async function everything(host: GroundHost): Promise<Thing[]> {
  const [containers, { Volumes: volumes }, networks, images] = await Promise.all([
    call<Listed[]>(host, 'GET', '/containers/json?all=1'),
    call<{ Volumes: readonly { Name: string; Labels: Labels }[] | null }>(host, 'GET', '/volumes'),
    call<{ Id: string; Name: string; Labels: Labels }[]>(host, 'GET', '/networks'),
    call<{ Id: string; RepoTags: string[] | null; RepoDigests: string[] | null; Labels: Labels }[]>(
      host,
      'GET',
      '/images/json',
    ),
  ])
  return [
    ...containers.map(c => thing('container', c.Id, c.Names[0]?.slice(1), c.Labels)),
    ...(volumes ?? []).map(v => thing('volume', v.Name, v.Name, v.Labels)),
    ...networks.map(n => thing('network', n.Id, n.Name, n.Labels)),
    ...images.map(i => thing('image', i.Id, i.RepoTags?.[0] ?? i.RepoDigests?.[0], i.Labels)),
  ]
}

/** Removes an image by its name. */
export async function removeImage(host: GroundHost, name: string): Promise<void> {
  await call(host, 'DELETE', `/images/${name}`)
}

function seenTask(host: GroundHost, container: Listed): SeenTask {
  const { Id: id, Names: names, State: state, Status: status, Labels: labels } = container
  // Docker may choose another host port for IPv6
  const port = container.Ports?.find(p => p.PublicPort !== undefined && !p.IP?.includes(':'))?.PublicPort
  return {
    host,
    id,
    name: names[0]?.slice(1) ?? id,
    running: state === 'running',
    healthy: state === 'running' && status.endsWith('(healthy)'),
    revision: labels?.['stowage.revision'] ?? '',
    ...(port !== undefined && { url: `http://${host.ip}:${port}/` }),
  }
}

function thing(kind: Thing['kind'], id: string, name: string | undefined, labels: Labels): Thing {
  const labelled = Object.keys(labels ?? {}).some(key => key.startsWith('stowage.'))
  return { kind, id, name: name ?? id, labelled }
}

function call<T>(host: GroundHost, method: string, path: string): Promise<T> {
  return new Promise((resolve, reject) => {
    const failed = (why: string) => reject(new Error(`${host.name}: ${method} ${path}: ${why}`))
    const sent = request({ socketPath: host.socket, method, path, timeout: TIMEOUT_MS }, response => {
      let text = ''
      response.setEncoding('utf8').on('data', (part: string) => {
        text += part
      })
      response.on('error', error => failed(error.message))
      response.on('end', () => {
        if ((response.statusCode ?? 500) >= 300) return failed(`${response.statusCode} ${text}`)
        resolve(JSON.parse(text) as T)
      })
    })
    sent.on('timeout', () => sent.destroy(new Error('no answer')))
    sent.on('error', error => failed(error.message))
    sent.end()
  })
}

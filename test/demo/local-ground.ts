import { request } from 'node:http'
import { existsSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import type { Attempt, GroundOptions, Images } from './ground.ts'

/** Public ones that answer on HTTP and have wget for the example's health check. */
const NGINX: Images = { web: 'nginx', versions: ['1.28-alpine', '1.29-alpine'] }
const PING_TIMEOUT_MS = 5000

/** The Docker of this machine, by its socket: one container instance. */
export async function localGround({ images = NGINX }: GroundOptions): Promise<Attempt> {
  const found = await findSocket(process.env)
  if ('reason' in found) return { ok: false, reason: found.reason }
  const address = `unix://${found.socket}`
  return {
    ok: true,
    ground: {
      kind: 'local',
      hosts: [{ name: 'local', address, ip: '127.0.0.1', socket: found.socket }],
      images,
      config: {},
      about: [
        `The Docker of this machine, ${address}: one container instance, and no SSH.`,
        `Its containers are of ${images.web}:${images.versions[0]}, which is pulled if it is not there.`,
      ],
      shared: true,
      keep: () => ({ outlives: true, end: ['npx stowage destroy'] }),
      removeByHand: (_host, container) => `docker -H ${address} rm -f ${container}`,
      more: [],
      close: () => Promise.resolve([]),
    },
  }
}

/** DOCKER_HOST where it is a socket, else where Docker listens by default, else Docker Desktop's. */
async function findSocket(env: NodeJS.ProcessEnv): Promise<{ socket: string } | { reason: string }> {
  const named = env.DOCKER_HOST
  if (named && !named.startsWith('unix://')) {
    return { reason: `DOCKER_HOST is ${named}, which is no socket of this machine` }
  }
  const candidates = named
    ? [named.slice('unix://'.length)]
    : ['/var/run/docker.sock', join(homedir(), '.docker/run/docker.sock')]
  const reasons: string[] = []
  for (const socket of candidates) {
    const trouble = existsSync(socket) ? await ping(socket) : 'there is no such socket'
    if (trouble === undefined) return { socket }
    reasons.push(`${socket}: ${trouble}`)
  }
  return { reason: reasons.join('; ') }
}

function ping(socketPath: string): Promise<string | undefined> {
  return new Promise(resolve => {
    const sent = request({ socketPath, path: '/_ping', timeout: PING_TIMEOUT_MS }, response => {
      response.resume()
      resolve(response.statusCode === 200 ? undefined : `answered ${response.statusCode}`)
    })
    sent.on('timeout', () => sent.destroy(new Error('no answer')))
    sent.on('error', error => resolve(error.message))
    sent.end()
  })
}

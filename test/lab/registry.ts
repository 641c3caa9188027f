import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { findCommand, startDaemon, until } from './command.ts'
import { pushImage, copyTag } from './image-push.ts'
import { testImages } from './images.ts'
import { gatewayOf } from './network.ts'
import { MEMBER_VARIABLE } from './processes.ts'
import type { LabRecord } from './record.ts'
import { standInImages, type StandIns } from './stand-ins.ts'

/** The registry of a lab: Debian's docker-registry, once open and once with a login, over the same images. */
export interface LabRegistry {
  /** The open one, as the hosts know it in every lab: registry.lab:5000. */
  readonly address: string
  /** The same one as this machine reaches it: 10.213.N.1:5000. */
  readonly machineAddress: string
  /** The one that wants a login; it has the same images. */
  readonly private: {
    readonly address: string
    readonly machineAddress: string
    readonly user: string
    readonly password: string
  }
  /** The digest ("sha256:…") of each test image, by its name: "lab/web:1". */
  readonly digests: ReadonlyMap<string, string>
  /** What a host pulls: image("web:1") is "registry.lab:5000/lab/web:1". */
  image(name: string): string
  /** The same with the digest in place of the tag: "registry.lab:5000/lab/web@sha256:…". */
  imageByDigest(name: string): string
  /** Lets `to` ("lab/web:stable") stand for the image that `from` ("lab/web:2") is; resolves to the digest. */
  tag(from: string, to: string): Promise<string>
}

/** The registry's name on the hosts of every lab. */
export const REGISTRY_NAME = 'registry.lab'
export const OPEN_PORT = 5000
export const PRIVATE_PORT = 5001

const USER = 'sailor'
const PASSWORD = 'ahoy-lab'
// bcrypt of the password, at the lowest cost: it guards nothing but test images
const PASSWORD_HASH = '$2b$04$stowagelabstowagelabseEtFelzNrOmrOOlza1UUfZsukwOKrEUa'

/** Starts both registries of a lab and fills them with the test images. */
export async function startRegistry(lab: LabRecord, standIns: StandIns = {}): Promise<LabRegistry> {
  const folder = join(lab.folder, 'registry')
  mkdirSync(folder)
  const htpasswd = join(folder, 'htpasswd')
  writeFileSync(htpasswd, `${USER}:${PASSWORD_HASH}\n`, { mode: 0o600 })
  const gateway = gatewayOf(lab.number)
  const open = `${gateway}:${OPEN_PORT}`
  const guarded = `${gateway}:${PRIVATE_PORT}`
  const auth = { htpasswd: { realm: 'lab', path: htpasswd } }
  await Promise.all([serve(lab, folder, open, {}, 200), serve(lab, folder, guarded, { auth }, 401)])
  // where Docker asks a registry whose name has no port
  if (Object.keys(standIns).length > 0) await serve(lab, folder, `${gateway}:80`, {}, 200)
  const digests = new Map<string, string>()
  for (const image of await testImages()) digests.set(image.name, await pushImage(open, image))
  for (const image of await standInImages(standIns)) await pushImage(open, image)
  const digestOf = (name: string) => {
    const digest = digests.get(`lab/${name}`)
    if (digest === undefined) throw new Error(`the lab has no image lab/${name}`)
    return digest
  }
  return {
    address: `${REGISTRY_NAME}:${OPEN_PORT}`,
    machineAddress: open,
    private: {
      address: `${REGISTRY_NAME}:${PRIVATE_PORT}`,
      machineAddress: guarded,
      user: USER,
      password: PASSWORD,
    },
    digests,
    image: name => `${REGISTRY_NAME}:${OPEN_PORT}/lab/${name}`,
    imageByDigest: name => `${REGISTRY_NAME}:${OPEN_PORT}/lab/${name.split(':')[0]}@${digestOf(name)}`,
    tag: (from, to) => copyTag(open, from, to),
  }
}

async function serve(
  lab: LabRecord,
  folder: string,
  address: string,
  more: object,
  ready: number,
): Promise<void> {
  const name = address.replace(/.*:/, 'port-')
  const config = join(folder, `${name}.json`)
  const settings = {
    version: 0.1,
    log: { level: 'warn', accesslog: { disabled: true } },
    storage: { filesystem: { rootdirectory: join(folder, 'data') }, delete: { enabled: true } },
    http: { addr: address, secret: lab.mark },
    ...more,
  }
  // JSON is YAML too
  writeFileSync(config, JSON.stringify(settings, undefined, 2))
  const log = join(folder, `${name}.log`)
  const command = findCommand('docker-registry') ?? 'docker-registry'
  const env = { [MEMBER_VARIABLE]: `${lab.mark}/registry` }
  const daemon = startDaemon(command, ['serve', config], { log, env })
  await until(`the registry on ${address}`, 20_000, async () => {
    if (daemon.exitCode !== null) throw new Error(`the registry on ${address} ended; see ${log}`)
    const response = await fetch(`http://${address}/v2/`).catch(() => undefined)
    return response?.status === ready
  })
}

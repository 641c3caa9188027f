import { setTimeout as sleep } from 'node:timers/promises'
import { connectDockerHost } from '../../../engine/docker/connect.ts'
import type { DockerHost, RegistryAuth } from '../../../engine/docker/docker-host.ts'
import { logicalClock } from '../../fake/clock.ts'
import { createFakeHost } from '../../fake/fake-host.ts'
import { LAB_LOGIN, labImages } from '../../fake/lab-images.ts'
import { startLab } from '../../lab/lab.ts'
import { labSupport } from '../../lab/packages.ts'
import { callApi } from './raw-api.ts'
import type { Answer } from './raw-api.ts'

/** An engine that the contract is held against. */
export interface Subject {
  readonly docker: DockerHost
  readonly login: RegistryAuth
  api(method: string, path: string, body?: object): Promise<Answer>
  /** Lets time go by until `probe` gives something; throws after 30 s of that time. */
  until<T>(what: string, probe: () => Promise<T | undefined | false>): Promise<T>
  reboot(): Promise<void>
  restartDockerd(): Promise<void>
  /** Removes all containers, networks and volumes that tests made. */
  clean(): Promise<void>
  stop(): Promise<void>
}

export interface SubjectKind {
  readonly name: string
  /** Why it cannot be had here. */
  readonly missing?: string
  start(): Promise<Subject>
}

const support = labSupport()

/** The fake, and where this machine can have one, a real engine of the lab. */
export const SUBJECTS: readonly SubjectKind[] = [
  { name: 'the fake', start: startFake },
  { name: 'a real engine', missing: support.ok ? undefined : support.reason, start: startReal },
]

const DEADLINE_MS = 30_000
const STEP_MS = 50

async function startFake(): Promise<Subject> {
  const clock = logicalClock()
  const host = createFakeHost({ name: 'fake', images: labImages(), clock })
  const address = await host.listen()
  return await subjectOn(address.slice('unix://'.length), {
    login: { ...LAB_LOGIN, serveraddress: 'registry.lab:5001' },
    wait: ms => clock.wait(ms),
    reboot: () => host.reboot(),
    restartDockerd: () => host.restart(),
    stop: () => host.close(),
  })
}

async function startReal(): Promise<Subject> {
  const lab = await startLab({ hosts: 1, name: 'docker-contract' })
  const [host] = lab.hosts
  if (host === undefined) throw new Error('one host was asked for')
  const { user, password, address } = lab.registry.private
  return await subjectOn(host.socket, {
    login: { username: user, password, serveraddress: address },
    wait: async ms => {
      await sleep(ms)
    },
    reboot: () => host.reboot(),
    restartDockerd: () => host.restartDockerd(),
    stop: () => lab.stop(),
  })
}

interface Ways {
  login: RegistryAuth
  wait(ms: number): Promise<void>
  reboot(): Promise<void>
  restartDockerd(): Promise<void>
  stop(): Promise<void>
}

async function subjectOn(socket: string, ways: Ways): Promise<Subject> {
  const docker = await connectDockerHost('contract', `unix://${socket}`, {})
  const api: Subject['api'] = (method, path, body) => callApi(socket, method, path, body)
  return {
    docker,
    login: ways.login,
    api,
    reboot: () => ways.reboot(),
    restartDockerd: () => ways.restartDockerd(),
    until: async (what, probe) => {
      for (let waited = 0; waited < DEADLINE_MS; waited += STEP_MS) {
        const found = await probe()
        if (found !== undefined && found !== false) return found
        await ways.wait(STEP_MS)
      }
      throw new Error(`it did not come to this: ${what}`)
    },
    clean: async () => {
      for (const container of await docker.listContainers()) await docker.removeContainer(container.Id)
      for (const volume of await docker.listVolumes()) await docker.removeVolume(volume.Name)
      for (const network of await docker.listNetworks()) {
        if (!['bridge', 'host', 'none'].includes(network.Name)) await docker.removeNetwork(network.Id)
      }
    },
    stop: async () => {
      docker.close()
      await ways.stop()
    },
  }
}

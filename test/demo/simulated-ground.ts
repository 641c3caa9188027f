import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createFakeHost } from '../fake/fake-host.ts'
import { labImages } from '../fake/lab-images.ts'
import { writeSshFiles } from '../fake/ssh-files.ts'
import type { Attempt } from './ground.ts'

const HOSTS = 3
/** All listen on loopback, so each chooses its ports from a range of its own. */
const FIRST_PORT = 33_000
const PORTS_A_HOST = 1000

/** Three Docker hosts that are not there, each behind an SSH server in this process. */
export async function simulatedGround(): Promise<Attempt> {
  const images = labImages()
  const folder = await mkdtemp(join(tmpdir(), 'stowage-simulated-'))
  const running = await Promise.all(
    Array.from({ length: HOSTS }, async (_, i) => {
      const name = `host-${i + 1}`
      const fake = createFakeHost({ name, images, firstPort: FIRST_PORT + i * PORTS_A_HOST, web: {} })
      const socket = join(folder, `${name}.sock`)
      await fake.listen(socket)
      return { fake, ssh: await fake.serveSsh(), socket }
    }),
  )
  const { identityFile, knownHosts } = await writeSshFiles(
    folder,
    running.map(r => r.ssh),
  )
  return {
    ok: true,
    ground: {
      kind: 'simulated',
      hosts: running.map(({ fake, ssh, socket }) => ({
        name: fake.name,
        address: ssh.address,
        ip: '127.0.0.1',
        socket,
      })),
      images: {
        web: 'registry.lab:5000/lab/web',
        versions: ['1', '2'],
        agent: 'registry.lab:5000/lab/sleep:1',
      },
      // a registry that is not there is none of the business of the logins that this person's docker has
      env: { DOCKER_CONFIG: folder },
      config: { identity: [identityFile], knownHosts: [knownHosts] },
      about: [
        `${HOSTS} SIMULATED Docker hosts: test/fake/SPEC.md says what they do as Docker does it.`,
        'Stowage, the SSH connections and the HTTP requests are real; the containers are not.',
      ],
      shared: false,
      keep: () => ({ outlives: false, end: [] }),
      removeByHand: (host, container) =>
        `curl -X DELETE --unix-socket ${host.socket} 'http://docker/containers/${container}?force=true'`,
      more: [],
      close: async () => {
        await Promise.all(running.map(r => r.fake.close()))
        await rm(folder, { recursive: true, force: true })
        return ['the simulated hosts are gone; nothing was ever put on this machine']
      },
    },
  }
}

import { existsSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { run } from '../lab/command.ts'
import { startLab } from '../lab/lab.ts'
import { bridgeOf } from '../lab/network.ts'
import { dockerVersion, ensurePackages, labSupport } from '../lab/packages.ts'
import { membersOf } from '../lab/processes.ts'
import { listLabs } from '../lab/record.ts'
import type { Attempt, GroundOptions } from './ground.ts'

const HOSTS = 3
const REPOSITORY = resolve(import.meta.dirname, '../..')

/** Three real Docker hosts on this machine, reached over SSH, with a registry beside them. */
export async function labGround({ say }: GroundOptions): Promise<Attempt> {
  const support = labSupport()
  if (!support.ok) return support
  try {
    await ensurePackages(say)
  } catch (error) {
    return { ok: false, reason: error instanceof Error ? error.message : String(error) }
  }
  const lab = await startLab({ hosts: HOSTS, name: 'demo', say })
  const record = listLabs().find(l => l.number === lab.number)
  if (record === undefined) throw new Error(`lab ${lab.number} has no record`)
  const hosts = lab.hosts.map(({ name, address, ip, socket }) => ({ name, address, ip, socket }))
  const [first] = hosts
  return {
    ok: true,
    ground: {
      kind: 'lab',
      hosts,
      images: {
        web: lab.registry.image('web'),
        versions: ['1', '2'],
        agent: lab.registry.image('sleep:1'),
      },
      config: { identity: [lab.identityFile], knownHosts: [lab.knownHosts] },
      about: [
        `${HOSTS} real Docker hosts on this machine: each has its own network, sshd and dockerd (${await dockerVersion()}).`,
        `A registry, ${lab.registry.address}, stands beside them. Nothing of Stowage is on any of them.`,
      ],
      shared: false,
      mark: record.mark,
      keep: () => {
        lab.keep()
        return { outlives: true, end: [`npm --prefix ${REPOSITORY} run lab -- stop ${lab.number}`] }
      },
      removeByHand: (host, container) => `docker -H unix://${host.socket} rm -f ${container}`,
      more: [
        [`ssh -F ${lab.sshConfigFile} ${first?.name ?? ''}`, 'looks at a host from the inside'],
        [`docker -H unix://${first?.socket ?? ''} ps`, 'asks a host’s own Docker'],
      ],
      close: async () => {
        await lab.stop()
        const links = await run('ip', ['-o', 'link'])
        const left = [
          ...membersOf(record.mark).map(pid => `process ${pid}`),
          ...(existsSync(dirname(lab.knownHosts)) ? [dirname(lab.knownHosts)] : []),
          ...(links.includes(` ${bridgeOf(lab.number)}:`) ? [`network ${bridgeOf(lab.number)}`] : []),
        ]
        if (left.length > 0) throw new Error(`the lab left behind: ${left.join(', ')}`)
        return [
          `lab ${lab.number} is gone: 0 processes, 0 files and 0 networks of it are left on this machine`,
        ]
      },
    },
  }
}

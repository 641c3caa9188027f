import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import yargs from 'yargs'
import { cleanAbandonedLabs, removeLab, startLab } from './lab.ts'
import type { Lab } from './lab.ts'
import { ipOf } from './network.ts'
import { dockerVersion, labSupport } from './packages.ts'
import { isAbandoned, LABS_FOLDER, listLabs, withLabsLock } from './record.ts'
import type { LabRecord } from './record.ts'

const say = (line: string) => console.error(line)

await yargs(process.argv.slice(2))
  .scriptName('npm run lab --')
  .command(
    'start',
    'Start Docker hosts on this machine and leave them up',
    command => command.option('hosts', { type: 'number', default: 3 }).option('name', { type: 'string' }),
    ({ hosts, name }) => start(hosts, name),
  )
  .command('status', 'Show the labs of this machine', {}, status)
  .command(
    'stop [number]',
    'End a lab that was left up, or all such labs, and remove all that they made',
    command => command.positional('number', { type: 'number' }),
    ({ number }) => stop(number),
  )
  .command('clean', 'Remove what labs left behind whose process has died', {}, clean)
  .demandCommand(1, 'Say start, status, stop or clean.')
  .showHelpOnFail(false)
  .strict()
  .parseAsync()

async function start(hosts: number, name: string | undefined): Promise<void> {
  requireLabSupport()
  const lab = await startLab({ hosts, name, say })
  lab.keep()
  console.log(`lab ${lab.number} (${lab.name}) is up: ${hosts} hosts, ${await dockerVersion()}\n`)
  console.log(lab.hosts.map(describeHost).join('\n'))
  console.log(describeAccess(lab))
}

function describeHost(host: Lab['hosts'][number]): string {
  return `${host.name}  ${host.address}\n  docker -H unix://${host.socket} ps`
}

function describeAccess(lab: Lab): string {
  const images = [...lab.registry.digests.keys()].map(name => `${lab.registry.address}/${name}`)
  return `
log in    ssh -F ${lab.sshConfigFile} host-1
stowage   reads ~/.ssh/config; this line there lets it in:
          Include ${lab.sshConfigFile}
images    ${images.join('\n          ')}
end it    npm run lab -- stop ${lab.number}`
}

function status(): void {
  if (!existsSync(LABS_FOLDER) || listLabs().length === 0) return console.log('no labs')
  for (const lab of listLabs()) {
    console.log(`lab ${lab.number} (${lab.name}): ${stateOf(lab)}`)
    const hosts = readdirSync(lab.folder).filter(entry => entry.startsWith('host-'))
    for (const host of hosts) {
      const socket = join(lab.folder, host, 'docker.sock')
      console.log(`  ${host}  ssh://root@${ipOf(lab.number, Number(host.slice(5)))}  unix://${socket}`)
    }
  }
}

function stateOf(lab: LabRecord): string {
  if (isAbandoned(lab)) return 'abandoned, npm run lab -- clean removes it'
  return lab.kept
    ? `left up, npm run lab -- stop ${lab.number} ends it`
    : `in use by process ${lab.owner.pid}`
}

async function stop(number: number | undefined): Promise<void> {
  requireLabSupport()
  await withLabsLock(async () => {
    const labs = listLabs().filter(lab => (number === undefined ? lab.kept : lab.number === number))
    if (labs.length === 0)
      console.log(number === undefined ? 'no lab was left up' : `there is no lab ${number}`)
    for (const lab of labs) {
      if (!lab.kept && !isAbandoned(lab)) {
        console.error(`lab ${lab.number} is in use by process ${lab.owner.pid}; it ends with that process`)
        process.exitCode = 1
        continue
      }
      await removeLab(lab)
      console.log(`lab ${lab.number} (${lab.name}) is gone`)
    }
  })
}

async function clean(): Promise<void> {
  requireLabSupport()
  const removed = await withLabsLock(() => cleanAbandonedLabs(line => console.log(line)))
  if (removed.length === 0) console.log('nothing to clean')
}

function requireLabSupport(): void {
  const support = labSupport()
  if (support.ok) return
  console.error(support.reason)
  process.exit(1)
}

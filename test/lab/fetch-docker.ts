import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import yargs from 'yargs'
import { run } from './command.ts'

// what STOWAGE_LAB_DOCKER's folder holds, and where a package has it
const BINARIES: Readonly<Record<string, readonly string[]>> = {
  dockerd: ['usr/sbin/dockerd', 'usr/bin/dockerd'],
  docker: ['usr/bin/docker'],
  'docker-proxy': ['usr/sbin/docker-proxy', 'usr/bin/docker-proxy', 'usr/libexec/docker/docker-proxy'],
  'docker-init': ['usr/bin/tini-static', 'usr/bin/tini'],
  containerd: ['usr/bin/containerd'],
  'containerd-shim-runc-v2': ['usr/bin/containerd-shim-runc-v2'],
  ctr: ['usr/bin/ctr'],
  runc: ['usr/sbin/runc', 'usr/bin/runc'],
}

const { suite, into, mirror } = await yargs(process.argv.slice(2))
  .scriptName('tsx test/lab/fetch-docker.ts')
  .usage('Fetches the Docker of a Debian release into a folder, for STOWAGE_LAB_DOCKER. Installs nothing.')
  .option('suite', { type: 'string', default: 'sid', describe: 'The Debian release' })
  .option('into', { type: 'string', demandOption: true, describe: 'The folder for the binaries' })
  .option('mirror', {
    type: 'string',
    default: 'http://deb.debian.org/debian',
    describe: 'The Debian mirror',
  })
  .strict()
  .parseAsync()

await fetchDocker(suite, resolve(into), mirror)

/** Downloads the packages of the release through an apt of its own, whose signatures are checked, and unpacks them. */
async function fetchDocker(suite: string, folder: string, mirror: string): Promise<void> {
  const scratch = mkdtempSync(join(tmpdir(), 'stowage-fetch-docker-'))
  try {
    const apt = await prepareApt(scratch, suite, mirror)
    const tini = await run('apt-cache', [...apt, 'show', 'tini-static']).then(
      () => 'tini-static',
      () => 'tini',
    )
    const packages = ['docker.io', 'docker-cli', 'containerd', 'runc', tini]
    const files = await download(apt, packages, scratch)
    const root = join(scratch, 'root')
    for (const file of files) {
      console.log(`unpacking ${file.replaceAll('%3a', ':')}`)
      await run('dpkg-deb', ['-x', join(scratch, file), root])
    }
    mkdirSync(folder, { recursive: true })
    for (const name of Object.keys(BINARIES)) copyBinary(root, name, folder)
    await dropWhatCannotRun(folder)
    console.log(`\nSTOWAGE_LAB_DOCKER=${folder} npm test`)
  } finally {
    rmSync(scratch, { recursive: true, force: true })
  }
}

async function prepareApt(scratch: string, suite: string, mirror: string): Promise<string[]> {
  const keyring = '/usr/share/keyrings/debian-archive-keyring.gpg'
  const sources = join(scratch, 'sources.list')
  mkdirSync(join(scratch, 'lists/partial'), { recursive: true })
  mkdirSync(join(scratch, 'cache/archives/partial'), { recursive: true })
  writeFileSync(sources, `deb [signed-by=${keyring}] ${mirror} ${suite} main\n`)
  writeFileSync(join(scratch, 'status'), '')
  const settings = {
    'Dir::Etc::sourcelist': sources,
    'Dir::Etc::sourceparts': '-',
    'Dir::State::lists': join(scratch, 'lists'),
    'Dir::State::status': join(scratch, 'status'),
    'Dir::Cache': join(scratch, 'cache'),
    // as root, apt would download as a user who may not write here
    'APT::Sandbox::User': 'root',
  }
  const options = Object.entries(settings).flatMap(([name, value]) => ['-o', `${name}=${value}`])
  console.log(`reading the package lists of ${suite} from ${mirror}`)
  await run('apt-get', [...options, 'update'], { timeout: 600_000 })
  return options
}

async function download(
  apt: readonly string[],
  packages: readonly string[],
  scratch: string,
): Promise<string[]> {
  // apt-get download writes into the current folder
  const args = ['--chdir', scratch, 'apt-get', ...apt, 'download', ...packages]
  await run('env', args, { timeout: 600_000 })
  return readdirSync(scratch).filter(file => file.endsWith('.deb'))
}

function copyBinary(root: string, name: string, folder: string): void {
  const source = (BINARIES[name] ?? []).map(path => join(root, path)).find(existsSync)
  if (source === undefined) return console.log(`no ${name} in these packages: the machine's own is used`)
  copyFileSync(realpathSync(source), join(folder, name))
}

/** A newer C library than the machine's may be wanted; then the machine's own binary has to do. */
async function dropWhatCannotRun(folder: string): Promise<void> {
  for (const name of readdirSync(folder).filter(name => name in BINARIES)) {
    const flag = name === 'containerd-shim-runc-v2' ? '-v' : '--version'
    try {
      if (name === 'docker-proxy') continue
      const [version = ''] = (await run(join(folder, name), [flag])).trim().split('\n')
      console.log(`${name}: ${version}`)
    } catch (error) {
      const why = error instanceof Error ? error.message.split('\n')[0] : String(error)
      if (name !== 'runc' && name !== 'docker-init' && name !== 'ctr') throw error
      rmSync(join(folder, name))
      console.log(`${name} cannot run here, the machine's own is used: ${why}`)
    }
  }
}

import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { request } from 'node:http'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { DesiredStateDocument } from '../../engine/desired-state/document.generated.ts'
import type { Event } from '../../engine/events.ts'
import { type Lab, type LabOptions, startLab } from '../lab/lab.ts'
import type { LabHost } from '../lab/lab-host.ts'
import { labSupport } from '../lab/packages.ts'

const STOWAGE = resolve(import.meta.dirname, '../../dist/bin/stowage.js')

/** Scenarios on real hosts run where there can be a lab; test/run.mjs says loudly where there cannot. */
export const hasLab = labSupport().ok

export interface Ended {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

/** A lab, and the CLI as a person on another machine would run it against it. */
export class Scenario {
  readonly lab: Lab
  readonly folder = mkdtempSync(join(tmpdir(), 'stowage-e2e-'))

  /** What the CLI has in its environment besides this process's. */
  env: Record<string, string> = {}

  private constructor(lab: Lab) {
    this.lab = lab
  }

  static async start(options: LabOptions = {}): Promise<Scenario> {
    return new Scenario(await startLab(options))
  }

  async end(): Promise<void> {
    rmSync(this.folder, { recursive: true, force: true })
    await this.lab.stop()
  }

  get hosts(): readonly LabHost[] {
    return this.lab.hosts
  }

  host(index: number): LabHost {
    const host = this.lab.hosts[index]
    if (!host) throw new Error(`no host ${index}`)
    return host
  }

  /** A document of these hosts. */
  document(
    parts: Partial<DesiredStateDocument>,
    hosts: readonly LabHost[] = this.hosts,
  ): DesiredStateDocument {
    return {
      schemaVersion: 1,
      cluster: 'prod',
      containerInstances: Object.fromEntries(hosts.map(h => [h.name, { address: h.address }])),
      ...parts,
    }
  }

  write(document: DesiredStateDocument): string {
    const file = join(this.folder, `${document.cluster}.json`)
    writeFileSync(file, JSON.stringify(document))
    return file
  }

  begin(command: string, document: DesiredStateDocument, ...flags: string[]): Running {
    return run([command, '--document', this.write(document), ...this.#keys, ...flags], this.folder, this.env)
  }

  /** The same on a machine of its own: with another name, and none of whose processes this one sees. */
  beginElsewhere(
    machine: string,
    command: string,
    document: DesiredStateDocument,
    ...flags: string[]
  ): Running {
    const file = join(this.folder, `${machine}.json`)
    writeFileSync(file, JSON.stringify(document))
    const within = ['unshare', '--pid', '--fork', '--kill-child', '--mount-proc', '--uts']
    const named = ['sh', '-c', 'hostname "$0" && exec "$@"', machine]
    const args = [command, '--document', file, ...this.#keys, ...flags]
    return run(args, this.folder, this.env, '', [...within, ...named])
  }

  get #keys(): string[] {
    return ['--known-hosts', this.lab.knownHosts, '--identity', this.lab.identityFile]
  }

  async stowage(command: string, document: DesiredStateDocument, ...flags: string[]): Promise<Ended> {
    return this.begin(command, document, ...flags).ended
  }

  /** Applies, and expects it to end steady. */
  async apply(document: DesiredStateDocument, ...flags: string[]): Promise<Event[]> {
    const ended = await this.stowage('apply', document, '--yes', '--json', ...flags)
    if (ended.code !== 0)
      throw new Error(`apply ended with ${ended.code}\n${tail(ended.stdout)}\n${ended.stderr}`)
    return events(ended.stdout)
  }

  /** The exit code of diff --exit-code: 0 nothing to do, 2 changes, 1 an error. */
  async diff(document: DesiredStateDocument): Promise<Ended> {
    return this.stowage('diff', document, '--exit-code')
  }

  /** All containers of a cluster on all hosts that answer, as Docker itself says; without the ledger's. */
  async containers(cluster = 'prod'): Promise<Container[]> {
    const lists = await Promise.all(this.hosts.map(host => containersOf(host, cluster)))
    return lists.flat().sort((a, b) => (a.name < b.name ? -1 : 1))
  }

  /** Everything that is on a host, as lines; for comparing before with after. */
  async everything(host: LabHost): Promise<string[]> {
    const lists = await Promise.all([
      host.docker('ps', '-a', '--format', 'container {{.Names}} {{.State}}'),
      host.docker('volume', 'ls', '--format', 'volume {{.Name}}'),
      host.docker('network', 'ls', '--format', 'network {{.Name}}'),
    ])
    return lists.flatMap(l => l.split('\n').filter(line => line !== '')).sort()
  }
}

export interface Container {
  readonly host: string
  readonly ip: string
  readonly id: string
  readonly name: string
  readonly service: string
  readonly slot: string
  readonly revision: string
  readonly state: string
  readonly health: string
  /** ms since 1970. */
  readonly startedAt: number
  /** The host port of its first port; 0 if it has none. */
  readonly port: number
}

/** All containers of a cluster on one host, as Docker itself says. */
export async function containersOf(host: LabHost, cluster: string): Promise<Container[]> {
  const filters = encodeURIComponent(JSON.stringify({ label: [`stowage.cluster=${cluster}`] }))
  const listed = (await ask(host, `/containers/json?all=1&filters=${filters}`)) as { Id: string }[]
  // one that goes between the two calls is left out
  const inspected = await Promise.all(listed.map(c => ask(host, `/containers/${c.Id}/json`)))
  return inspected.flatMap(found => {
    const c = found as Inspected | undefined
    if (!c || c.Config.Labels['stowage.ledger'] !== undefined) return []
    return {
      host: host.name,
      ip: host.ip,
      id: c.Id,
      name: c.Name.slice(1),
      service: c.Config.Labels['stowage.service'] ?? '',
      slot: c.Config.Labels['stowage.slot'] ?? '',
      revision: c.Config.Labels['stowage.revision'] ?? '',
      state: c.State.Status,
      health: c.State.Health?.Status ?? 'none',
      startedAt: Date.parse(c.State.StartedAt),
      port: Number(Object.values(c.NetworkSettings.Ports).flatMap(p => p?.[0]?.HostPort ?? [])[0] ?? 0),
    }
  })
}

/** Asks the engine of a host past stowage, over its own socket; undefined for a 404. */
async function ask(host: LabHost, path: string): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const sent = request({ socketPath: host.socket, path, agent: false }, answer => {
      let text = ''
      answer.setEncoding('utf8').on('data', (part: string) => {
        text += part
      })
      answer.on('error', reject)
      answer.on('end', () => {
        if (answer.statusCode === 404) resolve(undefined)
        else if (answer.statusCode === 200) resolve(JSON.parse(text))
        else reject(new Error(`${path}: ${answer.statusCode} ${text}`))
      })
    })
    sent.on('error', reject).end()
  })
}

interface Inspected {
  readonly Id: string
  readonly Name: string
  readonly Config: { readonly Labels: Record<string, string> }
  readonly State: {
    readonly Status: string
    readonly StartedAt: string
    readonly Health?: { readonly Status: string }
  }
  readonly NetworkSettings: { readonly Ports: Record<string, { HostPort: string }[] | null> }
}

export interface Running {
  readonly child: ChildProcess
  readonly ended: Promise<Ended>
  /** What it has printed on stdout so far. */
  output(): string
}

/** Runs the CLI that `npm run build` made; `within`: a command that runs it in turn. */
export function run(
  args: readonly string[],
  cwd: string,
  env: Record<string, string> = {},
  input = '',
  within: readonly string[] = [],
): Running {
  const [command = '', ...rest] = [...within, process.execPath, STOWAGE, ...args]
  const child = spawn(command, rest, {
    cwd,
    stdio: ['pipe', 'pipe', 'pipe'],
    env: { ...process.env, SSH_AUTH_SOCK: '', ...env },
  })
  // it may not be read
  child.stdin.on('error', () => {}).end(input)
  let stdout = ''
  let stderr = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text
  })
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text
  })
  const ended = new Promise<Ended>((done, fail) => {
    child.on('error', fail)
    child.on('close', code => done({ code, stdout, stderr }))
  })
  return { child, ended, output: () => stdout }
}

/** Does something again and again, with a breath between, for as long as a command runs. */
export async function whileRunning(running: Running, look: () => Promise<void>): Promise<Ended> {
  while (running.child.exitCode === null && running.child.signalCode === null) {
    await look()
    await sleep(50)
  }
  return running.ended
}

/** The events that apply --json printed. */
export function events(stdout: string): Event[] {
  return stdout
    .split('\n')
    .filter(line => line.startsWith('{'))
    .map(line => JSON.parse(line) as Event)
}

export function tail(text: string, lines = 15): string {
  return text.trimEnd().split('\n').slice(-lines).join('\n')
}

/** Waits until a condition holds; fails with what was seen last when it does not in time. */
export async function until<T>(
  look: () => Promise<T>,
  holds: (seen: T) => boolean,
  seconds = 30,
): Promise<T> {
  const deadline = Date.now() + seconds * 1000
  for (;;) {
    const seen = await look()
    if (holds(seen)) return seen
    if (Date.now() > deadline) throw new Error(`not so after ${seconds} s: ${JSON.stringify(seen)}`)
    await sleep(100)
  }
}

/** A task definition of the lab's web server: healthy within a second or two. */
export function webTask(image: string, more: { container?: object; task?: object } = {}) {
  return {
    containerDefinitions: [
      {
        name: 'web',
        image,
        memory: 64,
        stopTimeout: 10,
        portMappings: [{ containerPort: 80 }],
        healthCheck: {
          command: ['CMD-SHELL', 'wget -q -O- localhost/health'],
          interval: 5,
          timeout: 5,
          retries: 3,
        },
        ...more.container,
      },
    ],
    ...more.task,
  }
}

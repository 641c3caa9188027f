import { promisify } from 'node:util'
import { gunzip, gzip } from 'node:zlib'
import { packTar, unpackTar } from 'modern-tar'
import type { DockerHost } from '../docker/docker-host.ts'
import { createEmptyContainer } from '../docker/empty-image.ts'
import { type Problem, problem, StowageError, toProblem } from '../errors.ts'
import { LABEL } from '../identity.ts'
import { type Entry, entriesOf, ledgerOf, parseEntry, printEntry } from './entry.ts'
import { mergeLedgers } from './merge.ts'
import { pruned } from './prune.ts'
import { type DeploymentRecord, EMPTY_LEDGER, type Ledger, type Marks } from './record.ts'
import { type Slots, slotsFor } from './slots.ts'

const FOLDER = '/ledger'
const FILE = /^ledger\/(\d{1,6})\.json\.gz$/
/** A file that unpacks to more is none of ours. */
const MOST_BYTES = 64 * 1024 * 1024
/** A copy that is written while it is read may come torn. */
const MOST_READS = 3
const zip = promisify(gzip)
const unzip = promisify<Uint8Array, { maxOutputLength: number }, Buffer>(gunzip)

/**
 * The ledger of a cluster: on each host a volume, held by a container that is never started, with a file for each
 * deployment. Every host has a whole copy; what one of them lacks is written there with the next deployment.
 */
export class LedgerStore {
  /** What all copies know together. */
  ledger: Ledger = EMPTY_LEDGER
  /** What could not be read. */
  readonly problems: Problem[] = []
  /** Some host has a copy, or may have one that cannot be read. */
  isThere = false
  readonly #cluster: string
  readonly #copies = new Map<string, Slots>()

  private constructor(cluster: string) {
    this.#cluster = cluster
  }

  /** Reads the copies of these hosts, with one call each. What cannot be read is left out and told in `problems`. */
  static async read(cluster: string, hosts: Iterable<DockerHost>): Promise<LedgerStore> {
    const store = new LedgerStore(cluster)
    const texts = new Map<string, Entry | undefined>()
    const found = await Promise.all([...hosts].map(host => store.#readCopy(host, texts)))
    store.ledger = mergeLedgers(found)
    store.problems.sort((a, b) => ((a.instance ?? '') < (b.instance ?? '') ? -1 : 1))
    return store
  }

  /** Writes a deployment on these hosts, whose locks must be held. Resolves to what could not be written. */
  async writeDeployments(
    hosts: Iterable<DockerHost>,
    records: readonly DeploymentRecord[],
  ): Promise<Problem[]> {
    return await this.#write(hosts, { deployments: records, marks: {} })
  }

  /** Writes marks on these hosts, whose locks must be held; those of other instances stay. */
  async writeMarks(hosts: Iterable<DockerHost>, marks: Marks): Promise<Problem[]> {
    return await this.#write(hosts, { deployments: [], marks })
  }

  async #readCopy(host: DockerHost, texts: Map<string, Entry | undefined>): Promise<Ledger> {
    try {
      const slots = await readSlots(host, this.#cluster, texts)
      this.#copies.set(host.name, slots ?? new Map())
      if (!slots) return EMPTY_LEDGER
      this.isThere = true
      const entries = [...slots.values()]
      const unreadable = entries.filter(entry => entry === undefined).length
      if (unreadable > 0)
        this.#tell(host, `${unreadable} of ${entries.length} entries of the ledger on ${host.name}`)
      return mergeLedgers(ledgerOf(entries.filter(entry => entry !== undefined)))
    } catch (error) {
      this.isThere = true
      this.#tell(host, `the ledger on ${host.name}`, toProblem(error).message)
      return EMPTY_LEDGER
    }
  }

  #tell(host: DockerHost, what: string, why?: string): void {
    const message = `${what} cannot be read${why === undefined ? '' : `: ${why}`}`
    this.problems.push(problem('LEDGER_UNREADABLE', message, { instance: host.name }))
  }

  async #write(hosts: Iterable<DockerHost>, more: Ledger): Promise<Problem[]> {
    this.ledger = pruned(mergeLedgers([this.ledger, more]))
    const wanted = entriesOf(this.ledger)
    const refusals = await Promise.all([...hosts].map(host => this.#writeCopy(host, wanted)))
    return refusals.filter(refusal => refusal !== undefined)
  }

  async #writeCopy(host: DockerHost, wanted: readonly Entry[]): Promise<Problem | undefined> {
    try {
      const slots =
        this.#copies.get(host.name) ?? (await readSlots(host, this.#cluster, new Map())) ?? new Map()
      const chosen = slotsFor(slots, wanted)
      // until it is known to be written whole, these hold nothing that counts
      this.#copies.set(
        host.name,
        new Map([...slots, ...[...chosen.keys()].map(slot => [slot, undefined] as const)]),
      )
      if (chosen.size > 0) await put(host, this.#cluster, await tarOf(chosen))
      this.#copies.set(host.name, new Map([...slots, ...chosen]))
      return undefined
    } catch (error) {
      const message = `the ledger on ${host.name} could not be written: ${toProblem(error).message}`
      return problem('LEDGER_NOT_WRITTEN', message, { instance: host.name })
    }
  }
}

/** Removes the ledger of a cluster from a host, whose lock must be held. */
export async function removeLedger(host: DockerHost, cluster: string): Promise<void> {
  const name = ledgerName(cluster)
  const container = await inspectIfThere(host, name)
  if (isLedgers(container?.Config.Labels, cluster)) await host.removeContainer(name)
  if (await hasVolume(host, cluster)) await host.removeVolume(name)
}

/** The name of the ledger's container, and of its volume. No task has it: theirs have five parts. */
function ledgerName(cluster: string): string {
  return `${cluster}.ledger`
}

/** undefined: there is no copy. */
async function readSlots(
  host: DockerHost,
  cluster: string,
  texts: Map<string, Entry | undefined>,
): Promise<Slots | undefined> {
  for (let tries = 1; ; tries++) {
    const tar = await readTar(host, cluster)
    if (!tar) return undefined
    try {
      const files = await unpackTar(tar)
      return new Map(
        await Promise.all(
          files.flatMap(({ header, data }) => {
            const [, slot] = FILE.exec(header.name) ?? []
            return slot === undefined ? [] : [readEntry(Number(slot), data ?? new Uint8Array(), texts)]
          }),
        ),
      )
    } catch (error) {
      if (tries === MOST_READS) throw error
    }
  }
}

/** The volume as a tar; undefined where there is none. */
async function readTar(host: DockerHost, cluster: string): Promise<Uint8Array | undefined> {
  const read = () => host.getArchive(ledgerName(cluster), FOLDER)
  const first = await unlessMissing(read())
  if (first || !(await hasVolume(host, cluster))) return first
  // whoever prunes containers takes this one away, and leaves the volume
  await createHolder(host, cluster)
  return await unlessMissing(read())
}

/** Alike files of several hosts are read once. */
async function readEntry(
  slot: number,
  data: Uint8Array,
  texts: Map<string, Entry | undefined>,
): Promise<[number, Entry | undefined]> {
  try {
    const text = (await unzip(data, { maxOutputLength: MOST_BYTES })).toString('utf8')
    if (!texts.has(text)) texts.set(text, parseEntry(text))
    return [slot, texts.get(text)]
  } catch {
    return [slot, undefined]
  }
}

async function tarOf(entries: ReadonlyMap<number, Entry>): Promise<Uint8Array> {
  const files = await Promise.all(
    [...entries].map(async ([slot, entry]) => {
      const body = await zip(printEntry(entry))
      return { header: { name: `${slot}.json.gz`, size: body.length, mode: 0o600 }, body }
    }),
  )
  return await packTar(files)
}

async function put(host: DockerHost, cluster: string, tar: Uint8Array): Promise<void> {
  const write = () => host.putArchive(ledgerName(cluster), FOLDER, tar)
  try {
    await write()
  } catch (error) {
    if (!isMissing(error)) throw error
    await createHolder(host, cluster)
    await write()
  }
}

/** Makes the volume and the container that holds it, as far as they are missing. @throws NAME_TAKEN */
async function createHolder(host: DockerHost, cluster: string): Promise<void> {
  const name = ledgerName(cluster)
  const labels = { [LABEL.cluster]: cluster, [LABEL.ledger]: '' }
  await host.createVolume(name, { Labels: labels })
  if (!(await hasVolume(host, cluster))) throw nameTaken(host, `the volume ${name}`)
  try {
    await createEmptyContainer(host, name, { Labels: labels, HostConfig: { Binds: [`${name}:${FOLDER}`] } })
  } catch (error) {
    if (!(error instanceof StowageError) || error.code !== 'DOCKER_CONFLICT') throw error
    const container = await inspectIfThere(host, name)
    if (container && !isLedgers(container.Config.Labels, cluster))
      throw nameTaken(host, `the container ${name}`)
  }
}

async function hasVolume(host: DockerHost, cluster: string): Promise<boolean> {
  const volumes = await host.listVolumes()
  return volumes.some(v => v.Name === ledgerName(cluster) && isLedgers(v.Labels, cluster))
}

function isLedgers(labels: Readonly<Record<string, string>> | null | undefined, cluster: string): boolean {
  return labels?.[LABEL.cluster] === cluster && labels[LABEL.ledger] !== undefined
}

async function inspectIfThere(host: DockerHost, name: string) {
  return await unlessMissing(host.inspectContainer(name))
}

async function unlessMissing<T>(work: Promise<T>): Promise<T | undefined> {
  try {
    return await work
  } catch (error) {
    if (isMissing(error)) return undefined
    throw error
  }
}

function isMissing(error: unknown): boolean {
  return error instanceof StowageError && error.code === 'DOCKER_NOT_FOUND'
}

function nameTaken(host: DockerHost, what: string): StowageError {
  const message = `${what} is on ${host.name} and is not this cluster's ledger`
  return new StowageError('NAME_TAKEN', message, { instance: host.name })
}

import type { DesiredState } from '../desired-state/desired-state.generated.ts'
import type { DockerHost } from '../docker/docker-host.ts'
import type { Problem } from '../errors.ts'
import type { Emit, Report } from '../events.ts'
import { observe } from '../observe/observe.ts'
import { reconcile } from '../reconcile/reconcile.ts'
import type { ServiceState } from '../reconcile/service-state.ts'
import { type Beginning, begunRecord, endedRecord, isOpen, settledRecord, whatRuns } from './compose.ts'
import type { DeploymentRecord, Ledger, Marks } from './record.ts'
import { LedgerStore } from './store.ts'

/** One deployment's part of the ledger: written before its first change, and at its end. What cannot be written is told. */
export class Journal {
  readonly #store: LedgerStore
  readonly #hosts: readonly DockerHost[]
  readonly #emit: Emit
  #record: DeploymentRecord

  private constructor(
    store: LedgerStore,
    hosts: readonly DockerHost[],
    emit: Emit,
    record: DeploymentRecord,
  ) {
    this.#store = store
    this.#hosts = hosts
    this.#emit = emit
    this.#record = record
  }

  /** @param hosts those whose locks are held */
  static async begin(hosts: readonly DockerHost[], beginning: Beginning, emit: Emit): Promise<Journal> {
    const store = await LedgerStore.read(beginning.desired.cluster, hosts)
    for (const each of store.problems) emit({ event: 'warning', problem: each })
    const last = store.ledger.deployments.at(-1)
    const settled =
      last && isOpen(last)
        ? settledRecord(last, await servicesOf(last, beginning.desired, hosts), beginning.started)
        : undefined
    const journal = new Journal(store, hosts, emit, begunRecord(store.ledger, beginning))
    await journal.#write(settled ? [settled, journal.#record] : [journal.#record])
    return journal
  }

  /** What is known, this deployment included. */
  get ledger(): Ledger {
    return this.#store.ledger
  }

  /** What could not be read of it when this deployment began. */
  get problems(): readonly Problem[] {
    return this.#store.problems
  }

  /** Writes the marks that become others. */
  async mark(change: (marks: Marks) => Marks): Promise<void> {
    const changed = change(this.#store.ledger.marks)
    if (Object.keys(changed).length === 0) return
    const problems = await this.#store.writeMarks(this.#hosts, changed)
    for (const problem of problems) this.#emit({ event: 'warning', problem })
  }

  async end(report: Report, now: Date): Promise<void> {
    this.#record = endedRecord(this.#record, report, now.toISOString())
    await this.#write([this.#record])
  }

  async #write(records: readonly DeploymentRecord[]): Promise<void> {
    const problems = await this.#store.writeDeployments(this.#hosts, records)
    for (const problem of problems) this.#emit({ event: 'warning', problem })
  }
}

/** How the services of an earlier deployment are now, on the container instances of today. */
async function servicesOf(
  { document }: DeploymentRecord,
  today: DesiredState,
  hosts: readonly DockerHost[],
): Promise<readonly ServiceState[]> {
  const observed = await observe(today.cluster, hosts)
  const desired = { ...today, ...whatRuns(document) }
  return reconcile(desired, observed, { deployment: '', images: {}, failed: new Set() }).services
}

import type { LabHost } from '../lab/lab-host.ts'
import { type Container, containersOf, type Scenario } from './support.ts'

/** One look at the tasks of a service. */
interface Sample {
  /** In service. */
  readonly healthy: number
  /** In service or on their way. */
  readonly total: number
}

export interface WatchOptions {
  /** Whether to send requests to the tasks in service. Default: no. */
  readonly requests?: boolean
  /** A task without a health check is in service when it has run for so long, in ms. Default: 1000. */
  readonly steadyAfter?: number
}

/** Samples the tasks of the service `web`, for as long as something goes on. */
export class Watch {
  readonly samples: Sample[] = []
  /** Requests that failed though their task was in service. */
  readonly lost: string[] = []
  requests = 0
  readonly #scenario: Scenario
  readonly #options: WatchOptions
  /** What each host showed last: one that does not answer is taken to be as it was. */
  readonly #seen = new Map<string, readonly Container[]>()
  readonly #away = new Set<string>()

  constructor(scenario: Scenario, options: WatchOptions = {}) {
    this.#scenario = scenario
    this.#options = options
  }

  get leastHealthy(): number {
    return Math.min(...this.samples.map(s => s.healthy))
  }

  get most(): number {
    return Math.max(...this.samples.map(s => s.total))
  }

  /** From here on what runs on a host is not ours to answer for: it counts as it was seen last. */
  leaveOut(host: LabHost): void {
    this.#away.add(host.name)
  }

  async look(): Promise<void> {
    await Promise.all(this.#scenario.hosts.map(host => this.#lookAt(host)))
    const tasks = [...this.#seen.values()].flat().filter(c => c.service === 'web' && c.state === 'running')
    const healthy = tasks.filter(c => this.#inService(c))
    this.samples.push({ healthy: healthy.length, total: tasks.length })
    if (this.#options.requests) await Promise.all(healthy.map(c => this.#request(c)))
  }

  async #lookAt(host: LabHost): Promise<void> {
    if (this.#away.has(host.name)) return
    const found = await containersOf(host, 'prod').catch(() => undefined)
    if (found && !this.#away.has(host.name)) this.#seen.set(host.name, found)
  }

  #inService({ health, startedAt }: Container): boolean {
    return health === 'none'
      ? Date.now() - startedAt >= (this.#options.steadyAfter ?? 1000)
      : health === 'healthy'
  }

  /** A request that fails is ours to answer for, unless its task was being taken out of service. */
  async #request(task: Container): Promise<void> {
    this.requests++
    try {
      const answer = await fetch(`http://${task.ip}:${task.port}/slow?ms=20`, {
        signal: AbortSignal.timeout(5000),
      })
      await answer.text()
      if (!answer.ok) this.lost.push(`${task.name} ${answer.status}`)
    } catch (error) {
      const now = (await this.#scenario.containers()).find(c => c.id === task.id)
      if (now?.state === 'running') this.lost.push(`${task.name} ${String(error)}`)
    }
  }
}

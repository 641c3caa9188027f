import { setTimeout as sleep } from 'node:timers/promises'
import { type SeenTask, tasksOf } from './docker-api.ts'
import type { GroundHost } from './ground.ts'
import { answererOf, ask } from './http.ts'

/** What a client saw that sent requests to the tasks in service. */
export interface Seen {
  readonly requests: number
  /** Answers, by the version that gave them. */
  readonly answers: ReadonlyMap<string, number>
  /** One line for each request that failed though its task was in service. */
  readonly failed: readonly string[]
  /** Requests that met a task in the moment in which it was taken out of service. */
  readonly late: number
  readonly leastHealthy: number
  readonly mostRunning: number
}

/** The tasks of the cluster's service that are looked at. */
export interface Target {
  readonly hosts: readonly GroundHost[]
  readonly cluster: string
  readonly service: string
}

const CLIENTS = 3
const LOOK_EVERY_MS = 100
const REQUEST_EVERY_MS = 20
const STOP_TAKES_MS = 20_000

/** Sends requests to the service's healthy tasks for as long as `work` goes on. */
export async function trafficDuring(target: Target, work: Promise<unknown>): Promise<Seen> {
  const { hosts, cluster, service } = target
  const failed: string[] = []
  const answers = new Map<string, number>()
  let inService: readonly SeenTask[] = []
  let [requests, late, turn] = [0, 0, 0]
  let [leastHealthy, mostRunning] = [Number.POSITIVE_INFINITY, 0]
  const over = new AbortController()

  async function look(): Promise<void> {
    const tasks = (await tasksOf(hosts, cluster, service)).filter(t => t.running)
    inService = tasks.filter(t => t.healthy)
    leastHealthy = Math.min(leastHealthy, inService.length)
    mostRunning = Math.max(mostRunning, tasks.length)
  }

  async function watch(): Promise<void> {
    while (!over.signal.aborted) {
      await look()
      await sleep(LOOK_EVERY_MS)
    }
  }

  async function client(): Promise<void> {
    while (!over.signal.aborted) {
      const task = inService[turn++ % Math.max(1, inService.length)]
      if (task?.url !== undefined) await send(task, task.url)
      await sleep(REQUEST_EVERY_MS)
    }
  }

  async function send(task: SeenTask, url: string): Promise<void> {
    requests++
    try {
      const answer = await ask(url)
      if (answer.status !== 200) throw new Error(`status ${answer.status}`)
      const { version } = answererOf(answer)
      answers.set(version, (answers.get(version) ?? 0) + 1)
    } catch (error) {
      if (await isTakenOut(target, task)) late++
      else
        failed.push(
          `${task.name} on ${task.host.name}: ${error instanceof Error ? error.message : String(error)}`,
        )
    }
  }

  await look()
  void work
    .catch(() => {})
    .finally(() => {
      over.abort()
    })
  await Promise.all([watch(), ...Array.from({ length: CLIENTS }, client)])
  await look()
  return { requests, answers, failed, late, leastHealthy, mostRunning }
}

/** Whether a task is being stopped, which takes Docker a moment to say. */
async function isTakenOut({ hosts, cluster, service }: Target, task: SeenTask): Promise<boolean> {
  const deadline = Date.now() + STOP_TAKES_MS
  while (Date.now() < deadline) {
    const now = (await tasksOf(hosts, cluster, service)).find(t => t.id === task.id)
    if (now?.running !== true) return true
    // one that answers again was not on its way out
    if (
      await ask(task.url ?? '').then(
        a => a.status === 200,
        () => false,
      )
    )
      return false
    await sleep(LOOK_EVERY_MS)
  }
  return false
}

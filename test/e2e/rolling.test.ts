import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Container, hasLab, Scenario, webTask, whileRunning } from './support.ts'

describe.runIf(hasLab)('a rolling deployment of 6 tasks at 50/150 on three hosts', () => {
  let scenario: Scenario
  beforeAll(async () => {
    scenario = await Scenario.start({ hosts: 3 })
  })
  afterAll(() => scenario.end())

  const document = (image: string) =>
    scenario.document({
      taskDefinitions: { web: webTask(scenario.lab.registry.image(image)) },
      services: {
        web: {
          taskDefinition: 'web',
          desiredCount: 6,
          deploymentConfiguration: { minimumHealthyPercent: 50, maximumPercent: 150 },
        },
      },
    })

  it('never has fewer than 3 healthy nor more than 9, and loses no request of a task in service', async () => {
    await scenario.apply(document('web:1'))
    const running = scenario.begin('apply', document('web:2'), '--yes', '--json')
    const watch = new Watch(scenario)
    const ended = await whileRunning(running, () => watch.look())
    expect(ended.code, ended.stdout.slice(-2000) + ended.stderr).toBe(0)
    expect(watch.samples.length).toBeGreaterThan(10)
    expect(Math.min(...watch.samples.map(s => s.healthy))).toBeGreaterThanOrEqual(3)
    expect(Math.max(...watch.samples.map(s => s.total))).toBeLessThanOrEqual(9)
    expect(watch.requests).toBeGreaterThan(20)
    expect(watch.lost).toEqual([])
    const after = await scenario.containers()
    expect(after.map(c => c.health)).toEqual(Array.from({ length: 6 }, () => 'healthy'))
    expect(new Set(after.map(c => c.revision)).size).toBe(1)
    expect(Object.values(countBy(after, c => c.host))).toEqual([2, 2, 2])
  })
})

/** Samples the tasks and sends requests to those in service, for as long as something goes on. */
class Watch {
  readonly samples: { healthy: number; total: number }[] = []
  readonly lost: string[] = []
  requests = 0
  readonly #scenario: Scenario

  constructor(scenario: Scenario) {
    this.#scenario = scenario
  }

  async look(): Promise<void> {
    const seen = await this.#scenario.containers()
    const tasks = seen.filter(c => c.service === 'web' && c.state === 'running')
    const healthy = tasks.filter(c => c.health === 'healthy')
    this.samples.push({ healthy: healthy.length, total: tasks.length })
    await Promise.all(healthy.map(c => this.#request(c)))
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

function countBy<T>(items: readonly T[], key: (item: T) => string): Record<string, number> {
  const counts: Record<string, number> = {}
  for (const item of items) counts[key(item)] = (counts[key(item)] ?? 0) + 1
  return counts
}

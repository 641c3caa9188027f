import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { ContainerDefinition } from '../../engine/desired-state/document.generated.ts'
import { hasLab, Scenario, webTask, whileRunning } from './support.ts'
import { Watch } from './watch.ts'

describe.runIf(hasLab)('a rolling deployment of 6 tasks at 50/150 on three hosts', () => {
  let scenario: Scenario
  beforeAll(async () => {
    scenario = await Scenario.start({ hosts: 3 })
  })
  afterAll(() => scenario.end())

  const document = (image: string, container: Partial<ContainerDefinition> = {}) =>
    scenario.document({
      taskDefinitions: { web: webTask(scenario.lab.registry.image(image), { container }) },
      services: {
        web: {
          taskDefinition: 'web',
          desiredCount: 6,
          deploymentConfiguration: {
            minimumHealthyPercent: 50,
            maximumPercent: 150,
            deploymentCircuitBreaker: { enable: true, rollback: true },
          },
        },
      },
    })

  it('never has fewer than 3 healthy nor more than 9, and loses no request of a task in service', async () => {
    await scenario.apply(document('web:1'))
    const running = scenario.begin('apply', document('web:2'), '--yes', '--json')
    const watch = new Watch(scenario, { requests: true })
    const ended = await whileRunning(running, () => watch.look())
    expect(ended.code, ended.stdout.slice(-2000) + ended.stderr).toBe(0)
    expect(watch.samples.length).toBeGreaterThan(10)
    expect(watch.leastHealthy).toBeGreaterThanOrEqual(3)
    expect(watch.most).toBeLessThanOrEqual(9)
    expect(watch.requests).toBeGreaterThan(20)
    expect(watch.lost).toEqual([])
    const after = await scenario.containers()
    expect(after.map(c => c.health)).toEqual(Array.from({ length: 6 }, () => 'healthy'))
    expect(new Set(after.map(c => c.revision)).size).toBe(1)
    expect(Object.values(countBy(after, c => c.host))).toEqual([2, 2, 2])
  })

  it('that fails has never fewer than 3 healthy on its way there and back, and loses no request either', async () => {
    const before = await scenario.containers()
    const bad = document('web:1', { command: ['sh', '-c', 'echo cannot open the ledger >&2; exit 3'] })
    const running = scenario.begin('apply', bad, '--yes', '--json')
    const watch = new Watch(scenario, { requests: true })
    const ended = await whileRunning(running, () => watch.look())
    expect(ended.code).toBe(1)
    expect(watch.leastHealthy, ended.stdout.slice(-2000)).toBeGreaterThanOrEqual(3)
    expect(watch.most).toBeLessThanOrEqual(9)
    expect(watch.requests).toBeGreaterThan(20)
    expect(watch.lost).toEqual([])
    const after = await scenario.containers()
    expect(after.map(c => `${c.slot} ${c.revision} ${c.state} ${c.health}`).toSorted()).toEqual(
      before.map(c => `${c.slot} ${c.revision} running healthy`).toSorted(),
    )
  })
})

function countBy<T>(items: readonly T[], key: (item: T) => string): Record<string, number> {
  const counts: Record<string, number> = {}
  for (const item of items) counts[key(item)] = (counts[key(item)] ?? 0) + 1
  return counts
}

import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { hasLab, Scenario } from './support.ts'

describe.runIf(hasLab)('100 tasks on one host through a default sshd', () => {
  let scenario: Scenario
  beforeAll(async () => {
    scenario = await Scenario.start({ hosts: 1 })
  })
  afterAll(() => scenario.end())

  it('fail no request, over one SSH connection', async () => {
    const document = scenario.document({
      taskDefinitions: {
        sleep: {
          networkMode: 'none',
          containerDefinitions: [
            { name: 'sleep', image: scenario.lab.registry.image('sleep:1'), memory: 6, stopTimeout: 1 },
          ],
        },
      },
      services: {
        sleep: {
          taskDefinition: 'sleep',
          desiredCount: 100,
          deploymentConfiguration: { steadyAfterSeconds: 1 },
        },
      },
    })
    const connections = () =>
      readFileSync(scenario.host(0).sshdLog, 'utf8')
        .split('\n')
        .filter(l => l.includes('Connection from')).length
    const before = connections()
    const events = await scenario.apply(document)
    expect(events.filter(e => e.event === 'step-failed')).toEqual([])
    expect(connections() - before).toBe(1)
    expect((await scenario.containers()).filter(c => c.state === 'running')).toHaveLength(100)
    expect((await scenario.stowage('destroy', document, '--yes')).code).toBe(0)
    expect(connections() - before).toBe(2)
    expect(await scenario.containers()).toEqual([])
  }, 240_000)
})

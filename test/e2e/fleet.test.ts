import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { LabHost } from '../lab/lab-host.ts'
import { hasLab, Scenario, webTask, whileRunning } from './support.ts'

describe.runIf(hasLab)('a cluster whose hosts change', () => {
  let scenario: Scenario
  beforeAll(async () => {
    scenario = await Scenario.start({ hosts: 3 })
  })
  afterAll(() => scenario.end())

  const document = (hosts: readonly LabHost[], draining?: string) => {
    const state = scenario.document(
      {
        taskDefinitions: {
          web: webTask(scenario.lab.registry.image('web:1')),
          agent: {
            containerDefinitions: [
              { name: 'agent', image: scenario.lab.registry.image('sleep:1'), memory: 16, stopTimeout: 2 },
            ],
          },
        },
        services: {
          web: {
            taskDefinition: 'web',
            desiredCount: 6,
            deploymentConfiguration: { minimumHealthyPercent: 100, maximumPercent: 150 },
          },
          agent: {
            taskDefinition: 'agent',
            schedulingStrategy: 'DAEMON',
            deploymentConfiguration: { steadyAfterSeconds: 1 },
          },
        },
      },
      hosts,
    )
    const drained = draining === undefined ? undefined : state.containerInstances?.[draining]
    if (drained) drained.status = 'DRAINING'
    return state
  }

  it('gives a fourth host its DAEMON task, and moves no REPLICA task', async () => {
    await scenario.apply(document(scenario.hosts))
    const before = (await scenario.containers()).filter(c => c.service === 'web')
    const fourth = await scenario.lab.addHost()
    await scenario.apply(document(scenario.hosts))
    const after = await scenario.containers()
    expect(after.filter(c => c.host === fourth.name).map(c => c.service)).toEqual(['agent'])
    expect(after.filter(c => c.service === 'web')).toEqual(before)
  })

  it('empties a DRAINING host without going under the minimum, its daemon last', async () => {
    const running = scenario.begin('apply', document(scenario.hosts, 'host-1'), '--yes', '--json')
    const healthy: number[] = []
    let daemonBeforeReplica = false
    const ended = await whileRunning(running, async () => {
      const seen = await scenario.containers()
      healthy.push(seen.filter(c => c.service === 'web' && c.health === 'healthy').length)
      const there = seen.filter(c => c.host === 'host-1')
      if (there.some(c => c.service === 'web') && !there.some(c => c.service === 'agent'))
        daemonBeforeReplica = true
    })
    expect(ended.code, ended.stdout.slice(-2000) + ended.stderr).toBe(0)
    expect(Math.min(...healthy)).toBeGreaterThanOrEqual(6)
    expect(daemonBeforeReplica).toBe(false)
    const after = await scenario.containers()
    expect(after.filter(c => c.host === 'host-1')).toEqual([])
    expect(after.filter(c => c.service === 'web')).toHaveLength(6)
  })
})

import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { events, hasLab, Scenario, until, webTask } from './support.ts'

describe.runIf(hasLab)('an apply that is killed -9', () => {
  let scenario: Scenario
  beforeAll(async () => {
    scenario = await Scenario.start({ hosts: 2 })
  })
  afterAll(() => scenario.end())

  const document = (version: number) =>
    scenario.document({
      taskDefinitions: {
        web: webTask(scenario.lab.registry.image(`web:${1 + (version % 2)}`), {
          container: {
            environment: [{ name: 'VERSION', value: String(version) }],
            mountPoints: [{ sourceVolume: 'scratch', containerPath: '/scratch' }],
            healthCheck: undefined,
            stopTimeout: 3,
          },
          task: { volumes: [{ name: 'scratch' }] },
        }),
      },
      services: {
        web: {
          taskDefinition: 'web',
          desiredCount: 4,
          deploymentConfiguration: { minimumHealthyPercent: 50, maximumPercent: 150, steadyAfterSeconds: 1 },
        },
      },
    })

  it('at twelve moments is finished each time by one apply, with nothing doubled and nothing left over', async () => {
    await scenario.apply(document(0))
    const moments = [1, 2, 3, 5, 7, 9, 11, 14, 17, 20, 24, 28]
    for (const [index, moment] of moments.entries()) {
      const next = document(index + 1)
      const killed = scenario.begin('apply', next, '--yes', '--json')
      await until(
        async () => events(completeLines(killed.output())).filter(e => e.event === 'step-started').length,
        steps => steps >= moment || killed.child.exitCode !== null,
      )
      killed.child.kill('SIGKILL')
      await killed.ended
      await scenario.apply(next)
      const containers = await scenario.containers()
      // which slot is on which host depends on how far the killed one came; all else is the same each time
      const state = {
        slots: containers.map(c => `${c.service}.${c.slot} ${c.state}`).toSorted(),
        hosts: containers.map(c => c.host).toSorted(),
      }
      expect(state, `after a kill at step ${moment}`).toEqual({
        slots: ['web.1 running', 'web.2 running', 'web.3 running', 'web.4 running'],
        hosts: ['host-1', 'host-1', 'host-2', 'host-2'],
      })
      expect(new Set(containers.map(c => c.revision)).size).toBe(1)
      const volumes = await Promise.all(scenario.hosts.map(h => h.docker('volume', 'ls', '-q')))
      expect(volumes.map(v => v.split('\n').filter(l => l !== '').length)).toEqual([2, 2])
      expect(await scenario.diff(next)).toMatchObject({ code: 0 })
    }
  }, 240_000)
})

function completeLines(text: string): string {
  return text.slice(0, text.lastIndexOf('\n') + 1)
}

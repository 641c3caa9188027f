import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { events, hasLab, Scenario, webTask, whileRunning } from './support.ts'
import { Watch } from './watch.ts'

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
          deploymentConfiguration: { minimumHealthyPercent: 75, maximumPercent: 125, steadyAfterSeconds: 1 },
        },
      },
    })

  it('in each of its waves is finished by one apply: never too few in service, nothing doubled, nothing left over', async () => {
    await scenario.apply(document(0))
    let ended = 0
    for (let wave = 1; ended === 0; wave++) {
      const next = document(wave)
      const watch = new Watch(scenario)
      const killed = scenario.begin('apply', next, '--yes', '--json')
      const { code } = await whileRunning(killed, async () => {
        await watch.look()
        if (isInside(wave, killed.output())) killed.child.kill('SIGKILL')
      })
      // it has no such wave any more
      if (code === 0) ended = wave
      const finished = await whileRunning(scenario.begin('apply', next, '--yes'), () => watch.look())
      expect(finished.code, finished.stdout + finished.stderr).toBe(0)
      expect(watch.leastHealthy, `killed in wave ${wave}`).toBeGreaterThanOrEqual(3)
      expect(watch.most).toBeLessThanOrEqual(5)
      const containers = await scenario.containers()
      // which slot is on which host depends on how far the killed one came; all else is the same each time
      const state = {
        slots: containers.map(c => `${c.service}.${c.slot} ${c.state}`).toSorted(),
        hosts: containers.map(c => c.host).toSorted(),
      }
      expect(state, `killed in wave ${wave}`).toEqual({
        slots: ['web.1 running', 'web.2 running', 'web.3 running', 'web.4 running'],
        hosts: ['host-1', 'host-1', 'host-2', 'host-2'],
      })
      expect(new Set(containers.map(c => c.revision)).size).toBe(1)
      const volumes = await Promise.all(
        scenario.hosts.map(h => h.docker('volume', 'ls', '-q', '--filter', 'label=stowage.task')),
      )
      expect(volumes.map(v => v.split('\n').filter(l => l !== '').length)).toEqual([2, 2])
      expect(await scenario.diff(next)).toMatchObject({ code: 0 })
    }
    expect(ended).toBeGreaterThan(4)
  }, 240_000)
})

/** Whether the second step of a wave has begun, or the first where there is but one. */
function isInside(wave: number, output: string): boolean {
  const all = events(output.slice(0, output.lastIndexOf('\n') + 1))
  const began = all.findIndex(e => e.event === 'wave-started' && e.wave === wave)
  const start = all[began]
  if (start?.event !== 'wave-started') return false
  const steps = all.slice(began).filter(e => e.event === 'step-started').length
  return steps >= Math.min(2, start.steps)
}

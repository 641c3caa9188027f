import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { events, hasLab, run, Scenario, webTask } from './support.ts'

describe.runIf(hasLab)('hosts that go away, come back and are emptied', () => {
  let scenario: Scenario
  beforeAll(async () => {
    scenario = await Scenario.start({ hosts: 3 })
  })
  afterAll(() => scenario.end())

  const document = ({ count = 3 }: { count?: number } = {}) =>
    scenario.document({
      taskDefinitions: {
        web: webTask(scenario.lab.registry.image('web:1')),
        agent: {
          containerDefinitions: [
            { name: 'sleep', image: scenario.lab.registry.image('sleep:1'), stopTimeout: 1 },
          ],
        },
      },
      services: {
        web: {
          taskDefinition: 'web',
          desiredCount: count,
          placementStrategy: [{ type: 'spread', field: 'instanceId' }],
        },
        agent: { taskDefinition: 'agent', schedulingStrategy: 'DAEMON' },
      },
    })

  const keys = () => ['--known-hosts', scenario.lab.knownHosts, '--identity', scenario.lab.identityFile]
  const inFolder = (...args: string[]) => run([...args, ...keys()], scenario.folder).ended
  const on = (command: readonly string[], ...flags: string[]) =>
    inFolder(...command, '--document', scenario.write(document()), ...flags)
  const running = async () =>
    (await scenario.containers())
      .filter(c => c.state === 'running')
      .map(c => `${c.host} ${c.service}.${c.slot}`)

  it('a host that is cut off and marked as lost has its tasks replaced; when it is back it has no doubles', async () => {
    await scenario.apply(document())
    await scenario.host(2).cut()
    const refused = await scenario.stowage('apply', document(), '--yes')
    expect(refused.code).toBe(1)
    expect(refused.stderr).toContain('1 of 3 container instances cannot be used')

    const lost = await on(['instance', 'lost', 'host-3'], '--yes')
    expect(lost.code, lost.stderr).toBe(0)
    await scenario.apply(document())
    // the lab looks past the network: on the host itself its task runs on
    expect((await running()).filter(t => t.includes('web'))).toHaveLength(4)

    await scenario.host(2).restore()
    const back = await scenario.stowage('apply', document(), '--yes')
    expect(back.code, back.stderr).toBe(0)
    expect(back.stdout).toContain('host-3 was lost, and web.3 was started again elsewhere')
    expect((await running()).filter(t => t.includes('web'))).toHaveLength(3)
    expect((await running()).filter(t => t.includes('agent'))).toHaveLength(3)
    expect(await scenario.diff(document())).toMatchObject({ code: 0 })
    expect((await on(['ps'])).stdout).not.toContain('lost')
  }, 120_000)

  it('a drained host is emptied, daemons last, stays so, and is taken back by activate', async () => {
    await scenario.apply(document({ count: 2 }))
    await scenario.apply(document({ count: 3 }))
    const drained = await on(['drain', 'host-2'], '--yes', '--json')
    expect(drained.code, drained.stderr + drained.stdout.slice(-2000)).toBe(0)
    const stops = events(drained.stdout).flatMap(e =>
      e.event === 'step-done' && e.action === 'stop-container' ? [e.subject] : [],
    )
    expect(stops.at(-1)).toBe('agent.host-2')
    expect((await running()).filter(t => t.startsWith('host-2'))).toEqual([])
    await scenario.apply(document())
    expect((await running()).filter(t => t.startsWith('host-2'))).toEqual([])
    expect((await on(['ps'])).stdout).toContain('host-2  DRAINING, says stowage drain (')
    const activated = await on(['activate', 'host-2'], '--yes')
    expect(activated.stdout).toContain('host-2 is ACTIVE')
    expect(await running()).toContain('host-2 agent.host-2')
  }, 120_000)

  it('a saved plan is applied as it was reviewed, and refused once a host is not as it was', async () => {
    const file = scenario.write(document({ count: 4 }))
    const saved = await inFolder('diff', '--document', file, '--save', 'plan.json')
    expect(saved.code, saved.stderr).toBe(0)
    const plan = JSON.parse(readFileSync(join(scenario.folder, 'plan.json'), 'utf8')) as { instances: object }
    const [touched = ''] = Object.keys(plan.instances)
    const agent = (await scenario.containers()).find(c => c.host === touched && c.service === 'agent')
    const host = scenario.hosts.find(h => h.name === touched)
    await host?.docker('stop', '-t', '0', agent?.id ?? '')
    const refused = await inFolder('apply', 'plan.json')
    expect(refused.code).toBe(1)
    expect(refused.stderr).toContain('PLAN_STALE')
    expect(refused.stderr).toMatch(/container prod\.agent\.\S+ was running, is exited with code \d+/)
    await host?.docker('start', agent?.id ?? '')

    const applied = await inFolder('apply', 'plan.json')
    expect(applied.code, applied.stderr).toBe(0)
    expect((await running()).filter(t => t.includes('web'))).toHaveLength(4)
  }, 120_000)
})

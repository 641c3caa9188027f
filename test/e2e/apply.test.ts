import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { hasLab, Scenario, until, webTask } from './support.ts'

describe.runIf(hasLab)('an apply on three hosts', () => {
  let scenario: Scenario
  beforeAll(async () => {
    scenario = await Scenario.start({ hosts: 3 })
  })
  afterAll(() => scenario.end())

  const document = () =>
    scenario.document({
      taskDefinitions: {
        web: webTask(scenario.lab.registry.image('web:1')),
        agent: {
          containerDefinitions: [
            { name: 'agent', image: scenario.lab.registry.image('sleep:1'), memory: 16 },
          ],
        },
      },
      services: {
        web: { taskDefinition: 'web', desiredCount: 4 },
        agent: {
          taskDefinition: 'agent',
          schedulingStrategy: 'DAEMON',
          deploymentConfiguration: { steadyAfterSeconds: 1 },
        },
      },
    })

  it('ends steady, with every task answering', async () => {
    await scenario.apply(document())
    const containers = await scenario.containers()
    expect(containers.filter(c => c.service === 'agent').map(c => c.host)).toEqual([
      'host-1',
      'host-2',
      'host-3',
    ])
    const web = containers.filter(c => c.service === 'web')
    expect(web.map(c => c.health)).toEqual(['healthy', 'healthy', 'healthy', 'healthy'])
    const answers = await Promise.all(web.map(c => fetch(`http://${c.ip}:${c.port}/`).then(r => r.json())))
    expect(answers.map(a => (a as { version: string }).version)).toEqual(['1', '1', '1', '1'])
  })

  it('twice has nothing to do the second time', async () => {
    expect(await scenario.diff(document())).toMatchObject({ code: 0 })
    const [before, events] = [await scenario.containers(), await scenario.apply(document())]
    expect(events.filter(e => e.event === 'step-started')).toEqual([])
    expect(await scenario.containers()).toEqual(before)
  })

  it('has nothing to do after dockerd was restarted', async () => {
    await scenario.host(0).restartDockerd()
    await until(
      () => scenario.containers(),
      all => all.length === 7 && all.every(c => c.state === 'running'),
    )
    expect(await scenario.diff(document())).toMatchObject({ code: 0 })
  })

  it('has nothing to do after a reboot', async () => {
    await scenario.host(1).reboot()
    await until(
      () => scenario.containers(),
      all => all.length === 7 && all.every(c => c.state === 'running'),
    )
    expect(await scenario.diff(document())).toMatchObject({ code: 0 })
  })

  it('leaves no lock behind', async () => {
    for (const host of scenario.hosts)
      expect(await host.docker('ps', '-aq', '--filter', 'label=stowage.lock')).toBe('')
  })

  it('ends with the removal of the images that no deployment which is kept needs', async () => {
    const { registry } = scenario.lab
    const images = async (host: number) =>
      (await scenario.host(host).docker('images', '-q', 'stowage/pulled')).split('\n').filter(id => id !== '')
    const theirs = registry.image('crash:1')
    await scenario.host(0).docker('pull', theirs)
    const before = await images(0)
    // web:1 and sleep:1
    expect(before).toHaveLength(2)
    const next = {
      ...document(),
      imageCleanup: { deployments: 1 },
      taskDefinitions: { ...document().taskDefinitions, web: webTask(registry.image('web:2')) },
    }
    const events = await scenario.apply(next)
    expect(events.at(-1)).toMatchObject({ report: { outcome: 'steady', freedBytes: expect.any(Number) } })
    const after = await images(0)
    expect(after).toHaveLength(2)
    expect(after).not.toEqual(before)
    // what nobody of ours pulled stays
    expect(await scenario.host(0).docker('images', '-q', theirs)).not.toBe('')
    expect(await scenario.diff(next)).toMatchObject({ code: 0 })
  })

  it('is undone by destroy, which leaves nothing', async () => {
    const ended = await scenario.stowage('destroy', document(), '--yes')
    expect(ended.code, ended.stdout + ended.stderr).toBe(0)
    for (const host of scenario.hosts) {
      expect(await scenario.everything(host)).toEqual(['network bridge', 'network host', 'network none'])
      expect(await host.docker('images', '-q', 'stowage/empty')).toBe('')
      expect(await host.docker('images', '-q', 'stowage/pulled')).toBe('')
    }
  })
})

import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { DesiredStateDocument } from '../../engine/desired-state/document.generated.ts'
import { hasLab, Scenario, webTask } from './support.ts'

describe.runIf(hasLab)('the ledger on two hosts', () => {
  let scenario: Scenario
  beforeAll(async () => {
    scenario = await Scenario.start({ hosts: 2 })
  })
  afterAll(() => scenario.end())

  /** Two services that go back when they fail. */
  const document = (web: string, api: string): DesiredStateDocument => {
    const image = (name: string) => scenario.lab.registry.image(name)
    const service = (taskDefinition: string) => ({
      taskDefinition,
      desiredCount: 2,
      deploymentConfiguration: { deploymentCircuitBreaker: { enable: true, rollback: true } },
    })
    return scenario.document({
      taskDefinitions: {
        web: webTask(image(web)),
        api: { containerDefinitions: [{ name: 'api', image: image(api), memory: 64, stopTimeout: 1 }] },
      },
      services: { web: service('web'), api: service('api') },
    })
  }
  const ids = async () => {
    const tasks = (await scenario.containers()).filter(c => c.service !== '' && c.state === 'running')
    return tasks.map(c => `${c.service} ${c.id}`).sort()
  }
  const history = async (of: DesiredStateDocument) => {
    const ended = await scenario.stowage('history', of, '--json')
    expect(ended.code, ended.stderr).toBe(0)
    return (JSON.parse(ended.stdout) as { deployments: { id: string; state: string }[] }).deployments
  }
  const lose = async (index: number) => {
    await scenario.host(index).docker('rm', '-f', 'prod.ledger')
    await scenario.host(index).docker('volume', 'rm', 'prod.ledger')
  }

  it('a deployment of two services of which one fails: both go back, and each healthy old task stays the same container', async () => {
    await scenario.lab.registry.tag('lab/web:1', 'lab/web:stable')
    await scenario.apply(document('web:stable', 'sleep:1'))
    // what the tag means later is not what is gone back to
    await scenario.lab.registry.tag('lab/web:2', 'lab/web:stable')
    const before = await ids()
    const bad = document('web:2', 'crash:1')
    const failed = await scenario.stowage('apply', bad, '--yes')
    expect(failed.code, failed.stdout + failed.stderr).toBe(1)
    expect(failed.stdout).toContain('again')
    const after = await ids()
    expect(after).toHaveLength(4)
    // api never stopped an old task; of web at the most those that were replaced before the failure are new
    expect(after.filter(id => id.startsWith('api'))).toEqual(before.filter(id => id.startsWith('api')))
    expect(
      new Set((await scenario.containers()).filter(c => c.service === 'web').map(c => c.revision)).size,
    ).toBe(1)
    expect((await history(bad)).map(d => d.state)).toEqual(['FAILED', 'COMPLETED'])
  })

  it('history and rollback work after one host lost its copy, and by digest', async () => {
    const first = document('web:stable', 'sleep:1')
    const second = document('web:2', 'sleep:1')
    await scenario.apply(second)
    const known = await history(second)
    await lose(0)
    expect(await history(second)).toEqual(known)
    const back = await scenario.stowage('rollback', second, '--yes')
    expect(back.code, back.stdout + back.stderr).toBe(0)
    expect(back.stdout).toContain('the document still says the newer thing')
    expect((await scenario.diff(first)).code).toBe(0)
    const web = (await scenario.containers()).filter(c => c.service === 'web')
    for (const { host: name, id } of web) {
      const host = scenario.hosts.find(h => h.name === name) ?? scenario.host(0)
      const image = await host.docker('inspect', '--format', '{{.Config.Image}}', id)
      expect(image.trim()).toBe(scenario.lab.registry.imageByDigest('web:1'))
    }
    // the lost copy is whole again
    await lose(1)
    expect((await history(second)).map(d => d.state)).toEqual(['COMPLETED', ...known.map(d => d.state)])
  })

  it('a prune of stopped containers takes no history with it, and destroy leaves nothing', async () => {
    const last = document('web:stable', 'sleep:1')
    const known = await history(last)
    for (const host of scenario.hosts) await host.docker('container', 'prune', '-f')
    expect(await history(last)).toEqual(known)
    const destroyed = await scenario.stowage('destroy', last, '--yes')
    expect(destroyed.code, destroyed.stdout + destroyed.stderr).toBe(0)
    for (const host of scenario.hosts) {
      expect((await scenario.everything(host)).filter(line => line.includes('prod'))).toEqual([])
    }
  })
})
